package signatures

import (
	"strings"

	"eagre/anomaly"
	"eagre/flow"
)

// Condition is what must hold for the flows of one group within the timespan:
// any of the terms, or all. It has at least one term.
type Condition struct {
	Any   bool // one term is enough; otherwise all must hold
	Terms []Term
}

// Holds tells whether the condition holds, given what was measured for each term.
func (c Condition) Holds(measured func(Term) float64) bool {
	for _, term := range c.Terms {
		if term.Holds(measured(term)) == c.Any {
			return c.Any
		}
	}
	return !c.Any
}

// String is the condition in one line: "any of pps ≥ 3400, value_count(dst_addr) ≥ 50".
func (c Condition) String() string {
	var terms []string
	for _, term := range c.Terms {
		terms = append(terms, term.String())
	}
	text := strings.Join(terms, ", ")
	switch {
	case len(terms) < 2:
		return text
	case c.Any:
		return "any of " + text
	}
	return "all of " + text
}

// Term is a lower bound on something that is counted. Only lower bounds exist:
// counts of an open window only grow, so such a term may fire before the window
// is over, and never too early.
type Term struct {
	Metric Metric
	Field  Field   // whose different values are counted; of ValueCount only
	Limit  float64 // above zero, in the metric's unit
	Above  bool    // gt: the limit itself is not enough; otherwise gte
}

// Holds tells whether a measured value reaches the limit.
func (t Term) Holds(value float64) bool {
	if t.Above {
		return value > t.Limit
	}
	return value >= t.Limit
}

// Element is a 64-bit hash of the value that one flow adds to a ValueCount. It
// is the same on every machine and does not allocate.
func (t Term) Element(b *flow.Batch, row int) uint64 { return t.Field.element(b, row) }

// String is the term as "pps ≥ 3400".
func (t Term) String() string {
	op := " ≥ "
	if t.Above {
		op = " > "
	}
	name := t.Metric.String()
	if t.Metric == ValueCount {
		name += "(" + t.Field.String() + ")"
	}
	return name + op + plainNumber(t.Limit)
}

// Metric is what a term limits.
type Metric uint8

// The metrics. Rates are means over the timespan; the others are sums in it.
const (
	PPS        Metric = iota // packets per second
	BPS                      // bits per second
	FPS                      // flows per second
	Packets                  // packets
	Bytes                    // bytes
	EventCount               // flows
	ValueCount               // different values of a field
)

var metricNames = []string{"pps", "bps", "fps", "packets", "bytes", "event_count", "value_count"}

func (m Metric) String() string { return metricNames[min(int(m), len(metricNames)-1)] }

// Unit is the unit of a metric's limit in an anomaly.
func (m Metric) Unit() anomaly.Unit {
	switch m {
	case PPS:
		return anomaly.PPS
	case BPS:
		return anomaly.BPS
	case FPS:
		return anomaly.FPS
	}
	return anomaly.Count
}
