package packets

import (
	"eagre/flow"
	"eagre/ingest/header"
)

// key is what makes packets one flow.
type key struct {
	src, dst         flow.IP
	inIf             uint32
	srcPort, dstPort uint16
	proto            uint8
	fragment         bool
}

func keyOf(inIf uint32, h *header.Header) key {
	return key{src: h.Src, dst: h.Dst, srcPort: h.SrcPort, dstPort: h.DstPort, proto: h.Proto, inIf: inIf, fragment: h.Fragment}
}

// reverse is the key of the other direction.
func (k key) reverse() key {
	k.src, k.dst, k.srcPort, k.dstPort = k.dst, k.src, k.dstPort, k.srcPort
	return k
}

// descends tells whether the higher end is the source. Both directions of a
// connection are kept under the key that does not descend.
func (k *key) descends() bool {
	if c := k.src.Compare(k.dst); c != 0 {
		return c > 0
	}
	return k.srcPort > k.dstPort
}

// entry is one flow in the making, or with pairing one connection.
type entry struct {
	key           // under which it is found
	forward side  // what goes as the first packet went
	turned  bool  // the first packet went against the key
	closing bool  // TCP has ended it
	closed  int64 // when, Unix milliseconds
	links   [queueCount]link
}

// side is the count of one direction. Times are Unix milliseconds.
type side struct {
	first, last    int64
	bytes, packets uint64
	flags, tos     uint8
}

func (s *side) count(now int64, h *header.Header) {
	if s.packets == 0 {
		s.tos, s.first = h.TOS, now
	}
	s.last = now
	s.packets++
	s.bytes += uint64(h.IPBytes)
	s.flags |= h.TCPFlags
}

// back is what a connection has besides the entry of its first direction.
type back struct {
	side
	handshake handshake
}
