package baseline

import (
	"math"
	"time"
)

// trail is a trailing mean of what a series has above its calendar, for attacks that
// are too slow or too small for any one tick. It is exponential, with the mean age of
// a sum over the window (2/(n+1) each tick), as a sum with sharp edges would have to
// remember every tick.
type trail struct {
	mean   float32 // of the log ratio to level and calendar
	square float32 // its usual square
}

const (
	trailCount = 4
	// trailVisits is how many windows must have been learned before one is judged.
	trailVisits = 5.
	// trailWindows and trailDays are the memory of what is usual: the longer of so
	// many windows and so many days.
	trailWindows = 10.
	trailDays    = 3.
	// trailSizeKey is the size key of the trails: a quarter of an hour's noise is
	// averaged out, so smaller ratios count.
	trailSizeKey = 30.
	// mostTrailed is ln 3: what is more in a tick counts as three times.
	mostTrailed = 1.0986
)

var trailMinutes = [trailCount]float64{30, 60, 720, 1440}

// TrailWindows says of which time each trail is the mean.
var TrailWindows = [trailCount]time.Duration{30 * time.Minute, time.Hour, 12 * time.Hour, 24 * time.Hour}

// Trail is the verdict of one trailing mean.
type Trail struct {
	// S is its score: like that of a tick the smaller of rarity and size. It has a
	// budget of its own, of one test for each window (Budget with Tick = Window).
	S      float64
	Window time.Duration
	// Excess is the mean log ratio of the observed to level and calendar.
	Excess float64
	// Z is that in usual deviations, where it is more than two of them.
	Z float64
}

func (t *trail) next(slow, part float64) float64 { return toward(float64(t.mean), slow, part) }

// judge is what the trail says if this tick is taken in. Few windows make the usual
// deviation uncertain, so rarity is that of Student's distribution, by the kernel of
// its density, which is never above the true one: p < (1+z²/ν)^(-ν/2).
func (t *trail) judge(out *Trail, m *Model, i int, ticks uint32, slow float64) {
	out.Window, out.Excess = TrailWindows[i], t.next(slow, m.trails[i])
	usual := max(float64(t.square), leastSpread*leastSpread)
	if out.Excess <= 0 || out.Excess*out.Excess <= 4*usual || ticks < m.trailWarm[i] {
		return
	}
	out.Z = out.Excess / math.Sqrt(usual)
	freedom := min(float64(ticks), 2*m.trailMemory[i])*m.trails[i]/2 - 1
	rarity := float64(freedom / 2 * log10e * log(1+float64(out.Z*out.Z)/freedom))
	out.S = min(rarity, trailSizeKey*out.Excess)
}

// learn moves the mean always, since it is an observation, and what is usual only
// by ticks that may teach.
func (t *trail) learn(m *Model, i int, ticks uint32, slow float64, teaches bool) {
	t.mean = float32(t.next(slow, m.trails[i]))
	if teaches {
		mean, part := float64(t.mean), 1/m.trailMemory[i]
		square := mean * mean
		if ticks >= m.trailWarm[i] {
			square = min(square, winsor*winsor*float64(t.square))
		}
		narrow(&t.square, square, max(part, 1/(float64(ticks)+1)))
	}
}
