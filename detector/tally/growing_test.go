package tally

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestGrowingPanesAreTheSpreadOfEveryFlow holds the dense run, with what rises and
// falls in it, against panes to which every part of every flow is added one by one.
func TestGrowingPanesAreTheSpreadOfEveryFlow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var g growing
		for range 2 { // taken and begun anew
			var want Panes
			for range rapid.IntRange(0, 12).Draw(t, "flows") {
				s := Sum{Packets: rapid.Uint64Range(1, 1e9).Draw(t, "packets"), Variance: 7, Samples: 3, Flows: 1}
				end := rapid.Int64Range(0, 20_000).Draw(t, "end")
				start := end - rapid.Int64Range(0, 12_000).Draw(t, "duration")
				p := spreadOver(s, start, end, PaneLength)
				g.addSpread(&p)
				Spread(s, start, end, PaneLength, func(at int64, part Sum) {
					if !part.IsZero() { // a part of nothing makes no pane
						want.Add(at, part)
					}
				})
			}
			if diff := cmp.Diff(want, g.take()); diff != "" {
				t.Fatalf("(-one by one +growing):\n%s", diff)
			}
		}
	})
}
