package header

// LinkType is how a frame begins, numbered as in capture files
// (https://www.tcpdump.org/linktypes.html).
type LinkType uint16

// The link types that are understood.
const (
	Null      LinkType = 0 // BSD loopback: address family in the capturing machine's byte order
	Ethernet  LinkType = 1
	RawBSD    LinkType = 12 // raw IP as some systems number it
	RawOther  LinkType = 14
	Raw       LinkType = 101 // starts with the IP header
	Loop      LinkType = 108 // OpenBSD loopback: address family big-endian
	LinuxSLL  LinkType = 113 // Linux "any" device, cooked
	MPLS      LinkType = 219 // starts with a label; also sFlow header protocol 13
	IPv4      LinkType = 228
	IPv6      LinkType = 229
	LinuxSLL2 LinkType = 276
)

// EtherTypes (IEEE 802 numbers).
const (
	EtherIPv4    = 0x0800
	EtherIPv6    = 0x86dd
	EtherVLAN    = 0x8100
	etherQinQ    = 0x88a8
	etherQinQOld = 0x9100
	etherMPLS    = 0x8847
	etherMPLSUp  = 0x8848
	etherPPPoE   = 0x8864
	etherNone    = 0
)

// PPP protocol numbers inside PPPoE (RFC 2516).
const (
	pppIPv4 = 0x0021
	pppIPv6 = 0x0057
)

// link passes over the link header and says what follows as an EtherType.
func (w *walk) link(link LinkType) uint16 {
	switch link {
	case Ethernet:
		w.c.Skip(12)
		return w.c.U16()
	case LinuxSLL:
		w.c.Skip(14)
		return w.c.U16()
	case LinuxSLL2:
		ether := w.c.U16()
		w.c.Skip(18)
		return ether
	case Null, Loop:
		return familyToEther(w.c.U32())
	case Raw, RawBSD, RawOther, IPv4, IPv6:
		return w.byNibble()
	case MPLS:
		return etherMPLS
	}
	return etherNone
}

// familyToEther reads an address family in either byte order: 2 is IPv4
// everywhere, IPv6 is 24, 28 or 30 by system.
func familyToEther(family uint32) uint16 {
	if family > 0xffff {
		family = family >> 24
	}
	switch family {
	case 2:
		return EtherIPv4
	case 24, 28, 30:
		return EtherIPv6
	}
	return etherNone
}

// byNibble looks at the IP version that follows.
func (w *walk) byNibble() uint16 {
	if w.c.Len() == 0 {
		return etherNone
	}
	switch w.c.Rest()[0] >> 4 {
	case 4:
		return EtherIPv4
	case 6:
		return EtherIPv6
	}
	return etherNone
}

// network passes over tags and labels until an IP header comes.
func (w *walk) network(ether uint16) bool {
	for {
		switch ether {
		case EtherIPv4:
			return w.ipv4()
		case EtherIPv6:
			return w.ipv6()
		}
		if !w.deeper() {
			return false
		}
		switch ether {
		case EtherVLAN, etherQinQ, etherQinQOld:
			ether = w.vlan()
		case etherMPLS, etherMPLSUp:
			ether = w.label()
		case etherPPPoE:
			ether = w.pppoe()
		default:
			w.h.Partial = w.c.Failed()
			return false
		}
	}
}

func (w *walk) vlan() uint16 {
	w.c.Skip(2)
	return w.c.U16()
}

// label reads one MPLS label (RFC 3032); behind the bottom of the stack the IP
// version tells what follows.
func (w *walk) label() uint16 {
	if bottom := w.c.U32()&0x100 != 0; !bottom && !w.c.Failed() {
		return etherMPLS
	}
	return w.byNibble()
}

func (w *walk) pppoe() uint16 {
	w.c.Skip(6)
	switch w.c.U16() {
	case pppIPv4:
		return EtherIPv4
	case pppIPv6:
		return EtherIPv6
	}
	return etherNone
}
