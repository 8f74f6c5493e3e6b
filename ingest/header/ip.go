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
func (p *parser) ipv4() bool {
	b := p.c.Rest()
	if len(b) < ipv4Header || b[0]>>4 != 4 {
		p.h.Partial = true
		return false
	}
	h, length, total := p.h, int(b[0]&15)*4, int(binary.BigEndian.Uint16(b[2:]))
	h.TOS, h.Proto = b[1], b[9]
	h.Src, h.Dst = flow.V4(binary.BigEndian.Uint32(b[12:])), flow.V4(binary.BigEndian.Uint32(b[16:]))
	h.IPBytes = p.bytes(total)
	h.Fragment = binary.BigEndian.Uint16(b[6:])&0x1fff != 0
	if length < ipv4Header || length > len(b) || total != 0 && total < length {
		h.Partial = true
		return true
	}
	if total != 0 {
		p.belongs(total)
	}
	p.c.Skip(length)
	if !h.Fragment {
		p.transport()
	}
	return true
}

// ipv6 reads an IPv6 header and the chain of extension headers (RFC 8200).
func (p *parser) ipv6() bool {
	b := p.c.Rest()
	if len(b) < ipv6Header || b[0]>>4 != 6 {
		p.h.Partial = true
		return false
	}
	h, payload := p.h, int(binary.BigEndian.Uint16(b[4:]))
	h.TOS, h.Proto = uint8(binary.BigEndian.Uint16(b)>>4), b[6]
	h.Src, h.Dst = flow.V6(b[8:24]), flow.V6(b[24:40])
	total := 0
	if payload != 0 {
		total = payload + ipv6Header
		p.belongs(total)
	}
	h.IPBytes = p.bytes(total)
	p.c.Skip(ipv6Header)
	if p.extensions() {
		p.transport()
	}
	return true
}

// bytes decides the size of an IP packet: what its header says, but never more
// than was on the wire; the latter alone where the header says nothing, as
// segmentation offload leaves it.
func (p *parser) bytes(said int) uint32 {
	if said == 0 {
		return uint32(max(p.wire, 0))
	}
	return uint32(max(min(said, p.wire), 0))
}

// extensions passes over the extension headers and tells whether a transport
// header follows.
func (p *parser) extensions() bool {
	for isExtension(p.h.Proto) {
		if p.h.Proto == extNone || !p.deeper() {
			return false
		}
		if !p.extension() {
			return false
		}
	}
	return true
}

func (p *parser) extension() bool {
	kind, next, length := p.h.Proto, p.c.U8(), int(p.c.U8())
	switch kind {
	case extFragment:
		p.h.Fragment = p.c.U16()>>3 != 0
		p.c.Skip(4)
	case extAuth:
		p.c.Skip(4*(length+2) - 2)
	default:
		p.c.Skip(8*(length+1) - 2)
	}
	if p.c.Failed() {
		p.h.Partial = true
		return false
	}
	p.h.Proto = next
	return !p.h.Fragment
}

func isExtension(proto uint8) bool {
	switch proto {
	case extHopByHop, extRouting, extFragment, extAuth, extNone, extDestination, extMobility, extHIP, extShim6:
		return true
	}
	return false
}
