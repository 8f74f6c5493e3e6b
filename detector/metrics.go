package detector

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eagre/flow"
)

// Metrics count what the detector did. Safe for concurrent use.
type Metrics struct {
	judged     prometheus.Counter
	unreadable prometheus.Counter
	refused    *prometheus.CounterVec
	late       *prometheus.CounterVec
	uncounted  *prometheus.CounterVec
	anomalies  *prometheus.CounterVec
	held       *prometheus.GaugeVec
	step       prometheus.Gauge
	last       Counters
}

// NewMetrics registers the detector's metrics; a nil registerer keeps them to
// themselves.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		judged:     prometheus.NewCounter(prometheus.CounterOpts{Name: "eagre_flows_judged_total", Help: "Flow records that went the whole way: counted, and their step judged."}),
		unreadable: prometheus.NewCounter(prometheus.CounterOpts{Name: "eagre_detector_unreadable_total", Help: "Messages of the flow stream that could not be read."}),
		refused:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "eagre_detector_refused_total", Help: "What found no room within a bound."}, []string{"table"}),
		late:       prometheus.NewCounterVec(prometheus.CounterOpts{Name: "eagre_detector_late_total", Help: "Flow records with a part in settled ticks, and the packets of those parts."}, []string{"of"}),
		uncounted:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "eagre_detector_uncounted_total", Help: "Flow records not counted for hosts: seen on core interfaces, or with counters that cannot be true."}, []string{"reason"}),
		anomalies:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "eagre_anomalies_total", Help: "Anomalies opened and ended."}, []string{"event"}),
		held:       prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "eagre_detector_held", Help: "Entries in the tables of the detector."}, []string{"table"}),
		step:       prometheus.NewGauge(prometheus.GaugeOpts{Name: "eagre_detector_time_seconds", Help: "End of the newest judged step, Unix time."}),
	}
	if reg != nil {
		reg.MustRegister(m.judged, m.unreadable, m.refused, m.late, m.uncounted, m.anomalies, m.held, m.step)
	}
	m.observe(&Counters{}, 0) // every series stands there from the start
	return m
}

// observe brings the metrics up to the judge's counters. Called by the judge's
// goroutine alone.
func (m *Metrics) observe(c *Counters, step int64) {
	grow := func(to prometheus.Counter, now, before uint64) { to.Add(float64(now - before)) }
	t, was := &c.Tally, &m.last.Tally
	grow(m.judged, t.Rows, was.Rows)
	grow(m.refused.WithLabelValues("keys"), t.KeysRefused, was.KeysRefused)
	grow(m.refused.WithLabelValues("hot"), t.HotRefused, was.HotRefused)
	grow(m.refused.WithLabelValues("series"), c.SeriesRefused, m.last.SeriesRefused)
	grow(m.refused.WithLabelValues("peers"), c.PeersRefused, m.last.PeersRefused)
	grow(m.refused.WithLabelValues("anomalies"), c.Refused, m.last.Refused)
	grow(m.refused.WithLabelValues("ticks"), c.TicksAbandoned, m.last.TicksAbandoned)
	grow(m.late.WithLabelValues("rows"), t.LateRows, was.LateRows)
	grow(m.late.WithLabelValues("packets"), t.LatePackets/256, was.LatePackets/256)
	grow(m.uncounted.WithLabelValues("core"), t.Unplaced, was.Unplaced)
	grow(m.uncounted.WithLabelValues("implausible"), t.Implausible, was.Implausible)
	grow(m.anomalies.WithLabelValues("opened"), c.Opened, m.last.Opened)
	grow(m.anomalies.WithLabelValues("ended"), c.Ended, m.last.Ended)
	for table, n := range map[string]int{"keys": t.Keys, "hot": t.Hot, "series": c.Series, "ongoing": c.Open} {
		m.held.WithLabelValues(table).Set(float64(n))
	}
	m.step.Set(float64(flow.StepStart(step+1).UnixNano()) / float64(time.Second))
	m.last = *c
}
