package crosscheck

import (
	"fmt"
	"time"
)

// Config says what is judged, and how much is held.
type Config struct {
	// Low and High are the band in which flows and counters agree: flows ÷ counters.
	Low, High float64
	// Packets is how many packets an interface must have moved to be judged.
	Packets uint64
	// Span is how long an interval is at least: shorter movements are joined.
	Span time.Duration
	// Settle is how long after its end the flows of an interval are asked for.
	Settle time.Duration
	// Patience is how long after its end an interval with too few flows waits for
	// late ones.
	Patience time.Duration
	// Forget is after how long without a judgement nothing is claimed any more.
	Forget time.Duration
	// Exporters, Interfaces and Waiting bound what is held: exporters, interfaces of
	// all of them, and movements of which the flows are not known yet.
	Exporters, Interfaces, Waiting int
}

// DefaultConfig judges once a minute.
func DefaultConfig() Config {
	return Config{
		Low: 0.8, High: 1.25, Packets: 10_000,
		// A little less than a minute, so that polls a minute apart are judged one by one.
		Span: 50 * time.Second, Settle: 2 * time.Minute, Patience: 35 * time.Minute, Forget: time.Hour,
		Exporters: 1000, Interfaces: 20_000, Waiting: 500_000,
	}
}

// shortest is the shortest interval that says anything: counters are refreshed every
// few seconds only.
const shortest = 10 * time.Second

// Validate reports everything that is wrong.
func (c Config) Validate() []error {
	var errs []error
	report := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if !(0 < c.Low && c.Low < 1 && 1 < c.High) {
		report("crosscheck: band %v to %v, want it around 1", c.Low, c.High)
	}
	if c.Span < shortest || c.Span > time.Hour {
		report("crosscheck.span: %v, want %v to 1h", c.Span, shortest)
	}
	if c.Settle < 0 || c.Patience < c.Settle || c.Forget < c.Patience {
		report("crosscheck: settle %v, patience %v and forget %v, want each no shorter than the one before", c.Settle, c.Patience, c.Forget)
	}
	for _, bound := range []struct {
		name  string
		value int
	}{{"exporters", c.Exporters}, {"interfaces", c.Interfaces}, {"waiting", c.Waiting}} {
		if bound.value < 1 {
			report("crosscheck.%s: %d, want at least 1", bound.name, bound.value)
		}
	}
	return errs
}
