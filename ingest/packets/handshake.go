package packets

import "math"

// TCP flags (RFC 9293 §3.1).
const (
	fin = 0x01
	syn = 0x02
	rst = 0x04
	ack = 0x10

	protoTCP = 6
)

// handshake times the opening of a TCP connection (RFC 9293 §3.5) as seen from
// somewhere between its ends. From the first SYN to the SYN-ACK is the way to
// the server and back; from the SYN-ACK to the acknowledgement is the way to the
// client and back. Their sum is the round-trip time between the ends, wherever
// on the path the observer stands.
type handshake struct {
	syn, synAck int64 // when they came, Unix microseconds
	rtt         uint32
	stage       stage
	fromBack    bool // the client is the side that did not send the first packet
}

// stage is how far a handshake has come.
type stage uint8

const (
	unopened stage = iota
	asked          // a SYN was seen
	answered       // and its SYN-ACK: the first half is known
	agreed         // and the acknowledgement of that: both are
)

// see takes in the flags of a TCP packet.
func (s *handshake) see(now int64, flags uint8, fromBack bool) {
	opening, client := flags&(syn|ack), fromBack == s.fromBack
	switch {
	case s.stage == unopened && opening == syn:
		s.stage, s.syn, s.fromBack = asked, now, fromBack
	case s.stage == asked && opening == syn|ack && !client:
		s.stage, s.synAck = answered, now
		s.add(now - s.syn)
	case s.stage == answered && opening == ack && client:
		s.stage = agreed
		s.add(now - s.synAck)
	}
}

// add adds one half. What was seen within one microsecond counts as one, as 0
// means unknown.
func (s *handshake) add(micros int64) {
	sum := int64(s.rtt) + max(micros, 0)
	s.rtt = uint32(min(max(sum, 1), math.MaxUint32))
}
