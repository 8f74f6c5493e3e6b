package tally

import (
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/flow"
	"eagre/network"
)

var (
	ledgerEdge = flow.FromAddr(edge)
	inOf1      = Key{Kind: Interface, Side: To, Addr: ledgerEdge, Index: 1}
)

// settleAll gives a ledger what a counter handed on, as the judge does.
func settleAll(l *Ledger, p *Partial) {
	l.Late(flow.StepStart(p.Step).UnixMilli()/TickLength, p.Late)
	for _, t := range p.Settled {
		sums := map[Key]Sum{}
		for _, k := range t.Sums {
			sums[k.Key] = k.Sum
		}
		l.Settle(t.At, sums)
	}
}

// minuteBook is the slow obvious twin: every flow is spread over all its minutes one by one.
type minuteBook map[int64]Sum

func (m minuteBook) count(r flow.Record) {
	var s Sum
	s.estimate(r.Packets, r.Bytes, r.SamplingRate)
	Spread(s, r.Start.UnixMilli(), r.End.UnixMilli(), TickLength, func(tick int64, part Sum) {
		sum := m[tick]
		sum.Add(part)
		m[tick] = sum
	})
}

// TestTheLedgerIsExactHoweverLateFlowsCome: flows of all lengths, up to a day, most of
// them partly in minutes that have settled. A flow is cut where its minutes have
// settled and where the last whole minute begins, and each cut may round by one.
func TestTheLedgerIsExactHoweverLateFlowsCome(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	c, l, twin := New(DefaultConfig(), 0, mapOf(t, network.Config{}), Warmth{{}}, nil), NewLedger(DefaultLedgerConfig()), minuteBook{}
	flows := uint64(0)
	for minute := range 30 {
		at := morning.Add(time.Duration(minute) * time.Minute)
		b := batchAt(at)
		for range 20 {
			rec := record(at.Add(-time.Duration(r.IntN(50_000))*time.Millisecond), victim, 1+r.Uint64N(1_000_000))
			rec.SrcPort = uint16(r.Uint32())
			if r.IntN(2) == 0 {
				rec.Start = rec.End.Add(-time.Duration(r.Int64N(int64(20 * time.Hour))))
			}
			rec.SamplingRate = 1 + r.Uint32N(1000)
			b.Append(rec)
			twin.count(rec)
			flows++
		}
		settleAll(l, counted(c, at, b))
	}
	settleAll(l, counted(c, morning.Add(40*time.Minute)))
	slack := flows * 2 * 1440 // what rounding leaves of each minute goes to the last
	for _, m := range l.Minutes(ledgerEdge, 1, To, morning.Add(-20*time.Hour), morning.Add(30*time.Minute)) {
		want := twin[m.At.UnixMilli()/TickLength]
		if d := absent(m.Packets, want.Packets); d > slack {
			t.Fatalf("%s: got %v packets, want %v", m.At, m.PacketCount(), want.PacketCount())
		}
		if d := absent(m.Variance, want.Variance); d > slack {
			t.Fatalf("%s: got variance %d, want %d", m.At, m.Variance, want.Variance)
		}
	}
}

func absent(a, b uint64) uint64 { return max(a, b) - min(a, b) }

// TestNothingIsLostOnTheWayToTheLedger: all packets of a flow are in it, to the unit,
// wherever it was cut.
func TestNothingIsLostOnTheWayToTheLedger(t *testing.T) {
	for name, lasted := range map[string]time.Duration{"a moment": 0, "ten minutes": 10 * time.Minute, "22 hours": 22 * time.Hour, "late altogether": -5 * time.Minute} {
		c, l := New(DefaultConfig(), 0, mapOf(t, network.Config{}), Warmth{{}}, nil), NewLedger(DefaultLedgerConfig())
		settleAll(l, counted(c, morning))
		rec := record(morning.Add(10*time.Second), victim, 1_234_567)
		rec.Start = rec.End.Add(-lasted)
		if lasted < 0 {
			rec.Start = rec.End.Add(2 * lasted)
			rec.End = rec.End.Add(lasted)
		}
		at := morning.Add(20 * time.Second)
		settleAll(l, counted(c, at, batchAt(at, rec)))
		settleAll(l, counted(c, at.Add(3*time.Minute)))
		sum, complete := l.Between(ledgerEdge, 1, To, morning.Add(-23*time.Hour), morning.Add(time.Minute))
		if !complete || sum.Packets != 1_234_567*Unit || sum.Bytes != 123_456_700*Unit {
			t.Errorf("%s: got %v packets, %v bytes, complete %v", name, sum.PacketCount(), sum.ByteCount(), complete)
		}
	}
}

func TestAMinuteIsSharedOutInProportion(t *testing.T) {
	l := NewLedger(DefaultLedgerConfig())
	tick := morning.UnixMilli() / TickLength
	l.Settle(tick, map[Key]Sum{inOf1: {Packets: 600 * Unit}})
	l.Settle(tick+1, map[Key]Sum{inOf1: {Packets: 60 * Unit}})
	got, complete := l.Between(ledgerEdge, 1, To, morning.Add(30*time.Second), morning.Add(80*time.Second))
	if got.PacketCount() != 320 || !complete {
		t.Errorf("from 08:00:30 to 08:01:20: got %v packets, complete %v, want 300 and 20", got.PacketCount(), complete)
	}
	if _, complete := l.Between(ledgerEdge, 1, To, morning, morning.Add(3*time.Minute)); complete {
		t.Error("two minutes have settled and three are called complete")
	}
	if got := l.Minutes(ledgerEdge, 2, To, morning, morning.Add(time.Hour)); got != nil {
		t.Errorf("an interface that was never heard of has minutes: %v", got)
	}
}

func TestAfterADayTheLedgerForgets(t *testing.T) {
	l := NewLedger(DefaultLedgerConfig())
	tick := morning.UnixMilli() / TickLength
	l.Settle(tick, map[Key]Sum{inOf1: {Packets: 600 * Unit}})
	l.Late(tick, []LateSum{{Key: inOf1, Cells: []LateCell{{At: tick - 1, Rise: Sum{Packets: Unit}}, {At: tick + 3000, Fall: Sum{Packets: Unit}}}}})
	day := int64(24 * 60)
	for at := tick; at < tick+2*day; at += 30 {
		l.Settle(at, nil)
	}
	if got := l.Minutes(ledgerEdge, 1, To, morning, morning.Add(time.Hour)); len(got) != 0 {
		t.Errorf("two days later: got %d minutes of the first hour", len(got))
	}
	// what rose before the oldest hour goes on until it falls
	got := l.Minutes(ledgerEdge, 1, To, morning.Add(30*time.Hour), morning.Add(30*time.Hour+3*time.Minute))
	if len(got) != 3 || got[0].PacketCount() != 1 {
		t.Errorf("of a flow that goes on: got %+v, want a packet in each of three minutes", got)
	}
	l.Late(tick+2*day, []LateSum{{Key: inOf1, Cells: []LateCell{{At: tick, Once: Sum{Packets: 7 * Unit}}}}})
	if c := l.Counts(); c.TooOld != 7*Unit {
		t.Errorf("packets that came two days late: got %d counted, want 7", c.TooOld/Unit)
	}
}

// TestInterfacesThatNobodyHasDoNotPushOutThoseThatAre: one exporter names a new
// interface in every record.
func TestInterfacesThatNobodyHasDoNotPushOutThoseThatAre(t *testing.T) {
	l := NewLedger(LedgerConfig{Pages: 400, Lines: 1000})
	tick := morning.UnixMilli() / TickLength
	for hour := range int64(3) {
		l.Settle(tick+60*hour, map[Key]Sum{inOf1: {Packets: 600 * Unit}})
	}
	flood := map[Key]Sum{}
	for i := range uint32(5000) {
		flood[Key{Kind: Interface, Addr: flow.V4(0xc0000299), Index: i}] = Sum{Packets: Unit}
	}
	l.Settle(tick+130, flood)
	if got, _ := l.Between(ledgerEdge, 1, To, morning, morning.Add(3*time.Hour)); got.PacketCount() != 1800 {
		t.Errorf("got %v packets of the interface that was there before, want 1800", got.PacketCount())
	}
	c := l.Counts()
	if c.Pages > 400 || c.Lines > 301 || c.Refused != 5000-uint64(c.Lines-1) {
		t.Errorf("got %+v: want no more than three quarters of 400 pages, the rest refused and counted", c)
	}
	if diff := cmp.Diff([]Key{inOf1}, l.Lines(ledgerEdge)); diff != "" {
		t.Errorf("interfaces of the first exporter (-want +got):\n%s", diff)
	}
}

func TestAFullLedgerGivesUpItsOldestHour(t *testing.T) {
	l := NewLedger(LedgerConfig{Pages: 8, Lines: 1000})
	tick := morning.UnixMilli() / TickLength
	out := inOf1
	out.Side = From
	for hour := range int64(10) {
		l.Settle(tick+60*hour, map[Key]Sum{inOf1: {Packets: Unit}, out: {Packets: Unit}})
	}
	if c := l.Counts(); c.Pages > 8 || c.Hours != 4 || c.Lines != 2 {
		t.Errorf("got %+v, want four hours of two lines", c)
	}
}

// TestFlowsOfWeeksCostNoMoreThanThoseOfADay: a router whose flows began every half hour
// of the last 24 days says nothing that the ledger can hold of most of those; but their
// packets are accounted for.
func TestFlowsOfWeeksCostNoMoreThanThoseOfADay(t *testing.T) {
	const flows, packets = 2 * 24 * 24, 1_000_000
	for _, to := range []netip.Addr{victim, victim6} {
		c, l := New(DefaultConfig(), 0, mapOf(t, network.Config{}), Warmth{{}}, nil), NewLedger(DefaultLedgerConfig())
		settleAll(l, counted(c, morning))
		at := morning.Add(time.Second)
		batches := []*flow.Batch{batchAt(at), batchAt(at)}
		for i := range flows {
			r := record(morning, to, packets)
			r.Start, r.SrcPort = morning.Add(-time.Duration(i)*30*time.Minute), uint16(i)
			batches[i%2].Append(r)
		}
		p := counted(c, at, batches...)
		if got := len(p.Late[0].Cells); got > lateTicks+2 || got < 48 {
			t.Errorf("%d ticks of an interface are told", got)
		}
		settleAll(l, p)
		settleAll(l, counted(c, at.Add(3*time.Minute)))
		sum, _ := l.Between(ledgerEdge, 1, To, morning.Add(-25*time.Hour), morning.Add(time.Minute))
		if got := sum.Packets + l.Counts().TooOld/2; got != flows*packets*Unit { // too old both in and out
			t.Errorf("%d packets held or too old, want %d", got/Unit, flows*packets)
		}
	}
}
