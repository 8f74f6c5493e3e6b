package sketch

import (
	"math"
	"math/bits"
)

// addSaturating stops at the largest number instead of beginning again at zero.
// It may be grouped in any way, so merges in any order stop at the same.
func addSaturating(a, b uint64) uint64 {
	sum, carry := bits.Add64(a, b, 0)
	if carry != 0 {
		return math.MaxUint64
	}
	return sum
}

// total is a sum of products in 128 bits that stops at the largest.
type total struct{ hi, lo uint64 }

func (t total) add(o total) total {
	lo, carry := bits.Add64(t.lo, o.lo, 0)
	hi, carry := bits.Add64(t.hi, o.hi, carry)
	if carry != 0 {
		return total{math.MaxUint64, math.MaxUint64}
	}
	return total{hi, lo}
}

func product(value, weight uint64) total {
	hi, lo := bits.Mul64(value, weight)
	return total{hi, lo}
}

func (t total) above(o total) bool { return t.hi > o.hi || t.hi == o.hi && t.lo > o.lo }

func (t total) float() float64 { return math.Ldexp(float64(t.hi), 64) + float64(t.lo) }
