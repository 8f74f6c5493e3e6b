package crosscheck

import (
	"fmt"
	"strings"
	"time"

	"eagre/detector/tally"
	"eagre/flow"
)

// Verdict is what was found of one interval of one interface in one direction. It
// is a value that any number of goroutines may copy.
type Verdict struct {
	Exporter flow.IP
	Index    uint32     // ifIndex
	Name     string     // ifName in harmless characters; empty where nobody told
	Side     tally.Side // tally.To: into the interface; tally.From: out of it
	From, To time.Time  // UTC

	Quantity       Quantity
	Flows, Counted float64 // what flows and what counters say of it
	Ratio          float64 // Flows ÷ Counted
	Error          float64 // how far sampling may have moved Ratio, with 95 % confidence
	Rate           float64 // of sampling, one packet in so many, as the flows tell; 1 where they tell none
	Band           Band

	Open   bool // there is a mismatch, after this interval
	Opened bool // it began with it
	Ended  bool // it ended with it
	Lapsed bool // it ended because nothing could be judged any more; all else is of the last interval that was
}

// Sentence says in one line what was found, and of a mismatch what is probably the
// matter.
func (v Verdict) Sentence() string {
	switch {
	case v.Lapsed:
		return fmt.Sprintf("%s cannot be compared with its counters any more; before, up to %s, they told of %s", v.subject(), v.To.Format(time.TimeOnly), v.amount())
	case v.Ended:
		return fmt.Sprintf("%s agree with its counters again: they tell of %s", v.subject(), v.amount())
	case v.Band == Inside:
		return fmt.Sprintf("%s tell of %s", v.subject(), v.amount())
	}
	return fmt.Sprintf("%s tell of %s: %s", v.subject(), v.amount(), v.cause())
}

// subject names the interface and the direction.
func (v Verdict) subject() string {
	way := "into"
	if v.Side == tally.From {
		way = "out of"
	}
	name := ""
	if v.Name != "" {
		name = " (" + v.Name + ")"
	}
	return fmt.Sprintf("flows %s interface %d%s of %s", way, v.Index, name, v.Exporter)
}

func (v Verdict) amount() string {
	return fmt.Sprintf("%s times the %s that were counted (±%s)", times(v.Ratio), v.Quantity, times(v.Error))
}

// times prints a factor with as many places as it is worth.
func times(f float64) string {
	if f >= 100 {
		return fmt.Sprintf("%.0f", f)
	}
	text := fmt.Sprintf("%.2f", f)
	if f > 0 && f < 0.1 {
		text = fmt.Sprintf("%.2g", f)
	}
	return strings.TrimSuffix(text, ".00")
}
