package detector

import (
	"math"
	"net/netip"
	"testing"
	"time"

	"eagre/anomaly"
	"eagre/detector/tally"
	"eagre/flow"
)

var samplings = []uint32{1, 10, 100, 1000, 4096}

// thinned lets packets arrive of which one in rate is looked at: perSecond of them in
// all, each a flow of its own, thrown for one by one.
func (s *stage) thinned(from, to time.Duration, perSecond int, rate uint32, make func(int) flow.Record) *stage {
	for i := range int((to - from).Seconds()) * perSecond {
		at := from + time.Duration(i)*time.Second/time.Duration(perSecond)
		if s.rand.Uint32N(rate) == 0 {
			r := make(i)
			r.SamplingRate = rate
			s.at(at, r)
		}
	}
	return s
}

func TestAFloodIsSeenAtItsRateThroughAnySampling(t *testing.T) {
	for _, rate := range samplings {
		s := newStage(t)
		s.thinned(0, 2*time.Minute, 3000, rate, s.udp(victim, 500)).limited(40)
		w := s.watch(nil)
		var sum tally.Sum
		for _, m := range w.minutes(edge, streamIf, tally.To, 0, 2*time.Minute) {
			sum.Add(m.Sum)
		}
		if got := sum.PacketCount() / 120; !within(got, 3000, sum.PacketError()+1e-9) || sum.PacketError() < 1.9*math.Sqrt(float64(rate-1)/360_000) {
			t.Errorf("1 in %d: %v pps in two minutes ± %.2f %%, want 3000", rate, got, 100*sum.PacketError())
		}
		if e := w.one(); e.Subclass != anomaly.UDPFlood || !within(e.Mean.PPS, 3000, sum.PacketError()+0.01) {
			t.Errorf("1 in %d: %s, mean %v pps, want the UDP flood of 3000", rate, e.Subclass, e.Mean.PPS)
		}
	}
}

func TestABusyHostIsNoFloodThroughAnySampling(t *testing.T) {
	for _, rate := range samplings {
		s := newStage(t).limited(20)
		s.thinned(0, 2*time.Minute, 1500, rate, s.udp(victim, 700))
		s.watch(nil).quiet("1500 of 2500 pps")
	}
}

// udp is a packet to dst from anybody.
func (s *stage) udp(dst netip.Addr, bytes uint64) func(int) flow.Record {
	return func(int) flow.Record {
		return flow.Record{SrcAddr: s.anyone(dst), DstAddr: dst, Proto: 17, SrcPort: 123, DstPort: 9, InIf: streamIf, OutIf: 9, Packets: 1, Bytes: bytes}
	}
}

// TestASamplingRateThatChangesChangesNoRate: from one record to the next, in the middle
// of a step, one in 1000 becomes one in 10, and back.
func TestASamplingRateThatChangesChangesNoRate(t *testing.T) {
	for _, v := range families {
		s := newStage(t)
		s.flows(0, 6*time.Minute, 50, func(i int) flow.Record {
			r := s.udp(v, 0)(i)
			r.Packets, r.SamplingRate = 1, 1000
			if i >= 50*150+3 && i < 50*260+2 {
				r.Packets, r.SamplingRate = 100, 10
			}
			r.Bytes = r.Packets * 500
			return r
		}) // 50 Kpps to one host in 200 Mbit/s: at the limit of UDP, never above it
		s.cfg.Thresholds.Default[tally.To][tally.UDP].PPS = 50_100
		w := s.watch(nil)
		w.quiet("a steady 50 Kpps")
		for _, m := range w.minutes(edge, streamIf, tally.To, 0, 6*time.Minute) {
			if m.Packets != 50*1000*60*tally.Unit || m.Bytes != 500*m.Packets {
				t.Errorf("%s: %s: %v packets, %v bytes; want 3000000 and 500 times as many", v, m.At, m.PacketCount(), m.ByteCount())
			}
		}
	}
}

func TestAnUnknownSamplingRateCountsWhatWasSeen(t *testing.T) {
	s := newStage(t)
	s.flows(0, 2*time.Minute, 100, func(i int) flow.Record {
		r := s.udp(victim, 500)(i)
		r.Sampling = flow.SamplingUnknown
		return r
	})
	for i := range s.arrive {
		s.arrive[i].rec.SamplingRate = 0
	}
	w := s.watch(nil)
	w.quiet("100 packets a second that nobody can scale")
	for _, m := range w.minutes(edge, streamIf, tally.To, 0, 2*time.Minute) {
		if m.PacketCount() != 6000 {
			t.Errorf("%s: %v packets, want the 6000 that were seen", m.At, m.PacketCount())
		}
	}
}

// restless lets n flows run through a router that tells of each every minute, with a
// start that never moves; counters are those of the minute, or of the whole past.
func (s *stage) restless(n int, from, to time.Duration, perSecond uint64, cumulative bool) *stage {
	for i := range n {
		begin, past := from+time.Duration(i)*time.Minute/time.Duration(n), uint64(0)
		for end := begin + time.Minute; end <= to; end += time.Minute {
			packets := 30*perSecond + s.rand.Uint64N(60*perSecond+1) // it is never twice the same
			if past += packets; cumulative {
				packets = past
			}
			if end < 0 {
				continue // before anybody listened
			}
			s.at(end, flow.Record{
				SrcAddr: neighbourOf(victim), DstAddr: victim, Proto: 17, SrcPort: 4500, DstPort: uint16(5000 + i), InIf: streamIf, OutIf: 9,
				Packets: packets, Bytes: packets * 1000, Start: morning.Add(begin), End: morning.Add(end),
			})
		}
	}
	return s
}

func TestAnExporterWhoseStartsNeverMoveIsSeenThrough(t *testing.T) {
	for cumulative, want := range map[bool]tally.Repeats{false: tally.Stuck, true: tally.Cumulative} {
		s := newStage(t)
		s.restless(40, -5*time.Hour, 3*time.Hour, 500, cumulative) // 20 Kpps: told without care, 9.6 Mpps
		var health ExporterHealth
		w := s.watch(func(w *watched, at time.Duration) {
			if at == 150*time.Minute {
				w.ask()
			} else if at == 2*time.Hour {
				health = w.exporterHealth(edge)
			}
		})
		w.quiet("20 Kpps told every minute from the beginning")
		if health.Repeats != want || health.OnTime < 0.9 {
			t.Errorf("%s: known as %s, on time %.2f; want it known and all of it on time", want, health.Repeats, health.OnTime)
		}
		for _, m := range w.minutes(edge, streamIf, tally.To, 5*time.Minute, 3*time.Hour-2*time.Minute) {
			if !within(m.PacketCount(), 20*1000*60, 0.2) { // 40 flows of which each varies by 30 %
				t.Fatalf("%s: minute %s holds %v packets, want 1200000", want, m.At, m.PacketCount())
			}
		}
		if got := w.talker(tally.Host, "in", victim.String()); got.PPS > 24_000 {
			t.Errorf("%s: shown %v pps, want no more than the 20000 that there are", want, got.PPS)
		}
	}
}

func TestAFloodThroughAnExporterWhoseStartsNeverMoveIsSeen(t *testing.T) {
	for _, cumulative := range []bool{false, true} {
		s := newStage(t)
		s.restless(20, 0, 20*time.Minute, 100, cumulative).flows(15*time.Minute, 15*time.Minute+20*time.Second, 8000, s.syn(victim))
		if e := s.watch(nil).one(); e.Subclass != anomaly.SYNFlood || !about(e.Maximum.PPS, 8000) {
			t.Errorf("cumulative %v: got %s at %v, want the SYN flood of 8000 pps", cumulative, e.Subclass, e.Maximum)
		}
	}
}

// booted makes every flow begin when the router did, three days ago.
func booted(rate time.Duration, make func(int) flow.Record) func(int) flow.Record {
	n := 0
	return func(i int) flow.Record {
		r := make(i)
		r.Start, r.End = morning.Add(-72*time.Hour), morning.Add(time.Duration(n)*time.Second/rate)
		n++
		return r
	}
}

func TestAnExporterOfWhichAllFlowsBeganAtBootIsSeenThrough(t *testing.T) {
	s := newStage(t)
	s.flows(0, 15*time.Minute, 100, booted(100, s.udp(victim, 500)))
	var health ExporterHealth
	w := s.watch(func(w *watched, at time.Duration) {
		if at == 10*time.Minute {
			health = w.exporterHealth(edge)
		}
	})
	w.quiet("100 pps of flows that began at boot")
	if health.Repeats != tally.Frozen { // although every now and then a flow comes again
		t.Errorf("known as %s, want frozen", health.Repeats)
	}
	for _, m := range w.minutes(edge, streamIf, tally.To, 2*time.Minute, 13*time.Minute) {
		if !within(m.PacketCount(), 6000, 0.02) {
			t.Errorf("%s: %v packets, want 6000", m.At, m.PacketCount())
		}
	}
}

func TestAFloodThroughAnExporterOfWhichAllFlowsBeganAtBootIsSeen(t *testing.T) {
	s := newStage(t).limited(100)
	s.flows(0, 100*time.Second, 10, booted(10, s.udp(victim, 500)))
	s.flows(100*time.Second, 200*time.Second, 600, func(i int) flow.Record {
		r := s.udp(victim, 500)(i)
		r.Start, r.End = morning.Add(-72*time.Hour), morning.Add(100*time.Second+time.Duration(i)*time.Second/600)
		return r
	})
	if e := s.watch(nil).one(); e.Subclass != anomaly.UDPFlood || e.Maximum.PPS > 605 || e.Maximum.PPS < 550 {
		t.Errorf("got %s at %v, want the UDP flood of 600 pps", e.Subclass, e.Maximum)
	}
}

// delayed lets flows arrive late.
func (s *stage) delayed(by, from, to time.Duration, perSecond int, make func(int) flow.Record) *stage {
	before := len(s.arrive)
	s.flows(from, to, perSecond, make)
	for i := range s.arrive[before:] {
		s.arrive[before+i].at += by
	}
	return s
}

func TestRecordsThatComeLateChangeNoRateAndAreForgiven(t *testing.T) {
	for _, trouble := range []time.Duration{20 * time.Minute, 2 * time.Hour} {
		s := newStage(t)
		s.cfg.Tally.Partitions = 2
		begin, over, end := time.Hour, time.Hour+trouble, 2*time.Hour+trouble+2*time.Minute
		s.delayed(2*time.Second, 0, begin, 2, s.heavy(victim)).delayed(5*time.Minute, begin, over, 2, s.heavy(victim))
		s.delayed(2*time.Second, over, end, 2, s.heavy(victim))
		var health []ExporterHealth
		w := s.watch(func(w *watched, at time.Duration) {
			for _, look := range []time.Duration{begin, begin + 15*time.Minute, over + time.Hour} {
				if at == look.Truncate(time.Second) && len(health) < 3 {
					health = append(health, w.exporterHealth(edge))
				}
			}
		})
		w.quiet("five minutes of delay")
		if len(health) != 3 {
			t.Fatalf("looked %d times, want 3", len(health))
		}
		before, during, after := health[0], health[1], health[2]
		if before.OnTime < 0.99 || before.Jumped {
			t.Errorf("before: %+v, want all on time", before)
		}
		if during.OnTime > 0.2 || !during.Jumped {
			t.Errorf("during %s of it: %+v, want it told that nearly nothing is on time", trouble, during)
		}
		if after.OnTime < 0.99 || after.Jumped {
			t.Errorf("an hour after %s of it: %+v, want all as before", trouble, after)
		}
		for _, m := range w.minutes(edge, webIf, tally.To, 0, end-2*time.Minute) {
			if m.PacketCount() != 2*100*60 {
				t.Errorf("%s: %v packets, want 12000", m.At, m.PacketCount())
			}
		}
	}
}

func TestAFloodOfWhichRecordsComeLateIsNoFloodOfTheirArrival(t *testing.T) {
	s := newStage(t)
	s.flows(0, 10*time.Minute, 50, s.web(victim))
	s.delayed(5*time.Minute, 0, 4*time.Minute, 50, s.heavy(victim)) // 5 Kpps, and after it all at once:
	for i := range s.arrive {
		if s.arrive[i].rec.Packets == 100 {
			s.arrive[i].at = 9*time.Minute + time.Duration(i%1000)*time.Millisecond // 1.2 million packets within a second
		}
	}
	s.watch(nil).quiet("a backlog that is delivered at once")
}

func TestSevenYearsOfEmptyTimeChangeNothing(t *testing.T) {
	play := func(gap time.Duration) []anomaly.Event {
		s := newStage(t)
		for _, begin := range []time.Duration{0, gap} {
			s.flows(begin, begin+3*time.Minute, 50, s.web(victim)).flows(begin+time.Minute, begin+80*time.Second, 8000, s.syn(victim))
		}
		w := s.watch(nil)
		for _, m := range w.minutes(edge, webIf, tally.To, gap, gap+time.Minute) {
			if m.PacketCount() != 50*12*60 {
				t.Errorf("after %s: %v packets in the first minute, want 36000", gap, m.PacketCount())
			}
		}
		return w.events
	}
	const years = 7 * 365 * 24 * time.Hour
	long, short := play(years), play(2*time.Hour)
	if len(opened(long)) != 2 || len(long) != len(short) {
		t.Fatalf("%d events, %d without the years; want the same two anomalies:\n%s", len(long), len(short), lines(t, long))
	}
	for i := range long {
		got, want := long[i], short[i]
		if i >= len(long)/2 {
			got.Start, got.At = got.Start.Add(2*time.Hour-years), got.At.Add(2*time.Hour-years)
		}
		if got.Event != want.Event || !got.Start.Equal(want.Start) || !got.At.Equal(want.At) || got.Mean != want.Mean || got.Maximum.Rates != want.Maximum.Rates {
			t.Errorf("event %d: %s at %s of %v, want %s at %s of %v", i, got.Event, got.At, got.Mean, want.Event, want.At, want.Mean)
		}
	}
}

// TestADelayThatStaysIsTheNewNormal: the timeout of a router was changed for good.
func TestADelayThatStaysIsTheNewNormal(t *testing.T) {
	s := newStage(t)
	s.cfg.Tally.Partitions = 2
	const change = 20 * time.Minute
	s.delayed(2*time.Second, 0, change, 2, s.heavy(victim)).delayed(5*time.Minute, change, change+2*time.Hour, 2, s.heavy(victim))
	told := map[time.Duration]ExporterHealth{}
	s.watch(func(w *watched, at time.Duration) { told[at.Truncate(time.Minute)] = w.exporterHealth(edge) })
	if soon := told[change+15*time.Minute]; !soon.Jumped {
		t.Errorf("a quarter of an hour after the change: %+v, want it told", soon)
	}
	if later := told[change+90*time.Minute]; later.Jumped || later.OnTime > 0.01 {
		t.Errorf("an hour and a half after the change: %+v, want nothing on time, and that it is always so", later)
	}
}
