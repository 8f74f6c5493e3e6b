package signatures

import (
	"time"

	"eagre/anomaly"
	"eagre/flow"
)

// Rule is one signature as its author wrote it, checked and compiled. Rules come
// from Parse, Load, LoadDir and Shipped; the zero value matches nothing. A rule
// is not changed once it is read, so goroutines may share it.
type Rule struct {
	Title    string
	ID       string // a UUID, in lower case
	Name     string // what the anomaly is called, see Subclass
	Revision int
	Stage    Stage
	Level    Level
	Class    anomaly.Class // Signature, or Misuse to join a built-in class

	// What follows is for readers; nothing is decided by it.
	Description      string
	References, Tags []string
	FalsePositives   []string
	Author           string
	Date, Modified   string // YYYY-MM-DD
	License, Status  string

	Expr      string        // the question about one flow
	GroupBy   []Field       // whose flows are counted together; none: all
	Timespan  time.Duration // the window in which Condition must hold
	Condition Condition

	Match, NoMatch []Case // flows that must and must not match

	File string // where the rule stands
	Line int    // of its first key

	predicate predicate
}

// Place is where the rule stands, as "file:line".
func (r *Rule) Place() string { return place(r.File, r.Line) }

// MatchRow tells whether one flow of a batch matches the expression. It is the
// cold path: a Set asks about whole batches. Any goroutine that owns the batch
// may call it.
func (r *Rule) MatchRow(b *flow.Batch, row int) bool {
	return r.predicate != nil && r.predicate.test(b, row)
}

// Subclass is the anomaly's subclass: the rule's name, or "amplification" for a
// rule that joins misuse, since a reflector port more is no class of its own.
func (r *Rule) Subclass() string {
	if r.Class == anomaly.Misuse {
		return "amplification"
	}
	return r.Name
}

// Live tells whether the engine evaluates the rule.
func (r *Rule) Live() bool { return r.Stage == Shadow || r.Stage == Stable }

// Stage says how far a rule has come.
type Stage uint8

// The stages of a rule.
const (
	Draft  Stage = iota // checked, never evaluated
	Test                // evaluated by tests only
	Shadow              // evaluated and stored, nobody is told
	Stable              // alerts go out
)

var stageNames = []string{"draft", "test", "shadow", "stable"}

func (s Stage) String() string { return stageNames[min(int(s), len(stageNames)-1)] }

// Anomaly is the stage of the anomalies that the rule raises. Only a live rule
// raises any.
func (s Stage) Anomaly() anomaly.Stage {
	if s == Stable {
		return anomaly.Stable
	}
	return anomaly.Shadow
}

// Level says how much a match matters, in Sigma's words.
type Level uint8

// The levels of a rule.
const (
	Informational Level = iota
	Low
	Medium
	High
	Critical
)

var levelNames = []string{"informational", "low", "medium", "high", "critical"}

func (l Level) String() string { return levelNames[min(int(l), len(levelNames)-1)] }

// Importance is the level in the three words of an anomaly.
func (l Level) Importance() anomaly.Importance {
	switch l {
	case Informational, Low:
		return anomaly.Low
	case Medium:
		return anomaly.Medium
	}
	return anomaly.High
}
