package traffic

import "math"

// noise is a stationary process in ln that forgets: an Ornstein-Uhlenbeck process,
// looked at once a minute.
type noise struct {
	keep, step float64 // what a minute leaves, and what it adds
	variance   float64
	x          float64
}

// newNoise forgets in some minutes and has this standard deviation.
func newNoise(minutes, sd float64) noise {
	keep := math.Exp(-1 / minutes)
	return noise{keep: keep, step: sd * math.Sqrt(1-keep*keep), variance: sd * sd}
}

// next moves on by a minute.
func (n *noise) next(innovation float64) { n.x = n.keep*n.x + n.step*innovation }

// factor has mean one.
func (n *noise) factor() float64 { return math.Exp(n.x - n.variance/2) }

// restlessness is the standard deviation of what a rate does within minutes. On the
// Abilene backbone the change of a series over five minutes was .26 at 6 Mbit/s and .045
// at 600 Mbit/s: small rates are restless. The exponent is from those two.
func restlessness(pps float64) float64 { return min(0.5, 0.2*math.Pow(pps/1000, -0.38)) }
