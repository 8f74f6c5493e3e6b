package packets

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/flow"
	"eagre/ingest/header"
)

const second = int64(1000)

// start is when the tests' packets begin, Unix milliseconds.
var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).UnixMilli()

// bench is a meter whose flows are collected.
type bench struct {
	*Meter
	batch *flow.Batch
	flows []flow.Record
}

func newBench(flows int) *bench {
	c := DefaultConfig()
	c.Flows = flows
	return newBenchOf(c)
}

func newBenchOf(c Config) *bench {
	b := &bench{batch: flow.NewBatch()}
	b.Meter = New(c, func() *flow.Batch {
		b.collect()
		return b.batch
	})
	return b
}

func (b *bench) collect() {
	for i := range b.batch.N {
		b.flows = append(b.flows, b.batch.Record(i))
	}
	b.batch.Reset(0, 0)
}

func (b *bench) all() []flow.Record {
	b.Drain()
	b.collect()
	return b.flows
}

func packet(src, dst uint32, port uint16, bytes uint32, flags uint8) *header.Header {
	return &header.Header{Src: flow.V4(src), Dst: flow.V4(dst), SrcPort: 40000, DstPort: port, Proto: 6, TCPFlags: flags, TOS: 8, IPBytes: bytes}
}

func TestPacketsOfOneConnectionBecomeOneFlowPerDirection(t *testing.T) {
	b := newBench(100)
	b.Packet(start, 1, packet(1, 2, 80, 60, 0x02))
	b.Packet(start+10, 1, packet(1, 2, 80, 40, 0x10))
	b.Packet(start+20, 1, packet(2, 1, 80, 60, 0x12))
	want := flow.Record{
		Exporter: flow.V4(0x7f000001).Addr(), Version: flow.Packets,
		SrcAddr: flow.V4(1).Addr(), DstAddr: flow.V4(2).Addr(), SrcPort: 40000, DstPort: 80, Proto: 6, TCPFlags: 0x12, TOS: 8, InIf: 1,
		Start: time.UnixMilli(start).UTC(), End: time.UnixMilli(start + 10).UTC(), Bytes: 100, Packets: 2, SamplingRate: 1, Sampling: flow.SamplingAssumed,
	}
	got := b.all()
	if len(got) != 2 {
		t.Fatalf("got %d flows, want 2: %+v", len(got), got)
	}
	if diff := cmp.Diff(want, got[0], cmp.Comparer(func(a, b flow.Record) bool { return a == b })); diff != "" {
		t.Errorf("flow (-want +got):\n%s", diff)
	}
}

func TestSilentFlowEndsAfterTheInactiveTimeout(t *testing.T) {
	b := newBench(100)
	b.Packet(start, 0, packet(1, 2, 80, 40, 0))
	b.Expire(start + 15*second - 1)
	if b.Len() != 1 {
		t.Fatal("the flow ended a millisecond early")
	}
	if at, _ := b.NextExpiry(); at != start+15*second {
		t.Errorf("next expiry in %d ms, want 15 s", at-start)
	}
	b.Packet(start+15*second, 0, packet(1, 2, 80, 40, 0))
	if b.collect(); len(b.flows) != 1 || b.Len() != 1 {
		t.Errorf("got %d flows out and %d in the cache, want 1 and 1", len(b.flows), b.Len())
	}
}

func TestLongFlowIsReportedEveryActiveTimeout(t *testing.T) {
	b := newBench(100)
	for i := range int64(125) {
		b.Packet(start+i*second, 0, packet(1, 2, 80, 40, 0))
	}
	var packets []uint64
	for _, f := range b.all() {
		packets = append(packets, f.Packets)
	}
	if diff := cmp.Diff([]uint64{60, 60, 5}, packets); diff != "" {
		t.Errorf("packets per flow (-want +got):\n%s", diff)
	}
}

// A spoofed flood fills the cache; the flow that has been idle longest leaves
// early and is counted, and a busy connection stays whole.
func TestFullCacheLetsTheIdlestGo(t *testing.T) {
	b := newBench(8)
	for i := range uint32(100) {
		b.Packet(start+int64(i), 0, packet(1, 2, 443, 1500, 0x10))
		b.Packet(start+int64(i), 0, packet(1000+i, 9, 80, 40, 0x02))
	}
	if b.Evicted() != 93 || b.Len() != 8 {
		t.Errorf("got %d evicted and %d held, want 93 and 8", b.Evicted(), b.Len())
	}
	busy := slices.IndexFunc(b.all(), func(r flow.Record) bool { return r.DstPort == 443 })
	if busy < 0 || b.flows[busy].Packets != 100 {
		t.Errorf("the busy connection is not whole: %+v", b.flows)
	}
}

func TestFragmentsAndInterfacesAreFlowsOfTheirOwn(t *testing.T) {
	b := newBench(100)
	first, later := packet(1, 2, 0, 1500, 0), packet(1, 2, 0, 1500, 0)
	first.Proto, later.Proto, later.Fragment = 1, 1, true
	b.Packet(start, 1, first)
	b.Packet(start, 1, later)
	b.Packet(start, 1, later)
	b.Packet(start, 2, first)
	var got []flow.Quality
	for _, f := range b.all() {
		got = append(got, f.Quality)
	}
	if diff := cmp.Diff([]flow.Quality{0, flow.Fragment, 0}, got); diff != "" {
		t.Errorf("quality of flows (-want +got):\n%s", diff)
	}
}

func TestTimeThatGoesBackCountsAsNow(t *testing.T) {
	b := newBench(100)
	b.Packet(start, 0, packet(1, 2, 80, 40, 0))
	b.Packet(start-5*second, 0, packet(1, 2, 80, 40, 0))
	got := b.all()
	if len(got) != 1 || !got[0].Start.Equal(got[0].End) || got[0].End.UnixMilli() != start {
		t.Errorf("got %+v, want one flow of an instant", got)
	}
}

// slow meters in the plainest way: all flows in one slice, every one looked at
// for every packet.
type slow struct{ flows, out []flow.Record }

func (s *slow) expire(now time.Time) {
	for {
		first, firstAt := -1, time.Time{}
		for i, f := range s.flows {
			at := f.End.Add(15 * time.Second)
			if active := f.Start.Add(time.Minute); !active.After(at) {
				at = active
			}
			if !at.After(now) && (first < 0 || at.Before(firstAt)) {
				first, firstAt = i, at
			}
		}
		if first < 0 {
			return
		}
		s.out = append(s.out, s.flows[first])
		s.flows = slices.Delete(s.flows, first, first+1)
	}
}

func (s *slow) packet(at int64, h *header.Header) {
	now := time.UnixMilli(at).UTC()
	s.expire(now)
	for i := range s.flows {
		if f := &s.flows[i]; f.SrcAddr == h.Src.Addr() && f.DstAddr == h.Dst.Addr() && f.DstPort == h.DstPort {
			f.End, f.Packets, f.Bytes, f.TCPFlags = now, f.Packets+1, f.Bytes+uint64(h.IPBytes), f.TCPFlags|h.TCPFlags
			return
		}
	}
	s.flows = append(s.flows, flow.Record{
		Exporter: flow.V4(0x7f000001).Addr(), Version: flow.Packets, SrcAddr: h.Src.Addr(), DstAddr: h.Dst.Addr(),
		SrcPort: h.SrcPort, DstPort: h.DstPort, Proto: h.Proto, TCPFlags: h.TCPFlags, TOS: h.TOS,
		Start: now, End: now, Bytes: uint64(h.IPBytes), Packets: 1, SamplingRate: 1, Sampling: flow.SamplingAssumed,
	})
}

func TestMeterAgreesWithItsSlowTwin(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	fast, twin := newBench(1000), &slow{}
	at := start
	for range 5000 {
		at += r.Int64N(400) * r.Int64N(2)
		h := packet(r.Uint32N(5), r.Uint32N(5), uint16(r.Uint32N(3)), 40+r.Uint32N(1460), uint8(r.Uint32N(32)))
		fast.Packet(at, 0, h)
		twin.packet(at, h)
	}
	end := at + 120*second
	fast.Expire(end)
	fast.collect()
	twin.expire(time.UnixMilli(end).UTC())
	slices.SortFunc(fast.flows, byTime)
	slices.SortFunc(twin.out, byTime)
	if diff := cmp.Diff(twin.out, fast.flows, cmp.Comparer(func(a, b flow.Record) bool { return a == b })); diff != "" {
		t.Errorf("flows (-twin +meter):\n%s", diff)
	}
}

// byTime is an order that says nothing about ties at expiry.
func byTime(a, b flow.Record) int {
	for _, c := range []int{a.Start.Compare(b.Start), a.SrcAddr.Compare(b.SrcAddr), a.DstAddr.Compare(b.DstAddr), int(a.DstPort) - int(b.DstPort), int(a.SrcPort) - int(b.SrcPort)} {
		if c != 0 {
			return c
		}
	}
	return 0
}

func TestFlowsLeaveInTheSameOrderEveryTime(t *testing.T) {
	run := func() []flow.Record {
		r := rand.New(rand.NewPCG(7, 8))
		b := newBench(64)
		for i := range int64(5000) {
			b.Packet(start+i*r.Int64N(40), 0, packet(r.Uint32N(200), 2, 80, 40, 2))
		}
		return b.all()
	}
	if !slices.Equal(run(), run()) {
		t.Error("two runs over the same packets differ")
	}
}

func TestWarmMeterDoesNotAllocate(t *testing.T) {
	b := newBench(64)
	at := start
	work := func() {
		for i := range uint32(200) {
			at += 10
			b.batch.Reset(0, 0)
			b.Packet(at, 0, packet(i, 2, 80, 40, 2))
		}
	}
	b.Meter.room = func() *flow.Batch { b.batch.Reset(0, 0); return b.batch }
	work()
	if n := testing.AllocsPerRun(20, work); n > 1 {
		t.Errorf("got %v allocations per 200 packets, want none", n)
	}
}

func TestConfigSaysWhatIsWrong(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Errorf("the default is refused: %v", err)
	}
	want := "packets.exporter: no address\npackets.flows: 0, want 1 to 67108864\npackets.active: 0s, want at least 1s\npackets.inactive: 0s, want at least 1s"
	if err := (Config{}).Validate(); err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}
