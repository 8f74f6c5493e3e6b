package quality

import (
	"math"
	"math/rand/v2"
	"time"
)

// draw is chance of one purpose: two purposes of one seed never share numbers, so
// that one more customer does not change the attacks.
type draw struct{ *rand.Rand }

// Purposes of chance.
const (
	forNetwork = 1 + iota
	forCustomers
	forAttacks
	forInnocents
)

func newDraw(seed, purpose uint64) draw { return draw{rand.New(rand.NewPCG(seed, purpose))} }

// between is even on [low, high).
func (d draw) between(low, high float64) float64 { return low + (high-low)*d.Float64() }

// scale is even on a logarithmic scale: as many between 10 and 100 as between 100
// and 1000.
func (d draw) scale(low, high float64) float64 { return low * math.Pow(high/low, d.Float64()) }

// span is a duration on a logarithmic scale, in whole seconds.
func (d draw) span(low, high time.Duration) time.Duration {
	return time.Duration(d.scale(low.Seconds(), high.Seconds())) * time.Second
}

// chance is true in this part of all cases.
func (d draw) chance(p float64) bool { return d.Float64() < p }

func pick[T any](d draw, from []T) T { return from[d.IntN(len(from))] }
