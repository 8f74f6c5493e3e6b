package header

import (
	"encoding/binary"

	"eagre/flow"
)

const (
	ipv4Header = 20
	ipv6Header = 40
)

// IPv6 extension headers (RFC 8200 §4, RFC 4302, RFC 6275, RFC 7401, RFC 5533).
const (
	extHopByHop    = 0
	extRouting     = 43
	extFragment    = 44
	extAuth        = 51
	extNone        = 59
	extDestination = 60
	extMobility    = 135
	extHIP         = 139
	extShim6       = 140
)

// ipv4 reads an IPv4 header (RFC 791). Addresses stand at fixed places, so they
// are kept even when the header length is nonsense.
func (w *walk) ipv4() bool {
	b := w.c.Rest()
	if len(b) < ipv4Header || b[0]>>4 != 4 {
		w.h.Partial = true
		return false
	}
	h, length, total := w.h, int(b[0]&15)*4, int(binary.BigEndian.Uint16(b[2:]))
	h.TOS, h.Proto = b[1], b[9]
	h.Src, h.Dst = flow.V4(binary.BigEndian.Uint32(b[12:])), flow.V4(binary.BigEndian.Uint32(b[16:]))
	h.IPBytes = w.bytes(total)
	h.Fragment = binary.BigEndian.Uint16(b[6:])&0x1fff != 0
	if length < ipv4Header || length > len(b) || total != 0 && total < length {
		h.Partial = true
		return true
	}
	if total != 0 {
		w.belongs(total)
	}
	w.c.Skip(length)
	if !h.Fragment {
		w.transport()
	}
	return true
}

// ipv6 reads an IPv6 header and the chain of extension headers (RFC 8200).
func (w *walk) ipv6() bool {
	b := w.c.Rest()
	if len(b) < ipv6Header || b[0]>>4 != 6 {
		w.h.Partial = true
		return false
	}
	h, payload := w.h, int(binary.BigEndian.Uint16(b[4:]))
	h.TOS, h.Proto = uint8(binary.BigEndian.Uint16(b)>>4), b[6]
	h.Src, h.Dst = flow.V6(b[8:24]), flow.V6(b[24:40])
	total := 0
	if payload != 0 {
		total = payload + ipv6Header
		w.belongs(total)
	}
	h.IPBytes = w.bytes(total)
	w.c.Skip(ipv6Header)
	if w.extensions() {
		w.transport()
	}
	return true
}

// bytes decides the size of an IP packet: what its header says, but never more
// than was on the wire; the latter alone where the header says nothing, as
// segmentation offload leaves it.
func (w *walk) bytes(said int) uint32 {
	if said == 0 {
		return uint32(w.left())
	}
	return uint32(min(said, w.left()))
}

// extensions passes over the extension headers and tells whether a transport
// header follows.
func (w *walk) extensions() bool {
	for isExtension(w.h.Proto) {
		if w.h.Proto == extNone || !w.deeper() {
			return false
		}
		if !w.extension() {
			return false
		}
	}
	return true
}

func (w *walk) extension() bool {
	kind, next, length := w.h.Proto, w.c.U8(), int(w.c.U8())
	switch kind {
	case extFragment:
		w.h.Fragment = w.c.U16()>>3 != 0
		w.c.Skip(4)
	case extAuth:
		w.c.Skip(4*(length+2) - 2)
	default:
		w.c.Skip(8*(length+1) - 2)
	}
	if w.c.Failed() {
		w.h.Partial = true
		return false
	}
	w.h.Proto = next
	return !w.h.Fragment
}

func isExtension(proto uint8) bool {
	switch proto {
	case extHopByHop, extRouting, extFragment, extAuth, extNone, extDestination, extMobility, extHIP, extShim6:
		return true
	}
	return false
}
