package header

import (
	"encoding/binary"

	"eagre/flow"
)

var be = binary.BigEndian

// Where things stand in an Ethernet frame without a VLAN tag, and sizes.
const (
	atEther     = 12
	etherHeader = 14
	vlanTag     = 4
	tcpToFlags  = 14 // bytes of a TCP header down to the flags
	udpToPorts  = 4
)

// leastPayload is how many bytes of payload a packet of each protocol must say
// that it has, so that ports and flags are in it; of most protocols no packet is
// plain. A table, because mixed traffic would make a poor guess of every branch.
var leastPayload = func() (least [256]uint16) {
	for i := range least {
		least[i] = never
	}
	least[protoTCP], least[protoUDP] = tcpToFlags, udpToPorts
	return least
}()

const never = 0xffff

// holds tells whether a packet with so many bytes of payload holds what is read
// of its protocol.
func holds(proto uint8, payload int) bool {
	least := leastPayload[proto]
	return payload >= int(least) && least != never
}

// flagsOf is the byte where TCP has its flags, of a packet of TCP or UDP: only the
// number of the first has its third bit set.
func flagsOf(proto, b uint8) uint8 { return b & -(proto >> 2 & 1) }

// Untag passes over an Ethernet header with at most one VLAN tag, to what follows
// and its EtherType. Of a frame too short for that nothing follows.
func Untag(frame []byte) (ether uint16, packet []byte) {
	if len(frame) < etherHeader+vlanTag {
		return etherNone, nil
	}
	if ether = be.Uint16(frame[atEther:]); ether != EtherVLAN {
		return ether, frame[etherHeader:]
	}
	return be.Uint16(frame[atEther+vlanTag:]), frame[etherHeader+vlanTag:]
}

// Plain4 is the beginning of a plain IPv4 packet, down to the flags of TCP: a
// packet without options that is no later fragment, is TCP or UDP, and is as long
// as what is read of it. Its methods are the fields of Header.
type Plain4 [ipv4Header + tcpToFlags]byte

// Plain tells whether the bytes are what their type says; otherwise nothing else
// that they say means anything.
func (p *Plain4) Plain() bool {
	const versionAndLength, fragmentOffset = 0x45, 0x1fff
	return p[0] == versionAndLength && be.Uint16(p[6:])&fragmentOffset == 0 && holds(p[9], p.Length()-ipv4Header)
}

// Addresses are the source and the destination.
func (p *Plain4) Addresses() (src, dst flow.IP) {
	return flow.V4(be.Uint32(p[12:])), flow.V4(be.Uint32(p[16:]))
}

// Ports are the source and the destination port.
func (p *Plain4) Ports() (src, dst uint16) {
	return be.Uint16(p[ipv4Header:]), be.Uint16(p[ipv4Header+2:])
}

// Service is the protocol, the TCP flags and the type of service.
func (p *Plain4) Service() (proto, flags, tos uint8) {
	return p[9], flagsOf(p[9], p[ipv4Header+tcpToFlags-1]), p[1]
}

// Length is how long the packet says it is, in bytes.
func (p *Plain4) Length() int { return int(be.Uint16(p[2:])) }

// Tunnel tells whether the packet may be a tunnel.
func (p *Plain4) Tunnel() bool {
	return p[9] == protoUDP && TunnelPort(be.Uint16(p[ipv4Header+2:]))
}

// Plain6 is the beginning of a plain IPv6 packet: without extension headers, and
// otherwise as Plain4.
type Plain6 [ipv6Header + tcpToFlags]byte

// Plain tells whether the bytes are what their type says; otherwise nothing else
// that they say means anything.
func (p *Plain6) Plain() bool {
	return p[0]>>4 == 6 && holds(p[6], p.Length()-ipv6Header)
}

// Addresses are the source and the destination.
func (p *Plain6) Addresses() (src, dst flow.IP) { return flow.V6(p[8:24]), flow.V6(p[24:40]) }

// Ports are the source and the destination port.
func (p *Plain6) Ports() (src, dst uint16) {
	return be.Uint16(p[ipv6Header:]), be.Uint16(p[ipv6Header+2:])
}

// Service is the protocol, the TCP flags and the type of service.
func (p *Plain6) Service() (proto, flags, tos uint8) {
	return p[6], flagsOf(p[6], p[ipv6Header+tcpToFlags-1]), uint8(be.Uint16(p[:]) >> 4)
}

// Length is how long the packet says it is, in bytes.
func (p *Plain6) Length() int { return int(be.Uint16(p[4:])) + ipv6Header }

// plain reads the frame that nearly all are, an Ethernet frame with a plain
// packet that is no tunnel where tunnels matter. It leaves everything else to the
// walk, which says the same of these.
func plain(frame []byte, wireLen int, tunnels bool, h *Header) bool {
	ether, ip := Untag(frame)
	switch {
	case ether == EtherIPv4 && len(ip) >= len(Plain4{}):
		p := (*Plain4)(ip)
		if !p.Plain() {
			return false
		}
		h.Src, h.Dst = p.Addresses()
		h.SrcPort, h.DstPort = p.Ports()
		h.Proto, h.TCPFlags, h.TOS = p.Service()
		h.extent(ip, ipv4Header, p.Length(), wireLen-(len(frame)-len(ip)))
	case ether == EtherIPv6 && len(ip) >= len(Plain6{}):
		p := (*Plain6)(ip)
		if !p.Plain() {
			return false
		}
		h.Src, h.Dst = p.Addresses()
		h.SrcPort, h.DstPort = p.Ports()
		h.Proto, h.TCPFlags, h.TOS = p.Service()
		h.extent(ip, ipv6Header, p.Length(), wireLen-(len(frame)-len(ip)))
	default:
		return false
	}
	return !tunnels || !h.tunnel()
}

// extent is how far a plain packet goes, on the wire and in what was captured.
func (h *Header) extent(ip []byte, header, length, left int) {
	h.IPBytes, h.Transport = uint32(min(length, left)), ip[header:min(length, len(ip))]
	h.Fragment, h.Partial = false, false
}
