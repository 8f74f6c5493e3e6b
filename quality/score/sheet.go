package score

import (
	"strings"
	"time"

	"eagre/anomaly"
	"eagre/quality"
)

// Sheet is what was counted, in one world or several. The zero value is empty.
type Sheet struct {
	Outcomes []Outcome // of attacks, outages and surges, in order of time

	ProfileDays float64 // days of test × nominal profiles
	FalseHigh   int     // High, and of no attack
	Disturbed   int     // of those: while a disruption was going on, and no surge explains it
	Notices     int     // Low or Medium, and of nothing
	Operation   int     // findings about the watch itself
	Shadow      int
	Unaskable   int // attacks of too few samples in all
	Cold        *Sheet
}

// fewest samples in a whole attack below which nothing can be sure.
const fewest = 8

// Judge holds the incidents of a run against the labels of its world.
func Judge(w *quality.World, incidents []Incident) *Sheet {
	m := match(w, incidents)
	s := &Sheet{ProfileDays: float64(w.Profiles) * float64(w.Days-w.Train)}
	for n := range w.Events {
		e := &w.Events[n]
		switch {
		case e.Nature == quality.Disruption || e.End.Before(w.Tested()):
		case e.Nature == quality.Attack && e.Samples < fewest:
			s.Unaskable++
		default:
			s.Outcomes = append(s.Outcomes, outcomeOf(e, m.of[e.ID]))
		}
	}
	for _, i := range m.rest {
		s.alarm(m, i)
	}
	for _, i := range incidents {
		if !i.Reported.Before(w.Tested()) && i.Last.Stage == anomaly.Shadow {
			s.Shadow++
		}
	}
	if w.Train == 1 {
		cold := *s
		s.Cold = &cold
	}
	return s
}

// alarm counts an incident that is of no attack.
func (s *Sheet) alarm(m *matches, i *Incident) {
	switch {
	case i.Last.Class == anomaly.Operation:
		s.Operation++
	case i.Highest == anomaly.High:
		s.FalseHigh++
		if m.disturbed(i.Reported) && !m.surged[i] {
			s.Disturbed++
		}
	case !m.excused[i]:
		s.Notices++
	}
}

// disturbed tells whether a disruption was going on, or had just been.
func (m *matches) disturbed(at time.Time) bool {
	for n := range m.world.Events {
		if e := &m.world.Events[n]; e.Nature == quality.Disruption && !at.Before(e.Start) && !at.After(e.End.Add(Grace)) {
			return true
		}
	}
	return false
}

// Add takes in the sheet of another world.
func (s *Sheet) Add(o *Sheet) {
	s.Outcomes = append(s.Outcomes, o.Outcomes...)
	s.ProfileDays += o.ProfileDays
	s.FalseHigh += o.FalseHigh
	s.Disturbed += o.Disturbed
	s.Notices += o.Notices
	s.Operation += o.Operation
	s.Shadow += o.Shadow
	s.Unaskable += o.Unaskable
	if o.Cold != nil {
		if s.Cold == nil {
			s.Cold = &Sheet{}
		}
		s.Cold.Add(&Sheet{Outcomes: o.Cold.Outcomes, ProfileDays: o.Cold.ProfileDays, FalseHigh: o.Cold.FalseHigh})
	}
}

// where chooses outcomes.
func (s *Sheet) where(keep func(*Outcome) bool) (out []Outcome) {
	for i := range s.Outcomes {
		if keep(&s.Outcomes[i]) {
			out = append(out, s.Outcomes[i])
		}
	}
	return out
}

// Kinds of attack by what may be asked of them.

func attack(o *Outcome) bool { return o.Event.Nature == quality.Attack }

func poisoning(o *Outcome) bool { return o.Event.Kind == "poisoning" }

func ramp(o *Outcome) bool { return attack(o) && !poisoning(o) && !o.Event.Sharp() }

// sampled chooses sharp attacks by the packets that are sampled of them in a tick.
func sampled(from, below float64) func(*Outcome) bool {
	return func(o *Outcome) bool {
		return attack(o) && o.Event.Sharp() && o.Event.SamplesPerTick >= from && o.Event.SamplesPerTick < below
	}
}

// label is the name under which an attack stands in tables.
func label(e *quality.Event) string {
	var also []string
	if e.Carpet {
		also = append(also, "carpet")
	}
	if e.Note != "" && e.Kind != "poisoning" {
		also = append(also, e.Note)
	}
	if len(also) == 0 {
		return e.Kind
	}
	return e.Kind + ", " + strings.Join(also, ", ")
}
