package netflow

import (
	"math/rand/v2"
	"testing"

	"eagre/flow"
	"eagre/ingest/wire"
)

func BenchmarkV5(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	payloads := make([][]byte, 256)
	for i := range payloads {
		records := make([]v5Record, maxRecords)
		for j := range records {
			records[j] = slammer()
			records[j].Src, records[j].Dst, records[j].Octets = r.Uint32(), r.Uint32(), 40+r.Uint32N(1400)
		}
		payloads[i] = datagram(header(maxRecords), records...)
	}
	batch := flow.NewBatch()
	var d V5
	var report wire.Report
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		decodeInto(batch, &d, &report, payloads[i%len(payloads)])
		i++
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/maxRecords, "ns/record")
}
