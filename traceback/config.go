package traceback

import (
	"errors"
	"fmt"
	"time"
)

// Config bounds what the room keeps. A zero field takes its default.
type Config struct {
	// Age is how far back batches are held, in the time of their steps.
	Age time.Duration
	// MaxBytes bounds the packed bytes held. Where it is reached first, whole
	// steps go, oldest first, and the traces cover less time.
	MaxBytes int
	// MaxKeys bounds the distinct addresses, ports and other values that one
	// call of Trace counts. Its patterns share it; a top list that reaches its
	// part is counted per block (/24, 16 ports) from there on, and says so.
	MaxKeys int
	// MaxElements bounds the network elements of one trace.
	MaxElements int
	// Metrics receives the counters; nil counts into unregistered ones.
	Metrics *Metrics
}

// DefaultConfig is what the design asks for: 90 seconds, at most 64 MiB.
func DefaultConfig() Config {
	return Config{Age: 90 * time.Second, MaxBytes: 64 << 20, MaxKeys: 1 << 20, MaxElements: 64}
}

// Validate reports everything that is wrong, not only the first thing.
func (c Config) Validate() error {
	var errs []error
	report := func(name string, value any) {
		errs = append(errs, fmt.Errorf("traceback: %s: %v is negative", name, value))
	}
	if c.Age < 0 {
		report("age", c.Age)
	}
	if c.MaxBytes < 0 {
		report("max bytes", c.MaxBytes)
	}
	if c.MaxKeys < 0 {
		report("max keys", c.MaxKeys)
	}
	if c.MaxElements < 0 {
		report("max elements", c.MaxElements)
	}
	return errors.Join(errs...)
}

// complete replaces what is not set, so that Config{} works.
func (c Config) complete() Config {
	d := DefaultConfig()
	if c.Age <= 0 {
		c.Age = d.Age
	}
	c.MaxBytes = positive(c.MaxBytes, d.MaxBytes)
	c.MaxKeys = positive(c.MaxKeys, d.MaxKeys)
	c.MaxElements = positive(c.MaxElements, d.MaxElements)
	if c.Metrics == nil {
		c.Metrics = NewMetrics(nil)
	}
	return c
}

func positive(v, otherwise int) int {
	if v > 0 {
		return v
	}
	return otherwise
}
