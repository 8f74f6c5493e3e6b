package signatures

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"time"
)

// limitForm is a number, and perhaps a decimal prefix and a unit: 3400, 3.4kpps, 10 Gbps.
var limitForm = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?(?:[eE][0-9]+)?) ?([kKMGT]?)(pps|bps|fps)?$`)

var prefixes = map[string]float64{"": 1, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}

// parseLimit reads the limit of a metric. Prefixes are decimal.
func parseLimit(s string, m Metric) (float64, error) {
	parts := limitForm.FindStringSubmatch(s)
	if parts == nil {
		return 0, fmt.Errorf("%s is no limit; write a number above 0, with k, M, G or T and %s if you like: 3400, 3.4k%s",
			short(s), m.unitWord(), m.unitWord())
	}
	if parts[3] != "" && parts[3] != m.String() {
		return 0, fmt.Errorf("%s has the unit %s, but the limit is in %s", short(s), parts[3], m.unitWord())
	}
	value, err := strconv.ParseFloat(parts[1], 64)
	value *= prefixes[parts[2]]
	if err != nil || math.IsInf(value, 0) || value > 1e18 {
		return 0, fmt.Errorf("%s is out of range (limit 1e18)", short(s))
	}
	if value <= 0 {
		return 0, fmt.Errorf("a limit must be above 0, this is %s", s)
	}
	return value, nil
}

// unitWord is the unit that a limit may carry, or the metric where it has none.
func (m Metric) unitWord() string { return m.String() }

// plainNumber prints a limit without exponent and without needless zeros.
func plainNumber(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// The bounds of a timespan.
const (
	minTimespan     = time.Second
	maxTimespan     = 60 * time.Second
	defaultTimespan = 2 * time.Second
)

// parseTimespan reads a duration with its unit.
func parseTimespan(s string) (time.Duration, error) {
	if _, err := strconv.ParseFloat(s, 64); err == nil {
		return 0, fmt.Errorf("timespan %s needs a unit, as in 2s", s)
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		return 0, fmt.Errorf("%s is no timespan; write a number and a unit, as in 2s", short(s))
	}
	if d < minTimespan || d > maxTimespan {
		return 0, fmt.Errorf("timespan %s is out of %v to %v", s, minTimespan, maxTimespan)
	}
	return d, nil
}
