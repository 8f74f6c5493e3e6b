package detector

import (
	"fmt"
	"time"

	"eagre/detector/tally"
)

// Config tunes the detector. Everything in it is part of what an output
// depends on.
type Config struct {
	Tally      tally.Config
	Ledger     tally.LedgerConfig
	Thresholds Thresholds
	// Workers is how many goroutines count; it changes nothing but speed.
	Workers int
	// Quiet is how long an anomaly must stay below half its limit, in event
	// time, before it ends: the time for late flows included.
	Quiet time.Duration
	// Reopen is how long an ended anomaly keeps its id for a relapse.
	Reopen time.Duration

	MaxSeries    int // hot series the judge holds
	MaxAnomalies int // ongoing anomalies
}

// DefaultConfig works on a laptop.
func DefaultConfig() Config {
	return Config{
		Tally:      tally.DefaultConfig(),
		Ledger:     tally.DefaultLedgerConfig(),
		Thresholds: Thresholds{Default: [2]Limits{DefaultLimits(), DefaultLimits()}},
		Workers:    2, Quiet: 2 * time.Minute, Reopen: 10 * time.Minute,
		MaxSeries: 16_384, MaxAnomalies: 10_000,
	}
}

// Validate reports everything that is wrong.
func (c Config) Validate() []error {
	errs := append(c.Tally.Validate(), c.Ledger.Validate()...)
	if c.Workers < 1 || c.Workers > 256 {
		errs = append(errs, fmt.Errorf("workers: %d out of 1–256", c.Workers))
	}
	if c.Quiet < c.Tally.Settle {
		errs = append(errs, fmt.Errorf("quiet: %s is shorter than settle %s", c.Quiet, c.Tally.Settle))
	}
	if c.MaxSeries < 1 || c.MaxAnomalies < 1 {
		errs = append(errs, fmt.Errorf("limits: max_series %d and max_anomalies %d must be at least 1", c.MaxSeries, c.MaxAnomalies))
	}
	return errs
}
