package tally

import (
	"fmt"
	"time"
)

// Config bounds and tunes a Counter. Bounds are per partition, so that the
// number of workers changes nothing.
type Config struct {
	// Seed keeps strangers from choosing addresses that collide. It decides
	// which keys a full table admits, so replay fixes it.
	Seed uint64
	// Settle is how long after its end a tick stays open for late flows. At
	// most one tick length, so that two ticks at most are open.
	Settle time.Duration

	MaxKeys   int // series held
	MaxHot    int // hosts and prefixes with panes
	MaxGroups int // signature groups with panes

	// Partitions is how many counters share the traffic: a series is hot well
	// before its part of a limit, split over all of them, is reached.
	Partitions int
}

// DefaultConfig suits a laptop and a router of a million flows a second alike.
func DefaultConfig() Config {
	return Config{
		Settle: time.Minute, Partitions: 16,
		MaxKeys: 1_500_000, MaxHot: 4096, MaxGroups: 4096,
	}
}

// maxMaxKeys is what a table can number: at the worst, all keys were hosts, with
// two places each, and then others, which take none of those.
const maxMaxKeys = (1<<refBits - 2) / 3

// Validate reports everything that is wrong.
func (c Config) Validate() []error {
	var errs []error
	if c.Settle < 20*time.Second || c.Settle > time.Minute {
		errs = append(errs, fmt.Errorf("settle: %s out of 20s–1m", c.Settle))
	}
	for _, bound := range []struct {
		name  string
		value int
	}{{"max_keys", c.MaxKeys}, {"max_hot", c.MaxHot}, {"max_groups", c.MaxGroups}, {"partitions", c.Partitions}} {
		if bound.value < 1 {
			errs = append(errs, fmt.Errorf("%s: %d, want at least 1", bound.name, bound.value))
		}
	}
	if c.MaxKeys > maxMaxKeys {
		errs = append(errs, fmt.Errorf("max_keys: %d, limit %d", c.MaxKeys, maxMaxKeys))
	}
	return errs
}

// Heat is what a series must gather within two seconds of receive time, in one
// partition, to become hot: to be watched in panes and handed on every step.
// Zero fields never make it hot.
type Heat struct {
	Packets uint64 // in 1/256
	Bytes   uint64 // in 1/256
	Rows    uint16 // flow records, whatever they count: for findings by structure
}

// Heats are the heats of hosts by side and class.
type Heats [2][ClassCount]Heat

// Warmth tells the heats of the hosts of each managed object, by its number;
// object 0 is everyone else, and prefixes. Nil entries are like object 0.
type Warmth []*Heats
