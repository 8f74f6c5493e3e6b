package ipfix

import (
	"math/rand/v2"
	"testing"

	"eagre/flow"
)

// What a core router exports, 20 fields.
const (
	typicalV9    = "2:4 1:4 8:4 12:4 10:4 14:4 22:4 21:4 7:2 11:2 16:4 17:4 15:4 9:1 13:1 4:1 6:1 5:1 61:1 48:2"
	typicalIPFIX = "2:8 1:8 8:4 12:4 10:4 14:4 152:8 153:8 7:2 11:2 16:4 17:4 15:4 9:1 13:1 4:1 6:2 5:1 61:1 58:2"
	labelled     = "2:8 1:8 8:4 12:4 10:4 14:4 152:8 153:8 7:2 11:2 4:1 6:1 5:1 95:v 236:v"
	perDatagram  = 24
)

func typical(r *rand.Rand, spec string) []byte {
	var values []any
	for _, s := range parseSpec(spec) {
		switch s.element {
		case 1:
			values = append(values, 40+r.IntN(60_000))
		case 2:
			values = append(values, 1+r.IntN(2))
		case 22:
			values = append(values, boot-30_000-r.IntN(10_000))
		case 21:
			values = append(values, boot-15_000)
		case 152:
			values = append(values, int(arrived)-30_000-r.IntN(10_000))
		case 153:
			values = append(values, int(arrived)-15_000)
		case 61, 48:
			values = append(values, 1)
		case 9, 13:
			values = append(values, 24)
		case 95:
			values = append(values, "\x0d\x00\x01\xc5")
		case 236:
			values = append(values, "customer-a")
		default:
			values = append(values, r.IntN(1<<31)>>(32-8*min(s.length, 4)))
		}
	}
	return record(spec, values...)
}

func benchmark(b *testing.B, spec string, announce func(uint16) []byte, frame func(...[]byte) []byte) {
	r := rand.New(rand.NewPCG(1, 2))
	recv := newReceiver()
	recv.receive(announce(256))
	payloads := make([][]byte, 64)
	for i := range payloads {
		records := [][]byte{}
		for range perDatagram {
			records = append(records, typical(r, spec))
		}
		payloads[i] = frame(setOf(256, records...))
	}
	batch, m, report := recv.b, &recv.m, &recv.report
	b.ReportAllocs()
	i, rows := 0, 0
	for b.Loop() {
		report.Reset()
		if batch.N > flow.MaxRows-perDatagram {
			batch.Reset(0, 0)
		}
		if !m.Open(payloads[i%len(payloads)], router, recv.x, report) || m.Next(batch, report) {
			b.Fatal("not decoded")
		}
		rows += report.Decoded
		i++
	}
	if rows != i*perDatagram || len(report.Notes()) != 0 {
		b.Fatalf("%d rows of %d datagrams: %v", rows, i, recv.sentences())
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/perDatagram, "ns/record")
}

func BenchmarkV9(b *testing.B) {
	benchmark(b, typicalV9, func(id uint16) []byte {
		return v9(setOf(0, tmpl(id, typicalV9)), setOf(1, optionsV9(300, "1:4", "48:2 50:4")), setOf(300, record("1:4 48:2 50:4", 0, 1, 1000)))
	}, v9)
}

func BenchmarkIPFIX(b *testing.B) {
	benchmark(b, typicalIPFIX, func(id uint16) []byte { return v10(setOf(2, tmpl(id, typicalIPFIX))) }, v10)
}

func BenchmarkVariableLength(b *testing.B) {
	benchmark(b, labelled, func(id uint16) []byte { return v10(setOf(2, tmpl(id, labelled))) }, v10)
}

// Announcing costs memory only where something is new.
func BenchmarkTemplateAgain(b *testing.B) {
	recv := newReceiver()
	payload := v9(setOf(0, tmpl(256, typicalV9)))
	b.ReportAllocs()
	for b.Loop() {
		recv.report.Reset()
		recv.m.Open(payload, router, recv.x, &recv.report)
		recv.m.Next(recv.b, &recv.report)
	}
}
