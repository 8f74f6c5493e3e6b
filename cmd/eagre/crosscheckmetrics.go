package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"eagre/detector/crosscheck"
)

// crosscheckMetrics are the counts of a crosschecking in Prometheus, as of its newest
// minute.
type crosscheckMetrics struct{ of *crosschecking }

// family is a metric with one label, and how its series are read.
type family struct {
	desc   *prometheus.Desc
	kind   prometheus.ValueType
	series map[string]func(crosscheck.Counts) uint64
}

func crosscheckDesc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName("eagre", "crosscheck", name), help, labels, nil)
}

var crosscheckFamilies = []family{
	{
		crosscheckDesc("intervals_total", "Intervals between readings of an interface's counters, each direction for itself, by what became of them.", "became"),
		prometheus.CounterValue,
		map[string]func(crosscheck.Counts) uint64{
			"in_band":     func(c crosscheck.Counts) uint64 { return c.Judged - c.OutOfBand },
			"out_of_band": func(c crosscheck.Counts) uint64 { return c.OutOfBand },
			"quiet":       func(c crosscheck.Counts) uint64 { return c.Quiet },
			"uncertain":   func(c crosscheck.Counts) uint64 { return c.Uncertain },
			"short":       func(c crosscheck.Counts) uint64 { return c.Short },
			"incomplete":  func(c crosscheck.Counts) uint64 { return c.Incomplete },
		},
	},
	{
		crosscheckDesc("mismatches_total", "Interfaces in one direction whose flows and counters began to disagree, and ended it.", "event"),
		prometheus.CounterValue,
		map[string]func(crosscheck.Counts) uint64{
			"opened": func(c crosscheck.Counts) uint64 { return c.Opened },
			"ended":  func(c crosscheck.Counts) uint64 { return c.Ended },
		},
	},
	{
		crosscheckDesc("left_out_total", "Movements of counters that nothing is held against: of a number that two agents use, or from before what is known.", "reason"),
		prometheus.CounterValue,
		map[string]func(crosscheck.Counts) uint64{
			"shared":     func(c crosscheck.Counts) uint64 { return c.Shared },
			"disordered": func(c crosscheck.Counts) uint64 { return c.Disordered },
		},
	},
	{
		crosscheckDesc("refused_total", "Movements of counters for which a bound left no room.", "bound"),
		prometheus.CounterValue,
		map[string]func(crosscheck.Counts) uint64{
			"exporters":  func(c crosscheck.Counts) uint64 { return c.RefusedExporters },
			"interfaces": func(c crosscheck.Counts) uint64 { return c.RefusedInterfaces },
			"waiting":    func(c crosscheck.Counts) uint64 { return c.RefusedWaiting },
		},
	},
	{
		crosscheckDesc("held", "What is held: exporters, interfaces in one direction, intervals that wait for their flows, and mismatches that go on.", "what"),
		prometheus.GaugeValue,
		map[string]func(crosscheck.Counts) uint64{
			"exporters":  func(c crosscheck.Counts) uint64 { return uint64(c.Exporters) },
			"interfaces": func(c crosscheck.Counts) uint64 { return uint64(c.Lines) },
			"waiting":    func(c crosscheck.Counts) uint64 { return uint64(c.Waiting) },
			"mismatches": func(c crosscheck.Counts) uint64 { return uint64(c.Open) },
		},
	},
}

var (
	forgottenDesc = crosscheckDesc("forgotten_total", "Interfaces in one direction whose counters are not heard of any more.")
	droppedDesc   = crosscheckDesc("dropped_total", "Movements of counters that found no room to wait for their minute.")
	ratioDesc     = crosscheckDesc("ratio", "Flows divided by counters: the median over the interfaces of an exporter.", "exporter")
)

// Describe implements prometheus.Collector.
func (m crosscheckMetrics) Describe(out chan<- *prometheus.Desc) {
	for _, f := range crosscheckFamilies {
		out <- f.desc
	}
	out <- forgottenDesc
	out <- droppedDesc
	out <- ratioDesc
}

// Collect implements prometheus.Collector.
func (m crosscheckMetrics) Collect(out chan<- prometheus.Metric) {
	a := m.of.agreement()
	for _, f := range crosscheckFamilies {
		for label, read := range f.series {
			out <- prometheus.MustNewConstMetric(f.desc, f.kind, float64(read(a.counts)), label)
		}
	}
	out <- prometheus.MustNewConstMetric(forgottenDesc, prometheus.CounterValue, float64(a.counts.Forgotten))
	out <- prometheus.MustNewConstMetric(droppedDesc, prometheus.CounterValue, float64(m.of.lost()))
	for exporter, c := range a.confidence {
		out <- prometheus.MustNewConstMetric(ratioDesc, prometheus.GaugeValue, c.Ratio, exporter.String())
	}
}

// newUntoldMismatches counts mismatches that are not told.
func newUntoldMismatches() prometheus.Counter {
	return prometheus.NewCounter(prometheus.CounterOpts{
		Name: "eagre_crosscheck_untold_total", Help: "Interfaces whose flows and counters began to disagree when so many did that it was not told of each.",
	})
}
