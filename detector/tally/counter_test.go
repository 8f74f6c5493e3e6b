package tally

import (
	"cmp"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"eagre/flow"
	"eagre/internal/sketch"
	"eagre/network"
)

var (
	morning = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	edge    = netip.MustParseAddr("192.0.2.1")
	victim  = netip.MustParseAddr("198.51.100.7")
	victim6 = netip.MustParseAddr("2001:db8:1::7")
)

// everything is a heat at which any traffic is hot.
func everything() Warmth {
	h := &Heats{}
	for side := range h {
		for class := range h[side] {
			h[side][class].Rows = 1
		}
	}
	return Warmth{h}
}

func mapOf(t *testing.T, c network.Config) *network.Map {
	t.Helper()
	m, err := network.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func record(at time.Time, dst netip.Addr, packets uint64) flow.Record {
	return flow.Record{
		Exporter: edge, SrcAddr: netip.MustParseAddr("203.0.113.9"), DstAddr: dst, Proto: 17, SrcPort: 4000, DstPort: 5000,
		InIf: 1, OutIf: 2, Start: at, End: at, Packets: packets, Bytes: packets * 100, SamplingRate: 1,
	}
}

func batchAt(received time.Time, records ...flow.Record) *flow.Batch {
	b := flow.NewBatch()
	b.Reset(0, flow.StepOf(received))
	for _, r := range records {
		b.Append(r)
	}
	return b
}

// counted counts batches and closes the step.
func counted(c *Counter, step time.Time, batches ...*flow.Batch) *Partial {
	for _, b := range batches {
		c.Count(b)
	}
	return c.EndStep(flow.StepOf(step), func(count func(*flow.Batch)) {
		for _, b := range batches {
			count(b)
		}
	})
}

// find returns the growth of one series in a partial.
func find(p *Partial, kind Kind, class Class, side Side, addr netip.Addr) *SeriesSum {
	for i, s := range p.Series {
		if s.Key.Kind == kind && s.Key.Class == class && s.Key.Side == side && s.Key.Addr == flow.FromAddr(addr) {
			return &p.Series[i]
		}
	}
	return nil
}

func TestAFlowCountsForItsVictimInBothFamilies(t *testing.T) {
	for _, dst := range []netip.Addr{victim, victim6} {
		c := New(DefaultConfig(), 3, mapOf(t, network.Config{}), everything(), nil)
		p := counted(c, morning, batchAt(morning, record(morning, dst, 40), record(morning.Add(-time.Second), dst, 2)))
		for _, class := range []Class{Total, UDP} {
			s := find(p, Host, class, To, dst)
			if s == nil {
				t.Fatalf("%s: no series of class %s", dst, class)
			}
			got := s.Panes.Between(0, 1<<62)
			if want := (Sum{Packets: 42 * Unit, Bytes: 4200 * Unit, Samples: 42, Flows: 2}); got != want {
				t.Errorf("%s %s: got %+v, want %+v", dst, class, got, want)
			}
		}
		if p.Partition != 3 || p.Rows != 2 {
			t.Errorf("partial: got partition %d rows %d, want 3 and 2", p.Partition, p.Rows)
		}
	}
}

func TestASampledFlowCountsForTheTrafficItStandsFor(t *testing.T) {
	r := record(morning, victim, 5)
	r.SamplingRate = 1000
	c := New(DefaultConfig(), 0, mapOf(t, network.Config{}), everything(), nil)
	got := find(counted(c, morning, batchAt(morning, r)), Host, Total, To, victim).Panes.Between(0, 1<<62)
	want := Sum{Packets: 5000 * Unit, Bytes: 500_000 * Unit, Variance: 5 * 1000 * 999, Samples: 5, Flows: 1}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestWhatCoreRoutersSeeAgainIsNotCountedAgain(t *testing.T) {
	nw := mapOf(t, network.Config{
		Managed: []network.ManagedObject{{Name: "acme", Prefixes: []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")}}},
		Exporters: []network.Exporter{{Address: edge, Name: "edge", Interfaces: []network.Interface{
			{Index: 1, Role: network.RoleExternal}, {Index: 9, Role: network.RoleCore},
		}}},
	})
	again := record(morning, victim, 40)
	again.InIf = 9
	c := New(DefaultConfig(), 0, nw, everything(), nil)
	p := counted(c, morning, batchAt(morning, record(morning, victim, 40), again))
	if got := find(p, Host, Total, To, victim).Panes.Between(0, 1<<62).PacketCount(); got != 40 {
		t.Errorf("got %v packets, want 40", got)
	}
	if p.Unplaced != 1 {
		t.Errorf("rows on core interfaces: got %d, want 1", p.Unplaced)
	}
	if key := find(p, Host, Total, To, victim).Key; key.Observer != 0 {
		t.Errorf("seen at the boundary, but kept apart for observer %x", key.Observer)
	}
}

func TestImplausibleCountersTeachNothing(t *testing.T) {
	r := record(morning, victim, 40)
	r.Quality = flow.Implausible
	c := New(DefaultConfig(), 0, mapOf(t, network.Config{}), everything(), nil)
	if p := counted(c, morning, batchAt(morning, r)); len(p.Series) != 0 || p.Implausible != 1 {
		t.Errorf("got %d series, %d implausible rows, want 0 and 1", len(p.Series), p.Implausible)
	}
}

func TestAQuietSeriesStaysInItsTickAndABusyOneGetsPanes(t *testing.T) {
	warm := &Heats{}
	warm[To][Total] = Heat{Packets: 1000 * Unit}
	c := New(DefaultConfig(), 0, mapOf(t, network.Config{}), Warmth{warm}, nil)
	quiet := netip.MustParseAddr("198.18.0.8")
	if p := counted(c, morning, batchAt(morning, record(morning, victim, 600), record(morning, quiet, 600))); len(p.Series) != 0 {
		t.Fatalf("hot before its time: %v", p.Series)
	}
	p := counted(c, morning.Add(time.Second), batchAt(morning.Add(time.Second), record(morning, victim, 600)))
	if find(p, Host, Total, To, victim) == nil || find(p, Host, Total, To, quiet) != nil {
		t.Errorf("got %v, want the busy host alone (and its prefix)", p.Series)
	}
}

func TestLatePartsOfAFlowGoToTheLedgerOnly(t *testing.T) {
	c := New(DefaultConfig(), 0, mapOf(t, network.Config{}), everything(), nil)
	c.Count(batchAt(morning.Add(30 * time.Second))) // the clock stands half a minute after the hour
	long := record(morning, victim, 300)
	long.Start = morning.Add(-4 * time.Minute) // of five minutes, three lie in settled ticks
	long.End = morning.Add(time.Minute)
	p := counted(c, morning.Add(time.Minute), batchAt(morning.Add(time.Minute), long))
	if got := find(p, Host, Total, To, victim).Panes.Between(0, 1<<62).PacketCount(); got < 59 || got > 61 {
		t.Errorf("on time: got %v packets, want the 60 of the open minute", got)
	}
	if got := p.LatePackets / Unit; p.LateRows != 1 || got < 239 || got > 241 {
		t.Errorf("late: got %d rows, %d packets, want 1 and 240", p.LateRows, got)
	}
}

// TestAFlowThatClaimsToEndLaterThanItWasReported must not decide how many panes
// are kept: whoever writes to the stream says when a flow ended.
func TestAFlowThatClaimsToEndLaterThanItWasReported(t *testing.T) {
	for name, r := range map[string]flow.Record{
		"in seven years": record(morning.AddDate(7, 0, 0), victim, 40),
		"runs for years": func() flow.Record {
			r := record(morning, victim, 40)
			r.End = morning.AddDate(7, 0, 0)
			return r
		}(),
		"ends before it starts": func() flow.Record {
			r := record(morning, victim, 40)
			r.Start = morning.AddDate(7, 0, 0)
			return r
		}(),
	} {
		c := New(DefaultConfig(), 0, mapOf(t, network.Config{}), everything(), nil)
		s := find(counted(c, morning, batchAt(morning, r)), Host, Total, To, victim)
		if len(s.Panes) != 1 || s.Panes[0].At != morning.UnixMilli()/PaneLength || s.Panes[0].PacketCount() != 40 {
			t.Errorf("%s: got %+v, want 40 packets in the pane in which it was reported", name, s.Panes)
		}
	}
}

func TestAStepNeverGoesBack(t *testing.T) {
	c := New(DefaultConfig(), 0, mapOf(t, network.Config{}), everything(), nil)
	counted(c, morning)
	if p := counted(c, morning.Add(-time.Minute)); p.Step != flow.StepOf(morning) {
		t.Errorf("a step from before came out as %d, want it joined to the newest, %d", p.Step, flow.StepOf(morning))
	}
}

func TestHostsOfAnObjectAreToldByItsOwnLimits(t *testing.T) {
	nw := mapOf(t, network.Config{Managed: []network.ManagedObject{{Name: "acme", Prefixes: []netip.Prefix{netip.PrefixFrom(victim, 24)}}}})
	usual, strict := &Heats{}, &Heats{}
	usual[To][Total], strict[To][Total] = Heat{Packets: 10_000 * Unit}, Heat{Packets: Unit}
	c := New(DefaultConfig(), 0, nw, Warmth{usual, strict}, nil)
	counted(c, morning, batchAt(morning, record(morning, victim, 40)))
	told := slices.ContainsFunc(counted(c, morning.Add(2*time.Minute)).Settled[1].Sums, func(k KeySum) bool { return k.Key.Kind == Host })
	if !told {
		t.Error("40 packets in a minute, 30 are worth telling for hosts of acme: the host was not told")
	}
}

func TestATickSettlesAMinuteAfterItsEndAndIsForgotten(t *testing.T) {
	nw := mapOf(t, network.Config{Managed: []network.ManagedObject{{Name: "acme", Prefixes: []netip.Prefix{netip.PrefixFrom(victim, 24)}}}})
	c := New(DefaultConfig(), 0, nw, Warmth{{}}, nil)
	c.Count(batchAt(morning.Add(10*time.Second), record(morning.Add(5*time.Second), victim, 40)))
	if p := counted(c, morning.Add(119*time.Second)); len(p.Settled) != 1 || len(p.Settled[0].Sums) != 0 {
		t.Fatalf("before its time only the empty minute before may settle: %+v", p.Settled)
	}
	p := counted(c, morning.Add(2*time.Minute))
	if len(p.Settled) != 1 || p.Settled[0].At != morning.UnixMilli()/TickLength {
		t.Fatalf("settled: got %+v, want the minute of %s", p.Settled, morning)
	}
	for _, k := range p.Settled[0].Sums {
		if got := k.PacketCount(); got != 40 {
			t.Errorf("%v: got %v packets, want 40", k.Key, got)
		}
	}
	if got := len(p.Settled[0].Sums); got != 3 { // the object, two interfaces
		t.Errorf("got %d sums, want 3: %+v", got, p.Settled[0].Sums)
	}
	if p.Keys != 0 {
		t.Errorf("%d keys are still held", p.Keys)
	}
}

func TestYearsOfEmptyTimeCostNothing(t *testing.T) {
	c := New(DefaultConfig(), 0, mapOf(t, network.Config{}), everything(), nil)
	counted(c, morning, batchAt(morning, record(morning, victim, 40)))
	later := morning.AddDate(7, 0, 0)
	if p := counted(c, later); len(p.Settled) > 2 {
		t.Errorf("%d ticks settled, want no more than two that held something", len(p.Settled))
	}
	if got := find(counted(c, later, batchAt(later, record(later, victim, 7))), Host, Total, To, victim).Panes.Between(0, 1<<62).PacketCount(); got != 7 {
		t.Errorf("after the gap: got %v packets, want 7", got)
	}
}

func TestAFullTableKeepsWhatIsEstablished(t *testing.T) {
	cfg := DefaultConfig()
	cfg.MaxKeys = 2000
	c := New(cfg, 0, mapOf(t, network.Config{}), everything(), nil)
	counted(c, morning, batchAt(morning, record(morning, victim, 40)))
	var flood []*flow.Batch
	for i := range 20 {
		b := batchAt(morning)
		for j := range flow.MaxRows {
			spoofed := flow.V4(0x0b000000 + uint32(i*flow.MaxRows+j)*256).Addr()
			b.Append(record(morning, spoofed, 1))
		}
		flood = append(flood, b)
	}
	p := counted(c, morning, append(flood, batchAt(morning, record(morning, victim, 2)))...)
	if s := find(p, Host, Total, To, victim); s == nil || s.Panes.Between(0, 1<<62).PacketCount() != 2 {
		t.Errorf("the established host was pushed out")
	}
	if p.Keys > cfg.MaxKeys || p.KeysRefused == 0 {
		t.Errorf("got %d keys, %d refused; want at most %d and some refused", p.Keys, p.KeysRefused, cfg.MaxKeys)
	}
	if p.Hot > cfg.MaxHot {
		t.Errorf("got %d hot series, bound %d", p.Hot, cfg.MaxHot)
	}
}

// TestAVictimThatComesInTheMidstOfAFloodIsLetIn: a hundred thousand addresses that are
// used once a minute have taken half of the table, and go on; then one is attacked.
func TestAVictimThatComesInTheMidstOfAFloodIsLetIn(t *testing.T) {
	cfg := DefaultConfig()
	cfg.MaxKeys = 2000
	c := New(cfg, 0, mapOf(t, network.Config{}), everything(), nil)
	strangers := uint32(0)
	flood := func(at time.Time) *flow.Batch {
		b := batchAt(at)
		for b.Room() > 0 {
			b.Append(record(at, flow.V4(0x0b000000+strangers*256).Addr(), 1))
			strangers++
		}
		return b
	}
	at := morning
	for strangers < 100_000 {
		counted(c, at, flood(at))
		at = at.Add(flow.StepLength)
	}
	attacked := 0.0
	for range 10 { // a second, with a hundred packets to the victim in each step
		if s := find(counted(c, at, flood(at), batchAt(at, record(at, victim, 100))), Host, Total, To, victim); s != nil {
			attacked += s.Panes.Between(0, 1<<62).PacketCount()
		}
		at = at.Add(flow.StepLength)
	}
	if attacked < 900 {
		t.Errorf("got %v of the thousand packets of the attack", attacked)
	}
	if got := counted(c, at).Keys; got > cfg.MaxKeys*6/10 {
		t.Errorf("strangers who came once took %d of %d places", got, cfg.MaxKeys)
	}
}

// naive is the slow obvious twin: every flow, every pane, a map.
type naive map[Key]map[int64]*Sum

func (n naive) count(k Key, r flow.Record) {
	if n[k] == nil {
		n[k] = map[int64]*Sum{}
	}
	s := estimated(r.Packets, r.Bytes, r.SamplingRate)
	start, end := r.Start.UnixMilli(), r.End.UnixMilli()
	var given Sum
	for pane := floorDiv(start, PaneLength); ; pane++ {
		share := s.minus(given)
		if last := floorDiv(end, PaneLength); pane < last {
			overlap := min(end, (pane+1)*PaneLength) - max(start, pane*PaneLength)
			share = s.share(uint64(overlap), uint64(end-start))
		}
		given.Add(share)
		if n[k][pane] == nil {
			n[k][pane] = &Sum{}
		}
		n[k][pane].Add(share)
		if pane >= floorDiv(end, PaneLength) {
			return
		}
	}
}

func TestTheCounterAgreesWithCountingByHand(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	hosts := []netip.Addr{victim, victim6, netip.MustParseAddr("198.51.100.200"), netip.MustParseAddr("192.0.2.55")}
	for range 20 {
		c, twin := New(DefaultConfig(), 0, mapOf(t, network.Config{}), everything(), nil), naive{}
		merged := map[Key]Panes{}
		for step := range int64(40) {
			at := morning.Add(time.Minute + time.Duration(step)*flow.StepLength)
			b := batchAt(at)
			for range r.IntN(60) {
				rec := record(at, hosts[r.IntN(len(hosts))], 1+r.Uint64N(1000))
				rec.Start = at.Add(-time.Duration(r.IntN(20_000)) * time.Millisecond)
				rec.SamplingRate = 1 + r.Uint32N(100)
				b.Append(rec)
				twin.count(Key{Kind: Host, Addr: flow.FromAddr(rec.DstAddr), Bits: hostBits(flow.FromAddr(rec.DstAddr)), Observer: Observer(flow.FromAddr(edge))}, rec)
			}
			p := counted(c, at, b)
			for _, s := range p.Series {
				panes := merged[s.Key]
				for _, q := range s.Panes {
					panes.Add(q.At, q.Sum)
				}
				merged[s.Key] = panes
			}
		}
		for k, panes := range twin {
			var want Panes
			for at, s := range panes {
				want = append(want, Pane{At: at, Sum: *s})
			}
			slices.SortFunc(want, func(a, b Pane) int { return cmp.Compare(a.At, b.At) })
			if diff := gocmp.Diff(want, merged[k]); diff != "" {
				t.Fatalf("%v (-by hand +counter):\n%s", k, diff)
			}
		}
	}
}

func TestPartialsMergeToWhatOneCounterWouldSay(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	var parts [4]*Counter
	for i := range parts {
		parts[i] = New(DefaultConfig(), uint16(i), mapOf(t, network.Config{}), everything(), nil)
	}
	whole := New(DefaultConfig(), 0, mapOf(t, network.Config{}), everything(), nil)
	var all []*flow.Batch
	var apart [4][]*flow.Batch
	for range 50 {
		rec := record(morning.Add(-time.Duration(r.IntN(5000))*time.Millisecond), victim, 1+r.Uint64N(50))
		rec.SrcAddr = flow.V4(r.Uint32()).Addr()
		all = append(all, batchAt(morning, rec))
		n := r.IntN(4)
		apart[n] = append(apart[n], batchAt(morning, rec))
	}
	want := find(counted(whole, morning, all...), Host, Total, To, victim)
	var got Panes
	var peers, wantPeers sketch.Distinct
	for _, i := range r.Perm(4) {
		s := find(counted(parts[i], morning, apart[i]...), Host, Total, To, victim)
		if s == nil {
			continue
		}
		for _, q := range s.Panes {
			got.Add(q.At, q.Sum)
		}
		for _, q := range s.Peers {
			peers.Merge(&q.Distinct)
		}
	}
	for _, q := range want.Peers {
		wantPeers.Merge(&q.Distinct)
	}
	if diff := gocmp.Diff(want.Panes, got); diff != "" {
		t.Errorf("panes (-whole +merged):\n%s", diff)
	}
	if got, want := peers.Count(), wantPeers.Count(); got != want {
		t.Errorf("distinct sources: merged %v, whole %v", got, want)
	}
}

func TestCountingAllocatesNothingPerRow(t *testing.T) {
	c := New(DefaultConfig(), 0, mapOf(t, network.Config{}), Warmth{{}}, nil)
	b := traffic(500, 1)[0]
	c.Count(b)
	if got := testing.AllocsPerRun(20, func() { c.Count(b) }); got != 0 {
		t.Errorf("%v allocations for a batch of %d rows, want none", got, b.N)
	}
}

func TestAnEntryIsTwoCacheLines(t *testing.T) {
	if got := entrySize; got != 128 {
		t.Errorf("an entry has %d bytes, want 128", got)
	}
}

// TestNoBoundIsLargerThanATableCanCount: a host takes two places, and single
// ones and pairs do not take each other's.
func TestNoBoundIsLargerThanATableCanCount(t *testing.T) {
	cfg := DefaultConfig()
	for max, good := range map[int]bool{maxMaxKeys: true, maxMaxKeys + 1: false} {
		cfg.MaxKeys = max
		if errs := cfg.Validate(); good != (len(errs) == 0) {
			t.Errorf("max_keys %d: got %v, want good %v", max, errs, good)
		}
	}
}

// everyRow is a Matcher of a signature that matches whatever comes, grouped by
// source.
type everyRow struct{}

func (everyRow) Match(b *flow.Batch) (out []Match) {
	for row := range b.N {
		out = append(out, Match{Row: row, Group: Key{Kind: Group, Addr: b.SrcAddr[row]}})
	}
	return out
}

func TestGroupsOfSignaturesAreCountedOnceFromTheirFirstRow(t *testing.T) {
	c := New(DefaultConfig(), 0, mapOf(t, network.Config{}), Warmth{{}}, everyRow{})
	c.Count(batchAt(morning, record(morning, victim, 40), record(morning, victim, 2)))
	p := c.EndStep(flow.StepOf(morning), func(func(*flow.Batch)) { t.Error("the step was counted again for a group that missed nothing") })
	if len(p.Series) != 1 || p.Series[0].Panes.Between(0, 1<<62).PacketCount() != 42 {
		t.Errorf("got %+v, want one group of 42 packets", p.Series)
	}
}
