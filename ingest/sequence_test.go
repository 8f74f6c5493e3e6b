package ingest

import "testing"

type arrival struct{ number, units uint32 }

// sequenced feeds datagrams to a sequence and returns it with all gaps given up.
func sequenced(arrivals []arrival) *sequence {
	s := &sequence{}
	for _, a := range arrivals {
		s.arrived(a.number, a.units)
	}
	s.flush()
	return s
}

// in builds datagrams of ten flows in the order of the given places.
func in(places ...uint32) (out []arrival) {
	for _, p := range places {
		out = append(out, arrival{p * 10, 10})
	}
	return out
}

func TestSequence(t *testing.T) {
	const top = 1<<32 - 10
	cases := []struct {
		name                   string
		arrivals               []arrival
		lost, renumbered, late uint64
	}{
		{"all there", in(0, 1, 2, 3), 0, 0, 0},
		{"one missing", in(0, 1, 3), 10, 0, 0},
		{"two missing in two places", in(0, 2, 3, 5), 20, 0, 0},
		{"two overtake each other", in(0, 2, 1, 3), 0, 0, 1},
		{"one comes 60 datagrams late", in(append(span(0, 2, 62), 1)...), 0, 0, 1},
		{"within a gap the middle comes", in(0, 4, 2, 5), 20, 0, 1},
		{"the counter wraps", []arrival{{top - 10, 10}, {top, 10}, {0, 10}, {10, 10}}, 0, 0, 0},
		{"a gap across the wrap", []arrival{{top - 10, 10}, {10, 10}}, 20, 0, 0},
		{"the first datagram is anywhere", []arrival{{3_000_000_000, 10}, {3_000_000_010, 10}}, 0, 0, 0},
		{"a numbering begins at 0 again", []arrival{{5_000_000, 10}, {0, 10}, {10, 10}}, 0, 1, 0},
		{"and one was missing of the old", []arrival{{5_000_000, 10}, {5_000_020, 10}, {0, 10}, {10, 10}}, 10, 1, 0},
		{"a jump of a billion is a new numbering", []arrival{{0, 10}, {1_000_000_000, 10}, {1_000_000_010, 10}}, 0, 1, 0},
		{"an exporter that does not number", []arrival{{0, 10}, {0, 10}, {0, 10}}, 0, 0, 2},
		{"a small datagram is overtaken by three large ones", []arrival{{0, 30}, {31, 30}, {61, 30}, {91, 30}, {30, 1}, {121, 30}}, 0, 0, 1},
		{"keepalives carry nothing", []arrival{{0, 10}, {10, 0}, {10, 0}, {10, 5}}, 0, 0, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := sequenced(c.arrivals)
			if s.lost != c.lost || s.renumbered != c.renumbered || s.outOfOrder != c.late {
				t.Errorf("got lost %d, renumbered %d, late %d; want %d, %d, %d", s.lost, s.renumbered, s.outOfOrder, c.lost, c.renumbered, c.late)
			}
		})
	}
}

// A new numbering that begins in the middle of the old one, so that its numbers do
// not show it.
func TestANewNumberingHasNoGapToTheOld(t *testing.T) {
	s := sequenced(in(0, 2))
	s.arrived(40, 10) // one is missing
	if lost := s.anew(); lost != 10 {
		t.Errorf("got %d lost at its end, want the 10 that were missing", lost)
	}
	for _, number := range []uint32{5000, 5010} {
		if lost := s.arrived(number, 10); lost != 0 {
			t.Errorf("at %d: got %d lost, want 0", number, lost)
		}
	}
	if s.flush(); s.lost != 20 || s.renumbered != 1 {
		t.Errorf("got %d lost in all, renumbered %d; want 20, 1", s.lost, s.renumbered)
	}
}

// After a message that could not be counted the next number says nothing, and the
// gaps that are open stay open.
func TestASkippedNumberIsNoNewNumbering(t *testing.T) {
	s := &sequence{}
	s.arrived(0, 10)
	s.arrived(20, 10)
	s.skip()
	if lost := s.arrived(1<<30, 10); lost != 0 || s.open != 1 || s.renumbered != 0 {
		t.Errorf("got %d lost, %d gaps open, renumbered %d; want 0, 1, 0", lost, s.open, s.renumbered)
	}
}

// span is 0 followed by the places from a to b.
func span(first, a, b uint32) []uint32 {
	out := []uint32{first}
	for ; a <= b; a++ {
		out = append(out, a)
	}
	return out
}

func TestGapBecomesLossWhenTheWindowHasPassed(t *testing.T) {
	s := &sequence{}
	s.arrived(0, 10)
	for i := range uint32(reorderWindow) {
		if lost := s.arrived(20+i*10, 10); lost != 0 {
			t.Fatalf("given up after %d datagrams", i)
		}
	}
	if lost := s.arrived(20+reorderWindow*10, 10); lost != 10 {
		t.Errorf("got %d lost after the window, want 10", lost)
	}
}

func TestOpenGapsAreBounded(t *testing.T) {
	s := &sequence{}
	for i := range uint32(60) {
		s.arrived(i*20, 10)
	}
	if s.open > openGaps {
		t.Errorf("%d gaps are open", s.open)
	}
	if s.flush(); s.lost != 590 {
		t.Errorf("got %d lost, want 590", s.lost)
	}
}
