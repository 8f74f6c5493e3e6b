package tally

import (
	"cmp"
	"fmt"
	"math/bits"

	"eagre/flow"
)

// Key names one series of counts. It is a comparable value of 48 bytes.
type Key struct {
	Addr flow.IP // the host, the first address of a prefix, an interface's exporter, a group's source
	Peer flow.IP // a group's destination
	// Index is an ifIndex, a managed object, an autonomous system, or the number of
	// a rule.
	Index uint32
	// Observer tells apart what different exporters saw where no interface
	// roles say who counts: 0 is the boundary. Values of observers are never
	// summed; the largest counts.
	Observer         uint32
	SrcPort, DstPort uint16
	Kind             Kind
	Class            Class
	Side             Side
	Bits             uint8 // prefix length, or the protocol of a port or group
}

// Kind is what a key stands for.
type Kind uint8

// The kinds of key.
const (
	Host      Kind = iota
	Prefix         // the /24 (IPv6: /48) around a host
	Object         // a managed object as a whole
	Interface      // of one exporter
	Port           // protocol and port
	Group          // the group-by values of a signature
	System         // autonomous system
)

var kindNames = [...]string{"host", "prefix", "object", "interface", "port", "group", "system"}

func (k Kind) String() string { return kindNames[min(int(k), len(kindNames)-1)] }

// KindCount is how many kinds there are.
const KindCount = 7

// Side tells which end of a flow the key is about.
type Side uint8

// The sides.
const (
	To   Side = iota // flows to it, or into an interface
	From             // flows from it, or out of an interface
)

// Class is the kind of traffic a series counts.
type Class uint8

// The classes of traffic. Every flow counts in Total and in at most one other.
const (
	Total      Class = iota
	SYN              // TCP with SYN and none of ACK, RST, FIN
	UDP              // UDP that is no DNS answer and no DNS query
	ICMP             // ICMP and ICMPv6
	DNSReply         // UDP from port 53 of at least 400 bytes a packet
	DNSQuery         // UDP to port 53
	None             // other traffic: counted in Total only
	ClassCount = int(None)
)

var classNames = [...]string{"total", "syn", "udp", "icmp", "dns-reply", "dns-query", "none"}

func (c Class) String() string { return classNames[min(int(c), len(classNames)-1)] }

const (
	protoICMP, protoTCP, protoUDP, protoICMPv6 = 1, 6, 17, 58

	flagFIN, flagSYN, flagRST, flagACK = 0x01, 0x02, 0x04, 0x10

	portDNS = 53
	// replies below this size amplify nothing
	amplified = 400
)

// ClassOf decides the class of a flow. TCP flags are an OR over the flow, so a
// flow counts as SYN only when SYN stands alone; ECE, CWR, PSH and URG do not
// matter.
func ClassOf(proto, tcpFlags uint8, srcPort, dstPort uint16, bytes, packets uint64) Class {
	switch proto {
	case protoTCP:
		if tcpFlags&(flagSYN|flagACK|flagRST|flagFIN) == flagSYN {
			return SYN
		}
	case protoUDP:
		switch {
		case srcPort == portDNS && bytes/amplified >= packets:
			return DNSReply
		case dstPort == portDNS:
			return DNSQuery
		}
		return UDP
	case protoICMP, protoICMPv6:
		return ICMP
	}
	return None
}

// interfaceKey names an interface of an exporter, in or out.
func interfaceKey(exporter flow.IP, index uint32, side Side) Key {
	return Key{Kind: Interface, Side: side, Addr: exporter, Index: index}
}

// Subject is the key without its observer: what a finding is about.
func (k Key) Subject() Key {
	k.Observer = 0
	return k
}

// Compare orders keys; the order is stable and means nothing else.
func (k Key) Compare(o Key) int {
	return cmp.Or(
		cmp.Compare(k.tail(), o.tail()), cmp.Compare(k.middle(), o.middle()),
		k.Addr.Compare(o.Addr), k.Peer.Compare(o.Peer))
}

// same is ==, written out in words because a comparison of 48 bytes would call
// into the runtime.
func (k *Key) same(o *Key) bool {
	return k.Addr.Lo == o.Addr.Lo && k.Addr.Hi == o.Addr.Hi && k.middle() == o.middle() && k.tail() == o.tail() &&
		k.Peer.Lo == o.Peer.Lo && k.Peer.Hi == o.Peer.Hi
}

// middle and tail are the small fields in the order of memory, so that each is
// one load.
func (k *Key) middle() uint64 { return uint64(k.Index) | uint64(k.Observer)<<32 }

func (k *Key) tail() uint64 {
	return uint64(k.SrcPort) | uint64(k.DstPort)<<16 |
		uint64(k.Kind)<<32 | uint64(k.Class)<<40 | uint64(k.Side)<<48 | uint64(k.Bits)<<56
}

// Hash mixes all of the key with a seed.
func (k *Key) Hash(seed uint64) uint64 {
	h1, l1 := bits.Mul64(k.Addr.Hi^k.Peer.Hi^seed^0x9e3779b97f4a7c15, k.Addr.Lo^0xd6e8feb86659fd93)
	h2, l2 := bits.Mul64(k.middle()^k.Peer.Lo^h1^0xa0761d6478bd642f, k.tail()^l1^0xe7037ed1a0b428db)
	return h2 ^ l2
}

func (k Key) String() string {
	return fmt.Sprintf("%s/%s/%d %s/%d>%s index %d ports %d>%d observer %08x",
		k.Kind, k.Class, k.Side, k.Addr, k.Bits, k.Peer, k.Index, k.SrcPort, k.DstPort, k.Observer)
}

// Observer is the stable number of an exporter in a Key; never 0.
func Observer(exporter flow.IP) uint32 { return uint32(exporter.Hash(observerSeed)) | 1 }

const observerSeed = 0x6f62_7365_7276_6572
