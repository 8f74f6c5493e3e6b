package ingest

import (
	"github.com/prometheus/client_golang/prometheus"

	"eagre/ingest/wire"
)

// Metrics are the counters of a collector and its listeners. Any number of
// goroutines may share them.
type Metrics struct {
	datagrams  [wire.DispositionCount]prometheus.Counter
	malformed  [protoCount][wire.ReasonCount]prometheus.Counter
	notes      [protoCount][wire.ReasonCount]prometheus.Counter
	lost       [protoCount]prometheus.Counter
	renumbered prometheus.Counter
	restarts   prometheus.Counter
	steps      prometheus.Counter
	mismatches prometheus.Counter
	decoded    prometheus.Counter
	published  prometheus.Counter
	shed       prometheus.Counter
	frames     prometheus.Counter
	evicted    prometheus.Counter
	exporters  prometheus.Gauge
	flows      prometheus.Gauge
	silent     prometheus.Gauge
	streams    prometheus.Gauge
	refused    prometheus.Counter
	kernel     *prometheus.CounterVec
}

// NewMetrics registers the counters, all starting at zero. A nil registerer
// gives counters that nobody sees.
func NewMetrics(r prometheus.Registerer) *Metrics {
	f := factory{r}
	m := &Metrics{
		renumbered: f.counter("sequence_restarts_total", "Exporters whose sequence numbers began anew."),
		restarts:   f.counter("exporter_restarts_total", "Exporters that started anew: by their uptime, or where they tell none by their sequence numbers."),
		steps:      f.counter("clock_steps_total", "Exporters whose clock was set by more than some seconds."),
		mismatches: f.counter("accounting_mismatches_total", "Exporters whose books did not balance: a defect of this program."),
		decoded:    f.counter("records_decoded_total", "Flow records read out of datagrams and packets."),
		published:  f.counter("records_published_total", "Flow records handed on to the stream."),
		shed:       f.counter("records_shed_total", "Flow records that the stream did not take."),
		frames:     f.counter("frames_total", "Plain packets given to the meter."),
		evicted:    f.counter("flows_evicted_total", "Metered flows that ended early because the flow cache was full."),
		exporters:  f.gauge("exporters", "Exporters that state is kept for."),
		flows:      f.gauge("metered_flows", "Flows in the flow cache."),
		silent:     f.gauge("silent_exporters", "Exporters that used to send and do not any more."),
		streams:    f.gauge("connections", "Open connections for IPFIX over TCP."),
		refused:    f.counter("connections_refused_total", "Connections that were closed at once: not an exporter of ours, or too many."),
		kernel:     f.vector("kernel_drops_total", "Datagrams that the kernel dropped because the receive buffer was full.", "listener"),
	}
	m.perDisposition(f)
	m.perReason(f)
	return m
}

func (m *Metrics) perDisposition(f factory) {
	datagrams := f.vector("datagrams_total", "Datagrams by what became of them.", "disposition")
	for d := range wire.DispositionCount {
		m.datagrams[d] = datagrams.WithLabelValues(d.String())
	}
}

func (m *Metrics) perReason(f factory) {
	malformed := f.vector("malformed_total", "Datagrams in which something was wrong, by what.", "proto", "reason")
	notes := f.vector("notes_total", "Records, samples and datagrams that something was noted about.", "proto", "reason")
	lost := f.vector("sequence_lost_total", "Units missing in sequence numbers: flows of NetFlow v5 to v8, data records of IPFIX, datagrams of NetFlow v9 and sFlow.", "proto")
	for p := range protoCount {
		m.lost[p] = lost.WithLabelValues(protoLabels[p])
		for r := wire.NoReason + 1; r < wire.ReasonCount; r++ {
			m.notes[p][r] = notes.WithLabelValues(protoLabels[p], r.String())
			if r.Fault() {
				m.malformed[p][r] = malformed.WithLabelValues(protoLabels[p], r.String())
			}
		}
	}
}

// report counts what was found in one datagram.
func (m *Metrics) report(p proto, d wire.Disposition, r *wire.Report) {
	m.datagrams[d].Inc()
	if r.Decoded > 0 {
		m.decoded.Add(float64(r.Decoded))
	}
	for _, n := range r.Notes() {
		why := n.Reason()
		m.notes[p][why].Add(float64(n.Times))
		if why.Fault() {
			m.malformed[p][why].Inc()
		}
	}
}

// factory makes metrics of this room.
type factory struct{ r prometheus.Registerer }

func (f factory) register(c prometheus.Collector) {
	if f.r != nil {
		f.r.MustRegister(c)
	}
}

func (f factory) counter(name, help string) prometheus.Counter {
	c := prometheus.NewCounter(prometheus.CounterOpts{Namespace: "eagre", Subsystem: "ingest", Name: name, Help: help})
	f.register(c)
	return c
}

func (f factory) gauge(name, help string) prometheus.Gauge {
	g := prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "eagre", Subsystem: "ingest", Name: name, Help: help})
	f.register(g)
	return g
}

func (f factory) vector(name, help string, labels ...string) *prometheus.CounterVec {
	v := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "eagre", Subsystem: "ingest", Name: name, Help: help}, labels)
	f.register(v)
	return v
}
