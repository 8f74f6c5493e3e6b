package traceback

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"eagre/anomaly"
	"eagre/flow"
)

// received spreads records over steps by their end and packs each step.
func received(records []flow.Record, shuffle func([]flow.Record)) *Recent {
	bySteps := map[int64][]flow.Record{}
	for _, r := range records {
		step := flow.StepOf(r.End) / 50 * 50
		bySteps[step] = append(bySteps[step], r)
	}
	out := NewRecent(Config{})
	for step := flow.StepOf(t0.Add(-10 * time.Second)); step < flow.StepOf(t0.Add(2*time.Minute)); step++ {
		shuffle(bySteps[step])
		for _, p := range pack(step, bySteps[step]) {
			out.Add(step, p)
		}
	}
	return out
}

// several are patterns of every kind that a random flow may belong to.
func several() []Pattern {
	web := func(b *flow.Batch, row int) bool { return b.DstPort[row] == 80 }
	out := []Pattern{
		{ID: "everything", From: t0, To: t0.Add(time.Minute)},
		{ID: "web", Match: web, From: t0.Add(10 * time.Second), To: t0.Add(40 * time.Second)},
		{ID: "network", Victim: prefix("198.51.100.0/24"), From: t0, To: t0.Add(time.Minute)},
		{ID: "network 6", Victim: prefix("2001:db8:1::/48"), Match: web, From: t0, To: t0.Add(time.Minute)},
		{ID: "source", Source: prefix("10.0.0.0/14"), From: t0, To: t0.Add(time.Minute)},
		{ID: "both", Victim: prefix("198.51.100.2/32"), Source: prefix("10.0.0.0/9"), From: t0, To: t0.Add(time.Minute)},
		{ID: "mapped", Victim: prefix("::ffff:198.51.100.0/126"), From: t0.Add(30 * time.Second)},
	}
	for i := range 4 {
		out = append(out, minute(fmt.Sprintf("198.51.100.%d/32", i)), minute(fmt.Sprintf("2001:db8:1::%d/128", i)))
	}
	return out
}

func TestTheOrderInsideAStepDoesNotMatter(t *testing.T) {
	records := randomFlows(random(21), 4000)
	want := received(records, func([]flow.Record) {}).Trace(several(), isp(t))
	for seed := range uint64(3) {
		r := random(seed)
		got := received(records, func(rs []flow.Record) {
			r.Shuffle(len(rs), func(i, j int) { rs[i], rs[j] = rs[j], rs[i] })
		}).Trace(several(), isp(t))
		if diff := cmp.Diff(want, got, cmpAddr); diff != "" {
			t.Fatalf("shuffled with seed %d (-straight +shuffled):\n%s", seed, diff)
		}
	}
}

func TestManyPatternsTogetherGiveWhatEachGivesAlone(t *testing.T) {
	held := received(randomFlows(random(22), 2000), func([]flow.Record) {})
	together := held.Trace(several(), isp(t))
	for i, p := range several() {
		alone := p
		alone.Victim, alone.Source = prefix0, prefix0
		alone.Match = func(b *flow.Batch, row int) bool { return slowMatch(p, b.Record(row), b, row) }
		if diff := cmp.Diff(held.Trace([]Pattern{alone}, isp(t))[0], together[i], cmpAddr); diff != "" {
			t.Errorf("pattern %q (-alone +together):\n%s", p.ID, diff)
		}
	}
}

// slowMatch asks every condition of a pattern, without an index.
func slowMatch(p Pattern, r flow.Record, b *flow.Batch, row int) bool {
	victim, source := unmap(p.Victim), unmap(p.Source)
	return (!victim.IsValid() || victim.Contains(r.DstAddr)) && (!source.IsValid() || source.Contains(r.SrcAddr)) &&
		(p.Match == nil || p.Match(b, row))
}

func TestEveryPacketInTheWindowIsInExactlyOneSecondAndOneElement(t *testing.T) {
	records := randomFlows(random(23), 1000)
	p := newPass(received(records, func([]flow.Record) {}), []Pattern{several()[0]}, isp(t))
	p.run()
	for key, g := range p.traces[0].groups {
		var seconds count
		for _, s := range g.seconds {
			seconds.add(s)
		}
		if seconds != g.total {
			t.Errorf("%v: seconds add up to %v, the total is %v", key, seconds, g.total)
		}
	}
}

func TestALongFlowCountsOnlyWithItsPartInTheWindow(t *testing.T) {
	long := syn(edge1, 1, -10*time.Minute, "203.0.113.1", "198.51.100.7")
	long.End, long.Packets, long.Bytes = t0.Add(10*time.Minute), 1200, 48_000
	got := traceOne(hold(Config{}, long), nil, minute("198.51.100.7/32")).Snapshot
	if got.Total.Packets != 60 || got.Seconds != 60 || got.Total.PPS != 1 {
		t.Errorf("%d packets in %d seconds, %v pps, want 60 in 60, 1 pps", got.Total.Packets, got.Seconds, got.Total.PPS)
	}
}

func TestASnapshotSaysHowManySecondsItCovers(t *testing.T) {
	r := NewRecent(Config{})
	for i := range 20 { // listening began 40 seconds into the minute
		after := time.Duration(40+i) * time.Second
		step := flow.StepOf(t0.Add(after))
		r.Add(step, pack(step, []flow.Record{syn(edge1, 1, after, "203.0.113.1", "198.51.100.7")})[0])
	}
	got := traceOne(r, nil, minute("198.51.100.7/32")).Snapshot
	if got.Seconds != 20 || !got.Start.Equal(t0.Add(40*time.Second)) || got.Total.PPS != 1 {
		t.Errorf("covers %d seconds from %v with %v pps, want 20 from %v with 1", got.Seconds, got.Start, got.Total.PPS, t0.Add(40*time.Second))
	}
}

func TestAPatternThatAsksForHoursGetsTheLastMinutesAndIsCounted(t *testing.T) {
	c := Config{Metrics: NewMetrics(nil)}
	p := minute("198.51.100.7/32")
	p.From = t0.Add(-5 * time.Hour)
	got := traceOne(hold(c, flood(edge1, 1, 10, time.Second, "198.51.100.7")...), nil, p)
	if got.Snapshot.Total.Packets != 10 || bounded(c.Metrics, boundSpan) != 1 {
		t.Errorf("%d packets, bound counted %v, want 10 and 1", got.Snapshot.Total.Packets, bounded(c.Metrics, boundSpan))
	}
}

func TestRowsThatCannotBeBelievedAreSkippedAndCounted(t *testing.T) {
	c := Config{Metrics: NewMetrics(nil)}
	good := syn(edge1, 1, time.Second, "203.0.113.1", "198.51.100.7")
	implausible, backwards, ancient := good, good, good
	implausible.Quality = flow.Implausible
	backwards.End = good.Start.Add(-time.Second)
	ancient.Start = time.UnixMilli(-1)
	got := traceOne(hold(c, good, implausible, backwards, ancient), nil, minute("198.51.100.7/32"))
	if got.Snapshot.Total.Packets != 1 {
		t.Errorf("%d packets, want the 1 believable one", got.Snapshot.Total.Packets)
	}
	for reason, want := range map[string]float64{skipImplausible: 1, skipTime: 2} {
		if got := testutil.ToFloat64(c.Metrics.skipped.WithLabelValues(reason)); got != want {
			t.Errorf("skipped for %s: %v, want %v", reason, got, want)
		}
	}
}

func TestSamplingIsScaledBackAndAnUnknownRateCountsOnce(t *testing.T) {
	sampled, unknown := syn(edge1, 1, time.Second, "203.0.113.1", "198.51.100.7"), syn(edge1, 1, time.Second, "203.0.113.2", "198.51.100.7")
	sampled.SamplingRate, unknown.SamplingRate = 1000, 0
	got := traceOne(hold(Config{}, sampled, unknown), nil, minute("198.51.100.7/32")).Snapshot.Total
	if got.Packets != 1001 || got.Bytes != 40_040 {
		t.Errorf("%d packets, %d bytes, want 1001 and 40040", got.Packets, got.Bytes)
	}
}

func TestAnUnknownSamplingRateMakesTheAnomalyProvisional(t *testing.T) {
	for rate, want := range map[uint32]bool{0: true, 100: false} {
		r := syn(edge1, 1, time.Second, "203.0.113.1", "198.51.100.7")
		r.SamplingRate = rate
		got := traceOne(hold(Config{}, r), nil, minute("198.51.100.7/32"))
		later := Trace{}.After(got).Complete(anomaly.Event{})
		if got.Provisional != want || later.Provisional != want {
			t.Errorf("one in %d: provisional %v, later %v, want %v", rate, got.Provisional, later.Provisional, want)
		}
	}
}

func TestHugeCountersStickInsteadOfWrapping(t *testing.T) {
	huge := syn(edge1, 1, time.Second, "203.0.113.1", "198.51.100.7")
	huge.End = huge.Start.Add(3 * time.Second)
	huge.Packets, huge.Bytes, huge.SamplingRate = 1<<63, 1<<63, 1<<31
	got := traceOne(hold(Config{}, huge, huge), nil, minute("198.51.100.7/32")).Snapshot.Total
	if got.Packets != 1<<64-1 || got.Bytes != 1<<64-1 {
		t.Errorf("%d packets, %d bytes, want the largest number", got.Packets, got.Bytes)
	}
}

func TestPartsOfAFlowAddUpToTheFlow(t *testing.T) {
	r := random(24)
	for range 2000 {
		start := r.Int64N(10_000)
		end := start + r.Int64N(10_000)
		whole := count{bytes: r.Uint64() >> r.IntN(64), packets: r.Uint64N(1000)}
		var sum count
		for s := int64(0); s < 25_000; s += 1000 {
			sum.add(whole.within(start, end, s, s+1000))
		}
		if sum != whole {
			t.Fatalf("flow %d to %d: parts add up to %v, want %v", start, end, sum, whole)
		}
	}
}

func TestACompletedEventCarriesTheTraceAndTheEntriesItsImportance(t *testing.T) {
	records := append(flood(edge1, 1, 100, time.Second, "198.51.100.7"), flood(core1, 1, 100, time.Second, "198.51.100.7")...)
	trace := traceOne(hold(Config{}, records...), isp(t), minute("198.51.100.7/32"))
	e := trace.Complete(anomaly.Event{Anomaly: anomaly.Anomaly{Importance: anomaly.High}})
	if got := []anomaly.Importance{e.NetworkElements[0].Importance, e.NetworkElements[1].Importance}; got[0] != anomaly.High || got[1] != anomaly.Low {
		t.Errorf("importance of entry and transit %v, want high and low", got)
	}
	if trace.Elements[0].Importance != anomaly.Low {
		t.Error("completing an event changed the trace")
	}
	if e := (Trace{}).Complete(anomaly.Event{}); e.NetworkElements == nil {
		t.Error("an event without elements says null instead of []")
	}
}

func TestATraceRemembersWhatNoLongerIsHeld(t *testing.T) {
	at := func(e string, in uint32, first, max float64, entry bool) anomaly.NetworkElement {
		return anomaly.NetworkElement{
			Exporter: e, Address: edge1, Interface: in, MaxPPS: max, Entry: entry,
			FirstSeen: t0.Add(time.Duration(first) * time.Second),
		}
	}
	earlier := Trace{Elements: []anomaly.NetworkElement{at("edge1", 1, 0, 900, true), at("edge1", 2, 1, 50, true)}}
	earlier.Elements[0].ExpectedPPS = 12
	now := Trace{Elements: []anomaly.NetworkElement{at("edge1", 1, 60, 700, true), at("edge1", 3, 61, 10, false)}}
	got := now.After(earlier)
	want := []anomaly.NetworkElement{at("edge1", 1, 0, 900, true), at("edge1", 2, 1, 50, true), at("edge1", 3, 61, 10, false)}
	want[0].ExpectedPPS = 12
	if diff := cmp.Diff(want, got.Elements, cmpAddr); diff != "" {
		t.Errorf("elements (-want +got):\n%s", diff)
	}
	if got := (Trace{}).After(earlier); len(got.Elements) != 2 {
		t.Errorf("a quiet trace forgot the elements: %v", got.Elements)
	}
}

func BenchmarkTrace(b *testing.B) {
	held := received(randomFlows(random(25), 200_000), func([]flow.Record) {})
	for _, n := range []int{1, 254} {
		patterns := []Pattern{minute("198.51.100.1/32")}
		for i := 1; i < n; i++ {
			patterns = append(patterns, minute(fmt.Sprintf("203.0.113.%d/32", i)))
		}
		b.Run(fmt.Sprintf("patterns=%d", n), func(b *testing.B) {
			for b.Loop() {
				held.Trace(patterns, nil)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/200_000, "ns/flow")
		})
	}
}
