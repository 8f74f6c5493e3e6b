package baseline

import (
	"fmt"
	"time"
)

// Budget is how many false alarms a day are put up with, over all profiles.
type Budget struct {
	Profiles int           // M, that are judged
	Metrics  int           // of each
	Tick     time.Duration // between two judgements: the tick, or the window of a trail
	PerDay   float64       // A, false alarms a day
}

// Bar is the score from which on it is an alarm: -log10 of the chance that a single
// test may be wrong, log10(M · metrics · ticks a day ÷ A).
func (b Budget) Bar() float64 {
	tests := float64(b.Profiles) * float64(b.Metrics) * float64(24*time.Hour) / float64(b.Tick)
	return log10e * log(tests/b.PerDay)
}

// Validate reports everything that is wrong.
func (b Budget) Validate() []error {
	var errs []error
	if b.Profiles < 1 || b.Metrics < 1 {
		errs = append(errs, fmt.Errorf("baseline: budget: %d profiles with %d metrics, want at least one of each", b.Profiles, b.Metrics))
	}
	if b.Tick < time.Second || b.Tick > 24*time.Hour {
		errs = append(errs, fmt.Errorf("baseline: budget: a judgement every %v, want 1s to 24h", b.Tick))
	}
	if !(b.PerDay > 0 && b.PerDay <= 1e6) {
		errs = append(errs, fmt.Errorf("baseline: budget: %v false alarms a day, want more than none and up to a million", b.PerDay))
	}
	return errs
}
