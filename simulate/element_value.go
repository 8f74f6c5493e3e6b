package simulate

import (
	"net/netip"

	"eagre/flow"
)

// appendElement writes what a record says about an element.
func appendElement(dst []byte, f Field, at *moment, r *flow.Record) []byte {
	if f.Element >= elements {
		return appendValue(dst, f, nil)
	}
	if number := numbers[f.Element]; number != nil {
		return appendNumberField(dst, f.Length, number(at, r))
	}
	if address := addresses[f.Element]; address != nil {
		return appendAddressField(dst, f, address(r))
	}
	switch f.Element {
	case ApplicationID:
		return appendApplication(dst, f.Length, r.App)
	case IPHeaderPacketSection, DataLinkFrameSection:
		return appendSection(dst, f, r)
	}
	return appendValue(dst, f, nil)
}

func appendNumberField(dst []byte, length uint16, v uint64) []byte {
	if length == Variable {
		return appendNumber(append(dst, 8), v, 8)
	}
	return appendNumber(dst, v, int(length))
}

// appendAddressField writes zeros where there is no address, or one of the other
// family.
func appendAddressField(dst []byte, f Field, a netip.Addr) []byte {
	a = a.Unmap()
	switch {
	case f.Length == 4 && a.Is4():
		return appendV4(dst, a)
	case f.Length == 16 && a.Is6():
		return appendV6(dst, a)
	}
	return appendValue(dst, f, nil)
}

// appendApplication writes the engine in the first octet and the selector in the
// rest (RFC 6759 §4).
func appendApplication(dst []byte, length uint16, app uint64) []byte {
	if length == Variable {
		dst, length = append(dst, 4), 4
	}
	const selector = 1<<56 - 1
	return appendNumber(append(dst, uint8(app>>56)), app&selector, int(length)-1)
}

// appendSection writes the first bytes of a packet of the flow, of record.Bytes IP
// bytes.
func appendSection(dst []byte, f Field, r *flow.Record) []byte {
	var scratch [MaxSFlowHeader]byte
	frame := appendFrame(scratch[:0], r, int(min(r.Bytes, 0xffff)), MaxSFlowHeader)
	if f.Element == IPHeaderPacketSection {
		frame = frame[ethernetHeader:]
	}
	if f.Length != Variable {
		frame = frame[:min(len(frame), int(f.Length))]
	}
	return appendValue(dst, f, frame)
}
