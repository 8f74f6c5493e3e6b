package snmp

import "github.com/prometheus/client_golang/prometheus"

// Metrics are the counters of a poller. Any number of goroutines may share them.
type Metrics struct {
	polls      [reasonCount]prometheus.Counter
	readings   [stillnessCount]prometheus.Counter
	truncated  prometheus.Counter
	overruns   prometheus.Counter
	interfaces *prometheus.GaugeVec
}

// NewMetrics registers the counters, all starting at zero. A nil registerer gives
// counters that nobody sees.
func NewMetrics(r prometheus.Registerer) *Metrics {
	opts := func(name, help string) prometheus.CounterOpts {
		return prometheus.CounterOpts{Namespace: "eagre", Subsystem: "snmp", Name: name, Help: help}
	}
	polls := prometheus.NewCounterVec(opts("polls_total", "Polls of SNMP agents by how they ended."), []string{"outcome"})
	readings := prometheus.NewCounterVec(opts("readings_total", "Readings of interfaces: those that tell how far counters moved, and why the others do not."), []string{"tells"})
	m := &Metrics{
		truncated: prometheus.NewCounter(opts("truncated_total", "Polls in which an agent showed more interfaces than its limit; the others were left out.")),
		overruns:  prometheus.NewCounter(opts("overruns_total", "Polls that took longer than their interval, so that the next one came late.")),
		interfaces: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: "eagre", Subsystem: "snmp", Name: "interfaces", Help: "Interfaces whose counters are followed.",
		}, []string{"exporter"}),
	}
	for i := range reasonCount {
		m.polls[i] = polls.WithLabelValues(i.String())
	}
	for i := range stillnessCount {
		m.readings[i] = readings.WithLabelValues(i.String())
	}
	if r != nil {
		r.MustRegister(polls, readings, m.truncated, m.overruns, m.interfaces)
	}
	return m
}
