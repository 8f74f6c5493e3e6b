package tally

import (
	"net/netip"
	"testing"
	"time"

	"eagre/flow"
	"eagre/network"
)

func TestASurveyTellsTheLastMinute(t *testing.T) {
	c := New(DefaultConfig(), 0, mapOf(t, network.Config{}), Warmth{{}}, nil)
	counted(c, morning)
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
	if s := c.Survey(); s.Span != 5000 || surveyedOf(s, victim) != 30 {
		t.Errorf("ten seconds after the start: got %v packets of %d ms, want the 30 of the running minute's five seconds", surveyedOf(s, victim), s.Span)
	}
}

func surveyedOf(s *Survey, host netip.Addr) (packets float64) {
	for _, k := range s.Sums {
		if k.Key.Kind == Host && k.Key.Addr == flow.FromAddr(host) {
			packets += k.PacketCount()
		}
	}
	return packets
}

// TestAfterAStartNoRateIsAboveTheTruth: the flows of an exporter with an active timeout
// of a minute tell of a time when nobody counted yet. 600 packets a second go to the
// victim, of which each second brings one flow of a minute.
func TestAfterAStartNoRateIsAboveTheTruth(t *testing.T) {
	for _, to := range []netip.Addr{victim, victim6} {
		for _, second := range []time.Duration{0, 1, 10, 30, 59} {
			c := New(DefaultConfig(), 0, mapOf(t, network.Config{}), Warmth{{}}, nil)
			began := morning.Add(second * time.Second)
			for at := began; at.Before(began.Add(3 * time.Minute)); at = at.Add(time.Second) {
				r := record(at, to, 600)
				r.Start = at.Add(-time.Minute)
				counted(c, at, batchAt(at, r))
				s := c.Survey()
				if pps := 1000 * surveyedOf(s, to) / float64(s.Span); pps > 600 {
					t.Fatalf("started in second %d, after %s: got %.0f packets a second, the truth is 600", second, at.Sub(began), pps)
				}
			}
		}
	}
}
