package sflow

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"eagre/flow"
)

// pooled is a plain flow sample of a data source with its totals.
func pooled(source, sequence, rate, pool, drops uint32) []byte {
	return typed(flowSample, join(words(sequence, source, rate, pool, drops, 11, 12, 1), rawRecord(422, slammerFrame())))
}

// In seven datagrams of seven samples, each data source gets its turn, whichever
// way its samples are read.
func TestEverySourceGetsItsTurn(t *testing.T) {
	seen := map[uint32]int{}
	for sequence := range uint32(7) {
		samples := make([][]byte, 7)
		for i := range samples {
			samples[i] = pooled(2<<24|uint32(i), 100+uint32(i), 512, 1, 2)
		}
		samples[3] = typed(expandedFlowSample, join(words(103, 2, 3, 512, 1, 2, 0, 11, 0, 12, 1), rawRecord(422, slammerFrame())))
		payload := datagram(samples...)
		copy(payload[16:], words(sequence))
		d, _, _ := decoded(payload, exporter)
		got, ok := d.Pool()
		want := SamplePool{
			Agent: flow.V4(0xc0000201), SubAgent: 3, Source: DataSource{Class: 2, Index: got.Source.Index},
			Sequence: 100 + got.Source.Index, Rate: 512, Pool: 1, Drops: 2,
		}
		if diff := cmp.Diff(want, got); !ok || diff != "" {
			t.Errorf("known %v, pool (-want +got):\n%s", ok, diff)
		}
		seen[got.Source.Index]++
	}
	if len(seen) != 7 {
		t.Errorf("got pools of %v, want one of each", seen)
	}
}

func TestDatagramWithoutFlowSamplesHasNoPool(t *testing.T) {
	d, _, _ := decoded(datagram(pooled(1, 1, 512, 1, 0)), exporter)
	if _, ok := d.Pool(); !ok {
		t.Error("a flow sample's pool is missing")
	}
	report := d.reopened(datagram(countersOf(1, interfaceOne())))
	if got, ok := d.Pool(); ok {
		t.Errorf("got %+v out of counters, notes %v", got, report.Notes())
	}
}

// An agent that says 1:512 and means it, one that loses every third sample, one
// whose pool is smaller than its samples (row 74), one whose pool stands still.
func TestPoolsTellTheEffectiveRate(t *testing.T) {
	type totals struct{ sequence, pool, drops uint32 }
	cases := []struct {
		name       string
		step       totals
		want       SourceSampling
		consistent bool
	}{
		{"as announced", totals{10, 5120, 0}, SourceSampling{Effective: 512, Samples: 90}, true},
		{"a third is lost", totals{10, 7680, 5}, SourceSampling{Effective: 768, Dropped: 1. / 3, Samples: 90}, true},
		{"most is lost", totals{10, 51200, 90}, SourceSampling{Effective: 5120, Dropped: .9, Samples: 90}, false},
		{"fewer packets than samples", totals{10, 5, 0}, SourceSampling{Effective: .5, Samples: 90}, false},
		{"no packets at all", totals{10, 0, 0}, SourceSampling{Samples: 90}, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			table := NewSampling(8)
			p := SamplePool{Agent: v6(1), SubAgent: 3, Source: DataSource{Index: 11}, Sequence: ^uint32(0) - 20, Rate: 512, Pool: ^uint32(0) - 9000}
			for range 10 { // both totals wrap around on the way
				table.Observe(p)
				p.Sequence, p.Pool, p.Drops = p.Sequence+c.step.sequence, p.Pool+c.step.pool, p.Drops+c.step.drops
			}
			c.want.Agent, c.want.SubAgent, c.want.Source, c.want.Announced = v6(1), 3, DataSource{Index: 11}, 512
			got := only(t, table)
			if diff := cmp.Diff(c.want, got); diff != "" || got.Consistent() != c.consistent {
				t.Errorf("consistent %v, sampling (-want +got):\n%s", got.Consistent(), diff)
			}
		})
	}
}

func only(t *testing.T, table *Sampling) (out SourceSampling) {
	t.Helper()
	if table.Len() != 1 {
		t.Fatalf("got %d data sources, want 1", table.Len())
	}
	table.Each(func(s SourceSampling) { out = s })
	return out
}

// A restart and a new rate begin anew; what was overtaken on the way does not.
func TestSamplingBeginsAnewAfterARestart(t *testing.T) {
	table := NewSampling(8)
	observe := func(sequence, rate, pool uint32) {
		table.Observe(SamplePool{Sequence: sequence, Rate: rate, Pool: pool})
	}
	observe(1000, 512, 512_000)
	observe(1100, 512, 563_200)
	observe(1099, 512, 562_000) // overtaken
	observe(1200, 512, 614_400)
	if got := only(t, table); got.Effective != 512 || got.Samples != 200 || got.Resets != 0 {
		t.Errorf("got %+v, want 1:512 over 200 samples", got)
	}
	observe(5, 512, 2_560) // restarted
	observe(105, 512, 53_760)
	if got := only(t, table); got.Effective != 512 || got.Samples != 100 || got.Resets != 1 {
		t.Errorf("got %+v, want 1:512 over 100 samples after one reset", got)
	}
	observe(205, 1024, 100_000) // set anew
	observe(305, 1024, 202_400)
	if got := only(t, table); got.Effective != 1024 || got.Announced != 1024 || got.Resets != 2 {
		t.Errorf("got %+v, want 1:1024 after two resets", got)
	}
}

// What was long ago is forgotten: a source that samples otherwise than it says
// is found out.
func TestEffectiveRateIsThatOfTheLastWhile(t *testing.T) {
	table := NewSampling(8)
	p := SamplePool{Rate: 512}
	for i := range uint32(200) {
		table.Observe(p)
		p.Sequence += 1000
		p.Pool += 512_000
		if i >= 100 {
			p.Pool += 1_536_000 // one in 2048
		}
	}
	if got := only(t, table); got.Effective < 2000 || got.Samples >= forgetAt {
		t.Errorf("got %+v, want nearly 2048 over fewer than %d samples", got, forgetAt)
	}
}

func TestDataSourcesAreBounded(t *testing.T) {
	table := NewSampling(SourceLimit)
	for i := range uint32(5 * SourceLimit) {
		table.Observe(SamplePool{Agent: v6(byte(i)), SubAgent: i % 7, Source: DataSource{Index: i}})
	}
	if table.Len() != SourceLimit || table.Evicted() != 4*SourceLimit {
		t.Errorf("got %d data sources and %d evicted, want %d and %d", table.Len(), table.Evicted(), SourceLimit, 4*SourceLimit)
	}
}
