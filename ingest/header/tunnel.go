package header

import "eagre/flow"

// IP protocols and UDP ports that carry other packets.
const (
	protoIPIP     = 4    // IPv4 in IP (RFC 2003)
	protoIPv6     = 41   // IPv6 in IP (RFC 4213)
	protoGRE      = 47   // RFC 2784, RFC 2890
	protoMPLS     = 137  // MPLS in IP (RFC 4023)
	portVXLAN     = 4789 // RFC 7348
	portVXLANOld  = 8472 // what Linux used before there was a standard
	portGeneve    = 6081 // RFC 8926
	udpHeader     = 8
	etherBridging = 0x6558 // a whole Ethernet frame follows
)

// The first 16 bits of a GRE header: which fields are present, and the version.
const (
	greChecksum = 0x8000
	greKey      = 0x2000
	greSequence = 0x1000
	greRefused  = 0x4007 // source routes (RFC 1701) and versions other than 0
)

// enter goes one tunnel deeper where the packet at hand is one and its ends are
// known. Where no IP packet can be read inside, all stays as it is.
func (w *walk) enter(known func(src, dst flow.IP) bool) bool {
	if !w.h.tunnel() || !known(w.h.Src, w.h.Dst) || !w.deeper() {
		return false
	}
	outer := *w.h
	*w.h = Header{}
	if w.network(w.inside(&outer)) {
		return true
	}
	outer.Partial = outer.Partial || w.h.Partial
	*w.h = outer
	return false
}

// tunnel tells whether the packet is one that may carry another, all of whose
// beginning is here.
func (h *Header) tunnel() bool {
	if h.Transport == nil {
		return false
	}
	switch h.Proto {
	case protoIPIP, protoIPv6, protoGRE, protoMPLS:
		return true
	case protoUDP:
		return TunnelPort(h.DstPort)
	}
	return false
}

// TunnelPort tells whether UDP datagrams to a port may be a tunnel.
func TunnelPort(port uint16) bool {
	return port == portVXLAN || port == portVXLANOld || port == portGeneve
}

// inside passes over the header of the tunnel and says what follows as an
// EtherType.
func (w *walk) inside(outer *Header) uint16 {
	switch outer.Proto {
	case protoIPIP:
		return EtherIPv4
	case protoIPv6:
		return EtherIPv6
	case protoMPLS:
		return etherMPLS
	case protoGRE:
		return w.gre()
	}
	w.c.Skip(udpHeader)
	if outer.DstPort == portGeneve {
		return w.geneve()
	}
	return w.vxlan()
}

// gre reads a GRE header; NVGRE (RFC 7637) is one with a key before a frame.
func (w *walk) gre() uint16 {
	flags, kind := w.c.U16(), w.c.U16()
	if flags&greRefused != 0 {
		return etherNone
	}
	for _, optional := range [...]uint16{greChecksum, greKey, greSequence} {
		if flags&optional != 0 {
			w.c.Skip(4)
		}
	}
	return w.bridged(kind)
}

// vxlan reads a VXLAN header, which must say that it has a network identifier.
func (w *walk) vxlan() uint16 {
	const identified = 0x08000000
	flags := w.c.U32()
	w.c.Skip(4)
	if flags&identified == 0 {
		return etherNone
	}
	return w.bridged(etherBridging)
}

// geneve reads a Geneve header of version 0 and passes over its options.
func (w *walk) geneve() uint16 {
	first, kind := w.c.U16(), w.c.U16()
	w.c.Skip(4)
	if first>>14 != 0 {
		return etherNone
	}
	w.c.Skip(int(first>>8&0x3f) * 4)
	return w.bridged(kind)
}

// bridged passes over the Ethernet header where a whole frame was carried.
func (w *walk) bridged(kind uint16) uint16 {
	if kind == etherBridging {
		return w.link(Ethernet)
	}
	return kind
}
