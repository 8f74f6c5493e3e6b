package arrow

import (
	"fmt"
	"time"

	"eagre/flow"
)

// Config says how much goes into one message.
type Config struct {
	// Rows closes a message as soon as it holds this many flows. As batches are
	// not divided, it may hold flow.MaxRows-1 more.
	Rows int
	// Linger closes a message that has waited this long for more flows. What is
	// not flows takes 4 kB of each message, as much as 25 flows do.
	Linger time.Duration
}

// DefaultConfig makes messages of 1000 flows and 160 kB, five a second when
// there is little traffic.
func DefaultConfig() Config {
	return Config{Rows: 1000, Linger: 200 * time.Millisecond}
}

// mostRows keeps the largest message below the 1 MiB that a NATS server takes
// unless told otherwise.
const mostRows = 4096

// Validate reports everything that is wrong, not only the first thing.
func (c Config) Validate() []error {
	var errs []error
	if c.Rows < 1 || c.Rows > mostRows {
		errs = append(errs, fmt.Errorf("export.arrow.rows %d: want 1 to %d", c.Rows, mostRows))
	}
	if c.Linger < flow.StepLength || c.Linger > time.Minute {
		errs = append(errs, fmt.Errorf("export.arrow.linger %v: want %v to 1m", c.Linger, flow.StepLength))
	}
	return errs
}
