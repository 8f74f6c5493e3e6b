package ingest

// sequence follows the sequence numbers of one observation domain and says what
// was lost. NetFlow v5 to v8 count flows, IPFIX data records, NetFlow v9 and sFlow
// datagrams; all in 32 bits that wrap.
//
// A gap is not loss at once: datagrams overtake each other. It becomes loss when
// the domain has sent reorderWindow more datagrams and it is still open. A number
// from far back or far ahead begins a new numbering, and so does a restart: nothing
// is lost between two numberings.
type sequence struct {
	started    bool
	next       uint32
	largest    uint32 // units of one datagram so far
	gaps       [openGaps]gap
	open       int
	lost       uint64 // given up
	renumbered uint64
	outOfOrder uint64
}

// gap is a run of sequence numbers that were not seen.
type gap struct {
	from, units uint32
	waited      uint8 // datagrams since
}

const (
	reorderWindow = 64 // datagrams
	openGaps      = 8
	// A jump ahead of more than this is a new numbering, not loss: at a million
	// flows per second it would be a silence of 16 s.
	longestJump = 1 << 24
)

// arrived takes in the sequence number of a datagram that carried so many units
// and returns how many units were given up as lost by now.
func (s *sequence) arrived(number, units uint32) (lost uint64) {
	before := s.lost
	s.largest = max(s.largest, min(units, longestJump/reorderWindow))
	ahead := int32(number - s.next)
	if s.started && (ahead > longestJump || ahead < -s.reach()) {
		s.anew()
	}
	switch {
	case !s.started:
		s.started = true
	case ahead < 0:
		s.fill(number, units)
		return s.lost - before
	case ahead > 0:
		s.miss(s.next, uint32(ahead))
	}
	s.next = number + units
	s.ripen()
	return s.lost - before
}

// skip forgets which number comes next, as the units of a datagram could not be
// counted. Gaps that are open stay open.
func (s *sequence) skip() { s.started = false }

// reach is how far back a datagram that was overtaken may lie, in units: those
// that overtook it may be larger than itself.
func (s *sequence) reach() int32 { return int32(max(s.largest, 1) * reorderWindow) }

// anew ends the numbering: the next number is taken as it comes, and what the gaps
// hold that are open is lost. It returns how many units they are.
func (s *sequence) anew() (lost uint64) {
	if s.started {
		s.started = false
		s.renumbered++
	}
	return s.flush()
}

// miss opens a gap; when too many are open the oldest is given up.
func (s *sequence) miss(from, units uint32) {
	if s.open == openGaps {
		s.giveUp(0)
	}
	s.gaps[s.open] = gap{from: from, units: units}
	s.open++
}

// fill closes a gap, or part of one, with a datagram that was overtaken.
func (s *sequence) fill(number, units uint32) {
	s.outOfOrder++
	for i := range s.open {
		g := &s.gaps[i]
		if number-g.from < g.units {
			s.split(i, number, units)
			return
		}
	}
}

// split takes [number, number+units) out of gap i.
func (s *sequence) split(i int, number, units uint32) {
	g := s.gaps[i]
	front := number - g.from
	back := g.units - min(g.units, front+units)
	s.remove(i)
	if front > 0 {
		s.gaps[s.open], s.open = gap{g.from, front, g.waited}, s.open+1
	}
	if back > 0 && s.open < openGaps {
		s.gaps[s.open], s.open = gap{number + units, back, g.waited}, s.open+1
	} else {
		s.lost += uint64(back)
	}
}

// ripen lets every open gap wait one datagram longer.
func (s *sequence) ripen() {
	for i := s.open - 1; i >= 0; i-- {
		if s.gaps[i].waited++; s.gaps[i].waited > reorderWindow {
			s.giveUp(i)
		}
	}
}

// flush gives up all open gaps and returns how many units they held.
func (s *sequence) flush() uint64 {
	before := s.lost
	for s.open > 0 {
		s.giveUp(s.open - 1)
	}
	return s.lost - before
}

func (s *sequence) giveUp(i int) {
	s.lost += uint64(s.gaps[i].units)
	s.remove(i)
}

func (s *sequence) remove(i int) {
	copy(s.gaps[i:s.open], s.gaps[i+1:s.open])
	s.open--
}
