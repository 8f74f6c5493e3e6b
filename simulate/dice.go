package simulate

import (
	"math"
	"math/rand/v2"
)

// dice sample one packet in rate at random and independently, as sFlow asks
// (sFlow Version 5 §3.1): instead of throwing for each packet, the number of
// packets up to the next hit is drawn, which is geometric. Deterministic ones hit
// each rate-th packet.
type dice struct {
	deterministic bool

	rate uint32
	rand *rand.Rand
	skip int // packets that pass before the next hit
}

func newDice(rate uint32, deterministic bool, seed, stream uint64) *dice {
	d := &dice{rate: rate, deterministic: deterministic, rand: rand.New(rand.NewPCG(seed, stream))}
	if rate > 1 {
		d.skip = d.draw()
	}
	return d
}

// take is how many of the next n packets are hits.
func (d *dice) take(n int) (hits int) {
	if d.rate <= 1 {
		return n
	}
	for d.skip < n {
		n -= d.skip + 1
		hits++
		d.skip = d.draw()
	}
	d.skip -= n
	return hits
}

func (d *dice) draw() int {
	if d.deterministic {
		return int(d.rate) - 1
	}
	return int(math.Log(1-d.rand.Float64()) / math.Log1p(-1/float64(d.rate)))
}
