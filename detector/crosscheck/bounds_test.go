package crosscheck

import (
	"testing"
	"time"

	"eagre/flow"
	"eagre/network/counters"
)

// Each bound is reached, and says so by its counter.
func TestEverythingIsBounded(t *testing.T) {
	s := newStory(t, 1, func(c *Config) { c.Exporters, c.Interfaces, c.Waiting = 2, 4, 10 })
	for router := range uint32(3) {
		s.minute(flow.V4(router+1), 1, 100_000, 1)
	}
	for index := range uint32(6) {
		s.minute(flow.V4(1), index, 100_000, 1)
	}
	for range 10 {
		// Nobody settles, so all of it waits.
		s.Observe(counters.Movement{Exporter: flow.V4(1), Index: 1, From: s.now.UnixMilli(), To: s.now.Add(within).UnixMilli(), In: movedBy(20_000)})
		s.now = s.now.Add(within)
	}
	c := s.Counts()
	if c.RefusedExporters != 1 || c.RefusedInterfaces != 3 || c.RefusedWaiting == 0 {
		t.Errorf("got %+v, want 1 exporter, 3 interfaces and some movements refused", c)
	}
	if c.Exporters != 2 || c.Lines != 8 || c.Waiting > 10 {
		t.Errorf("got %+v, want 2 exporters, 8 lines, 10 waiting at most", c)
	}
}

// A ledger that never answers costs the intervals that wait, and nothing else.
func TestIntervalsThatTheLedgerNeverKnowsAreDropped(t *testing.T) {
	s := newStory(t, 1, nil)
	for range 100 {
		s.move(router4, 3, movedBy(100_000), flows(100_000, size, 1, 1))
		s.now = s.now.Add(within)
		if got := s.Settle(s.now); got != nil {
			t.Fatalf("got %v of a ledger that knows nothing", got)
		}
	}
	if c := s.Counts(); c.Incomplete != 65 || c.Waiting != 35+2 { // and two of the other direction, where nothing moved
		t.Errorf("got %+v, want 65 dropped and 37 waiting", c)
	}
}

// Two agents behind one address count under one number: their flows cannot be told
// apart, so neither is judged. One agent, and one that does not say who it is, can.
func TestInterfacesOfTwoAgentsAreLeftOut(t *testing.T) {
	s := newStory(t, 1, nil)
	for i := range 20 {
		for agent := range uint32(2) {
			s.Observe(counters.Movement{
				Exporter: router6, Agent: flow.V4(agent + 1), Index: 3,
				From: s.now.UnixMilli(), To: s.now.Add(within).UnixMilli(), In: movedBy(100_000),
			})
		}
		s.move(router4, 3, movedBy(100_000), flows(100_000, size, 1, 1))
		named := flow.IP{}
		if i%2 == 1 {
			named = flow.V4(9)
		}
		s.Observe(counters.Movement{
			Exporter: router4, Agent: named, Index: 4,
			From: s.now.UnixMilli(), To: s.now.Add(within).UnixMilli(), In: movedBy(1),
		})
		for _, v := range s.settle() {
			if v.Exporter == router6 {
				t.Errorf("got %s", v.Sentence())
			}
		}
	}
	c := s.Counts()
	if c.Shared != 39 || c.Judged == 0 {
		t.Errorf("got %+v", c)
	}
}

func TestMovementsOutOfOrderAreLeftOut(t *testing.T) {
	s := newStory(t, 1, nil)
	at := func(from, to int) {
		s.Observe(counters.Movement{
			Exporter: router4, Index: 3,
			From: began.Add(time.Duration(from) * time.Second).UnixMilli(), To: began.Add(time.Duration(to) * time.Second).UnixMilli(),
		})
	}
	at(0, 60)
	at(60, 60)
	at(120, 60)
	at(0, 60)
	at(60, 120)
	if c := s.Counts(); c.Disordered != 3 || c.Waiting != 4 {
		t.Errorf("got %+v, want 3 out of order and 2 intervals of 2 directions waiting", c)
	}
}

// Of four interfaces one counts twice. The exporter is trusted by three quarters.
func TestConfidenceIsTheShareOfInterfacesThatAgree(t *testing.T) {
	s := newStory(t, 1, nil)
	if _, known := s.Confidence(router4); known {
		t.Error("there is confidence in a stranger")
	}
	for range 10 {
		for index := range uint32(4) {
			factor := 1.0 + float64(index)/100
			if index == 3 {
				factor = 2
			}
			s.move(router6, index, movedBy(1_000_000), flows(1_000_000, size, factor, 1))
		}
		s.move(router4, 1, movedBy(100), flows(100, size, 1, 1))
		s.settle()
	}
	got, known := s.Confidence(router6)
	if !known || got.Interfaces != 4 || got.OutOfBand != 1 || got.Share() != 0.75 || got.Ratio != 1.01 || got.Error != 0 {
		t.Errorf("got %+v, share %v, known %v, want 3 of 4 in band and ratio 1.01", got, got.Share(), known)
	}
	if got, known := s.Confidence(router4); known {
		t.Errorf("got %+v of a router whose interfaces are too quiet to judge", got)
	}
}
