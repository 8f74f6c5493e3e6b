package snmp

import "time"

// Clock tells the time and waits. Any number of goroutines may use one.
type Clock interface {
	Now() time.Time
	// After sends once the time has passed.
	After(time.Duration) <-chan time.Time
}

// WallClock is the clock of the machine.
type WallClock struct{}

// Now is the time.
func (WallClock) Now() time.Time { return time.Now() }

// After sends once the time has passed.
func (WallClock) After(d time.Duration) <-chan time.Time { return time.After(d) }
