package main

import (
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
	concerns[netip.Addr]
	importance anomaly.Importance
	name       func(netip.Addr) string
	log        *slog.Logger
}

func newSilences(e *engine) *silences {
	untold := prometheus.NewCounter(prometheus.CounterOpts{
		Name: "eagre_silences_untold_total", Help: "Exporters that fell silent when so many were that it was not told of each.",
	})
	e.registry.MustRegister(untold)
	return &silences{newConcerns[netip.Addr](e.tellOperation, untold), e.cfg.Alerts.OperationImportance, e.exporterName, e.log}
}

// notice opens an anomaly, or ends it.
func (s *silences) notice(n ingest.Silence) {
	var err error
	if n.Over {
		err = s.end(n.Exporter, n.At, "")
	} else {
		err = s.open(n.Exporter, s.event(n))
	}
	if err != nil {
		s.log.Error("a silent exporter cannot be kept as an anomaly", "exporter", s.name(n.Exporter), "error", err)
	}
}

func (s *silences) event(n ingest.Silence) anomaly.Event {
	name := s.name(n.Exporter)
	quiet := n.At.Sub(n.Since)
	e := operation(anomaly.ExporterSilent, s.importance, n.Since, n.At)
	e.ID = operationID(anomaly.ExporterSilent, flow.FromAddr(n.Exporter), uint64(n.Since.UnixMilli()))
	e.Title, e.Resource, e.Threshold.Source = "Exporter silent", anomaly.Resource{Kind: "exporter", Name: name}, "ingest"
	e.Evidence.Sentence = fmt.Sprintf("%s has sent nothing for %s; before, it sent every %s", name,
		quiet.Round(time.Second), n.Usual.Round(time.Second))
	e.Evidence.Reproduce = "eagre exporters " + n.Exporter.String()
	return e
}
