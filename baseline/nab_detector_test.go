package baseline

import (
	"math"
	"time"
)

// channels watches any series of numbers with what a profile is made of: a level,
// cells of the day shrunk by their visits, winsorised learning, and tails. Each
// channel asks a question of its own and answers with a rarity, so that all speak one
// language: a tail says how rare, or, where something has never been so high or so
// low, the number of points before it does. After an answer comes a rest, in which
// only a rarer one is another.
type channels struct {
	n           float64
	level, fast float64 // of a day and of an hour of five minutes
	last        float64 // of three points
	jumps       float64 // their mean square

	cells, visits [48]float64
	slot          int
	slotSum       float64
	slotPoints    float64

	off              usual // around level and cells
	away, unrest     tailed
	values, rest     ranged
	shifts, averages ranged
	quiet            float64 // what must be passed while at rest
}

// One setting for all series; points are mostly five minutes apart.
const (
	nabLevel   = 1. / 288
	nabFast    = 1. / 12
	nabLast    = 1. / 3
	nabScale   = 1. / 1000
	nabCell    = 1. / 4
	nabYoung   = 20   // points before anything is said
	nabRest    = 0.01 // that a rest fades each point
	nabLouder  = 1.5  // than the answer before it must the next one be
	nabClipped = 4.   // deviations
)

func newChannels() *channels {
	c := &channels{}
	c.away.start()
	c.unrest.start()
	return c
}

func (c *channels) next(at time.Time, value float64) float64 {
	if c.n == 0 {
		c.level, c.fast, c.last = value, value, value
	}
	c.n++
	season := c.level + c.seasonal(at)
	answer := max(
		c.away.ask(math.Abs(c.fast-c.level), c.n),
		1.5*(c.unrest.ask(math.Sqrt(c.jumps), c.n)-3),
		2*(c.values.ask(value, c.n)-0.5),
		c.rest.ask(value-season, c.n)-2.5,
		1.25*(c.shifts.ask(c.fast-season, c.n)-1),
		c.averages.ask(c.fast, c.n)-2.5,
	)
	c.learn(value, season)
	return c.rested(answer)
}

// seasonal is what the half hour of the day adds.
func (c *channels) seasonal(at time.Time) float64 {
	slot := (at.Hour()*60 + at.Minute()) / 30
	if slot != c.slot && c.slotPoints > 0 {
		c.visits[c.slot]++
		part := max(nabCell, 1/c.visits[c.slot])
		c.cells[c.slot] = toward(c.cells[c.slot], c.slotSum/c.slotPoints, part)
		c.slotSum, c.slotPoints = 0, 0
	}
	c.slot = slot
	return c.visits[slot] / (c.visits[slot] + 3) * c.cells[slot]
}

func (c *channels) learn(value, season float64) {
	off := value - season
	c.off.learn(math.Abs(off), c.n)
	if c.n >= nabYoung {
		off = clip(off, winsor*math.Sqrt(c.off.square))
	}
	jump := value - c.last
	c.jumps = toward(c.jumps, jump*jump, max(nabFast, 1/c.n))
	c.slotSum += off + season - c.level
	c.slotPoints++
	c.level += max(nabLevel, 1/c.n) * off
	c.fast = toward(c.fast, value, max(nabFast, 1/c.n))
	c.last = toward(c.last, value, max(nabLast, 1/c.n))
}

// rested lets through what is louder than what was said lately.
func (c *channels) rested(answer float64) float64 {
	said := 0.
	if answer > c.quiet {
		said, c.quiet = answer, answer*nabLouder
	}
	c.quiet *= 1 - nabRest
	return said
}

// usual is the size that something mostly has, which what is far beyond moves little.
type usual struct{ square, most float64 }

// deviation is never below a thousandth of the largest.
func (u *usual) deviation() float64 { return math.Sqrt(u.square) + 1e-3*u.most + 1e-12 }

func (u *usual) learn(size, n float64) {
	u.most = max(u.most, size)
	if n >= nabYoung {
		size = min(size, nabClipped*u.deviation())
	}
	u.square = toward(u.square, size*size, max(nabScale, 1/n))
}

// tailed is a size and how rare it is.
type tailed struct {
	yardstick
	usual
}

func (t *tailed) ask(size, n float64) float64 {
	z := size / t.deviation()
	rarity := min(t.rarityOf(z), 20)
	if n >= nabYoung {
		t.learnTail(min(z, 6))
	}
	t.usual.learn(size, n)
	return rarity
}

// ranged is everything that was seen of a number. One beyond it has a chance of one
// in as many as came before, and less the farther it is beyond.
type ranged struct {
	low, high float64
	seen      bool
}

func (r *ranged) ask(x, n float64) float64 {
	if !r.seen {
		r.low, r.high, r.seen = x, x, true
	}
	beyond := max(x-r.high, r.low-x)
	width := max(r.high-r.low, 1e-9)
	r.low, r.high = min(r.low, x), max(r.high, x)
	if beyond <= 0 || n <= nabYoung {
		return 0
	}
	return math.Log10(n) + 4*min(beyond/width, 2)
}
