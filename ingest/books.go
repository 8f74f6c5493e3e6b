package ingest

import (
	"cmp"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"eagre/ingest/wire"
)

// mostLabelled bounds the exporters that have series of their own in the metrics:
// those that sent most. The totals hold all of them.
const mostLabelled = 1000

// Books are the accounts of exporters as metrics: a series for each exporter and
// what became of its datagrams and records, made when it is asked for. Any number
// of goroutines may ask.
type Books struct {
	collector *Collector

	datagrams, records, lost, rate, heard, balanced, left *prometheus.Desc
}

// NewBooks makes the metrics of a collector's exporters; they are registered by
// the caller.
func NewBooks(c *Collector) *Books {
	describe := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("eagre_exporter_"+name, help, append([]string{"exporter"}, labels...), nil)
	}
	return &Books{
		collector: c,
		datagrams: describe("datagrams_total", "Datagrams of an exporter by what became of them.", "disposition"),
		records:   describe("records_total", "Flow records of an exporter by what became of them; open ones are in a batch.", "became"),
		lost:      describe("lost_total", "Units missing in the sequence numbers of an exporter: flows, records or datagrams, as its format counts."),
		rate:      describe("sampling_rate", "Sampling rate of the newest records of an exporter; 0 is unknown."),
		heard:     describe("last_heard_seconds", "When the newest datagram of an exporter came, Unix time."),
		balanced:  describe("balanced", "1 when every datagram and record of an exporter has one disposition; 0 is a defect of this program."),
		left:      prometheus.NewDesc("eagre_exporters_unlabelled", "Exporters without series of their own, as there are too many.", nil, nil),
	}
}

// Describe implements prometheus.Collector.
func (b *Books) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{b.datagrams, b.records, b.lost, b.rate, b.heard, b.balanced, b.left} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (b *Books) Collect(out chan<- prometheus.Metric) {
	accounts := b.collector.books()
	slices.SortFunc(accounts, func(x, y book) int {
		return cmp.Or(cmp.Compare(y.Datagrams, x.Datagrams), x.Exporter.Compare(y.Exporter))
	})
	told := accounts[:min(len(accounts), mostLabelled)]
	for i := range told {
		b.tell(out, &told[i])
	}
	out <- prometheus.MustNewConstMetric(b.left, prometheus.GaugeValue, float64(len(accounts)-len(told)))
}

func (b *Books) tell(out chan<- prometheus.Metric, k *book) {
	name := k.Exporter.String()
	send := func(d *prometheus.Desc, kind prometheus.ValueType, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, kind, v, append([]string{name}, labels...)...)
	}
	for d, n := range k.Dispositions {
		send(b.datagrams, prometheus.CounterValue, float64(n), wire.Disposition(d).String())
	}
	send(b.records, prometheus.CounterValue, float64(k.Published), "published")
	send(b.records, prometheus.CounterValue, float64(k.Shed), "shed")
	send(b.records, prometheus.CounterValue, float64(k.Open), "open")
	send(b.lost, prometheus.CounterValue, float64(k.Lost))
	send(b.rate, prometheus.GaugeValue, float64(k.SamplingRate))
	send(b.heard, prometheus.GaugeValue, float64(k.heard)/1000)
	balance := 0.0
	if k.Check() == nil {
		balance = 1
	}
	send(b.balanced, prometheus.GaugeValue, balance)
}

// book is an account and when its exporter was heard last, in Unix milliseconds.
type book struct {
	Accounting
	heard int64
}

func (c *Collector) books() []book {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]book, 0, len(c.exporters))
	for _, x := range c.exporters {
		out = append(out, book{x.account, x.pulse.heard})
	}
	return out
}
