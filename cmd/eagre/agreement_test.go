package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"eagre/anomaly"
	"eagre/cmd/eagre/config"
	"eagre/detector/crosscheck"
	"eagre/detector/tally"
	"eagre/flow"
	"eagre/ingest/snmp"
	"eagre/network"
	"eagre/network/counters"
)

// silentFlows is a ledger without any flow.
type silentFlows struct{}

func (silentFlows) Between(flow.IP, uint32, tally.Side, time.Time, time.Time) (tally.Sum, bool) {
	return tally.Sum{}, true
}

// checkerOf is a crosschecking of routers whose flows tell of nothing.
func checkerOf(t *testing.T, tell func(anomaly.Event) error, polled ...snmp.Target) *crosschecking {
	t.Helper()
	nw, err := network.New(network.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return newCrosschecking(config.Default().Crosscheck, crosscheckDeps{
		Ledger: silentFlows{}, Names: interfaceNames{network: nw}, Tell: tell, Polled: polled, Log: slog.New(slog.DiscardHandler),
	})
}

// moves are the counters of an interface, into it, in one minute after noon.
func moves(router netip.Addr, index uint32, minute int) counters.Movement {
	from := agentsNoon.Add(time.Duration(minute) * time.Minute).UnixMilli()
	return counters.Movement{Exporter: flow.FromAddr(router), Index: index, From: from, To: from + 60_000, In: counters.Moved{Octets: 100e6, Packets: 100_000}}
}

// A router whose export is not switched on anywhere: its thousand interfaces are one
// trouble. Its amounts are doubted all the same.
func TestMismatchesOfAWholeRouterAreNotToldOfEach(t *testing.T) {
	router, told := netip.MustParseAddr("2001:db8::1"), 0
	c := checkerOf(t, func(anomaly.Event) error { told++; return errors.New("disk full") })
	const interfaces = 150
	for minute := range 4 {
		for index := range uint32(interfaces) {
			c.sampled(moves(router, index+1, minute))
		}
	}
	err := c.finish(agentsNoon.Add(4 * time.Minute))
	if told != 2*mostConcerns || testutil.ToFloat64(c.mismatches.untold) != interfaces-mostConcerns {
		t.Errorf("got %d events and %v untold, want %d and %d", told, testutil.ToFloat64(c.mismatches.untold), 2*mostConcerns, interfaces-mostConcerns)
	}
	if err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("events could not be kept: got %v", err)
	}
	if len(c.open)+len(c.mismatches.opened)+len(c.judged) != 0 {
		t.Errorf("held after all has lapsed: %d, %d, %d", len(c.open), len(c.mismatches.opened), len(c.judged))
	}
}

// Of a router that is asked by SNMP, the counters in its sFlow are left out.
func TestCountersComeInOneWayForEachRouter(t *testing.T) {
	asked, sampled := netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("192.0.2.1")
	c := checkerOf(t, nil, snmp.Target{Exporter: asked})
	c.sampled(moves(asked, 1, 0))
	c.sampled(moves(sampled, 2, 0))
	c.put(moves(asked, 3, 0)) // as a poller does
	var got []uint32
	for _, m := range c.until(agentsNoon.Add(time.Minute)) {
		got = append(got, m.Index)
	}
	if diff := cmp.Diff([]uint32{2, 3}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	(*crosschecking)(nil).sampled(moves(sampled, 1, 0)) // switched off
}

// Minutes that come faster than they can be looked at are looked at together, and
// whoever looks leaves when told to.
func TestTheCheckerNeitherHoldsUpTheDetectorNorOutlivesIt(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	seen := make(chan anomaly.Event, 10) // one opens and ends
	c := checkerOf(t, func(e anomaly.Event) error { seen <- e; return errors.New("disk full") })
	for minute := range 4 {
		c.put(moves(netip.MustParseAddr("192.0.2.1"), 1, minute))
	}
	for minute := range 100 { // nobody looks
		if err := c.passed(agentsNoon.Add(time.Duration(minute) * time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- c.run(ctx) }()
	for minute := 100; len(seen) == 0; minute++ { // the first of them finds another there
		_ = c.passed(agentsNoon.Add(time.Duration(minute) * time.Minute))
		runtime.Gosched()
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("run ended with %v", err)
	}
}

// disagreeing is a mismatch of an interface.
func disagreeing(router string, index uint32, side tally.Side, ratio float64) crosscheck.Verdict {
	return crosscheck.Verdict{Exporter: flow.FromAddr(netip.MustParseAddr(router)), Index: index, Side: side, Ratio: ratio, Open: true}
}

// The mismatch of the very interface counts, or else the worst of the router; where
// traffic only passes through, nothing is doubted.
func TestAmountsAreDoubtedByWhereTheyCameIn(t *testing.T) {
	a := agreement{mismatches: map[flow.IP][]crosscheck.Verdict{}}
	for _, v := range []crosscheck.Verdict{
		disagreeing("192.0.2.1", 1, tally.To, 0.5), disagreeing("192.0.2.1", 1, tally.From, 3),
		disagreeing("192.0.2.1", 2, tally.To, 100), disagreeing("2001:db8::2", 7, tally.From, 0),
	} {
		a.mismatches[v.Exporter] = append(a.mismatches[v.Exporter], v)
	}
	a.sort()
	entry := func(router string, index uint32) anomaly.NetworkElement {
		return anomaly.NetworkElement{Exporter: "r-" + router, Address: netip.MustParseAddr(router), Interface: index, Entry: true}
	}
	transit := entry("192.0.2.1", 1)
	transit.Entry = false
	for _, c := range []struct {
		name     string
		elements []anomaly.NetworkElement
		want     string
	}{
		{"its own interface", []anomaly.NetworkElement{entry("192.0.2.1", 1)}, "; the counters of r-192.0.2.1 disagree with its flows (0.5 times), so amounts may be wrong"},
		{"another interface", []anomaly.NetworkElement{entry("192.0.2.1", 9)}, "; the counters of r-192.0.2.1 disagree with its flows (100 times), so amounts may be wrong"},
		{
			"two routers, one of them twice",
			[]anomaly.NetworkElement{entry("192.0.2.1", 1), entry("2001:db8::2", 7), entry("192.0.2.1", 2)},
			"; the counters of r-192.0.2.1 disagree with its flows (0.5 times), the counters of r-2001:db8::2 disagree with its flows (0 times), so amounts may be wrong",
		},
		{"in transit", []anomaly.NetworkElement{transit}, ""},
		{"a router that agrees", []anomaly.NetworkElement{entry("192.0.2.3", 1)}, ""},
	} {
		e := anomaly.Event{Anomaly: anomaly.Anomaly{NetworkElements: c.elements, Evidence: anomaly.Evidence{Sentence: "a flood"}}}
		got := a.qualify(e)
		if got.Evidence.Sentence != "a flood"+c.want || got.Provisional != (c.want != "") {
			t.Errorf("%s: got provisional %v, %q", c.name, got.Provisional, got.Evidence.Sentence)
		}
		if e.Provisional {
			t.Errorf("%s: the event that was given has changed", c.name)
		}
	}
}

func TestOnlyTheWorstMismatchesAreToldInWords(t *testing.T) {
	router := flow.FromAddr(netip.MustParseAddr("2001:db8::1"))
	a := agreement{
		confidence: map[flow.IP]crosscheck.Confidence{router: {Ratio: 0.75, Error: 0.1, Interfaces: 40, OutOfBand: 30}},
		mismatches: map[flow.IP][]crosscheck.Verdict{},
	}
	for i := range uint32(30) {
		a.mismatches[router] = append(a.mismatches[router], disagreeing("2001:db8::1", i, tally.To, 2+float64(i)))
	}
	a.sort()
	got := a.of(router)
	if len(got.Mismatches) != mostMismatches || !strings.Contains(got.Mismatches[0], "interface 29 ") || got.Agree != 10 {
		t.Errorf("got %+v", got)
	}
	if got := a.of(flow.V4(1)); got != nil || got.short() != "-" {
		t.Errorf("nothing was compared: got %+v", got)
	}
}

func TestRatiosHaveNoMoreDigitsThanTheyNeed(t *testing.T) {
	var got []string
	for _, r := range []float64{0, 0.004, 0.5, 1, 1.012, 2.10, 100, 128.256} {
		got = append(got, times(r))
	}
	if diff := cmp.Diff("[0 0 0.5 1 1.01 2.1 100 128.26]", fmt.Sprint(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
