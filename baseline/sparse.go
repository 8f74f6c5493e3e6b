package baseline

import "math"

// Sparse watches a class of traffic of which fewer than five samples a tick are
// expected: replies of reflectors, fragments, resets. Counts of five ticks are held
// against a negative binomial spread. The zero value has seen nothing; one goroutine
// owns it.
//
// It says little in its first hours: with a mean of nothing eight samples are an
// alarm, so let it learn before it is believed.
type Sparse struct {
	counts [sparseTicks]float32 // samples of the last ticks
	mean   float32              // samples a tick
	ticks  uint32               // learned
	held   uint16               // ticks that taught nothing
	next   uint8                // of counts
}

const (
	sparseTicks  = 5
	sparseBase   = 0.4  // samples that are always possible
	sparseVaries = 0.15 // variance beyond Poisson's, in squares of the mean
	sparseZ      = 7.
	sparseLeast  = 8.
	sparseRatio  = 2.5
	dayPart      = 1. / 1440 // memory of a day of minutes
	mostHeld     = 120       // ticks that an alarm teaches nothing
)

// Count is the verdict on a count of samples.
type Count struct {
	Alarm    bool
	Samples  float64 // that were seen
	Expected float64 // as many, at most, are normal
	Z        float64 // deviations between the two
}

// Step judges the samples of a tick, then learns from them unless they are an alarm.
func (s *Sparse) Step(samples float64) Count {
	samples = sane(samples)
	s.counts[s.next] = float32(samples)
	s.next = (s.next + 1) % sparseTicks
	seen := 0.
	for _, n := range s.counts {
		seen += float64(n)
	}
	expected := float64(sparseTicks*float64(s.mean)) + sparseBase
	c := Count{Samples: seen, Expected: expected, Z: overdispersed(seen, expected, sparseVaries, 1)}
	c.Alarm = c.Z > sparseZ && seen >= sparseLeast && seen > sparseRatio*expected
	learnCount(&s.mean, &s.ticks, &s.held, samples, c.Alarm)
	return c
}

// Habit watches one host among the hosts of a prefix: how many samples are usual for
// it. The zero value has seen nothing; one goroutine owns it.
type Habit struct {
	mean   float32 // samples a tick
	ticks  uint32
	held   uint16
	before bool // the tick before was above
}

const (
	habitTimes  = 3.  // what is usual may triple
	habitBase   = 0.5 // samples
	habitVaries = 0.25
	habitZ      = 9. // in two ticks
	habitZAlone = 25.
)

// Step judges the samples of a tick, then learns from them unless they are above
// what is usual.
func (h *Habit) Step(samples float64) Count {
	samples = sane(samples)
	expected := float64(habitTimes*float64(h.mean)) + habitBase
	c := Count{Samples: samples, Expected: expected, Z: overdispersed(samples, expected, habitVaries, 0)}
	above := c.Z > habitZ
	c.Alarm = c.Z > habitZAlone || above && h.before
	h.before = above
	learnCount(&h.mean, &h.ticks, &h.held, samples, above)
	return c
}

// overdispersed is how many deviations a count is above its mean, with a variance
// of mean + varies·mean² + more.
func overdispersed(seen, mean, varies, more float64) float64 {
	return (seen - mean) / math.Sqrt(mean+float64(varies*float64(mean*mean))+more)
}

// learnCount moves a mean, unless the tick is held back; but not for ever.
func learnCount(mean *float32, ticks *uint32, held *uint16, samples float64, hold bool) {
	if hold && *held < mostHeld {
		*held++
		return
	}
	if !hold {
		*held = 0
	}
	narrow(mean, samples, max(dayPart, 1/(float64(*ticks)+1)))
	*ticks = min(*ticks, math.MaxUint32-1) + 1
}
