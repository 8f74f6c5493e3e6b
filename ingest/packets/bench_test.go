package packets

import (
	"math/rand/v2"
	"testing"

	"eagre/flow"
	"eagre/ingest/header"
)

func BenchmarkMeter(b *testing.B) {
	m := newBench(1 << 16)
	m.Meter.room = func() *flow.Batch { m.batch.Reset(0, 0); return m.batch }
	r := rand.New(rand.NewPCG(1, 1))
	headers := make([]*header.Header, 1<<12)
	for i := range headers {
		headers[i] = packet(r.Uint32N(1<<14), 2, 80, 40, 2)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		m.Packet(start+int64(i), 0, headers[i%len(headers)])
		i++
	}
}

// BenchmarkPairingMeter is BenchmarkMeter with answers.
func BenchmarkPairingMeter(b *testing.B) {
	m := newPairing(1<<16, true)
	m.Meter.room = func() *flow.Batch { m.batch.Reset(0, 0); return m.batch }
	r := rand.New(rand.NewPCG(1, 1))
	headers := make([]*header.Header, 1<<12)
	for i := range headers {
		headers[i] = packet(r.Uint32N(1<<14), 2, 80, 40, syn)
		if i%2 == 1 {
			headers[i] = answer(headers[i-1], 40, syn|ack)
		}
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		m.Packet(start+int64(i), 0, headers[i%len(headers)])
		i++
	}
}
