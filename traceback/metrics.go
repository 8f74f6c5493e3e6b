package traceback

import "github.com/prometheus/client_golang/prometheus"

// Reasons why a batch is no longer, or never was, held.
const (
	dropAge        = "age"        // older than Config.Age: the ordinary end
	dropSize       = "size"       // Config.MaxBytes was reached first
	dropUnreadable = "unreadable" // the packed bytes could not be unpacked
)

// Reasons why a matching row is left out of a trace.
const (
	skipImplausible = "implausible" // marked flow.Implausible by its decoder
	skipTime        = "time"        // times that no protocol can express
)

// Bounds that a trace can reach.
const (
	boundKeys     = "keys"     // a top list was counted per block instead of per value
	boundElements = "elements" // a network element was left out
	boundSpan     = "span"     // a pattern asked for more than MaxSpan
)

// Metrics counts what the room does. All goroutines may share one.
type Metrics struct {
	heldBytes   prometheus.Gauge
	heldBatches prometheus.Gauge
	dropped     *prometheus.CounterVec
	skipped     *prometheus.CounterVec
	bounded     *prometheus.CounterVec
	traces      prometheus.Counter
}

// NewMetrics makes the counters and registers them; a nil registerer leaves
// them unregistered, as tests and one-off traces want it.
func NewMetrics(to prometheus.Registerer) *Metrics {
	m := &Metrics{
		heldBytes:   gauge("held_bytes", "Packed bytes of recent flows held for tracing."),
		heldBatches: gauge("held_batches", "Batches of recent flows held for tracing."),
		dropped:     counters("batches_dropped_total", "Batches let go, by reason.", dropAge, dropSize, dropUnreadable),
		skipped:     counters("flows_skipped_total", "Matching flows left out of a trace, by reason.", skipImplausible, skipTime),
		bounded:     counters("bounds_reached_total", "Bounds that a trace reached, by bound.", boundKeys, boundElements, boundSpan),
		traces: prometheus.NewCounter(prometheus.CounterOpts{
			Namespace: "eagre", Subsystem: "traceback",
			Name: "traces_total", Help: "Traces made.",
		}),
	}
	if to != nil {
		to.MustRegister(m.heldBytes, m.heldBatches, m.dropped, m.skipped, m.bounded, m.traces)
	}
	return m
}

func gauge(name, help string) prometheus.Gauge {
	return prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "eagre", Subsystem: "traceback", Name: name, Help: help})
}

// counters starts every label at zero, so that a rate exists before the first event.
func counters(name, help string, reasons ...string) *prometheus.CounterVec {
	v := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "eagre", Subsystem: "traceback", Name: name, Help: help}, []string{"reason"})
	for _, r := range reasons {
		v.WithLabelValues(r)
	}
	return v
}
