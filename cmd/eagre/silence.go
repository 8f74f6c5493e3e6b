package main

import (
	"encoding/binary"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eagre/anomaly"
	"eagre/flow"
	"eagre/ingest"
)

// silences turns exporters that stop sending into operational anomalies: what
// does not come in cannot be watched. The collector calls it under its lock.
type silences struct {
	name   func(netip.Addr) string
	tell   func(anomaly.Event) error
	log    *slog.Logger
	untold prometheus.Counter
	opened map[netip.Addr]anomaly.Event
}

// mostSilences bounds the silences that are told at a time. Where more exporters
// fall silent it is our own line that is down: a thousand alarms would say no
// more, and push the reports of attacks out.
const mostSilences = 100

func newSilences(e *engine) *silences {
	untold := prometheus.NewCounter(prometheus.CounterOpts{
		Name: "eagre_silences_untold_total", Help: "Exporters that fell silent when so many were that it was not told of each.",
	})
	e.registry.MustRegister(untold)
	return &silences{name: e.exporterName, tell: e.tellOperation, log: e.log, untold: untold, opened: map[netip.Addr]anomaly.Event{}}
}

// notice opens an anomaly, or ends it.
func (s *silences) notice(n ingest.Silence) {
	e, open := s.opened[n.Exporter]
	switch {
	case !n.Over && len(s.opened) >= mostSilences:
		s.untold.Inc()
		return
	case !n.Over:
		e = s.event(n)
		s.opened[n.Exporter] = e
	case !open:
		return
	default:
		delete(s.opened, n.Exporter)
		e = endOf(e, n.At)
	}
	if err := s.tell(e); err != nil {
		s.log.Error("a silent exporter cannot be kept as an anomaly", "exporter", s.name(n.Exporter), "error", err)
	}
}

func (s *silences) event(n ingest.Silence) anomaly.Event {
	name := s.name(n.Exporter)
	quiet := n.At.Sub(n.Since)
	return anomaly.Event{
		Event: anomaly.Opened, ID: silenceID(n), Revision: 1, At: n.At,
		Anomaly: anomaly.Anomaly{
			Class: anomaly.Operation, Subclass: anomaly.ExporterSilent, Title: "Exporter silent", Importance: anomaly.Low,
			Direction: "unknown", Start: n.Since, Ongoing: true, Stage: anomaly.Stable, Vectors: []anomaly.Vector{},
			Resource:        anomaly.Resource{Kind: "exporter", Name: name},
			Threshold:       anomaly.Threshold{Unit: anomaly.Count, Source: "ingest"},
			Maximum:         anomaly.Peak{At: n.Since},
			NetworkElements: []anomaly.NetworkElement{},
			Evidence: anomaly.Evidence{
				Detector: "operation/" + anomaly.ExporterSilent, Unit: anomaly.Count,
				Sentence: fmt.Sprintf("%s has sent nothing for %s; before, it sent every %s", name,
					quiet.Round(time.Second), n.Usual.Round(time.Second)),
				Reproduce: "eagre exporters " + n.Exporter.String(),
			},
		},
	}
}

// silenceID is the same for the same silence, however often it is noticed.
func silenceID(n ingest.Silence) string {
	ip := flow.FromAddr(n.Exporter)
	about := binary.BigEndian.AppendUint64(nil, ip.Hi)
	about = binary.BigEndian.AppendUint64(about, ip.Lo)
	about = binary.BigEndian.AppendUint64(about, uint64(n.Since.UnixMilli()))
	return anomaly.ID("operation/"+anomaly.ExporterSilent, about)
}

func endOf(e anomaly.Event, at time.Time) anomaly.Event {
	e.Event, e.Revision, e.At, e.Ongoing, e.End = anomaly.Ended, e.Revision+1, at, false, &at
	return e
}
