package flow

import (
	"math/rand/v2"
	"testing"
)

// busy is a full batch of ordinary internet traffic as one exporter sees it.
func busy() *Batch {
	r := rand.New(rand.NewPCG(1, 2))
	b := NewBatch()
	for i := range MaxRows {
		b.Clear(i)
		b.Exporter[i], b.SrcAddr[i], b.DstAddr[i] = V4(0xc0000201), V4(r.Uint32()), V4(0x0a000000|r.Uint32()>>12)
		b.Start[i] = 1_700_000_000_000 + r.Int64N(60_000)
		b.End[i] = b.Start[i] + r.Int64N(15_000)
		b.Packets[i] = 1 + r.Uint64N(20)
		b.Bytes[i] = b.Packets[i] * (64 + r.Uint64N(1400))
		b.InIf[i], b.OutIf[i] = 1+r.Uint32N(8), 1+r.Uint32N(8)
		b.SrcPort[i], b.DstPort[i], b.Proto[i] = uint16(r.Uint32()), 443, 6
		b.SamplingRate[i], b.Version[i] = 1, NetFlowV5
	}
	b.N = MaxRows
	return b
}

func BenchmarkPack(b *testing.B) {
	batch, buf := busy(), make([]byte, 0, MaxPacked)
	var p Packer
	b.ReportAllocs()
	for b.Loop() {
		buf = p.Append(buf[:0], batch)
	}
	perFlow(b, len(buf))
}

func BenchmarkUnpack(b *testing.B) {
	var p Packer
	var u Unpacker
	packed, out := p.Append(nil, busy()), NewBatch()
	b.ReportAllocs()
	for b.Loop() {
		if err := u.Unpack(packed, out); err != nil {
			b.Fatal(err)
		}
	}
	perFlow(b, len(packed))
}

func perFlow(b *testing.B, size int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/MaxRows, "ns/flow")
	b.ReportMetric(float64(size)/MaxRows, "bytes/flow")
}
