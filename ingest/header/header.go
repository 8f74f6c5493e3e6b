package header

import (
	"math"

	"eagre/flow"
	"eagre/ingest/wire"
)

// MaxDepth bounds VLAN tags, MPLS labels, IPv6 extension headers and tunnels
// together.
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

// Parser reads frames. The zero Parser enters no tunnels. Several goroutines may
// share one as far as they may share its function.
type Parser struct {
	// Tunnels tells whether the tunnel between two addresses is the operator's.
	// Of its packets the innermost IP packet that can be read is the flow, with
	// the bytes of that packet. Each tunnel inside a tunnel is asked about with
	// its own addresses. A nil function says no.
	Tunnels func(src, dst flow.IP) bool
}

// Parse reads a frame with the zero Parser.
func Parse(link LinkType, frame []byte, wireLen int, h *Header) bool {
	var p Parser
	return p.Parse(link, frame, wireLen, h)
}

// Parse reads a frame that was wireLen bytes long on the wire, of which frame is
// the beginning. It tells whether an IP packet with addresses was found; h is
// overwritten in any case.
func (p *Parser) Parse(link LinkType, frame []byte, wireLen int, h *Header) bool {
	wireLen = min(max(wireLen, len(frame)), math.MaxInt32)
	if link == Ethernet && plain(frame, wireLen, p.Tunnels != nil, h) {
		return true
	}
	return p.walk(link, frame, wireLen, h)
}

// walk reads a frame layer by layer.
func (p *Parser) walk(link LinkType, frame []byte, wireLen int, h *Header) bool {
	*h = Header{}
	w := walk{h: h, c: wire.NewCursor(frame), beyond: wireLen - len(frame)}
	if !w.network(w.link(link)) {
		return false
	}
	for p.Tunnels != nil && w.enter(p.Tunnels) {
	}
	return true
}

// walk is on its way through one frame.
type walk struct {
	h      *Header
	c      wire.Cursor
	beyond int // bytes of the packet on the wire that were not captured
	depth  int
}

// left is how many bytes of the packet are left on the wire.
func (w *walk) left() int { return w.c.Len() + w.beyond }

// deeper counts one more layer and tells whether it may be entered.
func (w *walk) deeper() bool {
	w.depth++
	if w.depth > MaxDepth {
		w.h.Partial = true
	}
	return w.depth <= MaxDepth
}

// belongs cuts off what lies behind a packet of n bytes, such as Ethernet padding.
func (w *walk) belongs(n int) {
	onWire := min(n, w.left())
	if n < w.c.Len() {
		w.c = w.c.Sub(n)
	}
	w.beyond = onWire - w.c.Len()
}

// transport reads the header behind IP and stays before it.
func (w *walk) transport() {
	c, h := w.c, w.h
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
