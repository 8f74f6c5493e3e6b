package tally

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestARunSumsWhatEachStretchHolds, also where sums are cut off at the largest
// number there is.
func TestARunSumsWhatEachStretchHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var panes Panes
		for _, at := range rapid.SliceOfN(rapid.Int64Range(0, 60), 0, 40).Draw(t, "panes") {
			panes.Add(at, Sum{
				Packets: rapid.Uint64Range(0, 100).Draw(t, "packets"), Flows: 1,
				Bytes: rapid.SampledFrom([]uint64{1, math.MaxUint64 / 2, math.MaxUint64}).Draw(t, "bytes"),
			})
		}
		length := rapid.Int64Range(1, 20).Draw(t, "length")
		run := Run{Panes: panes}
		for from := rapid.Int64Range(-5, 30).Draw(t, "from"); from < 70; from += rapid.Int64Range(0, 3).Draw(t, "further") + 1 {
			if diff := cmp.Diff(panes.Between(from, from+length), run.To(from, from+length)); diff != "" {
				t.Fatalf("from %d, %d panes (-one by one +run):\n%s", from, length, diff)
			}
		}
	})
}

// TestMergingIsAddingOneByOne holds Merge against Add.
func TestMergingIsAddingOneByOne(t *testing.T) {
	some := rapid.Custom(func(t *rapid.T) (p Panes) {
		for _, at := range rapid.SliceOfN(rapid.Int64Range(0, 30), 0, 20).Draw(t, "panes") {
			p.Add(at, Sum{Packets: 1 << at, Flows: 1})
		}
		return p
	})
	rapid.Check(t, func(t *rapid.T) {
		one, other := some.Draw(t, "one"), some.Draw(t, "other")
		want := append(Panes(nil), one...)
		for _, q := range other {
			want.Add(q.At, q.Sum)
		}
		if one.Merge(other); !cmp.Equal(want, one) {
			t.Fatalf("(-one by one +merged):\n%s", cmp.Diff(want, one))
		}
	})
}
