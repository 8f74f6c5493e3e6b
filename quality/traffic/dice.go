package traffic

import (
	"math"
	"math/rand/v2"
)

// dice are the chance of one player.
type dice struct{ *rand.Rand }

func newDice(seed uint64) dice { return dice{rand.New(rand.NewPCG(seed, 0x7261666669))} }

// poisson is a number of events where mean are expected: by multiplication of uniforms
// (Knuth, TAOCP 2, 3.4.1) where few are, and from 30 on by the normal distribution, whose
// skew no longer shows there.
func (d dice) poisson(mean float64) int {
	switch {
	case mean <= 0:
		return 0
	case mean > 30:
		return max(0, int(mean+math.Sqrt(mean)*d.NormFloat64()+0.5))
	}
	limit, n, p := math.Exp(-mean), 0, d.Float64()
	for p > limit {
		p *= d.Float64()
		n++
	}
	return n
}

// samples is how many sampled packets a record holds where mean are usual and no more
// than most are there: geometric from one on.
func (d dice) samples(mean float64, most int) int {
	if most <= 1 || mean <= 1 {
		return 1
	}
	return min(most, 1+int(math.Log(1-d.Float64())/math.Log1p(-1/mean)))
}

// length is a packet length around a mean, within what IP and Ethernet allow.
func (d dice) length(mean, spread float64, least int) int {
	return max(least, min(1500, int(mean+spread*d.NormFloat64())))
}

// heavy is a normal number with a tail: one in some hundreds is several times as large.
func (d dice) heavy() float64 {
	x := d.NormFloat64()
	if d.Uint64()%256 == 0 {
		x *= 5
	}
	return x
}

// ranks is a power law over ranks as a table to draw from: rank r is drawn as often as
// (r+1)^-exponent says (Zipf).
type ranks []uint16

const rankSlots = 1 << 12

func newRanks(n int, exponent float64) ranks {
	weights, sum := make([]float64, n), 0.0
	for r := range weights {
		weights[r] = math.Pow(float64(r+1), -exponent)
		sum += weights[r]
	}
	out, done := make(ranks, 0, rankSlots), 0.0
	for r, w := range weights {
		done += w
		for len(out) < int(done/sum*rankSlots+0.5) {
			out = append(out, uint16(r))
		}
	}
	return out
}

func (r ranks) draw(d dice) int { return int(r[d.Uint64()%uint64(len(r))]) }
