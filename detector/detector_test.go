package detector

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/anomaly"
	"eagre/flow"
	"eagre/network"
)

func TestASpoofedSYNFloodIsFoundInBothFamilies(t *testing.T) {
	for _, v := range []netip.Addr{victim, victim6} {
		s := newStage(t)
		s.flows(0, 90*time.Second, 50, s.web(v)).flows(20*time.Second, 60*time.Second, 8000, s.syn(v))
		events := s.run(2)

		first := opened(events)
		if len(first) != 1 {
			t.Fatalf("%s: %d anomalies opened, want one:\n%s", v, len(first), lines(t, events))
		}
		if late := first[0].At.Sub(morning.Add(20 * time.Second)); late > 2*time.Second {
			t.Errorf("%s: opened %s after the first SYN, want within the window of 2s", v, late)
		}
		e := last(t, events)
		want := netip.PrefixFrom(v, v.BitLen())
		if e.Event != anomaly.Ended || e.Class != anomaly.Misuse || e.Subclass != anomaly.SYNFlood || *e.Victim != want || e.Source != nil {
			t.Errorf("got %s %s/%s victim %v, want ended misuse/syn-flood victim %s", e.Event, e.Class, e.Subclass, e.Victim, want)
		}
		if e.Importance != anomaly.High {
			t.Errorf("importance %s, want high: many sources, one victim, two windows above the limit", e.Importance)
		}
		if e.Maximum.PPS < 7990 || e.Maximum.PPS > 8010 || e.SeverityPercent < 159 || e.SeverityPercent > 161 {
			t.Errorf("maximum %v pps, severity %v %%; want 8000 and 160 (of 5 Kpps)", e.Maximum.PPS, e.SeverityPercent)
		}
		if off := e.End.Sub(morning.Add(60 * time.Second)).Abs(); off > 2500*time.Millisecond {
			t.Errorf("end %s, want about 08:01:00", e.End)
		}
		if e.Mean.PPS < 7200 || e.Mean.PPS > 8001 {
			t.Errorf("mean %v pps, want nearly 8000", e.Mean.PPS)
		}
	}
}

func TestABusyDayIsNoAttack(t *testing.T) {
	s := newStage(t).shipped()
	s.flows(0, 3*time.Minute, 300, s.web(victim)) // 3,600 pps of ordinary connections
	s.flows(time.Minute, 2*time.Minute, 2000, s.web(netip.MustParseAddr("198.51.100.10")))
	s.flows(30*time.Second, 150*time.Second, 1, func(int) flow.Record { // a backup: few, large flows
		return flow.Record{
			SrcAddr: victim, DstAddr: netip.MustParseAddr("203.0.113.50"), Proto: 6, TCPFlags: 0x18, SrcPort: 40000, DstPort: 873,
			InIf: 9, OutIf: 1, Packets: 5000, Bytes: 5000 * 1460,
		}
	})
	s.flows(0, 3*time.Minute, 40, func(i int) flow.Record { // a resolver that asks and is answered by hundreds
		server := flow.V4(0x2d000000 + uint32(i%700)*256).Addr()
		r := flow.Record{SrcAddr: server, DstAddr: victim, Proto: 17, SrcPort: 53, DstPort: 33000, InIf: 1, OutIf: 9, Packets: 1, Bytes: 900}
		if i%2 == 0 {
			r = flow.Record{SrcAddr: victim, DstAddr: server, Proto: 17, SrcPort: 33000, DstPort: 53, InIf: 9, OutIf: 1, Packets: 1, Bytes: 70}
		}
		return r
	})
	if events := s.run(2); len(events) > 0 {
		t.Errorf("an innocent day raised:\n%s", lines(t, events))
	}
}

func TestManySourcesThatSendNothingButSYNAreFoundAtAnyRate(t *testing.T) {
	s := newStage(t)
	s.flows(0, 50*time.Second, 40, s.syn(victim)) // 2,000 SYNs at 40 pps
	e := last(t, s.run(1))
	if e.Subclass != anomaly.SYNFlood || e.Importance != anomaly.Medium {
		t.Errorf("got %s of importance %s, want syn-flood, medium: the limit is far", e.Subclass, e.Importance)
	}
	if !strings.Contains(e.Evidence.Sentence, "hardly answered, limit 1,000 sources at any rate") {
		t.Errorf("sentence: %s", e.Evidence.Sentence)
	}
	if e.Evidence.Window != "1m0s" || e.Evidence.Unit != anomaly.Count || e.Evidence.Limit != 1000 {
		t.Errorf("evidence: %+v, want 1000 different sources within a minute", e.Evidence)
	}
}

func TestAThousandClientsThatAreAnsweredAreAFlashCrowd(t *testing.T) {
	s := newStage(t)
	// sampled packets: the SYNs stand alone, but three others follow each
	s.flows(0, 20*time.Second, 400, func(i int) flow.Record {
		r := s.syn(victim)(i)
		if i%4 != 0 {
			r.TCPFlags, r.Bytes = 0x10, 900
		}
		return r
	})
	if events := s.run(1); len(events) > 0 {
		t.Errorf("a flash crowd raised:\n%s", lines(t, events))
	}
}

func TestHundredReflectorsAnswerWhoAskedNothing(t *testing.T) {
	s := newStage(t)
	s.flows(0, 10*time.Second, 100, func(i int) flow.Record {
		return flow.Record{
			SrcAddr: flow.V4(0x2d000000 + uint32(i%150)*256).Addr(), DstAddr: victim, Proto: 17, SrcPort: 53, DstPort: 4444,
			InIf: 1, OutIf: 9, Packets: 2, Bytes: 2 * 1400,
		}
	})
	e := last(t, s.run(1))
	if e.Class != anomaly.Misuse || e.Subclass != anomaly.DNSAmplification || e.Importance != anomaly.Medium {
		t.Errorf("got %s/%s %s, want misuse/dns-amplification, medium", e.Class, e.Subclass, e.Importance)
	}
}

func TestFloodsOfEachKindSayTheirName(t *testing.T) {
	for _, c := range []struct {
		subclass string
		each     func(s *stage) func(int) flow.Record
		packets  uint64
	}{
		{anomaly.UDPFlood, func(s *stage) func(int) flow.Record {
			return func(int) flow.Record {
				return flow.Record{SrcAddr: s.anyone(victim), DstAddr: victim, Proto: 17, SrcPort: 1, DstPort: 9, Packets: 80, Bytes: 80 * 100}
			}
		}, 80},
		{anomaly.ICMPFlood, func(s *stage) func(int) flow.Record {
			return func(int) flow.Record {
				return flow.Record{SrcAddr: s.anyone(victim), DstAddr: victim, Proto: 1, DstPort: 0x800, Packets: 10, Bytes: 10 * 84}
			}
		}, 10},
		{anomaly.TotalTraffic, func(s *stage) func(int) flow.Record {
			return func(i int) flow.Record {
				r := s.web(victim)(i)
				r.Packets, r.Bytes = 200, 200*60
				return r
			}
		}, 200},
	} {
		s := newStage(t)
		s.flows(0, 20*time.Second, 1000, c.each(s))
		e := last(t, s.run(1))
		if e.Subclass != c.subclass || e.Maximum.PPS != float64(1000*c.packets) {
			t.Errorf("got %s at %v pps, want %s at %d", e.Subclass, e.Maximum.PPS, c.subclass, 1000*c.packets)
		}
	}
}

func TestOneBigDownloadIsNotImportant(t *testing.T) {
	s := newStage(t)
	s.flows(0, 20*time.Second, 10, func(int) flow.Record {
		return flow.Record{SrcAddr: netip.MustParseAddr("203.0.113.80"), DstAddr: victim, Proto: 17, SrcPort: 443, DstPort: 50001, Packets: 12000, Bytes: 12000 * 1300}
	})
	for _, e := range s.run(1) {
		if e.Importance != anomaly.Low {
			t.Errorf("one QUIC download: %s importance %s, want low", e.Subclass, e.Importance)
		}
	}
}

func TestSlammerIsFoundByItsSignatureAndItsSourceNamed(t *testing.T) {
	s := newStage(t).shipped()
	s.flows(0, 30*time.Second, 100, s.web(victim))
	s.flows(10*time.Second, 25*time.Second, 250, func(int) flow.Record {
		return flow.Record{SrcAddr: infect, DstAddr: s.anyone(victim), Proto: 17, SrcPort: 3575, DstPort: 1434, InIf: 9, OutIf: 1, Packets: 1, Bytes: 404}
	})
	events := s.run(2)
	if n := len(opened(events)); n != 1 {
		t.Fatalf("%d anomalies, want one:\n%s", n, lines(t, events))
	}
	e := last(t, events)
	if e.Class != anomaly.Signature || e.Subclass != "slammer" || e.Importance != anomaly.High || *e.Source != netip.PrefixFrom(infect, 32) || e.Victim != nil {
		t.Errorf("got %s/%s %s source %v victim %v, want signature/slammer high from %s", e.Class, e.Subclass, e.Importance, e.Source, e.Victim, infect)
	}
}

func TestSeveralVectorsOnOneVictimAreOneAnomaly(t *testing.T) {
	s := newStage(t)
	s.flows(0, 30*time.Second, 8000, s.syn(victim))
	s.flows(5*time.Second, 30*time.Second, 1000, func(int) flow.Record {
		return flow.Record{SrcAddr: s.anyone(victim), DstAddr: victim, Proto: 17, SrcPort: 9, DstPort: 9, Packets: 100, Bytes: 100 * 1000}
	})
	events := s.run(1)
	if n := len(opened(events)); n != 1 {
		t.Fatalf("%d anomalies, want one", n)
	}
	e := last(t, events)
	var got []string
	for _, v := range e.Vectors {
		got = append(got, v.Subclass)
	}
	if diff := cmp.Diff([]string{anomaly.UDPFlood, anomaly.TotalTraffic}, got); diff != "" || e.Subclass != anomaly.SYNFlood {
		t.Errorf("named %s with vectors (-want +got):\n%s", e.Subclass, diff)
	}
}

func TestTwoRoutersWithoutRolesAreNotTwiceTheTraffic(t *testing.T) {
	s := newStage(t)
	both := func(i int) flow.Record {
		r := s.syn(victim)(i / 2)
		if i%2 == 1 {
			r.Exporter = peering
		}
		return r
	}
	s.flows(0, 20*time.Second, 8000, both) // 4,000 SYNs a second, each seen by two routers: below the limit
	for _, e := range s.run(2) {
		if e.Maximum.PPS > 4100 {
			t.Errorf("maximum %v pps, want the 4000 that either router saw", e.Maximum.PPS)
		}
	}
}

func TestAFloodOverManyHostsOfAPrefixIsOneAnomalyOfThePrefix(t *testing.T) {
	s := newStage(t)
	s.flows(0, 20*time.Second, 8000, func(i int) flow.Record {
		host := flow.V4(0xc6336400 + uint32(i%254) + 1).Addr() // 31 pps for each
		return s.syn(host)(i)
	})
	events := opened(s.run(2))
	if len(events) != 1 || *events[0].Victim != netip.MustParsePrefix("198.51.100.0/24") {
		t.Errorf("want one anomaly of the /24, got:\n%s", lines(t, events))
	}
}

// TestTheSmallestPrefixThatHoldsTheFloodIsTheVictim: in IPv6 a /64 and a /48 are
// watched; a flood over one /64 is about that, one over many is about the /48.
func TestTheSmallestPrefixThatHoldsTheFloodIsTheVictim(t *testing.T) {
	for want, host := range map[string]func(i int) netip.Addr{
		"2001:db8:1:7::/64": func(i int) netip.Addr { return flow.IP{Hi: 0x2001_0db8_0001_0007, Lo: uint64(i%254) + 1}.Addr() },
		"2001:db8:1::/48":   func(i int) netip.Addr { return flow.IP{Hi: 0x2001_0db8_0001_0000 + uint64(i%254), Lo: 1}.Addr() },
	} {
		s := newStage(t)
		s.flows(0, 20*time.Second, 8000, func(i int) flow.Record { return s.syn(host(i))(i) })
		events := opened(s.run(2))
		if len(events) != 1 || *events[0].Victim != netip.MustParsePrefix(want) {
			t.Errorf("want one anomaly of %s, got:\n%s", want, lines(t, events))
		}
	}
}

func TestAManagedObjectHasItsOwnLimitsAndName(t *testing.T) {
	s := newStage(t)
	s.network = network.Config{
		Managed: []network.ManagedObject{{Name: "acme", Prefixes: []netip.Prefix{netip.PrefixFrom(victim, 24).Masked()}}},
		Exporters: []network.Exporter{{Address: edge, Name: "edge1", Interfaces: []network.Interface{
			{Index: 1, Name: "transit-a", Role: network.RoleExternal}, {Index: 9, Role: network.RoleCore},
		}}},
	}
	strict := [2]Limits{DefaultLimits(), DefaultLimits()}
	strict[0][1] = Limit{PPS: 500, Source: "acme: thresholds.in.syn-flood"}
	s.cfg.Thresholds.Objects = map[network.Object]*[2]Limits{1: &strict}
	s.flows(0, 20*time.Second, 600, s.syn(victim))
	e := last(t, s.run(1))
	if e.Resource.Name != "acme" || e.Direction != "incoming" || e.Threshold.Source != "acme: thresholds.in.syn-flood" || e.Threshold.Value != 500 {
		t.Errorf("got resource %+v direction %s threshold %+v", e.Resource, e.Direction, e.Threshold)
	}
}

func TestALinkNearItsSpeedIsANotice(t *testing.T) {
	s := newStage(t)
	s.network.Exporters = []network.Exporter{{Address: edge, Name: "edge1", Interfaces: []network.Interface{{Index: 1, Name: "uplink", SpeedBPS: 100e6}}}}
	s.flows(0, 3*time.Minute, 100, func(i int) flow.Record {
		r := s.web(flow.V4(0xc6336400 + uint32(i%200)).Addr())(i)
		r.Packets, r.Bytes = 100, 123_000 // 98 Mbit/s
		return r
	})
	e := last(t, s.run(1))
	if e.Resource.Kind != "interface" || e.Resource.Name != "edge1 uplink" || e.Importance != anomaly.Low || e.Victim != nil {
		t.Errorf("got %+v importance %s victim %v, want a low notice about edge1 uplink", e.Resource, e.Importance, e.Victim)
	}
	if !e.Start.Equal(morning) || !e.End.Equal(morning.Add(3*time.Minute)) || !about(e.Mean.BPS, 98.4e6) {
		t.Errorf("from %s to %s, mean %v; want the three minutes, and 98.4 Mbps", e.Start, e.End, e.Mean)
	}
}

func about(got, want float64) bool { return got > 0.99*want && got < 1.01*want }

func TestSampledTrafficFiresOnItsLowerBoundOnly(t *testing.T) {
	sampled := func(perSecond int) []anomaly.Event {
		s := newStage(t)
		s.cfg.Thresholds.Default[0][1] = Limit{PPS: 5000}
		return s.flows(0, 10*time.Second, perSecond, func(i int) flow.Record {
			r := s.syn(victim)(i)
			r.SamplingRate = 1000
			return r
		}).run(1)
	}
	if events := sampled(6); len(events) > 0 { // 12 samples in the window: 6 Kpps ± 3.5
		t.Errorf("fired on 12 samples of 1 in 1000:\n%s", lines(t, events))
	}
	if e := last(t, sampled(40)); e.SamplingErrorPercent < 10 || e.SamplingErrorPercent > 60 {
		t.Errorf("40 Kpps seen through 1 in 1000: sampling error %v %%", e.SamplingErrorPercent)
	}
}

// TestAFloodThatOnlyWholeMinutesAreSureOf: in two seconds there are too few
// samples, in a minute there are enough.
func TestAFloodThatOnlyWholeMinutesAreSureOf(t *testing.T) {
	s := newStage(t)
	s.flows(0, 3*time.Minute, 6, func(i int) flow.Record {
		r := s.syn(victim)(i)
		r.SamplingRate = 1000
		return r
	})
	events := s.run(1)
	if first := opened(events); len(first) != 1 || first[0].Importance != anomaly.Medium || first[0].Evidence.Window != "1m0s" {
		t.Fatalf("want it opened by one minute, of medium importance, got:\n%s", lines(t, events))
	}
	if e := last(t, events); e.Importance != anomaly.High || !about(e.Mean.PPS, 6000) || !e.Start.Equal(morning) {
		t.Errorf("importance %s, mean %v pps since %s; want high after two minutes above the limit, 6000 since 08:00", e.Importance, e.Mean.PPS, e.Start)
	}
}

func TestARelapseKeepsItsID(t *testing.T) {
	s := newStage(t)
	s.flows(0, 10*time.Second, 8000, s.syn(victim)).flows(4*time.Minute, 4*time.Minute+10*time.Second, 8000, s.syn(victim))
	events := s.run(1)
	ids := map[string]bool{}
	kinds := map[anomaly.Kind]int{}
	for i, e := range events {
		ids[e.ID] = true
		kinds[e.Event]++
		if e.Revision != i+1 {
			t.Errorf("event %d has revision %d", i, e.Revision)
		}
	}
	if len(ids) != 1 || kinds[anomaly.Opened] != 1 || kinds[anomaly.Ended] != 2 {
		t.Errorf("%d ids, %v; want one id, opened once, ended twice", len(ids), kinds)
	}
}

func TestTheMeanOfARelapseHoldsBothWaves(t *testing.T) {
	for _, second := range []int{8000, 6000, 10_000} {
		s := newStage(t)
		s.flows(0, 10*time.Second, 8000, s.syn(victim)).flows(4*time.Minute, 4*time.Minute+10*time.Second, second, s.syn(victim))
		e := last(t, s.run(1))
		if want := float64(8000+second) * 10 / 250; !about(e.Mean.PPS, want) {
			t.Errorf("second wave of %d pps: mean %v pps, want %v over the 250 seconds of both", second, e.Mean.PPS, want)
		}
	}
}

func TestTheMeanHoldsTheAttackAlone(t *testing.T) {
	s := newStage(t).limited(10)
	s.flows(0, 4*time.Minute, 40, s.heavy(victim))              // 4 Kpps: well below the limit, and watched
	s.flows(4*time.Minute, 8*time.Minute, 150, s.heavy(victim)) // 15 Kpps
	if e := last(t, s.run(1)); !about(e.Mean.PPS, 15e3) {
		t.Errorf("mean %v pps, want the 15 Kpps since it began", e.Mean.PPS)
	}
}

func TestTheMeanIsThatOfTheObserverThatSawMost(t *testing.T) {
	s := newStage(t).limited(100)
	other := func(i int) flow.Record {
		r := s.syn(victim)(i)
		r.Exporter = peering
		return r
	}
	s.flows(0, 6*time.Minute, 80, s.syn(victim))
	s.flows(0, 5*time.Minute, 70, other).flows(5*time.Minute, 6*time.Minute, 90, other)
	e := last(t, s.run(1))
	if want := (70*5 + 90*1) / 6.0; e.Maximum.PPS != 90 || !about(e.Mean.PPS, want) {
		t.Errorf("maximum %v, mean %v pps; want 90 and %v", e.Maximum.PPS, e.Mean.PPS, want)
	}
}

// TestWhatIsExpectedIsWhatCameBefore lets a host be watched, cool down, and be
// watched again before and during the attack.
func TestWhatIsExpectedIsWhatCameBefore(t *testing.T) {
	s := newStage(t)
	s.flows(0, 5*time.Minute, 5, s.heavy(victim)) // 500 pps
	s.flows(2*time.Minute, 2*time.Minute+3*time.Second, 100, s.heavy(victim))
	s.flows(3*time.Minute, 3*time.Minute+10*time.Second, 1500, s.heavy(victim))
	s.flows(4*time.Minute, 4*time.Minute+10*time.Second, 1500, s.heavy(victim))
	for _, e := range s.run(1) {
		if !about(e.Expected.PPS, 1000) || e.Difference.PPS != e.Triggering.PPS-e.Expected.PPS {
			t.Errorf("%s: expected %v, difference %v; want the 1000 pps of the minute before", e.Event, e.Expected, e.Difference)
		}
	}
}

func TestWhatIsNormalForAHostDoesNotKeepAnAnomalyOpen(t *testing.T) {
	s := newStage(t).limited(10)
	s.flows(0, 8*time.Minute, 70, s.heavy(victim)) // 7 of 10 Kpps, all day long
	s.flows(time.Minute, 2*time.Minute, 800, s.syn(victim))
	e := last(t, s.run(1))
	if e.Event != anomaly.Ended || e.End.After(morning.Add(2*time.Minute+2*time.Second)) {
		t.Errorf("%s at %v, want it ended with the SYN flood at 08:02", e.Event, e.End)
	}
}

func TestAnInputThatBreaksOffInsideAStepIsJudgedToItsEnd(t *testing.T) {
	s := newStage(t)
	s.flows(0, 10*time.Second, 8000, s.syn(victim))
	messages := s.messages()
	whole := len(messages) - s.cfg.Tally.Partitions
	for n, m := range messages[whole:] { // the ends of the last step never come
		if env, _ := flow.Peek(m); env.Complete && env.Rows == 0 {
			messages[whole+n] = nil
		}
	}
	events := s.play(1, messages)
	if e := last(t, events); len(opened(events)) != 1 || e.Event != anomaly.Ended {
		t.Errorf("last event %s, want it to end", e.Event)
	}
}

func TestASignatureKnowsWhichWayItsTrafficRuns(t *testing.T) {
	for source, want := range map[netip.Addr]string{infect: "outgoing", netip.MustParseAddr("203.0.113.9"): "incoming"} {
		s := newStage(t).shipped()
		s.network.Managed = []network.ManagedObject{{Name: "acme", Prefixes: []netip.Prefix{netip.PrefixFrom(victim, 24).Masked()}}}
		s.flows(0, 10*time.Second, 250, func(int) flow.Record {
			return flow.Record{SrcAddr: source, DstAddr: s.anyone(victim), Proto: 17, SrcPort: 3575, DstPort: 1434, Packets: 1, Bytes: 404}
		})
		if e := last(t, s.run(1)); e.Direction != want {
			t.Errorf("a worm at %s: direction %s, want %s", source, e.Direction, want)
		}
	}
}

func TestUpdatesComeOnceAMinuteAndOneEnd(t *testing.T) {
	s := newStage(t)
	s.flows(0, 5*time.Minute, 6000, s.syn(victim))
	var times []time.Duration
	kinds := map[anomaly.Kind]int{}
	for _, e := range s.run(2) {
		kinds[e.Event]++
		times = append(times, e.At.Sub(morning))
	}
	if kinds[anomaly.Opened] != 1 || kinds[anomaly.Ended] != 1 || kinds[anomaly.Updated] > 6 || kinds[anomaly.Updated] < 5 {
		t.Errorf("got %v at %v, want one opening, one end, an update a minute", kinds, times)
	}
}

func TestWorkersAndOrderInsideAStepChangeNothing(t *testing.T) {
	play := func(workers int, shuffle bool) string {
		s := newStage(t).shipped()
		s.flows(0, 40*time.Second, 500, s.web(victim)).flows(5*time.Second, 30*time.Second, 3000, func(i int) flow.Record {
			r := s.syn(victim)(i)
			r.Exporter = []netip.Addr{edge, peering, netip.MustParseAddr("192.0.2.3")}[i%3]
			r.Start = morning.Add(5*time.Second + time.Duration(i)*time.Second/3000 - time.Duration(i%4000)*time.Millisecond)
			r.End = r.Start.Add(time.Duration(i%4000) * time.Millisecond)
			return r
		})
		if shuffle {
			for i := range s.arrive { // arrival within the step is all that may change
				s.arrive[i].at = s.arrive[i].at.Truncate(flow.StepLength)
			}
			r := newStage(t).rand
			r.Shuffle(len(s.arrive), func(i, k int) { s.arrive[i], s.arrive[k] = s.arrive[k], s.arrive[i] })
		}
		return lines(t, s.run(workers))
	}
	want := play(1, false)
	if want == "" {
		t.Fatal("nothing was found")
	}
	for _, workers := range []int{2, 8} {
		if diff := cmp.Diff(want, play(workers, false)); diff != "" {
			t.Errorf("%d workers (-one +many):\n%s", workers, diff)
		}
	}
	if diff := cmp.Diff(want, play(2, true)); diff != "" {
		t.Errorf("records shuffled inside steps (-in order +shuffled):\n%s", diff)
	}
}
