package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/anomaly"
	"eagre/flow"
	"eagre/network"
	"eagre/simulate"
)

// gist is what must stay when the same traffic is told in other words.
type gist struct {
	Class           anomaly.Class
	Subclass, About string
	Importance      anomaly.Importance
	Tick            int64
}

// gists are the anomalies by what they are about, with their newest event.
func (f *findings) gists() map[gist]anomaly.Event {
	out := map[gist]anomaly.Event{}
	for _, e := range f.newest {
		g := gist{Class: e.Class, Subclass: e.Subclass, Importance: e.Importance}
		switch {
		case e.Victim != nil:
			g.About = "victim " + e.Victim.String()
		case e.Source != nil:
			g.About = "source " + e.Source.String()
		default:
			g.About = e.Resource.Kind + " " + e.Resource.Name
		}
		out[g] = e
	}
	return out
}

// change tells the same traffic in other words.
type change struct {
	deliveries func(all []delivery) []delivery
	network    func(c network.Config) network.Config
	later      time.Duration
}

func each(alter func(d delivery) []delivery) func([]delivery) []delivery {
	return func(all []delivery) (out []delivery) {
		for _, d := range all {
			out = append(out, alter(d)...)
		}
		return out
	}
}

const week = 7 * 24 * time.Hour

var changes = map[string]change{
	"counts doubled, half the interval": {deliveries: each(func(d delivery) []delivery {
		if d.SamplingRate%2 == 0 {
			d.Packets, d.Bytes, d.SamplingRate = 2*d.Packets, 2*d.Bytes, d.SamplingRate/2
		}
		return []delivery{d}
	})},
	"a week later": {later: week, deliveries: each(func(d delivery) []delivery {
		d.step += int64(week / flow.StepLength)
		d.Start, d.End = d.Start.Add(week), d.End.Add(week)
		return []delivery{d}
	})},
	"records permuted inside steps": {deliveries: func(all []delivery) []delivery {
		r := rand.New(rand.NewPCG(3, 3))
		for from := 0; from < len(all); {
			to := from
			for to < len(all) && all[to].step == all[from].step {
				to++
			}
			step := all[from:to]
			r.Shuffle(len(step), func(i, k int) { step[i], step[k] = step[k], step[i] })
			from = to
		}
		return all
	}},
	"flows split in two": {deliveries: each(func(d delivery) []delivery {
		if d.Packets < 2 {
			return []delivery{d}
		}
		first, second := d, d
		first.Packets, first.Bytes = d.Packets/2, d.Bytes/d.Packets*(d.Packets/2)
		second.Packets, second.Bytes = d.Packets-first.Packets, d.Bytes-first.Bytes
		first.End = d.Start.Add(d.End.Sub(d.Start) / 2).Truncate(time.Millisecond)
		second.Start = first.End
		return []delivery{first, second}
	})},
	"exporters renamed": {
		deliveries: each(func(d delivery) []delivery {
			d.Exporter = renamed(d.Exporter)
			return []delivery{d}
		}),
		network: func(c network.Config) network.Config {
			exporters := append([]network.Exporter{}, c.Exporters...)
			for i := range exporters {
				exporters[i].Address, exporters[i].Name = renamed(exporters[i].Address), "r"+exporters[i].Name
			}
			c.Exporters = exporters
			return c
		},
	},
}

func renamed(a netip.Addr) netip.Addr {
	b := a.As4()
	return netip.AddrFrom4([4]byte{10, 77, b[2] + 5, b[3] ^ 0x5a})
}

// demoDay is six minutes of the demo: attacks, and two busy but innocent events.
func demoDay(t *testing.T) (network.Config, []delivery) {
	t.Helper()
	start := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	return simulate.DemoNetwork(), delivered(t, simulate.DemoNetwork(), simulate.Demo(start, 1), start.Add(6*time.Minute))
}

func TestTheSameTrafficInOtherWordsIsTheSameAnomaly(t *testing.T) {
	cfg, day := demoDay(t)
	want := detected(t, cfg, day, 2).gists()
	if len(want) < 7 {
		t.Fatalf("%d anomalies in six minutes of the demo, want at least 7", len(want))
	}
	for name, c := range changes {
		other := cfg
		if c.network != nil {
			other = c.network(cfg)
		}
		got := detected(t, other, c.deliveries(slices.Clone(day)), 2).gists()
		if diff := cmp.Diff(gistsOf(want), gistsOf(got)); diff != "" {
			t.Errorf("%s (-as it was +in other words):\n%s", name, diff)
			continue
		}
		for g, e := range got {
			alike(t, fmt.Sprintf("%s: %+v", name, g), want[g], e, c.later)
		}
	}
}

func gistsOf(events map[gist]anomaly.Event) map[gist]bool {
	out := map[gist]bool{}
	for g := range events {
		out[g] = true
	}
	return out
}

// alike holds the numbers of an anomaly against those of the same traffic in other
// words: within the error of sampling, and a tick for when it began.
func alike(t *testing.T, what string, want, got anomaly.Event, later time.Duration) {
	t.Helper()
	if off := got.Start.Sub(want.Start) - later; off.Abs() > time.Minute {
		t.Errorf("%s: began %s apart", what, off)
	}
	allowed := want.SamplingErrorPercent/100 + 0.01
	for name, rates := range map[string][2]anomaly.Rates{"maximum": {want.Maximum.Rates, got.Maximum.Rates}, "mean": {want.Mean, got.Mean}} {
		if math.Abs(rates[1].PPS/rates[0].PPS-1) > allowed || math.Abs(rates[1].BPS/rates[0].BPS-1) > allowed {
			t.Errorf("%s: %s %v, want %v within %.0f %%", what, name, rates[1], rates[0], 100*allowed)
		}
	}
}

func TestWorkersChangeNotAByteOfTheDemo(t *testing.T) {
	cfg, day := demoDay(t)
	want := detected(t, cfg, day, 1).text.String()
	for _, workers := range []int{2, 8} {
		if diff := cmp.Diff(want, detected(t, cfg, day, workers).text.String()); diff != "" {
			t.Errorf("%d workers (-one +many):\n%s", workers, diff)
		}
	}
	if diff := cmp.Diff(want, detected(t, cfg, changes["records permuted inside steps"].deliveries(slices.Clone(day)), 2).text.String()); diff != "" {
		t.Errorf("records permuted inside steps (-in order +permuted):\n%s", diff)
	}
}
