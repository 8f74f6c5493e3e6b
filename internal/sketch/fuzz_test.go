package sketch

import (
	"bytes"
	"testing"
)

// The doors of the room are the wire forms: partial sums come from other machines
// and from snapshots. What is accepted must be written again as the same bytes,
// and take values and merges as if it had always been here.

func FuzzDistinct(f *testing.F) {
	for _, d := range []*Distinct{{}, of(Wide), of(Narrow, 1, 2, 3), filled(MinPrecision, 500, 1), filled(Narrow, 64, 1), filled(Narrow, 65, 1)} {
		f.Add(bytesOf(f, d))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var d, merged Distinct
		if d.UnmarshalBinary(data) != nil {
			if d.precision != 0 || d.Count() != 0 {
				t.Fatal("a refused form left something")
			}
			return
		}
		if !bytes.Equal(bytesOf(t, &d), data) {
			t.Fatalf("written again as %x", bytesOf(t, &d))
		}
		if merged.Merge(&d); !bytes.Equal(bytesOf(t, &merged), data) {
			t.Fatalf("merged into an empty one: %x", bytesOf(t, &merged))
		}
		for i := range uint64(600) {
			d.Insert(Mix(i, 1))
		}
		d.Merge(of(MinPrecision, 1, 2, 3))
		if n := d.Count(); !(n >= 1 && n <= 1<<64) {
			t.Fatalf("counts %v", n)
		}
	})
}

func FuzzTopK(f *testing.F) {
	for _, keys := range []uint32{0, 1, 3, 5, 9} {
		s := NewTopK(5, addresses)
		for i := range keys {
			s.Insert(v4(i), uint64(i)+1)
			s.Insert(v6(1, uint64(i)), uint64(i)+200)
		}
		f.Add(bytesOf(f, s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s := NewTopK(MaxCapacity, addresses)
		if s.UnmarshalBinary(data) != nil {
			if s.Len() != 0 || s.Total() != 0 {
				t.Fatal("a refused form left something")
			}
			return
		}
		if !bytes.Equal(bytesOf(t, s), data) {
			t.Fatalf("written again as %x", bytesOf(t, s))
		}
		small := NewTopK(3, addresses)
		if err := small.UnmarshalBinary(data); err != nil {
			t.Fatal(err)
		}
		other := NewTopK(3, addresses)
		other.Merge(s)
		if !bytes.Equal(bytesOf(t, small), bytesOf(t, other)) {
			t.Fatalf("read with less room: %x, merged: %x", bytesOf(t, small), bytesOf(t, other))
		}
		for i := range uint32(50) {
			s.Insert(v4(i%7), 1)
		}
		if err := s.plausible(s.Top(s.Len())); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzQuantiles(f *testing.F) {
	for _, list := range [][]weighed{nil, {{0, 1}}, {{40, 7}, {1500, 3}}, {{1 << 40, 1 << 40}, {1<<64 - 1, 1}}, {{1<<64 - 1, 1<<64 - 1}, {1<<64 - 1, 1<<64 - 1}}} {
		f.Add(bytesOf(f, quantilesOf(list)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var q, merged Quantiles
		if q.UnmarshalBinary(data) != nil {
			if q.Count() != 0 {
				t.Fatal("a refused form left something")
			}
			return
		}
		if !bytes.Equal(bytesOf(t, &q), data) {
			t.Fatalf("written again as %x", bytesOf(t, &q))
		}
		if merged.Merge(&q); !bytes.Equal(bytesOf(t, &merged), data) {
			t.Fatalf("merged into an empty one: %x", bytesOf(t, &merged))
		}
		before := uint64(0)
		for share := 0.0; share <= 1; share += 0.125 {
			if v := q.Quantile(share); v < before {
				t.Fatalf("share %v: %d below that of a smaller share, %d", share, v, before)
			} else {
				before = v
			}
		}
	})
}

// FuzzQuantile holds the buckets against one value at a time.
func FuzzQuantile(f *testing.F) {
	f.Add(uint64(0), uint64(1), 0.5)
	f.Add(uint64(1<<64-1), uint64(1<<64-1), 1.0)
	f.Add(uint64(128), uint64(3), -0.1)
	f.Fuzz(func(t *testing.T, value, weight uint64, share float64) {
		if weight == 0 {
			return
		}
		q := quantilesOf([]weighed{{value, weight}})
		if got := q.Quantile(share); !within(got, value) {
			t.Fatalf("got %d, want %d", got, value)
		}
	})
}
