package alert

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"
)

// The reasons for which an event is not told to a receiver.
const (
	droppedFull       = "intake_full" // offered faster than it could be taken in
	droppedShadow     = "shadow"      // nobody is told of a finding in shadow
	droppedAnnotation = "annotation"  // comments are for the console
	droppedImportance = "importance"  // matters less than the receiver wants to know
	droppedDuplicate  = "duplicate"   // the receiver has this revision, or a newer one
	droppedOutbox     = "outbox_full" // the outbox holds as much as it may
	droppedInvalid    = "invalid"     // no id, no revision, or numbers that JSON has no words for
	droppedDisabled   = "disabled"    // the receiver said that it is gone
	droppedStopped    = "stopped"     // the engine stopped, and there is no outbox on disk
)

// The reasons for which a message is given up.
const (
	failedPermanent = "permanent" // refused three times
	failedGone      = "gone"      // the receiver is gone
	failedExpired   = "expired"   // failed for 72 hours
)

// The reasons for which a message is tried again.
const (
	retriedTransient = "transient" // no answer, or one that may pass
	retriedAsked     = "asked"     // the receiver named a pause
	retriedPermanent = "permanent" // refused, but not yet three times
)

// The reasons for which the outbox on disk is not as it should be.
const (
	outboxWrite = "write"
	outboxRead  = "read"
)

// Metrics counts what happens to alerts. One value serves one Alerter.
type Metrics struct {
	offered   *prometheus.CounterVec
	sent      *prometheus.CounterVec
	failed    *prometheus.CounterVec
	retried   *prometheus.CounterVec
	dropped   *prometheus.CounterVec
	merged    *prometheus.CounterVec
	deferred  *prometheus.CounterVec
	forgotten *prometheus.CounterVec
	pending   *prometheus.GaugeVec
	degraded  *prometheus.GaugeVec

	outboxBytes  prometheus.Gauge
	outboxErrors *prometheus.CounterVec
}

// NewMetrics registers the metrics of the room.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "eagre", Subsystem: "alert", Name: name, Help: help}, labels)
		reg.MustRegister(c)
		return c
	}
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: "eagre", Subsystem: "alert", Name: name, Help: help}, labels)
		reg.MustRegister(g)
		return g
	}
	m := &Metrics{
		offered:   counter("offered_total", "Events that were to be told to a receiver.", "receiver"),
		sent:      counter("sent_total", "Messages that a receiver has taken.", "receiver", "event"),
		failed:    counter("failed_total", "Messages that were given up.", "receiver", "reason"),
		retried:   counter("retried_total", "Attempts that failed and are made again.", "receiver", "reason"),
		dropped:   counter("dropped_total", "Events that are not told to a receiver.", "receiver", "reason"),
		merged:    counter("merged_total", "Revisions that a newer one overtook before they were sent.", "receiver"),
		deferred:  counter("deferred_total", "Messages that waited because a receiver's people get only so many a minute.", "receiver"),
		forgotten: counter("forgotten_total", "Anomalies whose message is no longer known, because too many are.", "receiver"),
		pending:   gauge("outbox_pending", "Messages that a receiver has yet to take.", "receiver"),
		degraded:  gauge("receiver_degraded", "1 while a receiver is gone, has failed for five minutes, or asked for a pause above an hour.", "receiver"),

		outboxErrors: counter("outbox_errors_total", "Rows of the outbox that could not be written or read.", "reason"),
	}
	m.outboxBytes = gauge("outbox_bytes", "Size of the outbox on disk.").WithLabelValues()
	zero(m.outboxErrors, nil, outboxWrite, outboxRead)
	return m
}

// Forgotten counts what a receiver's notifier had to forget, for a notifier that
// remembers which message tells which anomaly.
func (m *Metrics) Forgotten(receiver string) prometheus.Counter {
	return m.forgotten.WithLabelValues(receiver)
}

// start sets every series of a receiver to zero.
func (m *Metrics) start(receiver string) {
	labels := []string{receiver}
	zero(m.offered, labels)
	zero(m.merged, labels)
	zero(m.deferred, labels)
	zero(m.forgotten, labels)
	zero(m.sent, labels, "opened", "updated", "ended")
	zero(m.failed, labels, failedPermanent, failedGone, failedExpired)
	zero(m.retried, labels, retriedTransient, retriedAsked, retriedPermanent)
	zero(m.dropped, labels, droppedFull, droppedShadow, droppedAnnotation, droppedImportance, droppedDuplicate,
		droppedOutbox, droppedInvalid, droppedDisabled, droppedStopped)
	m.pending.WithLabelValues(receiver).Set(0)
	m.degraded.WithLabelValues(receiver).Set(0)
}

func zero(c *prometheus.CounterVec, labels []string, last ...string) {
	if len(last) == 0 {
		c.WithLabelValues(labels...)
	}
	for _, value := range last {
		c.WithLabelValues(append(slices.Clone(labels), value)...)
	}
}
