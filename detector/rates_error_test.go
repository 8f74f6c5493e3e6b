package detector

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"eagre/detector/tally"
	"eagre/flow"
	"eagre/network"
)

// glimpse is what one host got, and what sampling showed of it.
type glimpse struct {
	packets, bytes float64 // the truth
	seen           []uint64
	rate           uint32
}

// mix is which part of the packets has 64 bytes, and which has 576; the rest has 1500.
type mix struct{ small, middle float64 }

func anyMix(r *rand.Rand) mix {
	most, part := r.Float64(), r.Float64()
	return mix{most * part, most * (1 - part)}
}

func internetMix(*rand.Rand) mix { return mix{7.0 / 12, 4.0 / 12} }

// look sends packets of mixed sizes past a sampler that throws for each of them.
func look(r *rand.Rand, samples float64, m mix) (g glimpse) {
	g.rate = []uint32{2, 10, 100, 300}[r.IntN(4)]
	for range int(samples*float64(g.rate)) + 1 {
		size := uint64(1500)
		if x := r.Float64(); x < m.small {
			size = 64
		} else if x < m.small+m.middle {
			size = 576
		}
		g.packets++
		g.bytes += float64(size)
		if r.Uint32N(g.rate) == 0 {
			g.seen = append(g.seen, size)
		}
	}
	return g
}

// shown is what the engine shows of it; the packets came in flows of a few each.
func (g glimpse) shown(c *tally.Counter, b *flow.Batch, host flow.IP, r *rand.Rand) tally.Sum {
	for rest := g.seen; len(rest) > 0; {
		b.Reset(0, flow.StepOf(morning))
		for len(rest) > 0 && b.Room() > 0 {
			rec := flow.Record{Exporter: edge, SrcAddr: neighbourOf(victim), DstAddr: host.Addr(), Proto: 17, SrcPort: 9, DstPort: 9, InIf: 1, Start: morning, End: morning, SamplingRate: g.rate}
			for range min(1+r.IntN(5), len(rest)) {
				rec.Packets, rec.Bytes, rest = rec.Packets+1, rec.Bytes+rest[0], rest[1:]
			}
			b.Append(rec)
		}
		c.Count(b)
	}
	sum, _ := c.Tick(tally.Key{Kind: tally.Host, Addr: host, Bits: 32, Observer: tally.Observer(flow.FromAddr(edge))}, morning.UnixMilli()/tally.TickLength)
	return sum
}

// TestTheErrorThatIsShownCoversTheTruth: in 95 of 100 cases the truth lies within the
// error that is shown, with few samples and with many, and the error is no excuse.
func TestTheErrorThatIsShownCoversTheTruth(t *testing.T) {
	nw, err := network.New(network.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name      string
		low, high float64 // samples expected
		mix       func(*rand.Rand) mix
	}{
		{"1 to 30 samples", 0.5, 30, anyMix},
		{"30 to 300 samples", 30, 300, anyMix},
		{"1 to 30 samples of the Internet mix", 0.5, 30, internetMix},
		{"30 to 300 samples of the Internet mix", 30, 300, internetMix},
	} {
		r := rand.New(rand.NewPCG(4, 11))
		const cases = 1000
		var packets, bytes int
		var wide, wideBytes []float64
		counter, b := tally.New(tally.DefaultConfig(), 0, nw, tally.Warmth{{}}, nil), flow.NewBatch()
		for i := range cases {
			var g glimpse
			for len(g.seen) == 0 { // of what was not seen nothing is shown
				g = look(r, c.low+r.Float64()*(c.high-c.low), c.mix(r))
			}
			sum := g.shown(counter, b, flow.V4(0xc6330000+uint32(i)), r)
			if within(g.packets, sum.PacketCount(), sum.PacketError()) {
				packets++
			}
			if within(g.bytes, sum.ByteCount(), sum.ByteError()) {
				bytes++
			}
			n := float64(len(g.seen))
			wide = append(wide, sum.PacketError()/(1.96/math.Sqrt(n)))
			wideBytes = append(wideBytes, sum.ByteError()/(1.96*math.Sqrt(g.spread()/n)))
		}
		width, byteWidth := median(wide), median(wideBytes)
		t.Logf("%s: packets covered in %d of %d cases at %.2f times the ideal width, bytes in %d at %.2f times", c.name, packets, cases, width, bytes, byteWidth)
		if packets < cases*95/100 || bytes < cases*95/100 {
			t.Errorf("%s: the error covers the true packets in %d and the true bytes in %d of %d cases, want 950", c.name, packets, bytes, cases)
		}
		if c.low >= 30 && (width > 1.6 || byteWidth > 1.6) {
			t.Errorf("%s: errors are %.2f and %.2f times as wide as they must be, want 1.6 at most", c.name, width, byteWidth)
		}
	}
}

// spread is 1 + cv² of the sizes that were seen.
func (g glimpse) spread() float64 {
	var sum, squares float64
	for _, size := range g.seen {
		sum += float64(size)
		squares += float64(size) * float64(size)
	}
	return squares * float64(len(g.seen)) / (sum * sum)
}

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}
