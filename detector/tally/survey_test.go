package tally

import (
	"testing"
	"time"

	"eagre/flow"
	"eagre/network"
)

func TestASurveyTellsTheLastMinute(t *testing.T) {
	c := New(DefaultConfig(), 0, mapOf(t, network.Config{}), Warmth{{}}, nil)
	counted(c, morning.Add(10*time.Second), batchAt(morning.Add(10*time.Second), record(morning.Add(10*time.Second), victim, 600)))
	at := morning.Add(90*time.Second - flow.StepLength)
	counted(c, at, batchAt(at, record(at, victim, 100), record(at, victim6, 7)))
	s := c.Survey()
	got := map[string]float64{}
	for _, k := range s.Sums {
		if k.Key.Kind == Host || k.Key.Kind == Port {
			got[k.Key.Kind.String()+" "+k.Key.Addr.String()] = k.PacketCount()
		}
	}
	// half of the minute before lies within the last 60 seconds
	if s.Span != TickLength || got["host "+victim.String()] != 400 || got["host "+victim6.String()] != 7 || got["port "+flow.IP{}.String()] != 407 {
		t.Errorf("got %v in %d ms, want 100 + 600/2 packets to %s, 7 to %s, 407 to the port", got, s.Span, victim, victim6)
	}
}

func TestInTheFirstMinuteThereIsNoMinuteYet(t *testing.T) {
	c := New(DefaultConfig(), 0, mapOf(t, network.Config{}), Warmth{{}}, nil)
	began := morning.Add(-5 * time.Second)
	counted(c, began, batchAt(began, record(began, victim, 10)))
	at := morning.Add(5*time.Second - flow.StepLength)
	counted(c, at, batchAt(at, record(at, victim, 30)))
	if s := c.Survey(); s.Span != 10_000 {
		t.Errorf("ten seconds after the start: got sums of %d ms", s.Span)
	}
}
