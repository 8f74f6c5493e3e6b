package tally

import (
	"math/big"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var anySum = rapid.Custom(func(t *rapid.T) Sum {
	return Sum{
		Packets: rapid.Uint64().Draw(t, "packets"), Bytes: rapid.Uint64().Draw(t, "bytes"),
		Variance: rapid.Uint64().Draw(t, "variance"), Samples: rapid.Uint32().Draw(t, "samples"), Flows: 1,
	}
})

func TestThePartsOfASpreadFlowAddUpToTheFlow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := anySum.Draw(t, "flow")
		start := rapid.Int64Range(-1e12, 1e13).Draw(t, "start")
		end := start + rapid.Int64Range(0, 400_000).Draw(t, "duration")
		length := rapid.SampledFrom([]int64{PaneLength, TickLength}).Draw(t, "length")

		var got Sum
		next := floorDiv(start, length)
		Spread(whole, start, end, length, func(cell int64, part Sum) {
			if cell < next || cell > floorDiv(end, length) {
				t.Fatalf("cell %d after %d, flow spans %d–%d", cell, next, start, end)
			}
			next = cell + 1
			got.Add(part)
		})
		if diff := cmp.Diff(whole, got); diff != "" {
			t.Fatalf("sum of parts (-flow +parts):\n%s", diff)
		}
	})
}

// TestASpreadFlowNeverClaimsMoreThanItsTime holds each cell but the last against
// exact rational arithmetic.
func TestASpreadFlowNeverClaimsMoreThanItsTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := anySum.Draw(t, "flow")
		start := rapid.Int64Range(0, 1e13).Draw(t, "start")
		end := start + rapid.Int64Range(1, 200_000).Draw(t, "duration")
		last := floorDiv(end, PaneLength)
		Spread(whole, start, end, PaneLength, func(cell int64, part Sum) {
			if cell == last {
				return
			}
			overlap := min(end, (cell+1)*PaneLength) - max(start, cell*PaneLength)
			exact := new(big.Int).Mul(new(big.Int).SetUint64(whole.Bytes), big.NewInt(overlap))
			exact.Quo(exact, big.NewInt(end-start))
			if !exact.IsUint64() || part.Bytes != exact.Uint64() {
				t.Fatalf("cell %d: got %d bytes, want %s", cell, part.Bytes, exact)
			}
		})
	})
}

func TestALongFlowIsSpreadEvenly(t *testing.T) {
	var got []uint64
	Spread(Sum{Packets: 10 * Unit, Flows: 1}, 30_000, 330_000, TickLength, func(_ int64, part Sum) {
		got = append(got, part.Packets/Unit)
	})
	if diff := cmp.Diff([]uint64{1, 2, 2, 2, 2, 1}, got); diff != "" {
		t.Errorf("packets a minute of a five-minute flow (-want +got):\n%s", diff)
	}
}

func TestSumsSaturateInsteadOfWrapping(t *testing.T) {
	s := estimated(1<<63, 1<<63, 1<<20)
	s.Add(s)
	if s.Packets != 1<<64-1 || s.Bytes != 1<<64-1 || s.Variance != 1<<64-1 {
		t.Errorf("got %+v, want the largest values", s)
	}
}

func TestTheLowerBoundKnowsTheSamplingError(t *testing.T) {
	sampled, whole := estimated(100, 100_000, 1000), estimated(100_000, 100_000_000, 1)
	if got, want := whole.LowerPackets(), 100_000.0; got != want {
		t.Errorf("unsampled: got %v, want %v", got, want)
	}
	// a hundred samples: the mean of a Poisson count of 100 is above 71.9 with 99.9 %
	if got := sampled.LowerPackets(); got < 71_800 || got > 72_000 {
		t.Errorf("1 in 1000: got %v, want 71900", got)
	}
	if sampled.LowerBytes() >= sampled.LowerPackets()*1000 {
		t.Errorf("bytes must be less sure than packets")
	}
}

func estimated(packets, bytes uint64, rate uint32) (s Sum) {
	s.estimate(packets, bytes, rate)
	return s
}
