package netflow

import (
	"math/rand/v2"
	"testing"

	"eagre/flow"
	"eagre/ingest/wire"
)

// BenchmarkV5 decodes full datagrams, each into an empty batch, and into one that
// they fill in turn.
func BenchmarkV5(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	payloads := make([][]byte, 256)
	for i := range payloads {
		records := make([]v5Record, v5Limit)
		for j := range records {
			records[j] = slammer()
			records[j].Src, records[j].Dst, records[j].Octets = r.Uint32(), r.Uint32(), 40+r.Uint32N(1400)
		}
		payloads[i] = datagram(header(v5Limit), records...)
	}
	b.Run("empty", func(b *testing.B) { benchmark(b, 0, payloads...) })
	b.Run("filling", func(b *testing.B) { benchmark(b, flow.MaxRows-v5Limit, payloads...) })
}

// BenchmarkLongFlows decodes datagrams of flows that began hours ago, which the fast
// way leaves to the general one.
func BenchmarkLongFlows(b *testing.B) {
	records := make([]v5Record, v5Limit)
	for i := range records {
		records[i] = slammer()
		records[i].First = 1<<32 + uptime - 22*hour
	}
	benchmark(b, flow.MaxRows-v5Limit, datagram(header(v5Limit), records...))
}

// BenchmarkLayouts decodes full datagrams of every layout.
func BenchmarkLayouts(b *testing.B) {
	for _, k := range kinds {
		b.Run(k.name, func(b *testing.B) { benchmark(b, flow.MaxRows-v5Limit, k.full()) })
	}
}

// benchmark decodes into a batch until it has more rows than so many.
func benchmark(b *testing.B, most int, payloads ...[]byte) {
	batch := flow.NewBatch()
	var d Datagram
	var report wire.Report
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if batch.N > most {
			batch.Reset(0, 0)
		}
		report.Reset()
		d.Open(payloads[i%len(payloads)], exporter, &report)
		d.Next(batch, &report)
		i++
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/v5Limit, "ns/record")
}
