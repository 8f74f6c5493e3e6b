package score

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"eagre/anomaly"
	"eagre/network"
	"eagre/quality"
)

// Grace is how long after its end an event may still be reported: flows come late.
const Grace = 10 * time.Minute

// Excuse is how long a change that stays explains what is said about it.
const Excuse = 24 * time.Hour

// matches is which incidents belong to which event.
type matches struct {
	world     *quality.World
	incidents []Incident
	of        map[int][]*Incident // by event id, in order of report
	rest      []*Incident         // of no attack and no outage
	excused   map[*Incident]bool
	surged    map[*Incident]bool // excused by a surge, not by what routers did
}

func match(w *quality.World, incidents []Incident) *matches {
	m := &matches{world: w, incidents: incidents, of: map[int][]*Incident{}, excused: map[*Incident]bool{}, surged: map[*Incident]bool{}}
	for n := range incidents {
		i := &incidents[n]
		if !counts(w, i) {
			continue
		}
		if e := m.best(i, quality.Attack, quality.Outage); e != nil {
			m.of[e.ID] = append(m.of[e.ID], i)
			continue
		}
		m.rest = append(m.rest, i)
		for _, e := range m.excuses(i) {
			m.of[e.ID] = append(m.of[e.ID], i)
			m.excused[i] = true
			m.surged[i] = m.surged[i] || e.Nature == quality.Surge
		}
	}
	for _, all := range m.of {
		slices.SortStableFunc(all, func(a, b *Incident) int { return a.Reported.Compare(b.Reported) })
	}
	return m
}

// counts tells whether an incident is judged at all.
func counts(w *quality.World, i *Incident) bool {
	return !i.Reported.Before(w.Tested()) && i.Last.Stage != anomaly.Shadow
}

// best is the event of some natures that an incident is of.
func (m *matches) best(i *Incident, natures ...quality.Nature) *quality.Event {
	var found []*quality.Event
	for n := range m.world.Events {
		if e := &m.world.Events[n]; slices.Contains(natures, e.Nature) && m.concerns(i, e) {
			found = append(found, e)
		}
	}
	if len(found) == 0 {
		return nil
	}
	return slices.MaxFunc(found, func(a, b *quality.Event) int {
		return cmp.Or(rank(i.names(a))-rank(i.names(b)), a.Start.Compare(b.Start), b.ID-a.ID)
	})
}

func rank(named bool) int {
	if named {
		return 1
	}
	return 0
}

func (m *matches) concerns(i *Incident, e *quality.Event) bool {
	if i.Reported.Before(e.Start) || i.Reported.After(e.End.Add(Grace)) {
		return false
	}
	if i.Last.Class == anomaly.Operation && !i.names(e) {
		return false
	}
	if e.Source.IsValid() && i.source().IsValid() && e.Source.Overlaps(i.source()) {
		return true
	}
	if e.Source.IsValid() && e.Breadth != 1 { // a sweep
		return overlap(e.Victim, i.victim()) && i.names(e)
	}
	return overlap(e.Victim, i.victim()) || m.whole(i, e)
}

// whole tells whether an incident is about the customer as such, or about an interface
// over which the event came.
func (m *matches) whole(i *Incident, e *quality.Event) bool {
	if i.victim().IsValid() || i.source().IsValid() {
		return false
	}
	name := i.Last.Resource.Name
	if e.Customer != quality.Everyone && name == m.world.Customers[e.Customer].Name {
		return true
	}
	return slices.ContainsFunc(e.Entries, func(s quality.EntryShare) bool {
		r := m.world.Routers[s.Router]
		return slices.ContainsFunc(r.Interfaces, func(p network.Interface) bool {
			return p.Index == s.Interface && name == r.Name+" "+p.Name
		})
	})
}

// excuses are the honest events that explain an incident which is of no attack.
func (m *matches) excuses(i *Incident) (out []*quality.Event) {
	for n := range m.world.Events {
		e := &m.world.Events[n]
		until := e.End
		if e.Course.Kind == quality.Step || e.Kind == "new-customer" {
			until = e.Start.Add(Excuse)
		}
		if !i.Reported.Before(e.Start) && !i.Reported.After(until.Add(Grace)) && m.explains(e, i) {
			out = append(out, e)
		}
	}
	return out
}

func (m *matches) explains(e *quality.Event, i *Incident) bool {
	switch {
	case e.Kind == "failover" || e.Kind == "holiday":
		return true
	case e.Nature != quality.Surge:
		return false
	case e.Customer == quality.Everyone:
		return true
	}
	c := m.world.Customers[e.Customer]
	about := func(p netip.Prefix) bool {
		return overlap(c.Prefix4, p) || overlap(c.Prefix6, p) || overlap(e.Source, p)
	}
	return about(i.victim()) || about(i.source()) || m.whole(i, e)
}

func overlap(a, b netip.Prefix) bool { return a.IsValid() && b.IsValid() && a.Overlaps(b) }
