package header

import (
	"eagre/flow"
	"eagre/ingest/wire"
)

// MaxDepth bounds VLAN tags, MPLS labels and IPv6 extension headers together.
const MaxDepth = 8

// IP protocol numbers that the parser looks into (IANA protocol numbers).
const (
	protoICMP    = 1
	protoTCP     = 6
	protoUDP     = 17
	protoDCCP    = 33
	protoICMPv6  = 58
	protoSCTP    = 132
	protoUDPLite = 136
)

// Header is what a flow record needs to know of one packet.
type Header struct {
	Src, Dst         flow.IP
	SrcPort, DstPort uint16 // for ICMP the destination port is type<<8 | code, as NetFlow has it
	Proto            uint8  // for IPv6 the protocol after the extension headers
	TCPFlags, TOS    uint8
	IPBytes          uint32 // IP header and payload; link header, padding and FCS never count
	Fragment         bool   // not the first fragment: has no ports
	Partial          bool   // cut short, broken or nested too deep: the rest of the fields is what is known

	// Transport is the transport header and payload as far as they were captured
	// and belong to the packet; nil in a fragment. It aliases the frame.
	Transport []byte
}

// parser walks one frame.
type parser struct {
	h     *Header
	c     wire.Cursor
	wire  int // bytes of the packet on the wire from the cursor's position on
	depth int
}

// Parse reads a frame that was wireLen bytes long on the wire, of which frame is
// the beginning. It tells whether an IP packet with addresses was found; h is
// overwritten in any case.
func Parse(link LinkType, frame []byte, wireLen int, h *Header) bool {
	*h = Header{}
	p := parser{h: h, c: wire.NewCursor(frame), wire: max(wireLen, len(frame))}
	ether := p.link(link)
	p.wire -= len(frame) - p.c.Len()
	return p.network(ether)
}

// deeper counts one more layer and tells whether it may be entered.
func (p *parser) deeper() bool {
	p.depth++
	if p.depth > MaxDepth {
		p.h.Partial = true
	}
	return p.depth <= MaxDepth
}

// belongs cuts off what lies behind the packet, such as Ethernet padding.
func (p *parser) belongs(n int) {
	if n < p.c.Len() {
		p.c = p.c.Sub(max(n, 0))
	}
}

func (p *parser) transport() {
	c, h := p.c, p.h
	h.Transport = c.Rest()
	switch h.Proto {
	case protoTCP:
		h.SrcPort, h.DstPort = c.U16(), c.U16()
		c.Skip(9)
		h.TCPFlags = c.U8()
	case protoUDP, protoUDPLite, protoSCTP, protoDCCP:
		h.SrcPort, h.DstPort = c.U16(), c.U16()
	case protoICMP, protoICMPv6:
		h.DstPort = c.U16()
	}
	h.Partial = h.Partial || c.Failed()
}
