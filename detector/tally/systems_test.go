package tally

import (
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"eagre/flow"
	"eagre/network"
)

// settledOf are the sums of one kind, once everything has settled.
func settledOf(c *Counter, kind Kind) map[Key]Sum {
	out := map[Key]Sum{}
	for _, t := range counted(c, morning.Add(10*time.Minute)).Settled {
		for _, k := range t.Sums {
			if k.Key.Kind == kind {
				sum := out[k.Key]
				sum.Add(k.Sum)
				out[k.Key] = sum
			}
		}
	}
	return out
}

// More systems than a batch has places for, and every sum is as by hand.
func TestSystemsAgreeWithCountingByHand(t *testing.T) {
	r := rand.New(rand.NewPCG(64500, 64501))
	c, twin := New(DefaultConfig(), 0, mapOf(t, network.Config{}), everything(), nil), map[Key]Sum{}
	observer := Observer(flow.FromAddr(edge))
	for step := range int64(50) {
		at := morning.Add(time.Duration(step) * flow.StepLength)
		b := batchAt(at)
		for range 200 {
			rec := record(at, victim, 1000+r.Uint64N(1000))
			rec.SrcAS, rec.DstAS, rec.Quality = r.Uint32N(600), r.Uint32N(3)*64512, flow.Aggregated
			b.Append(rec)
			s := estimated(rec.Packets, rec.Bytes, rec.SamplingRate)
			for side, number := range []uint32{To: rec.DstAS, From: rec.SrcAS} {
				if number != 0 {
					k := Key{Kind: System, Side: Side(side), Index: number, Observer: observer}
					sum := twin[k]
					sum.Add(s)
					twin[k] = sum
				}
			}
		}
		counted(c, at, b)
	}
	if diff := gocmp.Diff(twin, settledOf(c, System)); diff != "" {
		t.Errorf("systems (-by hand +counter):\n%s", diff)
	}
}

// What a router added up by autonomous system is about no host: it counts for
// interfaces, systems and ports, however much it is.
func TestAggregatedFlowsCountForNoHost(t *testing.T) {
	rec := record(morning, netip.Addr{}, 50_000_000)
	rec.SrcAddr, rec.SrcAS, rec.DstAS, rec.InIf, rec.Quality = netip.Addr{}, 64500, 64501, 3, flow.Aggregated
	prefix := record(morning, netip.MustParseAddr("198.51.100.0"), 50_000_000)
	prefix.Quality = flow.Aggregated
	c := New(DefaultConfig(), 0, mapOf(t, network.Config{}), everything(), nil)
	if p := counted(c, morning, batchAt(morning, rec, prefix)); len(p.Series) != 0 || p.Hot != 0 {
		t.Errorf("got %d series, %d of them hot; want none", len(p.Series), p.Hot)
	}
	b := batchAt(morning.Add(time.Second), rec)
	c.Count(b)
	sums := map[Kind]int{}
	for _, tick := range counted(c, morning.Add(10*time.Minute)).Settled {
		for _, k := range tick.Sums {
			sums[k.Key.Kind]++
		}
	}
	if sums[System] != 2 || sums[Interface] == 0 || sums[Port] == 0 || sums[Host]+sums[Prefix] != 0 {
		t.Errorf("got sums by kind %v; want two systems, interfaces and ports, no host", sums)
	}
}
