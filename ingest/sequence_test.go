package ingest

import "testing"

type arrival struct {
	number, units, uptime uint32
}

// run feeds datagrams to a sequence and returns it with all gaps given up.
func run(arrivals []arrival) *sequence {
	s := &sequence{}
	for _, a := range arrivals {
		s.arrived(a.number, a.units, a.uptime)
	}
	s.flush()
	return s
}

// in builds datagrams of ten flows in the order of the given places.
func in(places ...uint32) (out []arrival) {
	for i, p := range places {
		out = append(out, arrival{p * 10, 10, 1000 + uint32(i)})
	}
	return out
}

func TestSequence(t *testing.T) {
	const top = 1<<32 - 10
	cases := []struct {
		name                 string
		arrivals             []arrival
		lost, restarts, late uint64
	}{
		{"all there", in(0, 1, 2, 3), 0, 0, 0},
		{"one missing", in(0, 1, 3), 10, 0, 0},
		{"two missing in two places", in(0, 2, 3, 5), 20, 0, 0},
		{"two overtake each other", in(0, 2, 1, 3), 0, 0, 1},
		{"one comes 60 datagrams late", in(append(span(0, 2, 62), 1)...), 0, 0, 1},
		{"within a gap the middle comes", in(0, 4, 2, 5), 20, 0, 1},
		{"the counter wraps", []arrival{{top - 10, 10, 1}, {top, 10, 2}, {0, 10, 3}, {10, 10, 4}}, 0, 0, 0},
		{"a gap across the wrap", []arrival{{top - 10, 10, 1}, {10, 10, 4}}, 20, 0, 0},
		{"the first datagram is anywhere", []arrival{{3_000_000_000, 10, 1}, {3_000_000_010, 10, 2}}, 0, 0, 0},
		{"restart: number and uptime begin anew", []arrival{{5_000_000, 10, 90_000_000}, {0, 10, 3000}, {10, 10, 3100}}, 0, 1, 0},
		{"restart soon after the last", []arrival{{0, 10, 20_000}, {10, 10, 21_000}, {0, 10, 500}, {10, 10, 600}}, 0, 1, 0},
		{"uptime wraps, numbers go on", []arrival{{0, 10, 1<<32 - 5}, {10, 10, 5}, {20, 10, 100}}, 0, 0, 0},
		{"a jump of a billion is a new numbering", []arrival{{0, 10, 1}, {1_000_000_000, 10, 2}, {1_000_000_010, 10, 3}}, 0, 1, 0},
		{"an exporter that does not number", []arrival{{0, 10, 1}, {0, 10, 2}, {0, 10, 3}}, 0, 0, 2},
		{"a small datagram is overtaken by three large ones", []arrival{{0, 30, 1}, {31, 30, 2}, {61, 30, 3}, {91, 30, 4}, {30, 1, 5}, {121, 30, 6}}, 0, 0, 1},
		{"keepalives carry nothing", []arrival{{0, 10, 1}, {10, 0, 2}, {10, 0, 3}, {10, 5, 4}}, 0, 0, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := run(c.arrivals)
			if s.lost != c.lost || s.restarts != c.restarts || s.outOfOrder != c.late {
				t.Errorf("got lost %d, restarts %d, late %d; want %d, %d, %d", s.lost, s.restarts, s.outOfOrder, c.lost, c.restarts, c.late)
			}
		})
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
	s.arrived(0, 10, 1)
	for i := range uint32(reorderWindow) {
		if lost := s.arrived(20+i*10, 10, 2); lost != 0 {
			t.Fatalf("given up after %d datagrams", i)
		}
	}
	if lost := s.arrived(20+reorderWindow*10, 10, 3); lost != 10 {
		t.Errorf("got %d lost after the window, want 10", lost)
	}
}

func TestOpenGapsAreBounded(t *testing.T) {
	s := &sequence{}
	for i := range uint32(60) {
		s.arrived(i*20, 10, 1)
	}
	if s.open > openGaps {
		t.Errorf("%d gaps are open", s.open)
	}
	if s.flush(); s.lost != 590 {
		t.Errorf("got %d lost, want 590", s.lost)
	}
}
