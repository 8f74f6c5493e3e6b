package traceback

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

func TestEverySeriesExistsBeforeAnythingHappens(t *testing.T) {
	registry := prometheus.NewRegistry()
	NewMetrics(registry)
	got, err := testutil.GatherAndCount(registry)
	if err != nil {
		t.Fatal(err)
	}
	if want := 2 + 1 + 3 + 2 + 3; got != want { // gauges, traces, drops, skips, bounds
		t.Errorf("%d series, want %d", got, want)
	}
}
