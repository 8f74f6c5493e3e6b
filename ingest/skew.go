package ingest

import (
	"encoding/binary"
	"time"
)

// skew is how far an exporter's clock is from ours, as its datagrams show it.
// What counts is the largest offset of late: a datagram may be held up on its
// way, but never arrives before it was sent.
type skew struct {
	known   bool
	largest int64 // milliseconds ahead of ours, of the running minute
	last    int64 // of the minute before
	full    bool  // a minute has been seen
}

func (s *skew) notice(ms int64) {
	if !s.known || ms > s.largest {
		s.largest = ms
	}
	s.known = true
}

// turn ends a minute.
func (s *skew) turn() {
	if s.known {
		s.last, s.full, s.known = s.largest, true, false
	}
}

// offset is how far the exporter's clock is ahead; negative is behind.
func (s *skew) offset() (time.Duration, bool) {
	ms := s.last
	if !s.full || s.known && s.largest > s.last {
		ms = s.largest
	}
	return time.Duration(ms) * time.Millisecond, s.full || s.known
}

// exportTime is the exporter's clock as the header of a datagram shows it, in
// Unix milliseconds. NetFlow v9 and IPFIX tell whole seconds, which are cut off
// and not rounded: like a delay on the way that makes the clock look late, never
// early. sFlow has no clock.
func exportTime(p proto, payload []byte) (int64, bool) {
	at, fraction := 8, true
	switch p {
	case protoV1, protoV5, protoV6, protoV7, protoV8:
	case protoV9:
		fraction = false
	case protoIPFIX:
		at, fraction = 4, false
	default:
		return 0, false
	}
	if len(payload) < at+8 {
		return 0, false
	}
	seconds, ms := int64(binary.BigEndian.Uint32(payload[at:])), int64(0)
	if fraction {
		ms = int64(binary.BigEndian.Uint32(payload[at+4:]) / 1e6)
	}
	if seconds == 0 || seconds == 1<<32-1 || ms >= 1000 {
		return 0, false
	}
	return seconds*1000 + ms, true
}
