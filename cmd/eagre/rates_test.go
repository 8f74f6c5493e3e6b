package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"eagre/anomaly"
	"eagre/detector"
	"eagre/detector/tally"
	"eagre/flow"
	"eagre/network"
	"eagre/simulate"
)

var (
	dawn   = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	router = netip.MustParseAddr("192.0.2.1")
)

// drip is a conversation that sends a packet each period, from dawn on.
type drip struct {
	every, lasts time.Duration
}

// Send implements simulate.Traffic.
func (d drip) Send(from, to time.Time, _ *rand.Rand, emit func(simulate.Burst)) {
	for at := from.Truncate(d.every); at.Before(to) && at.Before(dawn.Add(d.lasts)); at = at.Add(d.every) {
		if !at.Before(from) {
			emit(simulate.Burst{At: at, Length: 200, Count: 1, Path: []simulate.Hop{{In: 7, Out: 9}}, Flow: flow.Record{
				SrcAddr: netip.MustParseAddr("203.0.113.9"), DstAddr: netip.MustParseAddr("198.51.100.7"), Proto: 17, SrcPort: 8000, DstPort: 40000,
			}})
		}
	}
}

// flood is 8000 SYN packets a second for twenty seconds.
type flood struct{ after time.Duration }

// Send implements simulate.Traffic.
func (f flood) Send(from, to time.Time, r *rand.Rand, emit func(simulate.Burst)) {
	if from.Before(dawn.Add(f.after)) || !from.Before(dawn.Add(f.after+20*time.Second)) {
		return
	}
	const burst = 50
	for range int(8000 * to.Sub(from).Seconds() / burst) {
		emit(simulate.Burst{At: from, Length: 40, Count: burst, Path: []simulate.Hop{{In: 1, Out: 9}}, Flow: flow.Record{
			SrcAddr: flow.V4(0x2d000000 + r.Uint32N(1<<24)).Addr(), DstAddr: netip.MustParseAddr("198.51.100.7"), Proto: 6, TCPFlags: 2, SrcPort: uint16(r.Uint32()), DstPort: 443,
		}})
	}
}

// wrapAfter is a boot from which on sysUptime wraps some time after dawn.
func wrapAfter(d time.Duration) time.Time { return dawn.Add(d - (1<<32)*time.Millisecond) }

// exporting are the ways in which flows are told, and how times are said.
var exporting = map[string]simulate.Router{
	"NetFlow v5":              {Format: flow.NetFlowV5},
	"NetFlow v9":              {Format: flow.NetFlowV9},
	"IPFIX":                   {Format: flow.IPFIX},
	"IPFIX, times since boot": {Format: flow.IPFIX, Times: simulate.SysUptimes},
	"IPFIX, times in seconds": {Format: flow.IPFIX, Times: simulate.Seconds},
}

// through plays traffic through one router and the whole way from its datagrams to what
// is found.
func through(t *testing.T, r simulate.Router, until time.Duration, traffic ...simulate.Traffic) *findings {
	t.Helper()
	r.Exporter = network.Exporter{Address: router, Name: "r"}
	if r.Boot.IsZero() {
		r.Boot = dawn.Add(-30 * 24 * time.Hour)
	}
	s, err := simulate.New(simulate.Config{Start: dawn, Seed: 1, Routers: []simulate.Router{r}, Steady: traffic})
	if err != nil {
		t.Fatal(err)
	}
	return detected(t, network.Config{}, delivered(t, network.Config{}, s, dawn.Add(until)), 2)
}

// minutes is what the ledger holds of the drip.
func (f *findings) minutes(until time.Duration) []tally.Minute {
	return f.engine.Ledger().Minutes(flow.FromAddr(router), 7, tally.To, dawn, dawn.Add(until))
}

func TestATwentyTwoHourFlowInOneDatagramIsNoFlood(t *testing.T) {
	const day = 22 * time.Hour
	for name, r := range exporting {
		r.Active, r.Inactive = 23*time.Hour, time.Minute
		f := through(t, r, day+10*time.Minute, drip{10 * time.Second, day})
		if len(f.newest) > 0 {
			t.Errorf("%s: a packet each ten seconds raised:\n%s", name, f.text.String())
		}
		var sum tally.Sum
		minutes := f.minutes(day)
		off := 0.0
		for _, m := range minutes {
			sum.Add(m.Sum)
			off = max(off, math.Abs(m.PacketCount()-6))
		}
		if off > 22*60/256.0 { // what rounding to 1/256 leaves of each minute is in one of them
			t.Errorf("%s: a minute is off by %v packets, want 6 in each", name, off)
		}
		if len(minutes) != 22*60 || sum.Packets != 22*360*tally.Unit || sum.Bytes != 200*sum.Packets {
			t.Errorf("%s: %d minutes hold %v packets and %v bytes, want 1320, 7920 and 200 times as many", name, len(minutes), sum.PacketCount(), sum.ByteCount())
		}
	}
}

// troubles are what routers do to their clocks.
var troubles = map[string]struct {
	router  simulate.Router
	missing time.Duration // how much of the drip a restart forgets at most
}{
	"a clock an hour ahead":    {simulate.Router{Skew: time.Hour}, 0},
	"a clock an hour behind":   {simulate.Router{Skew: -time.Hour}, 0},
	"a restart":                {simulate.Router{RestartAt: []time.Time{dawn.Add(6*time.Minute + 30*time.Second)}}, time.Minute},
	"an uptime that wraps":     {simulate.Router{Boot: wrapAfter(6*time.Minute + 30*time.Second)}, 0},
	"a router that just began": {simulate.Router{Boot: dawn}, 0},
}

// troubled calls with every way of exporting and every trouble.
func troubled(t *testing.T, see func(t *testing.T, r simulate.Router, missing time.Duration)) {
	t.Helper()
	for format, how := range exporting {
		for trouble, what := range troubles {
			r := what.router
			r.Format, r.Times, r.Active, r.Inactive = how.Format, how.Times, time.Minute, 15*time.Second
			t.Run(fmt.Sprintf("%s, %s", format, trouble), func(t *testing.T) { see(t, r, what.missing) })
		}
	}
}

func TestClocksThatAreWrongChangeNoRate(t *testing.T) {
	troubled(t, func(t *testing.T, r simulate.Router, missing time.Duration) {
		const long = 12 * time.Minute
		f := through(t, r, long+2*time.Minute, drip{100 * time.Millisecond, long})
		if len(f.newest) > 0 {
			t.Errorf("ten packets a second raised:\n%s", f.text.String())
		}
		var sum float64
		for _, m := range f.minutes(long) {
			got := m.PacketCount()
			sum += got
			if got > 615 || got < 585 && missing == 0 { // times in whole seconds move a second's worth
				t.Errorf("%s: %v packets, want 600", m.At, got)
			}
		}
		if lost := 7200 - sum; lost < -15 || lost > missing.Seconds()*10+15 {
			t.Errorf("%v packets of 7200 are missing", lost)
		}
		if h := onlyHealth(t, f); h.OnTime < 0.97 || h.Jumped || h.Repeats != tally.Honest {
			t.Errorf("health %+v, want all on time", h)
		}
	})
}

func TestFloodsAreSeenAtTheirRateWhateverTheClock(t *testing.T) {
	troubled(t, func(t *testing.T, r simulate.Router, _ time.Duration) {
		f := through(t, r, 9*time.Minute, drip{time.Second, 8 * time.Minute}, flood{7 * time.Minute})
		if len(f.newest) != 1 {
			t.Fatalf("%d anomalies, want one:\n%s", len(f.newest), f.text.String())
		}
		for _, e := range f.newest {
			off := e.Start.Sub(dawn.Add(7 * time.Minute)).Abs()
			if e.Subclass != anomaly.SYNFlood || e.Mean.PPS < 7500 || e.Mean.PPS > 8100 || e.Maximum.PPS > 12_100 || off > 1500*time.Millisecond {
				t.Errorf("%s of %v, at most %v, since %s; want the SYN flood of 8000 pps since 08:07", e.Subclass, e.Mean, e.Maximum, e.Start)
			}
		}
	})
}

func onlyHealth(t *testing.T, f *findings) detector.ExporterHealth {
	t.Helper()
	list := f.engine.Health()
	if len(list) != 1 {
		t.Fatalf("health of %d exporters, want one", len(list))
	}
	return list[0]
}
