package traceback

import (
	"cmp"
	"slices"

	"eagre/anomaly"
	"eagre/network"
)

// Trace is what the held flows say about one pattern. The zero value says that
// nothing matched.
type Trace struct {
	Fingerprint anomaly.Fingerprint
	// Elements are all exporter interfaces on which the traffic came in, entry
	// points first. Share is a part of the packets counted once: the shares add
	// up to 1, and elements with a second view of the same packets have 0.
	// Importance is left at its zero value until Complete.
	Elements []anomaly.NetworkElement
	Snapshot Snapshot
	// Provisional: part of the traffic came with an unknown sampling rate and
	// counts as it was seen.
	Provisional bool
}

// Trace looks for all patterns in what is held; result i belongs to pattern i.
// Every held batch is read once for all patterns, and those in which anything
// matched once more for the shares of the fingerprint. A nil network is one in
// which nothing is declared. Batches that cannot be unpacked are counted and let
// go. The result does not depend on the order of batches inside a step.
func (r *Recent) Trace(patterns []Pattern, nw *network.Map) []Trace {
	if nw == nil {
		nw, _ = network.New(network.Config{}) // nothing declared is always valid
	}
	p := newPass(r, patterns, nw)
	p.run()
	out := make([]Trace, len(patterns))
	for i, t := range p.traces {
		t.extend(r)
		out[i] = Trace{Fingerprint: t.verdict.fingerprint(), Elements: t.elements(nw), Snapshot: t.snapshot(nw), Provisional: t.guess}
	}
	return out
}

// Complete is the event with the fingerprint and network elements of the trace.
// Entry points are as important as the anomaly, other elements low.
func (t Trace) Complete(e anomaly.Event) anomaly.Event {
	e.Fingerprint, e.Provisional = t.Fingerprint, e.Provisional || t.Provisional
	e.NetworkElements = slices.Clone(t.Elements)
	if e.NetworkElements == nil {
		e.NetworkElements = []anomaly.NetworkElement{}
	}
	for i := range e.NetworkElements {
		e.NetworkElements[i].Importance = anomaly.Low
		if e.NetworkElements[i].Entry {
			e.NetworkElements[i].Importance = e.Importance
		}
	}
	return e
}

// After joins the trace with an earlier one of the same anomaly: what is held
// covers only the last while, an anomaly may run for hours. Elements keep their
// first appearance, their largest maximum and their earlier expectation; those
// that have gone quiet stay as they were; a trace that found nothing leaves
// everything as it was. The number of elements stays bounded by the larger of
// the two traces' own: quiet ones give way.
func (t Trace) After(earlier Trace) Trace {
	t.Provisional = t.Provisional || earlier.Provisional
	if len(t.Elements) == 0 {
		t.Fingerprint, t.Elements = earlier.Fingerprint, earlier.Elements
		return t
	}
	limit := max(len(t.Elements), len(earlier.Elements), keptElements)
	joined := slices.Clone(t.Elements)
	for _, old := range earlier.Elements {
		i := slices.IndexFunc(joined, func(e anomaly.NetworkElement) bool {
			return e.Address == old.Address && e.Interface == old.Interface
		})
		switch {
		case i >= 0:
			joined[i] = joinElement(joined[i], old)
		case len(joined) < limit:
			joined = append(joined, old)
		}
	}
	slices.SortStableFunc(joined, byAppearance)
	t.Elements = joined
	return t
}

// keptElements is how many elements a joined trace may hold in any case.
const keptElements = 64

func joinElement(now, old anomaly.NetworkElement) anomaly.NetworkElement {
	if old.FirstSeen.Before(now.FirstSeen) {
		now.FirstSeen = old.FirstSeen
		now.ExpectedPPS = cmp.Or(old.ExpectedPPS, now.ExpectedPPS)
	}
	now.MaxBPS, now.MaxPPS = max(now.MaxBPS, old.MaxBPS), max(now.MaxPPS, old.MaxPPS)
	now.LinkSeverityPercent = max(now.LinkSeverityPercent, old.LinkSeverityPercent)
	return now
}
