package detector

import (
	"cmp"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eagre/detector/tally"
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
	jumps      prometheus.Counter
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
		uncounted:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "eagre_detector_uncounted_total", Help: "Flow records not counted for hosts: seen on core interfaces, with counters that cannot be true, or of packets that their exporter had shown before."}, []string{"reason"}),
		anomalies:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "eagre_anomalies_total", Help: "Anomalies opened and ended."}, []string{"event"}),
		held:       prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "eagre_detector_held", Help: "Entries in the tables of the detector."}, []string{"table"}),
		jumps:      prometheus.NewCounter(prometheus.CounterOpts{Name: "eagre_detector_on_time_jumps_total", Help: "How often the share of an exporter's packets that come in time was suddenly another."}),
		step:       prometheus.NewGauge(prometheus.GaugeOpts{Name: "eagre_detector_time_seconds", Help: "End of the newest judged step, Unix time."}),
	}
	if reg != nil {
		reg.MustRegister(m.judged, m.unreadable, m.refused, m.late, m.uncounted, m.anomalies, m.held, m.jumps, m.step)
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
	grow(m.refused.WithLabelValues("exporters"), t.ExportersRefused, was.ExportersRefused)
	grow(m.late.WithLabelValues("rows"), t.LateRows, was.LateRows)
	grow(m.late.WithLabelValues("packets"), t.LatePackets/256, was.LatePackets/256)
	grow(m.uncounted.WithLabelValues("core"), t.Unplaced, was.Unplaced)
	grow(m.uncounted.WithLabelValues("implausible"), t.Implausible, was.Implausible)
	grow(m.uncounted.WithLabelValues("second-view"), t.SecondViews, was.SecondViews)
	grow(m.jumps, c.Jumps, m.last.Jumps)
	grow(m.anomalies.WithLabelValues("opened"), c.Opened, m.last.Opened)
	grow(m.anomalies.WithLabelValues("ended"), c.Ended, m.last.Ended)
	for table, n := range map[string]int{"keys": t.Keys, "hot": t.Hot, "series": c.Series, "ongoing": c.Open} {
		m.held.WithLabelValues(table).Set(float64(n))
	}
	m.step.Set(float64(flow.StepStart(step+1).UnixNano()) / float64(time.Second))
	m.last = *c
}

// Trust is how far the numbers of a detector can be trusted, as metrics made when they
// are asked for: what its ledger holds, and how much of each exporter's traffic comes
// in time. Any number of goroutines may ask.
type Trust struct {
	shown *views

	lines, pages, hours, refused, tooOld *prometheus.Desc
	onTime, left                         *prometheus.Desc
}

// NewTrust makes the metrics of an engine; they are registered by the caller.
func NewTrust(e *Engine) *Trust {
	describe := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("eagre_"+name, help, labels, nil)
	}
	return &Trust{
		shown:   &e.views,
		lines:   describe("detector_ledger_lines", "Interfaces in the ledger, each direction for itself."),
		pages:   describe("detector_ledger_pages", "Hours of an interface in one direction that the ledger holds."),
		hours:   describe("detector_ledger_hours", "Hours that the ledger reaches back, once the engine has run so long."),
		refused: describe("detector_ledger_refused_total", "Sums of interfaces that found no room in the ledger."),
		tooOld:  describe("detector_ledger_too_old_packets_total", "Packets from before what the ledger held when they came."),
		onTime:  describe("exporter_on_time_ratio", "Part of an exporter's packets that came while their minute was open.", "exporter"),
		left:    describe("exporters_on_time_unlabelled", "Exporters without a share of their own here, as there are too many."),
	}
}

// Describe implements prometheus.Collector.
func (t *Trust) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{t.lines, t.pages, t.hours, t.refused, t.tooOld, t.onTime, t.left} {
		out <- d
	}
}

// mostLabelled bounds the exporters that have series of their own: those that are latest.
const mostLabelled = 1000

// Collect implements prometheus.Collector.
func (t *Trust) Collect(out chan<- prometheus.Metric) {
	send := func(d *prometheus.Desc, kind prometheus.ValueType, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, kind, v, labels...)
	}
	held := t.shown.Ledger().Counts()
	send(t.lines, prometheus.GaugeValue, float64(held.Lines))
	send(t.pages, prometheus.GaugeValue, float64(held.Pages))
	send(t.hours, prometheus.GaugeValue, float64(held.Hours))
	send(t.refused, prometheus.CounterValue, float64(held.Refused))
	send(t.tooOld, prometheus.CounterValue, float64(held.TooOld)/tally.Unit)
	exporters := slices.SortedStableFunc(slices.Values(t.shown.Health()), func(a, b ExporterHealth) int { return cmp.Compare(a.OnTime, b.OnTime) })
	told := exporters[:min(len(exporters), mostLabelled)]
	for i := range told {
		send(t.onTime, prometheus.GaugeValue, told[i].OnTime, told[i].Exporter.String())
	}
	send(t.left, prometheus.GaugeValue, float64(len(exporters)-len(told)))
}
