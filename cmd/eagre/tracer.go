package main

import (
	"net/netip"
	"slices"
	"time"

	"eagre/anomaly"
	"eagre/detector"
	"eagre/network"
	"eagre/traceback"
)

// tracer stands between the detector and whoever is told: it completes every
// finding with its fingerprint and entry points from the flows of the last
// while, keeps the reports, and passes the events on. The detector calls it
// from one goroutine.
type tracer struct {
	recent  *traceback.Recent
	network *network.Map
	reports *reports
	tracks  map[string]*track // of ongoing anomalies
	out     func(anomaly.Event) error
	// interfaceName is what an exporter itself calls an interface, for those that
	// the operator has not named; nil asks nobody.
	interfaceName func(exporter netip.Addr, index uint32) string
	// qualify says in an event how far its amounts can be trusted; nil trusts all.
	qualify func(anomaly.Event) anomaly.Event
}

// track is what is known so far of where an ongoing anomaly came from.
type track struct {
	trace traceback.Trace
	// sample is where the newest snapshot begins, and open that it is not a
	// minute long yet: the next one replaces it, so that flows that came late
	// are in it and none is counted in two.
	sample time.Time
	open   bool
}

func newTracer(nw *network.Map, r *reports, m *traceback.Metrics, out func(anomaly.Event) error) *tracer {
	cfg := traceback.DefaultConfig()
	cfg.Metrics = m
	return &tracer{
		recent: traceback.NewRecent(cfg), network: nw, reports: r,
		tracks: map[string]*track{}, out: out,
	}
}

// Step implements detector.Sink.
func (t *tracer) Step(step int64, packed [][]byte, findings []detector.Finding) error {
	for _, p := range packed {
		t.recent.Add(step, p)
	}
	if len(findings) == 0 {
		return nil
	}
	traces := t.recent.Trace(t.patterns(findings), t.network)
	for i, f := range findings {
		if err := t.tell(f, traces[i]); err != nil {
			return err
		}
	}
	return nil
}

func (t *tracer) patterns(findings []detector.Finding) []traceback.Pattern {
	out := make([]traceback.Pattern, len(findings))
	for i, f := range findings {
		p, k := f.Pattern, t.track(f)
		out[i] = traceback.Pattern{ID: f.Event.ID, Victim: p.Victim, Source: p.Source, Match: p.Match, From: k.sample, To: p.To}
	}
	return out
}

// track finds or begins the track of an anomaly.
func (t *tracer) track(f detector.Finding) *track {
	k := t.tracks[f.Event.ID]
	if k == nil {
		k = &track{sample: f.Pattern.From}
		t.tracks[f.Event.ID] = k
	}
	return k
}

// tell completes an event, keeps it and passes it on. Within one step an anomaly
// may end and come back.
func (t *tracer) tell(f detector.Finding, trace traceback.Trace) error {
	e, k := f.Event, t.track(f)
	k.trace = trace.After(k.trace)
	if e.Event == anomaly.Ended {
		delete(t.tracks, e.ID)
	}
	e = t.named(k.trace.Complete(e))
	if t.qualify != nil {
		e = t.qualify(e)
	}
	err := t.reports.keep(e, trace.Snapshot, k.open)
	k.follow(trace.Snapshot)
	if err != nil {
		return err
	}
	return t.out(e)
}

// named fills in the names of interfaces as far as only the exporters know them.
// The elements may have been handed on with an earlier event, so they are copied.
func (t *tracer) named(e anomaly.Event) anomaly.Event {
	if t.interfaceName == nil {
		return e
	}
	e.NetworkElements = slices.Clone(e.NetworkElements)
	for i := range e.NetworkElements {
		if n := &e.NetworkElements[i]; n.Name == "" {
			n.Name = t.interfaceName(n.Address, n.Interface)
		}
	}
	return e
}

// sampleLength is how long a snapshot is collected.
const sampleLength = time.Minute

// follow decides whether the next snapshot goes on from this one or replaces it.
func (k *track) follow(s traceback.Snapshot) {
	if s.Seconds == 0 {
		return // nothing was seen: what is open stays open
	}
	k.open = s.End.Sub(k.sample) < sampleLength
	if !k.open {
		k.sample = s.End
	}
}
