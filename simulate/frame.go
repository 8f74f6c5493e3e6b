package simulate

import (
	"encoding/binary"
	"net/netip"

	"eagre/flow"
)

// Sizes of what stands before the payload, in bytes.
const (
	ethernetHeader = 14
	ethernetFCS    = 4
	ethernetMin    = 64 // the shortest frame, FCS included
	ipv4Header     = 20
	ipv6Header     = 40
	tcpHeader      = 20
	udpHeader      = 8
)

// IP protocol numbers that have a header here.
const (
	protoICMP   = 1
	protoTCP    = 6
	protoUDP    = 17
	protoICMPv6 = 58
)

// appendFrame appends one packet of a flow as an Ethernet frame without FCS and
// padding, its payload zeros, and at most limit bytes of it. length is the IP
// packet's length in bytes; where it is too short for the headers, the packet
// ends inside them, as a real short packet would.
func appendFrame(dst []byte, r *flow.Record, length, limit int) []byte {
	start := len(dst)
	if r.SrcAddr.Unmap().Is4() {
		dst = appendEthernet(dst, etherTypeIPv4)
		dst = appendIPv4(dst, r, length)
	} else {
		dst = appendEthernet(dst, etherTypeIPv6)
		dst = appendIPv6(dst, r, length)
	}
	dst = appendTransport(dst, r, start+ethernetHeader+length-len(dst))
	frame := min(ethernetHeader+length, limit)
	dst = appendZeros(dst, start+frame-len(dst))
	return dst[:start+frame]
}

// appendEthernet writes a header between two locally administered addresses.
func appendEthernet(dst []byte, etherType uint16) []byte {
	return binary.BigEndian.AppendUint16(append(dst, ethernetAddresses...), etherType)
}

// appendIPv4 writes the header of RFC 791 §3.1, without options, don't-fragment set.
func appendIPv4(dst []byte, r *flow.Record, length int) []byte {
	start := len(dst)
	dst = append(dst, 0x45, r.TOS)
	dst = binary.BigEndian.AppendUint16(dst, uint16(length))
	dst = append(dst, 0, 0, 0x40, 0, 64, r.Proto, 0, 0)
	dst = appendV4(dst, r.SrcAddr)
	dst = appendV4(dst, r.DstAddr)
	binary.BigEndian.PutUint16(dst[start+10:], internetChecksum(dst[start:]))
	return dst
}

// appendIPv6 writes the header of RFC 8200 §3, without extensions.
func appendIPv6(dst []byte, r *flow.Record, length int) []byte {
	dst = binary.BigEndian.AppendUint32(dst, 6<<28|uint32(r.TOS)<<20)
	dst = binary.BigEndian.AppendUint16(dst, uint16(max(0, length-ipv6Header)))
	dst = append(dst, r.Proto, 64)
	dst = appendV6(dst, r.SrcAddr)
	return appendV6(dst, r.DstAddr)
}

func appendV6(dst []byte, a netip.Addr) []byte {
	b := a.As16()
	return append(dst, b[:]...)
}

// appendTransport writes the header after IP; left is what the IP packet holds
// from here on. Checksums are left at zero: nobody who reads flows looks.
func appendTransport(dst []byte, r *flow.Record, left int) []byte {
	be := binary.BigEndian
	switch r.Proto {
	case protoTCP:
		dst = be.AppendUint16(dst, r.SrcPort)
		dst = be.AppendUint16(dst, r.DstPort)
		dst = append(dst, 0, 0, 0, 1, 0, 0, 0, 0, tcpHeader/4<<4, r.TCPFlags)
		return append(dst, 0xff, 0xff, 0, 0, 0, 0) // window, checksum, urgent
	case protoUDP:
		dst = be.AppendUint16(dst, r.SrcPort)
		dst = be.AppendUint16(dst, r.DstPort)
		dst = be.AppendUint16(dst, uint16(max(0, left)))
		return append(dst, 0, 0)
	case protoICMP, protoICMPv6: // the destination port is type × 256 + code
		return append(dst, uint8(r.DstPort>>8), uint8(r.DstPort), 0, 0, 0, 0, 0, 0)
	}
	return dst
}

// internetChecksum is RFC 1071, over an even number of bytes.
func internetChecksum(b []byte) uint16 {
	var sum uint32
	for i := 0; i+1 < len(b); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}
