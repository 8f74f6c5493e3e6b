package baseline

import "math"

// Cold is the profile of a series with less than a sample a tick, of which there are
// many: its rate is Gamma distributed, so that a count is negative binomial (Greenwood
// and Yule 1920). It has no calendar of its own and borrows the parent's shape. The
// zero value knows nothing; one goroutine owns it.
type Cold struct {
	samples  float32 // seen, those long ago for less
	exposure float32 // and over how many ticks ÷ interval, in the parent's shape
	rarity   float32 // of the tick before
	ratio    float32
	bar      float32
	last     uint32
	ticks    uint32
	held     uint16
	whole    bool // last is a tick
}

const (
	coldDays    = 7. // memory of the rate
	coldPrior   = 0.5
	coldShape   = 4. // at most: however much was seen, the rate itself varies by a half
	coldSamples = 200
)

// ColdScore is the verdict of a cold profile.
type ColdScore struct {
	S        float64 // the smaller key less the bar, like Test.S
	Expected float64 // packets
	Rarity   float64
	Size     float64
	Bar      float64

	once  float64
	ratio float64
}

// Packets is what the rate is taken to be, a tick, where the parent's shape is flat:
// what Profile.Begin wants when the series warms up.
func (c *Cold) Packets() float64 {
	if c.exposure == 0 {
		return 0
	}
	return (float64(c.samples) + coldPrior) / float64(c.exposure)
}

// Ticks is how many ticks have taught it something.
func (c *Cold) Ticks() uint32 { return c.ticks }

// Score holds the packets of a tick against the rate. It changes nothing.
func (c *Cold) Score(now *Moment, given Given, packets float64) ColdScore {
	given.check()
	interval := given.Interval
	exposure := exp(given.Shape) / interval
	shape := float64(c.samples) + coldPrior
	mean := shape * exposure / (float64(c.exposure) + exposure)
	seen := sane(packets) / interval
	s := ColdScore{Expected: mean * interval, Bar: float64(c.bar)}
	s.once = negativeBinomial(seen, mean, min(shape, coldShape))
	s.ratio = log((seen + offsetSamples) / (mean + offsetSamples))
	s.Rarity = twoTicks(s.once, float64(c.rarity))
	s.Size = now.model.cfg.SizeKey * twoTicks(s.ratio, float64(c.ratio))
	s.S = min(s.Rarity, s.Size) - s.Bar
	return s
}

// Learn takes in a tick that was scored; what is too rare teaches nothing for as long
// as with a Profile.
func (c *Cold) Learn(now *Moment, given Given, packets float64, s *ColdScore) Notice {
	if c.whole && now.minute == c.last {
		return Taught
	}
	m := now.model
	c.bar = float32(float64(c.bar) * m.fade)
	c.rarity, c.ratio = float32(s.once), float32(s.ratio)
	c.last, c.whole = now.minute, true
	if s.once > quarantine && int(c.held) < m.cfg.QuarantineTicks {
		c.held++
		return Quarantined
	}
	if s.once <= quarantine {
		c.held = 0
	}
	given.check()
	interval := given.Interval
	kept := 1 - 1/(coldDays*m.perDay)
	c.samples = float32(float64(float64(c.samples)*kept) + sane(packets)/interval)
	c.exposure = float32(float64(float64(c.exposure)*kept) + exp(given.Shape)/interval)
	c.ticks = min(c.ticks, math.MaxUint32-1) + 1
	return Taught
}

// FalseAlarm raises the bar, as Profile.FalseAlarm does.
func (c *Cold) FalseAlarm(m *Model) {
	c.bar = float32(min(float64(c.bar)+m.cfg.OwnAlarm, highestBar))
}

// negativeBinomial is -log10 of the chance that a count is as large as seen. What is
// not above the mean by two deviations is not rare; what is above 200 is not counted
// more exactly, as such a series is no longer cold.
func negativeBinomial(seen, mean, shape float64) float64 {
	n := int(min(seen, coldSamples))
	if float64(n) < 3 || overdispersed(float64(n), mean, 1/shape, 0) < 2 {
		return 0
	}
	q := mean / (mean + shape)
	logarithm := float64(shape * log(1-q))
	for k := range n {
		logarithm += log(q * (shape + float64(k)) / (float64(k) + 1))
	}
	sum, term := 1., 1. // of this and all larger counts, in units of this one
	for k := n; term > 1e-9*sum; k++ {
		term *= q * (shape + float64(k)) / (float64(k) + 1)
		sum += term
	}
	return max(0, -log10e*(logarithm+log(sum)))
}
