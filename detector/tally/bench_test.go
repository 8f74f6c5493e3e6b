package tally

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"unsafe"

	"eagre/flow"
	"eagre/network"
)

const benchStep = 17_000_000_000

const entrySize = unsafe.Sizeof(entry{})

// traffic makes batches of ordinary flows to a number of hosts in 10.0.0.0/12.
func traffic(hosts, batches int) []*flow.Batch {
	r := rand.New(rand.NewPCG(1, 2))
	out := make([]*flow.Batch, batches)
	now := flow.StepStart(benchStep).UnixMilli()
	for i := range out {
		b := flow.NewBatch()
		b.Reset(0, benchStep)
		for j := range flow.MaxRows {
			b.Clear(j)
			b.Exporter[j] = flow.V4(0x7f000001)
			b.SrcAddr[j] = flow.V4(0xc6120000 + r.Uint32N(100_000))
			b.DstAddr[j] = flow.V4(0x0a000000 + r.Uint32N(uint32(hosts)))
			b.Start[j], b.End[j] = now-1500, now-100
			b.Packets[j] = 1 + r.Uint64N(20)
			b.Bytes[j] = b.Packets[j] * (64 + r.Uint64N(1336))
			b.InIf[j], b.OutIf[j] = 1+r.Uint32N(8), 1+r.Uint32N(8)
			b.Proto[j], b.TCPFlags[j], b.SrcPort[j], b.DstPort[j] = 6, 0x1b, uint16(r.Uint32()), 443
			if r.IntN(10) < 4 {
				b.Proto[j], b.TCPFlags[j] = 17, 0
			}
			b.SamplingRate[j] = 1
		}
		b.N = flow.MaxRows
		out[i] = b
	}
	return out
}

func benchMap(b *testing.B) *network.Map {
	b.Helper()
	m, err := network.New(network.Config{
		Exporters: []network.Exporter{{Address: netip.MustParseAddr("127.0.0.1"), Name: "bench"}},
		Managed:   []network.ManagedObject{{Name: "bench", Prefixes: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/12")}}},
	})
	if err != nil {
		b.Fatal(err)
	}
	return m
}

func BenchmarkCount(b *testing.B) {
	for _, hosts := range []int{1_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprintf("hosts=%d", hosts), func(b *testing.B) {
			batches := traffic(hosts, 2*hosts/flow.MaxRows+50)
			c := New(DefaultConfig(), 0, benchMap(b), Warmth{{}}, nil)
			for _, batch := range batches {
				c.Count(batch)
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				c.Count(batches[i%len(batches)])
				i++
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/flow.MaxRows, "ns/flow")
		})
	}
}
