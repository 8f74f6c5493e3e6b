package sketch

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// set is the slow obvious twin: every value kept.
type set map[uint64]bool

func TestDistinctIsExactWhileSmall(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var d Distinct
		twin := set{}
		for _, v := range rapid.SliceOfN(rapid.Uint64Range(0, 50), 0, 200).Draw(t, "values") {
			d.Insert(Mix(v, 7))
			twin[v] = true
		}
		if got, want := d.Count(), float64(len(twin)); got != want {
			t.Fatalf("count: got %v, want %v", got, want)
		}
	})
}

func TestDistinctStaysWithinItsErrorUpToAMillion(t *testing.T) {
	for seed := range uint64(5) {
		var d Distinct
		n := 0
		for _, upTo := range []int{100, 1_000, 10_000, 100_000, 1_000_000} {
			for ; n < upTo; n++ {
				d.Insert(Mix(uint64(n), seed))
			}
			if off := math.Abs(d.Count()-float64(n)) / float64(n); off > 4*1.04/math.Sqrt(registers) {
				t.Errorf("seed %d: %d values counted as %.0f, off by %.1f %%", seed, n, d.Count(), 100*off)
			}
			if d.AtLeast() > float64(n) {
				t.Errorf("seed %d: lower bound %.0f above the truth %d", seed, d.AtLeast(), n)
			}
		}
	}
}

func TestMergeIsTheSketchOfTheUnionInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.SliceOfN(rapid.Uint64(), 0, 150), 1, 5).Draw(t, "parts")
		var whole, forward, backward Distinct
		for i := range parts {
			var a, b Distinct
			for _, v := range parts[i] {
				whole.Insert(v)
				a.Insert(v)
			}
			for _, v := range parts[len(parts)-1-i] {
				b.Insert(v)
			}
			forward.Merge(&a)
			backward.Merge(&b)
		}
		for _, got := range []*Distinct{&forward, &backward} {
			if diff := cmp.Diff(got.Count(), whole.Count()); diff != "" {
				t.Fatalf("merged and whole differ (-got +want):\n%s", diff)
			}
		}
	})
}

func BenchmarkInsertDense(b *testing.B) {
	var d Distinct
	for i := range uint64(1000) {
		d.Insert(Mix(i, 1))
	}
	i := uint64(0)
	for b.Loop() {
		i++
		d.Insert(Mix(i, 1))
	}
}
