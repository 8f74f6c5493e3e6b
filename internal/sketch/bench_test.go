package sketch

import (
	"encoding"
	"net/netip"
	"testing"
)

func filled(precision uint8, n int, seed uint64) *Distinct {
	d := NewDistinct(precision)
	for i := range n {
		d.Insert(Mix(uint64(i), seed))
	}
	return &d
}

func BenchmarkDistinctInsert(b *testing.B) {
	for _, c := range []struct {
		name      string
		precision uint8
		peers     uint64
	}{{"30 peers", Narrow, 30}, {"64 peers", Narrow, 64}, {"500 peers wide", Wide, 500}, {"spoofed", Narrow, 1 << 60}, {"spoofed wide", Wide, 1 << 60}} {
		b.Run(c.name, func(b *testing.B) {
			benchInsert(b, NewDistinct(c.precision), c.peers)
		})
	}
}

func benchInsert(b *testing.B, d Distinct, peers uint64) {
	i := uint64(0)
	b.ReportAllocs()
	for b.Loop() {
		if i++; i == peers {
			i = 0
		}
		d.Insert(Mix(i, 1))
	}
}

func BenchmarkDistinctMerge(b *testing.B) {
	for _, c := range []struct {
		name        string
		into, other *Distinct
	}{
		{"narrow", filled(Narrow, 20_000, 1), filled(Narrow, 20_000, 2)},
		{"wide", filled(Wide, 20_000, 1), filled(Wide, 20_000, 2)},
		{"wide into narrow", filled(Narrow, 20_000, 1), filled(Wide, 20_000, 2)},
		{"40 into 2048 registers", filled(Narrow, 20_000, 1), filled(Narrow, 40, 2)},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.into.Merge(c.other)
			}
		})
	}
	b.Run("40 into none", func(b *testing.B) {
		other := filled(Narrow, 40, 2)
		b.ReportAllocs()
		for b.Loop() {
			var d Distinct
			d.Merge(other)
		}
	})
}

func BenchmarkDistinctCount(b *testing.B) {
	for name, d := range map[string]*Distinct{"narrow": filled(Narrow, 20_000, 1), "wide": filled(Wide, 20_000, 1)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				d.Count()
			}
		})
	}
}

func BenchmarkTopKInsert(b *testing.B) {
	for _, c := range []struct {
		name     string
		capacity int
		peers    uint64
	}{{"held", 1000, 1000}, {"spoofed", 1000, 1 << 60}, {"half spoofed", 1000, 2000}, {"spoofed, room for 10", 10, 1 << 60}} {
		b.Run(c.name, func(b *testing.B) { benchTopK(b, NewTopK(c.capacity, addresses), c.peers) })
	}
}

func benchTopK(b *testing.B, s *TopK[netip.Addr], peers uint64) {
	for i := range uint32(10_000) {
		s.Insert(v4(uint32(Mix(uint64(i)%peers, 1))), 1)
	}
	i := uint64(0)
	b.ReportAllocs()
	for b.Loop() {
		if i++; i >= peers {
			i = 0
		}
		s.Insert(v4(uint32(Mix(i, 1))), 1+i&7)
	}
}

func BenchmarkTopKMerge(b *testing.B) {
	one, two := NewTopK(100, addresses), NewTopK(100, addresses)
	for i := range uint64(10_000) {
		one.Insert(v4(uint32(Mix(i, 1))%200), 1)
		two.Insert(v4(uint32(Mix(i, 2))%200), 1)
	}
	b.ReportAllocs()
	for b.Loop() {
		one.Merge(two)
	}
}

func packetSizes(seed uint64) *Quantiles {
	var q Quantiles
	for i := range uint64(10_000) {
		q.Insert(40+Mix(i, seed)%1460, 1)
	}
	return &q
}

func BenchmarkQuantilesInsert(b *testing.B) {
	q, i := packetSizes(1), uint64(0)
	b.ReportAllocs()
	for b.Loop() {
		i++
		q.Insert(40+Mix(i, 1)&1023, 1)
	}
}

func BenchmarkQuantilesMerge(b *testing.B) {
	q, other := packetSizes(1), packetSizes(2)
	b.ReportAllocs()
	for b.Loop() {
		q.Merge(other)
	}
}

func BenchmarkQuantile(b *testing.B) {
	q := packetSizes(1)
	for b.Loop() {
		q.Quantile(0.98)
	}
}

func BenchmarkAppendBinary(b *testing.B) {
	s := NewTopK(100, addresses)
	for i := range uint64(10_000) {
		s.Insert(v4(uint32(Mix(i, 1))%200), 1)
	}
	for name, of := range map[string]encoding.BinaryAppender{"distinct": filled(Narrow, 20_000, 1), "top-k of 100": s, "quantiles": packetSizes(1)} {
		b.Run(name, func(b *testing.B) {
			buf := make([]byte, 0, 1<<16)
			for b.Loop() {
				buf, _ = of.AppendBinary(buf[:0])
			}
			b.ReportMetric(float64(len(buf)), "bytes")
		})
	}
}
