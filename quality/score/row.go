package score

import (
	"fmt"
	"math"
	"slices"
	"time"

	"eagre/quality"
)

// Row is one measure with what is asked of it.
type Row struct {
	Name       string
	Value      float64 // NaN where there was nothing to measure
	Of         int     // how many cases it rests on; 0 where it is no share of cases
	Unit       string
	Gate, Goal float64
	Less       bool // is better
}

// Rows are the measures of the design's table that flows and labels can show, in its
// order.
func (s *Sheet) Rows() []Row {
	core := s.where(sampled(10, math.Inf(1)))
	found := s.where(func(o *Outcome) bool { return attack(o) && o.Found })
	rows := []Row{
		share("core attacks detected", core, isFound, 98, 100),
		share("core reported within 2 ticks", core, within(2), 95, 99.5),
		quantile("core, ticks to report: median", core, ticks, 0.5, 1, 1),
		quantile("core, ticks to report: p99", core, ticks, 0.99, 4, 2),
		share("5–10 samples a tick, within 10 ticks", s.where(sampled(5, 10)), within(10), 90, 99),
		share("below 5 samples a tick, within 10 ticks", s.where(sampled(0, 5)), within(10), 80, 95),
		share("ramps before 60 % of the ramp", s.where(ramp), func(o *Outcome) bool {
			return o.Found && o.After.Seconds() <= 0.6*o.Event.End.Sub(o.Event.Start).Seconds()
		}, 90, 100),
		share("poisoning noticed", s.where(poisoning), isFound, 70, 95),
		s.daily("High false alarms a day and 1000 profiles", s.FalseHigh, 1, 0.1),
		{Name: "… in restart, sampling, clock, timeout, failover, holiday", Value: float64(s.Disturbed), Gate: 0, Goal: 0, Less: true},
		less(share("honest surges called High", s.where(surge), func(o *Outcome) bool { return o.High }, 5, 0.5)),
		s.daily("notices of nothing a day and 1000 profiles", s.Notices, 50, 5),
		mean("extra incidents for an attack", found, func(o *Outcome) float64 { return float64(o.Extra) }, 0.3, 0.02),
		share("victim or source right", found, func(o *Outcome) bool { return o.Who }, 97, 99.5),
		share("class right", found, func(o *Outcome) bool { return o.Class }, 92, 99),
		share("fingerprint right", found, func(o *Outcome) bool { return o.Print }, 97, 99.5),
		more(mean("entry points F1", found, func(o *Outcome) float64 { return o.F1 }, 0.97, 0.998)),
		quantile("end of attack, error in s: median", found, endError, 0.5, 240, 90),
		quantile("end of attack, error in s: p90", found, endError, 0.9, math.NaN(), 300),
		share("outage within 3 ticks", s.where(outage), within(3), 95, 100),
	}
	return append(rows, s.coldRows()...)
}

// coldRows are measured in worlds with one day of learning alone.
func (s *Sheet) coldRows() []Row {
	cold := s.Cold
	if cold == nil {
		cold = &Sheet{}
	}
	return []Row{
		share("one day of learning: core detected", cold.where(sampled(10, math.Inf(1))), isFound, 97, 100),
		cold.daily("… High false alarms a day and 1000 profiles", cold.FalseHigh, 3, 0.5),
	}
}

func surge(o *Outcome) bool { return o.Event.Nature == quality.Surge }

// outage: where less than 15 samples a tick are expected, silence is no news.
func outage(o *Outcome) bool {
	return o.Event.Nature == quality.Outage && o.Event.SamplesPerTick >= 15
}

func isFound(o *Outcome) bool { return o.Found }

func within(ticks int) func(*Outcome) bool {
	return func(o *Outcome) bool { return o.Found && o.Ticks <= ticks }
}

func ticks(o *Outcome) float64 { return float64(o.Ticks) }

func endError(o *Outcome) float64 { return o.EndError.Truncate(time.Second).Seconds() }

// share is the part of all cases, in percent.
func share(name string, all []Outcome, is func(*Outcome) bool, gate, goal float64) Row {
	n := 0
	for i := range all {
		if is(&all[i]) {
			n++
		}
	}
	return Row{Name: name, Value: 100 * float64(n) / float64(len(all)), Of: len(all), Unit: "%", Gate: gate, Goal: goal}
}

// mean is better when it is less.
func mean(name string, all []Outcome, of func(*Outcome) float64, gate, goal float64) Row {
	sum := 0.0
	for i := range all {
		sum += of(&all[i])
	}
	return Row{Name: name, Value: sum / float64(len(all)), Of: len(all), Gate: gate, Goal: goal, Less: true}
}

// quantile is of the cases that were found: the smallest value that so many do not
// exceed.
func quantile(name string, all []Outcome, of func(*Outcome) float64, q, gate, goal float64) Row {
	var values []float64
	for i := range all {
		if all[i].Found {
			values = append(values, of(&all[i]))
		}
	}
	row := Row{Name: name, Value: math.NaN(), Of: len(values), Gate: gate, Goal: goal, Less: true}
	if len(values) > 0 {
		slices.Sort(values)
		row.Value = values[max(0, int(math.Ceil(q*float64(len(values))))-1)]
	}
	return row
}

func (s *Sheet) daily(name string, n int, gate, goal float64) Row {
	return Row{Name: name, Value: 1000 * float64(n) / s.ProfileDays, Gate: gate, Goal: goal, Less: true}
}

func less(r Row) Row { r.Less = true; return r }

func more(r Row) Row { r.Less = false; return r }

// Verdict is how far a row comes.
type Verdict uint8

// The verdicts.
const (
	Unmeasured Verdict = iota
	Below              // the gate
	Gated              // passed the gate
	Reached            // the goal
)

func (v Verdict) String() string { return [...]string{"", "✘", "✔", "★"}[v] }

// Verdict holds the value against gate and goal.
func (r Row) Verdict() Verdict {
	reaches := func(mark float64) bool { return r.Less && r.Value <= mark || !r.Less && r.Value >= mark }
	switch {
	case math.IsNaN(r.Value):
		return Unmeasured
	case reaches(r.Goal):
		return Reached
	case math.IsNaN(r.Gate) || reaches(r.Gate):
		return Gated
	}
	return Below
}

// String is the value and what became of it.
func (r Row) String() string {
	if math.IsNaN(r.Value) {
		return "–"
	}
	return fmt.Sprintf("%s %s", number(r.Value, r.Unit), r.Verdict())
}

func number(v float64, unit string) string {
	text := ""
	switch {
	case v == math.Trunc(v):
		text = fmt.Sprintf("%.0f", v)
	case math.Abs(v) < 1:
		text = fmt.Sprintf("%.3f", v)
	default:
		text = fmt.Sprintf("%.1f", v)
	}
	if unit != "" {
		text += " " + unit
	}
	return text
}
