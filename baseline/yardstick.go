package baseline

import "math"

// yardstick is how one metric of a series spreads: its own variance without that of
// sampling, around the expectation and around the calendar alone; the tail of its
// z; and what is remembered of the tick before.
//
// The tail is one of peaks over threshold (Siffer, Fouque, Termier and Largouët,
// Anomaly detection in streams with extreme value theory, 2017): u is the 98 %
// quantile of z, followed by a stochastic step (Robbins and Monro 1951); what
// exceeds it is taken to be generalised Pareto (Pickands 1975) with the shape and
// scale that its two moments give (Hosking and Wallis 1987).
type yardstick struct {
	own, ownSlow float32 // σ²
	u            float32
	excess       float32 // mean of z - u beyond u
	square       float32 // and of its square
	bar          float32 // raised by alarms that came to nothing
	rarity       float32 // of the tick before
	ratio        float32
}

const (
	beyond       = 0.02        // part of z that exceeds u
	beyondRarity = 1.698970004 // -log10 of that
	quantileStep = 0.05        // follows a shift of u within some hundred ticks
	excessPart   = 1. / 100    // memory of the excesses, two or three days' worth
	leastU       = 1.
	mostU        = 8.
	leastShape   = 0.01
	mostShape    = 0.3
	leastExcess  = 0.05
)

// start gives the tail of a normal distribution.
func (y *yardstick) start() {
	*y = yardstick{own: priorSpread * priorSpread, ownSlow: priorSpread * priorSpread, u: 2.054, excess: 0.367, square: 0.246}
}

// shape is xi, and scale what its excesses are measured in.
func (y *yardstick) shape() (shape, scale float64) {
	mean := float64(y.excess)
	variance := max(float64(y.square)-float64(mean*mean), mean*mean/16)
	shape = 0.5 * (1 - mean*mean/variance)
	shape = max(leastShape, min(shape, mostShape))
	return shape, mean * (1 - shape)
}

// rarityOf is -log10 of the chance of a z as large. Below u, where nothing depends
// on it, it rises evenly.
func (y *yardstick) rarityOf(z float64) float64 {
	u := float64(y.u)
	if z <= 0 {
		return 0
	}
	if z <= u {
		return beyondRarity * z / u
	}
	shape, scale := y.shape()
	return beyondRarity + float64(log10e/shape*log(1+float64(shape*(z-u))/scale))
}

// zAt is the z that is as rare as that.
func (y *yardstick) zAt(rarity float64) float64 {
	u := float64(y.u)
	if rarity <= beyondRarity {
		return u * rarity / beyondRarity
	}
	shape, scale := y.shape()
	return u + float64(scale/shape*(exp(shape/log10e*(rarity-beyondRarity))-1))
}

// learn takes in the errors of a tick, whose variance by sampling is known, and
// returns what of the variance was the series' own.
func (y *yardstick) learn(t *Test, by *deviations, sampling, hour, part float64) float64 {
	e, slow := winsorised(t.e, by.fast), winsorised(t.slow, by.slow)
	own := max(0, float64(e*e)-sampling)
	narrow(&y.own, own/hour, part)
	narrow(&y.ownSlow, max(0, float64(slow*slow)-sampling), part)
	y.learnTail(t.Z)
	return own
}

// learnTail takes in a z.
func (y *yardstick) learnTail(z float64) {
	u := float64(y.u)
	if z <= u {
		y.u = float32(max(u-quantileStep*beyond, leastU))
		return
	}
	y.u = float32(min(u+quantileStep*(1-beyond), mostU))
	over := z - u
	narrow(&y.excess, max(over, leastExcess), excessPart)
	narrow(&y.square, over*over, excessPart)
}

// remember keeps what the next tick needs of this one.
func (y *yardstick) remember(m *Model, t *Test) {
	y.bar = float32(float64(y.bar) * m.fade)
	y.rarity, y.ratio = float32(t.once), float32(t.ratio)
}

// forget is for ticks that were missed.
func (y *yardstick) forget() { y.rarity, y.ratio = 0, 0 }

// spread is the standard deviation of a variance of which none is too small.
func spread(variance float64) float64 { return math.Sqrt(max(variance, leastSpread*leastSpread)) }
