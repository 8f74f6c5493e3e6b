package ingest

import "time"

// skew is how far an exporter's clock is from ours, as its datagrams show it.
// What counts is the largest offset of late: a datagram may be held up on its
// way, but never arrives before it was sent.
type skew struct {
	known   bool
	largest int64 // milliseconds ahead of ours, of the running minute
	last    int64 // of the minute before
	full    bool  // a minute has been seen
}

// notice takes in by how many milliseconds an export time was ahead of its
// arrival. NetFlow v9 and IPFIX tell whole seconds, which are cut off and not
// rounded: like a delay on the way that makes the clock look late, never early.
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
