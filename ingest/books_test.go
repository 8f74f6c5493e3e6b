package ingest

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"eagre/flow"
)

// The equation of an exporter's books can be checked from the metrics alone.
func TestBooksOfAnExporterAreMetrics(t *testing.T) {
	s := newStation(t, nil)
	s.netflow(0, edge1, v5(0, 30))
	s.netflow(0, edge1, v5(0, 30)) // once more
	s.netflow(0, edge1, v9(0, set(300, record()...)))
	want := `
# HELP eagre_exporter_datagrams_total Datagrams of an exporter by what became of them.
# TYPE eagre_exporter_datagrams_total counter
eagre_exporter_datagrams_total{disposition="duplicate",exporter="192.0.2.1"} 1
eagre_exporter_datagrams_total{disposition="malformed",exporter="192.0.2.1"} 0
eagre_exporter_datagrams_total{disposition="not_allowed",exporter="192.0.2.1"} 0
eagre_exporter_datagrams_total{disposition="ok",exporter="192.0.2.1"} 1
eagre_exporter_datagrams_total{disposition="partial",exporter="192.0.2.1"} 0
eagre_exporter_datagrams_total{disposition="shed",exporter="192.0.2.1"} 0
eagre_exporter_datagrams_total{disposition="waiting_template",exporter="192.0.2.1"} 1
# HELP eagre_exporter_records_total Flow records of an exporter by what became of them; open ones are in a batch.
# TYPE eagre_exporter_records_total counter
eagre_exporter_records_total{became="open",exporter="192.0.2.1"} 30
eagre_exporter_records_total{became="published",exporter="192.0.2.1"} 0
eagre_exporter_records_total{became="shed",exporter="192.0.2.1"} 0
`
	if err := testutil.CollectAndCompare(NewBooks(s.Collector), strings.NewReader(want), "eagre_exporter_datagrams_total", "eagre_exporter_records_total"); err != nil {
		t.Error(err)
	}
	if problems, err := testutil.CollectAndLint(NewBooks(s.Collector)); err != nil || len(problems) > 0 {
		t.Errorf("got %v, %v", problems, err)
	}
}

// Ten thousand exporters do not make ten thousand series.
func TestSeriesOfExportersAreBounded(t *testing.T) {
	s := newStation(t, nil)
	s.everyone = true
	for i := range uint32(mostLabelled + 7) {
		s.netflow(0, netip.AddrPortFrom(flow.V4(i).Addr(), 1), v5(0, 1))
	}
	r := prometheus.NewRegistry()
	r.MustRegister(NewBooks(s.Collector))
	if n, err := testutil.GatherAndCount(r, "eagre_exporter_balanced"); err != nil || n != mostLabelled {
		t.Errorf("got %d exporters with series (%v), want %d", n, err, mostLabelled)
	}
	if err := testutil.GatherAndCompare(r, strings.NewReader("# HELP eagre_exporters_unlabelled Exporters without series of their own, as there are too many.\n# TYPE eagre_exporters_unlabelled gauge\neagre_exporters_unlabelled 7\n"), "eagre_exporters_unlabelled"); err != nil {
		t.Error(err)
	}
}
