package detector

import (
	"net/netip"
	"testing"
	"time"

	"eagre/anomaly"
	"eagre/detector/tally"
	"eagre/flow"
	"eagre/network"
)

const (
	streamIf = 7 // the interface of what is measured, so that nothing else is in its line
	webIf    = 1
)

var families = []netip.Addr{victim, victim6}

// audio is the stream that was told as 1262 Mbps: 16 kbps for 22 hours, in one record.
func audio(dst netip.Addr, end time.Duration) flow.Record {
	const bytes = 1262e6 / 8
	return flow.Record{
		SrcAddr: neighbourOf(dst), DstAddr: dst, Proto: 17, SrcPort: 8000, DstPort: 40000, InIf: streamIf, OutIf: 9,
		Packets: bytes / 200, Bytes: bytes, Start: morning.Add(end - 22*time.Hour), End: morning.Add(end),
	}
}

// neighbourOf is another host of the same family.
func neighbourOf(a netip.Addr) netip.Addr {
	if a.Is4() {
		return netip.MustParseAddr("203.0.113.9")
	}
	return netip.MustParseAddr("2001:db8:ffff::9")
}

func TestATwentyTwoHourStreamThatIsExportedOnceIsNoFlood(t *testing.T) {
	for _, v := range families {
		s := newStage(t).shipped()
		s.flows(0, 5*time.Minute, 100, s.web(v)).at(3*time.Minute, audio(v, 3*time.Minute))
		w := s.watch(nil)
		w.quiet("a stream of 16 kbps")

		var sum tally.Sum
		minutes := w.minutes(edge, streamIf, tally.To, 3*time.Minute-22*time.Hour, 3*time.Minute)
		for _, m := range minutes {
			if bps := m.ByteCount() * 8 / 60; !about(bps, 1262e6/22/3600) {
				t.Fatalf("%s: %s: %v bps, want 15.9 kbps in each minute", v, m.At, bps)
			}
			sum.Add(m.Sum)
		}
		if want := audio(v, 0); len(minutes) != 22*60 || sum.Bytes != want.Bytes*tally.Unit || sum.Packets != want.Packets*tally.Unit || sum.Flows > 1 {
			t.Errorf("%s: %d minutes hold %v bytes, %v packets, %d flows; want 1320 minutes of %d, %d and one", v, len(minutes), sum.ByteCount(), sum.PacketCount(), sum.Flows, want.Bytes, want.Packets)
		}
	}
}

func TestAFloodBesideALongStreamIsSeenAtItsOwnRate(t *testing.T) {
	for _, v := range families {
		s := newStage(t)
		s.at(30*time.Second, audio(v, 30*time.Second)).flows(20*time.Second, 50*time.Second, 8000, s.syn(v))
		e := s.watch(nil).one()
		if e.Subclass != anomaly.SYNFlood || !about(e.Maximum.PPS, 8000) || len(e.Vectors) > 0 {
			t.Errorf("%s: %s at %v with %d vectors, want the SYN flood of 8000 pps alone", v, e.Subclass, e.Maximum, len(e.Vectors))
		}
	}
}

// patient lets n conversations of one host run from a time to another through a
// router that tells of a running flow once each timeout, of each at another moment.
func (s *stage) patient(n int, from, to, timeout time.Duration, perSecond uint64, dst netip.Addr) *stage {
	for i := range n {
		end := from + timeout*time.Duration(i+1)/time.Duration(n)
		for start := from; start < to; start, end = end, min(to, end+timeout) {
			seconds := uint64((end - start) / time.Second)
			s.at(end, flow.Record{
				SrcAddr: neighbourOf(dst), DstAddr: dst, Proto: 17, SrcPort: 4500, DstPort: uint16(5000 + i), InIf: streamIf, OutIf: 9,
				Packets: perSecond * seconds, Bytes: 1000 * perSecond * seconds, Start: morning.Add(start), End: morning.Add(end),
			})
		}
	}
	return s
}

func TestARouterWithAThirtyMinuteTimeoutIsRightAfterThirtyOneMinutes(t *testing.T) {
	for _, v := range families {
		s := newStage(t).shipped()
		s.cfg.Tally.Partitions = 2 // a long day
		s.patient(30, 0, 2*time.Hour, 30*time.Minute, 100, v).flows(0, 2*time.Hour, 1, s.web(v))
		var onTime float64
		w := s.watch(func(w *watched, at time.Duration) {
			if at == 100*time.Minute {
				onTime = w.exporterHealth(edge).OnTime
			}
			if at%(10*time.Minute) != 0 || at < 31*time.Minute {
				return
			}
			for _, m := range w.minutes(edge, streamIf, tally.To, time.Minute, at-31*time.Minute) {
				if got := m.PacketCount(); !about(got, 30*100*60) {
					t.Fatalf("%s: after %s the minute of %s holds %v packets, want 180000", v, at, m.At, got)
				}
			}
		})
		w.quiet("3000 packets a second, told every half hour,")
		// of half an hour, the last minute and the one before it while that is open
		if onTime < 1.0/30 || onTime > 3.0/30 {
			t.Errorf("%s: on time %.3f, want what two minutes are of thirty", v, onTime)
		}
	}
}

func TestAFloodThroughARouterWithAThirtyMinuteTimeoutIsSeen(t *testing.T) {
	s := newStage(t)
	s.patient(30, 0, 40*time.Minute, 30*time.Minute, 100, victim).flows(35*time.Minute, 35*time.Minute+20*time.Second, 8000, s.syn(victim))
	if e := s.watch(nil).one(); e.Subclass != anomaly.SYNFlood || !about(e.Maximum.PPS, 8000) {
		t.Errorf("got %s at %v, want the SYN flood of 8000 pps", e.Subclass, e.Maximum)
	}
}

// routersOf declares roles for edge and peering: 1 is external, 9 leads to the other.
func routersOf() network.Config {
	interfaces := []network.Interface{{Index: webIf, Role: network.RoleExternal}, {Index: 9, Role: network.RoleCore}}
	return network.Config{Exporters: []network.Exporter{
		{Address: edge, Name: "edge", Interfaces: interfaces}, {Address: peering, Name: "peering", Interfaces: interfaces},
	}}
}

// sightings are the records that routers make of one flow, and whether roles are known.
var sightings = map[string]struct {
	network network.Config
	of      func(r flow.Record) []flow.Record
}{
	"two routers without roles": {network.Config{}, func(r flow.Record) []flow.Record {
		second := r
		second.Exporter = peering
		return []flow.Record{r, second}
	}},
	"two routers with roles": {routersOf(), func(r flow.Record) []flow.Record {
		second := r
		second.Exporter, second.InIf, second.OutIf = peering, 9, 3
		return []flow.Record{r, second}
	}},
	"ingress and egress of one router without roles": {network.Config{}, bothWays},
	"ingress and egress of one router with roles":    {routersOf(), bothWays},
	"egress alone": {network.Config{}, func(r flow.Record) []flow.Record {
		r.Direction = flow.Egress
		return []flow.Record{r}
	}},
	"ingress here, egress there": {network.Config{}, func() func(flow.Record) []flow.Record {
		n := 0
		return func(r flow.Record) []flow.Record { // of the second transit only egress is metered
			if n++; n%2 == 0 {
				return bothWays(r)
			}
			r.InIf, r.Direction = 2, flow.Egress
			return []flow.Record{r}
		}
	}()},
}

func bothWays(r flow.Record) []flow.Record {
	out := r
	r.Direction, out.Direction = flow.Ingress, flow.Egress
	return []flow.Record{r, out}
}

// seenBy lets every flow arrive as the records that routers make of it.
func (s *stage) seenBy(of func(flow.Record) []flow.Record, from, to time.Duration, perSecond int, make func(int) flow.Record) *stage {
	n := int((to - from).Seconds() * float64(perSecond))
	for i := range n {
		at := from + time.Duration(i)*(to-from)/time.Duration(n)
		for _, r := range of(make(i)) {
			s.flows(at, at+time.Second, 1, func(int) flow.Record { return r })
		}
	}
	return s
}

func TestWhatRoutersSeeTwiceIsCountedOnce(t *testing.T) {
	for name, view := range sightings {
		for _, v := range families {
			s := newStage(t)
			s.network = view.network
			s.seenBy(view.of, 0, 70*time.Second, 200, func(i int) flow.Record {
				r := s.syn(v)(i)
				r.Packets, r.Bytes = 20, 800
				return r
			})
			w := s.watch(func(w *watched, at time.Duration) {
				if at == 65*time.Second {
					w.ask()
				}
			})
			for _, e := range w.events { // structure is found at any rate
				if e.Maximum.PPS > 4200 {
					t.Errorf("%s, %s: maximum %v pps, want the 4000 that there were", name, v, e.Maximum.PPS)
				}
			}
			host, port := w.talker(tally.Host, "in", v.String()), w.talker(tally.Port, "", "tcp port 443")
			if !within(host.PPS, 4000, 0.03) || !within(port.PPS, 4000, 0.03) {
				t.Errorf("%s, %s: shown %v pps to the host and %v to its port, want 4000", name, v, host.PPS, port.PPS)
			}
		}
	}
}

func TestAFloodThatRoutersSeeTwiceIsSeenAtItsRate(t *testing.T) {
	for name, view := range sightings {
		s := newStage(t)
		s.network = view.network
		s.seenBy(view.of, 0, 20*time.Second, 800, func(i int) flow.Record {
			r := s.syn(victim)(i)
			r.Packets, r.Bytes = 10, 400
			return r
		})
		if e := s.watch(nil).one(); e.Subclass != anomaly.SYNFlood || !within(e.Maximum.PPS, 8000, 0.1) || !within(e.Mean.PPS, 8000, 0.03) {
			t.Errorf("%s: %s, maximum %v, mean %v; want the SYN flood of 8000 pps", name, e.Subclass, e.Maximum, e.Mean)
		}
	}
}

func within(got, want, part float64) bool { return got >= want*(1-part) && got <= want*(1+part) }
