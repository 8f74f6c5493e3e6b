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
	etherIPv4    = 0x0800
	etherIPv6    = 0x86dd
	etherVLAN    = 0x8100
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
func (p *parser) link(link LinkType) uint16 {
	switch link {
	case Ethernet:
		p.c.Skip(12)
		return p.c.U16()
	case LinuxSLL:
		p.c.Skip(14)
		return p.c.U16()
	case LinuxSLL2:
		ether := p.c.U16()
		p.c.Skip(18)
		return ether
	case Null, Loop:
		return familyToEther(p.c.U32())
	case Raw, RawBSD, RawOther, IPv4, IPv6:
		return p.byNibble()
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
		return etherIPv4
	case 24, 28, 30:
		return etherIPv6
	}
	return etherNone
}

// byNibble looks at the IP version that follows.
func (p *parser) byNibble() uint16 {
	if p.c.Len() == 0 {
		return etherNone
	}
	switch p.c.Rest()[0] >> 4 {
	case 4:
		return etherIPv4
	case 6:
		return etherIPv6
	}
	return etherNone
}

// network passes over tags and labels until an IP header comes.
func (p *parser) network(ether uint16) bool {
	for {
		switch ether {
		case etherIPv4:
			return p.ipv4()
		case etherIPv6:
			return p.ipv6()
		}
		if !p.deeper() {
			return false
		}
		switch ether {
		case etherVLAN, etherQinQ, etherQinQOld:
			ether = p.vlan()
		case etherMPLS, etherMPLSUp:
			ether = p.label()
		case etherPPPoE:
			ether = p.pppoe()
		default:
			p.h.Partial = p.c.Failed()
			return false
		}
	}
}

func (p *parser) vlan() uint16 {
	p.wire -= 4
	p.c.Skip(2)
	return p.c.U16()
}

// label reads one MPLS label (RFC 3032); behind the bottom of the stack the IP
// version tells what follows.
func (p *parser) label() uint16 {
	p.wire -= 4
	if bottom := p.c.U32()&0x100 != 0; !bottom && !p.c.Failed() {
		return etherMPLS
	}
	return p.byNibble()
}

func (p *parser) pppoe() uint16 {
	p.wire -= 8
	p.c.Skip(6)
	switch p.c.U16() {
	case pppIPv4:
		return etherIPv4
	case pppIPv6:
		return etherIPv6
	}
	return etherNone
}
