package quality

import (
	"errors"
	"fmt"
)

// Config says which world is made.
type Config struct {
	Seed      uint64
	Customers int
	Days      int // whole days, those of training among them
	Train     int // days without an event that counts, from the first on
	PerKind   int // attacks of each kind
	// Noise is how restless honest traffic is: 1 is what was measured on a backbone's
	// origin-destination series, 0 is none.
	Noise float64
	// Sampling is the rate of all edge routers, one packet in so many; 0 draws one
	// for each.
	Sampling uint32
}

// DefaultConfig is a world that a laptop plays in some ten seconds.
func DefaultConfig() Config {
	return Config{Seed: 1, Customers: 8, Days: 4, Train: 2, PerKind: 2, Noise: 1}
}

// Limits of a world: what the address plan and a patient reader can bear.
const (
	maxCustomers = 200
	maxDays      = 400
	maxSampling  = 1<<14 - 1 // what a NetFlow v5 header can say
)

// Validate tells everything that is wrong.
func (c Config) Validate() error {
	var errs []error
	within := func(name string, v, least, most int) {
		if v < least || v > most {
			errs = append(errs, fmt.Errorf("quality: %s: %d out of %d–%d", name, v, least, most))
		}
	}
	within("customers", c.Customers, 2, maxCustomers)
	within("days", c.Days, 2, maxDays)
	within("train", c.Train, 1, c.Days-1)
	within("per kind", c.PerKind, 0, 1000)
	within("sampling", int(min(c.Sampling, maxSampling+1)), 0, maxSampling)
	if !(c.Noise >= 0 && c.Noise <= 5) {
		errs = append(errs, fmt.Errorf("quality: noise: %v out of 0–5", c.Noise))
	}
	return errors.Join(errs...)
}
