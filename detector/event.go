package detector

import (
	"fmt"
	"math"
	"net/netip"
	"slices"
	"time"

	"eagre/anomaly"
	"eagre/detector/tally"
	"eagre/flow"
	"eagre/network"
)

// event describes an incident as it stands.
func (j *judge) event(i *incident, kind anomaly.Kind) anomaly.Event {
	v := i.lead()
	a := anomaly.Anomaly{
		Class: v.test.class, Subclass: v.test.subclass, Title: v.test.title, Stage: v.test.stage,
		Importance: i.told, SeverityPercent: round(v.severity), Threshold: v.threshold(),
		Direction: j.direction(i.subject), Start: paneTime(i.start), Ongoing: kind != anomaly.Ended,
		Resource: j.resource(i.subject), Vectors: i.others(v),
		SamplingErrorPercent: round(100 * v.trigger.window.PacketError()),
		Evidence:             j.evidence(i, v),
		NetworkElements:      []anomaly.NetworkElement{},
	}
	a.Victim, a.Source = i.subject.ends()
	v.rates(&a)
	if kind == anomaly.Ended {
		end := paneTime(i.lastActive + 1)
		a.End = &end
	}
	return anomaly.Event{Event: kind, ID: i.id, Revision: i.revision, At: j.now, Anomaly: a}
}

// rates fills in the table triggering, expected, difference, maximum, mean.
func (v *vector) rates(a *anomaly.Anomaly) {
	w := v.trigger.window
	a.Triggering = rates(w.bps(), w.pps())
	a.Expected = v.series.expected()
	difference := a.Triggering.Sub(a.Expected)
	a.Difference = rates(difference.BPS, difference.PPS) // of two tenths it is not always one
	a.Maximum = anomaly.Peak{Rates: rates(v.peakBPS.bpsOrZero(), v.peakPPS.ppsOrZero()), At: paneTime(v.peakPPS.last + 1)}
	mean := v.mean()
	a.Mean = rates(mean.BPS, mean.PPS)
}

func rates(bps, pps float64) anomaly.Rates { return anomaly.Rates{BPS: round(bps), PPS: round(pps)} }

// round keeps a tenth: more would pretend a precision that is not there.
func round(v float64) float64 { return math.Round(v*10) / 10 }

// threshold is the limit that severity is measured against; where a finding
// rests on structure alone, the rate limit it has not reached.
func (v *vector) threshold() anomaly.Threshold {
	t := v.severest
	if t.limit == 0 {
		t = v.test.terms[0]
	}
	return anomaly.Threshold{Value: t.limit, Unit: t.metric.unit(), Source: v.test.source}
}

func (i *incident) others(lead *vector) []anomaly.Vector {
	out := []anomaly.Vector{}
	for _, v := range i.vectors {
		if v != lead {
			out = append(out, anomaly.Vector{Class: v.test.class, Subclass: v.test.subclass, Maximum: rates(v.peakBPS.bpsOrZero(), v.peakPPS.ppsOrZero())})
		}
	}
	slices.SortStableFunc(out, func(a, b anomaly.Vector) int { return a.Class.Rank() - b.Class.Rank() })
	return out
}

// ends are the victim or the source; neither for a whole interface or object.
func (s subject) ends() (victim, source *netip.Prefix) {
	if s.kind != tally.Host && s.kind != tally.Prefix {
		return nil, nil
	}
	p := s.addr.Prefix(int(s.bits))
	if s.side == tally.From {
		return nil, &p
	}
	return &p, nil
}

// direction is which way the traffic runs as seen from what is protected; a
// signature may name a host that is not.
func (j *judge) direction(s subject) string {
	inside := s.kind != tally.Host || j.network.Locate(s.addr) != 0
	d := network.Outgoing
	switch {
	case !j.network.HasManaged(), s.kind == tally.Interface, s.kind == tally.Group:
		d = network.DirectionUnknown
	case inside == (s.side == tally.To):
		d = network.Incoming
	}
	return d.String()
}

// resource is the subject as the operator calls it.
func (j *judge) resource(s subject) anomaly.Resource {
	switch s.kind {
	case tally.Interface:
		return anomaly.Resource{Kind: "interface", Name: j.interfaceName(s)}
	case tally.Object:
		return anomaly.Resource{Kind: "managed-object", Name: j.network.Managed(network.Object(s.id)).Name}
	case tally.Group:
		return anomaly.Resource{Kind: "signature", Name: j.rules[s.id].subclass}
	}
	prefix := s.addr.Prefix(int(s.bits)).String()
	if o := j.network.Locate(s.addr); o != 0 {
		return anomaly.Resource{Kind: "managed-object", Name: j.network.Managed(o).Name, Prefix: prefix}
	}
	if s.kind == tally.Prefix {
		return anomaly.Resource{Kind: "prefix", Name: prefix, Prefix: prefix}
	}
	return anomaly.Resource{Kind: "host", Name: s.addr.String(), Prefix: prefix}
}

func (j *judge) interfaceName(s subject) string {
	router := s.addr.String()
	if e, declared := j.network.Exporter(s.addr); declared && e.Name != "" {
		router = e.Name
	}
	if name := j.network.Interface(s.addr, s.id).Name; name != "" {
		return router + " " + name
	}
	return fmt.Sprintf("%s interface %d", router, s.id)
}

// pattern says which flows belong to an incident, for whoever traces them.
func (j *judge) pattern(i *incident) Pattern {
	v := i.lead()
	p := Pattern{From: paneTime(i.start), To: paneTime(i.lastActive + 1), Match: j.matchOf(v)}
	victim, source := i.subject.ends()
	if victim != nil {
		p.Victim = *victim
	}
	if source != nil {
		p.Source = *source
	}
	return p
}

func (j *judge) matchOf(v *vector) func(b *flow.Batch, row int) bool {
	if v.test.rule >= 0 {
		return j.matches[v.test.rule]
	}
	class, k, nw := v.key.Class, v.key, j.network
	return func(b *flow.Batch, r int) bool {
		switch k.Kind {
		case tally.Interface:
			return b.Exporter[r] == k.Addr && (k.Side == tally.To && b.InIf[r] == k.Index || k.Side == tally.From && b.OutIf[r] == k.Index)
		case tally.Object:
			ip := b.DstAddr[r]
			if k.Side == tally.From {
				ip = b.SrcAddr[r]
			}
			return nw.Holds(network.Object(k.Index), nw.Site(ip))
		}
		return class == tally.Total ||
			tally.ClassOf(b.Proto[r], b.TCPFlags[r], b.SrcPort[r], b.DstPort[r], b.Bytes[r], b.Packets[r]) == class
	}
}

func (j *judge) evidence(i *incident, v *vector) anomaly.Evidence {
	return anomaly.Evidence{
		Detector: v.test.detector, RuleRevision: v.test.revision,
		Window: v.window().String(), Value: round(v.trigger.seen), Limit: v.trigger.term.limit, Unit: v.trigger.term.metric.unit(),
		Samples:   uint64(v.trigger.window.Samples),
		Sentence:  v.sentence(i.subject),
		Reproduce: "eagre traceback " + i.id,
	}
}

func (v *vector) window() time.Duration {
	if v.trigger.minute {
		return tally.TickLength * time.Millisecond
	}
	return time.Duration(v.trigger.window.panes*tally.PaneLength) * time.Millisecond
}
