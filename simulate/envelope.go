package simulate

import (
	"encoding/binary"
	"net/netip"

	"eagre/flow"
)

// Envelope is what a packet is wrapped in. The zero value is Ethernet alone.
type Envelope struct {
	VLANs      []uint16 // tags, the outer one first (IEEE 802.1Q; all but the last are 802.1ad)
	Labels     []uint32 // MPLS labels, the outer one first (RFC 3032)
	Extensions int      // IPv6 destination options of 8 bytes each before the transport (RFC 8200 §4.6)
	Tunnel     Tunnel
	// From and To are the ends of the tunnel.
	From, To netip.Addr
	VNI      uint32 // of VXLAN, 24 bits
}

// Tunnel is a way to carry a packet inside another.
type Tunnel uint8

// The tunnels.
const (
	NoTunnel Tunnel = iota
	GRE             // IP in GRE (RFC 2784)
	VXLAN           // Ethernet in VXLAN (RFC 7348)
)

const (
	protoGRE        = 47
	protoOptions6   = 60
	vxlanPort       = 4789
	vxlanFlags      = 0x08 // a network id is there
	vxlanSourcePort = 49152
	etherTypeIPv4   = 0x0800
	etherTypeIPv6   = 0x86dd
	etherTypeVLAN   = 0x8100
	etherTypeQinQ   = 0x88a8
	etherTypeMPLS   = 0x8847
	mplsBottom      = 1 << 8
	mplsTTL         = 64
	padN            = 1 // an IPv6 option
)

// AppendFrame appends a packet of a flow as an Ethernet frame without FCS and
// padding, its payload zeros, wrapped in an envelope, and at most limit bytes of it.
// length is the length of the innermost IP packet. frame is how long the whole frame
// is on the wire, FCS and padding included.
func AppendFrame(dst []byte, r *flow.Record, length int, e Envelope, limit int) (out []byte, frame int) {
	start := len(dst)
	dst = e.append(dst, r, length)
	whole := len(dst) - start
	return dst[:start+min(whole, limit)], max(ethernetMin, whole+ethernetFCS)
}

func (e Envelope) append(dst []byte, r *flow.Record, length int) []byte {
	inner := e.appendPacket(nil, r, length)
	switch e.Tunnel {
	case GRE:
		inner = e.carry(protoGRE, 0, append([]byte{0, 0}, inner...)) // flags and version, then the ether type
	case VXLAN:
		shim := binary.BigEndian.AppendUint32([]byte{vxlanFlags, 0, 0, 0}, e.VNI<<8)
		inner = e.carry(protoUDP, vxlanPort, append(append(shim, ethernetAddresses...), inner...))
	}
	dst = append(dst, ethernetAddresses...)
	dst = e.appendTags(dst)
	if len(e.Labels) == 0 {
		return append(dst, inner...)
	}
	return e.appendLabels(dst, inner[2:])
}

// ethernetAddresses are two locally administered ones.
var ethernetAddresses = []byte{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1}

func (e Envelope) appendTags(dst []byte) []byte {
	for i, id := range e.VLANs {
		tag := uint16(etherTypeVLAN)
		if i < len(e.VLANs)-1 {
			tag = etherTypeQinQ
		}
		dst = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(dst, tag), id)
	}
	return dst
}

func (e Envelope) appendLabels(dst, packet []byte) []byte {
	dst = binary.BigEndian.AppendUint16(dst, etherTypeMPLS)
	for i, label := range e.Labels {
		word := label<<12 | mplsTTL
		if i == len(e.Labels)-1 {
			word |= mplsBottom
		}
		dst = binary.BigEndian.AppendUint32(dst, word)
	}
	return append(dst, packet...)
}

// carry is an ether type and the packet of the tunnel that holds a payload.
func (e Envelope) carry(proto uint8, port uint16, payload []byte) []byte {
	outer := flow.Record{SrcAddr: e.From, DstAddr: e.To, Proto: proto, DstPort: port}
	if port != 0 {
		outer.SrcPort = vxlanSourcePort
	}
	if e.From.Is4() != e.To.Is4() {
		panic("simulate: the ends of a tunnel are of two families")
	}
	header := ipv4Header
	if e.From.Is6() {
		header = ipv6Header
	}
	if proto == protoUDP {
		header += udpHeader
	}
	out := Envelope{}.appendPacket(nil, &outer, header+len(payload))
	return append(out[:2+header], payload...)
}

// appendPacket appends an ether type and an IP packet.
func (e Envelope) appendPacket(dst []byte, r *flow.Record, length int) []byte {
	start := len(dst) + 2
	if r.SrcAddr.Unmap().Is4() {
		dst = binary.BigEndian.AppendUint16(dst, etherTypeIPv4)
		dst = appendIPv4(dst, r, length)
	} else {
		dst = binary.BigEndian.AppendUint16(dst, etherTypeIPv6)
		dst = e.appendIPv6(dst, r, length)
	}
	dst = appendTransport(dst, r, start+length-len(dst))
	dst = appendZeros(dst, start+length-len(dst))
	return dst[:start+length]
}

// appendIPv6 writes a header and its extensions.
func (e Envelope) appendIPv6(dst []byte, r *flow.Record, length int) []byte {
	start := len(dst)
	dst = appendIPv6(dst, r, length)
	if e.Extensions > 0 {
		dst[start+6] = protoOptions6
	}
	for i := range e.Extensions {
		next := uint8(protoOptions6)
		if i == e.Extensions-1 {
			next = r.Proto
		}
		dst = append(dst, next, 0, padN, 4, 0, 0, 0, 0)
	}
	return dst
}
