package tally

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"eagre/flow"
	"eagre/network"
)

// router exports long flows once a minute.
type router struct {
	starts     string // "moves", "stays" or "boot"
	cumulative bool
	flows      int
}

// record is what the router says of one flow after so many minutes: ten packets a
// second, each of 100 bytes.
func (x router) record(n, minute int) flow.Record {
	at := morning.Add(time.Duration(minute) * time.Minute)
	r := record(at.Add(-time.Second), victim, 600)
	r.SrcPort, r.Start = uint16(1000+n), r.End.Add(-time.Minute)
	if x.starts != "moves" {
		r.Start = morning.Add(-time.Second)
	}
	if x.starts == "boot" {
		r.Start = morning.Add(-20 * 24 * time.Hour)
	}
	if x.cumulative {
		r.Packets = uint64(600 * minute)
	}
	r.Bytes = 100 * r.Packets
	return r
}

// TestAStartThatNeverMovesIsNotCountedTwice: some routers export a flow once a minute
// and say each time that it began when it really began. The truth is 10 packets a
// second per flow, in every minute.
func TestAStartThatNeverMovesIsNotCountedTwice(t *testing.T) {
	for _, x := range []router{
		{starts: "moves", flows: 10}, {starts: "stays", flows: 10}, {starts: "stays", cumulative: true, flows: 10},
	} {
		t.Run(fmt.Sprintf("%s, cumulative %v", x.starts, x.cumulative), func(t *testing.T) {
			c, l := New(DefaultConfig(), 0, mapOf(t, network.Config{}), Warmth{{}}, nil), NewLedger(DefaultLedgerConfig())
			settleAll(l, counted(c, morning))
			var last *Partial
			for minute := 1; minute <= 90; minute++ {
				at := morning.Add(time.Duration(minute) * time.Minute)
				b := batchAt(at)
				for n := range x.flows {
					b.Append(x.record(n, minute))
				}
				last = counted(c, at, b)
				settleAll(l, last)
			}
			for _, m := range l.Minutes(ledgerEdge, 1, To, morning.Add(20*time.Minute), morning.Add(80*time.Minute)) {
				want := float64(600 * x.flows)
				if got := m.PacketCount(); got < 0.98*want || got > 1.02*want {
					t.Fatalf("%s: got %v packets, want %v", m.At, got, want)
				}
			}
			want := Honest
			switch {
			case x.cumulative:
				want = Cumulative
			case x.starts == "stays":
				want = Stuck
			}
			if got := last.Settled[0].Exporters[0].Repeats; got != want {
				t.Errorf("the exporter is called %s, want %s", got, want)
			}
		})
	}
}

// TestAStartAtTheBootOfTheRouter: first-packet times that say the boot of the router
// for every flow would hide an attack in the weeks since then.
func TestAStartAtTheBootOfTheRouter(t *testing.T) {
	c, l := New(DefaultConfig(), 0, mapOf(t, network.Config{}), Warmth{{}}, nil), NewLedger(DefaultLedgerConfig())
	x, source := router{starts: "boot"}, 0
	for minute := 1; minute <= 10; minute++ {
		at := morning.Add(time.Duration(minute) * time.Minute)
		b := batchAt(at)
		for range 200 { // every record is of another flow
			source++
			b.Append(x.record(source, minute))
		}
		settleAll(l, counted(c, at, b))
	}
	sum, _ := l.Between(ledgerEdge, 1, To, morning.Add(4*time.Minute), morning.Add(7*time.Minute))
	if got := sum.PacketCount(); got < 350_000 || got > 370_000 {
		t.Errorf("three minutes of 120,000 packets each: got %v", got)
	}
}

// TestStreamsThatBeganTogetherAreNoReasonToDoubtTheirExporter: 22 hours ago the router
// was started, and with it hundreds of streams, of which some end in each minute and
// are exported for the first time. The short flows between them have starts of their own.
func TestStreamsThatBeganTogetherAreNoReasonToDoubtTheirExporter(t *testing.T) {
	for _, to := range []netip.Addr{victim, victim6} {
		c := New(DefaultConfig(), 0, mapOf(t, network.Config{}), Warmth{{}}, nil)
		started, port := morning.Add(-22*time.Hour), uint16(0)
		for minute := range 20 {
			at := morning.Add(time.Duration(minute) * time.Minute)
			b := batchAt(at)
			for i := range 320 {
				r := record(at, to, 6)
				if port++; i < 40 {
					r.Start, r.Packets = started, 22*3600*50
				}
				r.SrcPort = port
				b.Append(r)
			}
			counted(c, at, b)
		}
		if got := c.exporters.all[ledgerEdge].long.Repeats; got != Honest {
			t.Errorf("the exporter is called %s: streams of a day are counted in their last minute", got)
		}
	}
}

// TestOneFlowThatComesAgainIsNoReasonToDoubtItsExporter: after a pause, with a start
// of its own.
func TestHonestFlowsThatComeAgainAreLeftAlone(t *testing.T) {
	c := New(DefaultConfig(), 0, mapOf(t, network.Config{}), Warmth{{}}, nil)
	for minute := 1; minute <= 200; minute += 2 {
		at := morning.Add(time.Duration(minute)*time.Minute + 30*time.Second)
		r := record(at, victim, 600)
		r.Start = at.Add(-61 * time.Second)
		if p := counted(c, at, batchAt(at, r)); p.LateRows != 0 {
			t.Fatal("nothing of the flow is late")
		}
	}
	if got := c.exporters.all[ledgerEdge].long.Repeats; got != Honest {
		t.Errorf("the exporter is called %s", got)
	}
}
