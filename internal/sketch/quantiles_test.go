package sketch

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

type weighed struct{ Value, Weight uint64 }

// slowQuantile is the slow obvious twin: all values in a row.
func slowQuantile(list []weighed, share float64) uint64 {
	sorted := slices.Clone(list)
	slices.SortFunc(sorted, func(a, b weighed) int { return compareUint(a.Value, b.Value) })
	var passed, all uint64
	for _, v := range sorted {
		all += v.Weight
	}
	for _, v := range sorted {
		if passed += v.Weight; passed > 0 && float64(passed) >= share*float64(all) {
			return v.Value
		}
	}
	return 0
}

func compareUint(a, b uint64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func quantilesOf(list []weighed) *Quantiles {
	var q Quantiles
	for _, v := range list {
		q.Insert(v.Value, v.Weight)
	}
	return &q
}

// drawWeighed draws values of all sizes, zero and the largest among them.
func drawWeighed(t *rapid.T, label string) []weighed {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) weighed {
		value := rapid.Uint64().Draw(t, "value") >> rapid.IntRange(0, 63).Draw(t, "size")
		return weighed{value, rapid.Uint64Range(0, 9).Draw(t, "weight")}
	}), 0, 60).Draw(t, label)
}

func within(got, want uint64) bool {
	return math.Abs(float64(got)-float64(want)) <= RelativeError*float64(want)
}

func TestAQuantileIsWithinItsErrorOfTheTruth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := drawWeighed(t, "values")
		q := quantilesOf(list)
		for _, share := range []float64{0, 0.01, 0.25, 0.5, 0.75, 0.98, 0.999, 1, rapid.Float64Range(0, 1).Draw(t, "share")} {
			if got, want := q.Quantile(share), slowQuantile(list, share); !within(got, want) {
				t.Fatalf("share %v: got %d, want %d within %.2f %%", share, got, want, 100*RelativeError)
			}
		}
	})
}

func TestQuantilesOfWhatOneSeesInANetwork(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for name, draw := range map[string]func() uint64{
		"packet sizes":          func() uint64 { return []uint64{40, 52, 576, 1420, 1500}[r.IntN(5)] },
		"rates over six scales": func() uint64 { return uint64(math.Exp(14 * r.Float64())) },
		"durations, most zero":  func() uint64 { return uint64(max(0, 60_000*r.NormFloat64())) },
		"one value":             func() uint64 { return 1_000_003 },
		"a heavy tail":          func() uint64 { return uint64(40 / math.Pow(1-r.Float64(), 1.5)) },
	} {
		list := make([]weighed, 20_000)
		for i := range list {
			list[i] = weighed{draw(), 1}
		}
		q := quantilesOf(list)
		for share := 0.0; share <= 1; share += 1.0 / 64 {
			if got, want := q.Quantile(share), slowQuantile(list, share); !within(got, want) {
				t.Errorf("%s: share %v: got %d, want %d", name, share, got, want)
			}
		}
	}
}

func TestBucketsCoverEveryNumberOnceInOrder(t *testing.T) {
	next := uint64(0)
	for b := range octaves * octave {
		lo, hi := bounds(b)
		if lo != next || hi < lo {
			t.Fatalf("bucket %d from %d to %d, want it to begin at %d", b, lo, hi, next)
		}
		if bucket(lo) != b || bucket(hi) != b || bucket(lo+(hi-lo)/2) != b {
			t.Fatalf("bucket %d: its ends are in %d and %d", b, bucket(lo), bucket(hi))
		}
		if mid := lo + (hi-lo)/2; !within(mid, lo) || !within(mid, hi) {
			t.Fatalf("bucket %d: the middle %d is too far from %d or %d", b, mid, lo, hi)
		}
		next = hi + 1
	}
	if next != 0 {
		t.Errorf("the last bucket ends at %d, want the largest number", next-1)
	}
}

func TestNumbersBelow128AreExact(t *testing.T) {
	var q Quantiles
	for v := range uint64(128) {
		q.Insert(v, 1)
	}
	for v := range uint64(128) {
		if got := q.Quantile(float64(v+1) / 128); got != v {
			t.Errorf("got %d, want %d", got, v)
		}
	}
}

func TestMergedQuantilesAreThoseOfAllInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := make([]*Quantiles, rapid.IntRange(1, 4).Draw(t, "parts"))
		var all []weighed
		for i := range parts {
			list := drawWeighed(t, "part")
			parts[i], all = quantilesOf(list), append(all, list...)
		}
		var merged Quantiles
		before := bytesOf(t, parts[0])
		for _, i := range rapid.Permutation(seq(len(parts))).Draw(t, "order") {
			merged.Merge(parts[i])
		}
		if diff := cmp.Diff(bytesOf(t, quantilesOf(all)), bytesOf(t, &merged)); diff != "" {
			t.Fatalf("(-whole +merged):\n%s", diff)
		}
		merged.Insert(5, 1)
		if diff := cmp.Diff(before, bytesOf(t, parts[0])); diff != "" {
			t.Fatalf("a part changed:\n%s", diff)
		}
	})
}

func TestQuantilesMergedWithThemselvesAreTwice(t *testing.T) {
	list := []weighed{{0, 3}, {1500, 2}, {math.MaxUint64, 1}}
	q := quantilesOf(list)
	q.Merge(q)
	if diff := cmp.Diff(bytesOf(t, quantilesOf(append(list, list...))), bytesOf(t, q)); diff != "" {
		t.Errorf("(-twice +itself):\n%s", diff)
	}
}

func TestCountAndSumAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := drawWeighed(t, "values")
		q, count, sum := quantilesOf(list), uint64(0), new(big.Int)
		for _, v := range list {
			count += v.Weight
			sum.Add(sum, new(big.Int).Mul(new(big.Int).SetUint64(v.Value), new(big.Int).SetUint64(v.Weight)))
		}
		want, _ := new(big.Float).SetInt(sum).Float64()
		if got := q.Sum(); q.Count() != count || math.Abs(got-want) > 1e-15*want {
			t.Fatalf("count %d, sum %v, want %d and %v", q.Count(), got, count, want)
		}
	})
}

func TestHugeWeightsStopAtTheLargest(t *testing.T) {
	var q Quantiles
	for range 3 {
		q.Insert(math.MaxUint64, math.MaxUint64)
		q.Insert(7, math.MaxUint64)
	}
	if q.Count() != math.MaxUint64 || q.Sum() != math.Ldexp(1, 128) {
		t.Errorf("count %d, sum %g", q.Count(), q.Sum())
	}
	if got := q.Quantile(0); got != 7 {
		t.Errorf("smallest: got %d, want 7", got)
	}
	uneven := quantilesOf([]weighed{{7, 1<<63 + 1}, {1500, 1<<63 - 2}})
	if got := uneven.Quantile(1); !within(got, 1500) {
		t.Errorf("largest of a weight that rounds up to 2^64: got %d, want 1500", got)
	}
	var again Quantiles
	if err := again.UnmarshalBinary(bytesOf(t, &q)); err != nil {
		t.Error(err)
	}
}

func TestOneHugeValueDoesNotBlurTheSmallOnes(t *testing.T) {
	q := quantilesOf([]weighed{{40, 50}, {1500, 49}, {math.MaxUint64, 1}})
	for share, want := range map[float64]uint64{0.5: 40, 0.9: 1500, 1: math.MaxUint64} {
		if got := q.Quantile(share); !within(got, want) {
			t.Errorf("share %v: got %d, want %d", share, got, want)
		}
	}
}

func TestAskingNonsenseGivesAnEnd(t *testing.T) {
	q := quantilesOf([]weighed{{3, 1}, {9, 1}})
	for share, want := range map[float64]uint64{math.Inf(-1): 3, -1: 3, 2: 9, math.Inf(1): 9} {
		if got := q.Quantile(share); got != want {
			t.Errorf("share %v: got %d, want %d", share, got, want)
		}
	}
	if got := q.Quantile(math.NaN()); got != 3 {
		t.Errorf("no number: got %d, want 3", got)
	}
	if got := new(Quantiles).Quantile(0.5); got != 0 {
		t.Errorf("of nothing: got %d, want 0", got)
	}
}

func TestKnownOctavesAllocateNothing(t *testing.T) {
	q, other := quantilesOf([]weighed{{40, 1}, {1500, 1}}), quantilesOf([]weighed{{1400, 1}})
	got := testing.AllocsPerRun(100, func() {
		q.Insert(1499, 3)
		q.Merge(other)
		q.Quantile(0.5)
	})
	if got != 0 {
		t.Errorf("%v allocations, want none", got)
	}
}

func ExampleQuantiles() {
	var sizes Quantiles
	sizes.Insert(40, 700)
	sizes.Insert(1500, 300)
	fmt.Println(sizes.Quantile(0.5), sizes.Quantile(0.98), sizes.Sum()/float64(sizes.Count()))
	// Output: 40 1495 478
}
