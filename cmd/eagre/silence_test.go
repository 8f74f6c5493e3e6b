package main

import (
	"errors"
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"eagre/anomaly"
	"eagre/ingest"
)

func silentSince(i int, over bool) ingest.Silence {
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	return ingest.Silence{
		Exporter: netip.AddrFrom4([4]byte{192, 0, byte(i >> 8), byte(i)}), Since: noon, At: noon.Add(6 * time.Minute),
		Usual: 1200 * time.Millisecond, Over: over,
	}
}

// telling is silences that tell into a slice.
func telling(fail error) (*silences, *[]anomaly.Event) {
	var told []anomaly.Event
	tell := func(e anomaly.Event) error { told = append(told, e); return fail }
	return &silences{
		concerns: newConcerns[netip.Addr](tell, prometheus.NewCounter(prometheus.CounterOpts{Name: "x"})),
		name:     netip.Addr.String, log: slog.New(slog.DiscardHandler), importance: anomaly.Medium,
	}, &told
}

func TestSilenceOpensAnAnomalyAndTheReturnEndsIt(t *testing.T) {
	s, told := telling(nil)
	s.notice(silentSince(1, false))
	s.notice(silentSince(2, true)) // was not open
	s.notice(silentSince(1, true))
	if len(*told) != 2 {
		t.Fatalf("got %d events, want 2", len(*told))
	}
	opened, ended := (*told)[0], (*told)[1]
	if opened.Event != anomaly.Opened || ended.Event != anomaly.Ended || opened.ID != ended.ID || ended.Revision != 2 || ended.Ongoing || ended.End == nil {
		t.Errorf("got %+v and %+v", opened, ended)
	}
	if want := "192.0.0.1 has sent nothing for 6m0s; before, it sent every 1s"; opened.Evidence.Sentence != want {
		t.Errorf("got %q, want %q", opened.Evidence.Sentence, want)
	}
	if opened.Class != anomaly.Operation || opened.Subclass != anomaly.ExporterSilent || opened.Importance != anomaly.Medium || opened.Resource.Name != "192.0.0.1" {
		t.Errorf("got %+v", opened.Anomaly)
	}
	if len(s.opened) != 0 {
		t.Errorf("%d are still open", len(s.opened))
	}
}

// Our own line is down and ten thousand routers are silent at once: the reports
// of attacks must not be pushed out by that.
func TestSilenceOfAllIsNotToldOfEach(t *testing.T) {
	s, told := telling(errors.New("disk full"))
	for i := range 10_000 {
		s.notice(silentSince(i, false))
	}
	if len(*told) != mostConcerns || testutil.ToFloat64(s.untold) != 10_000-mostConcerns {
		t.Errorf("got %d told and %v not, want %d and the rest", len(*told), testutil.ToFloat64(s.untold), mostConcerns)
	}
	for i := range 10_000 {
		s.notice(silentSince(i, true))
	}
	if len(*told) != 2*mostConcerns || len(s.opened) != 0 {
		t.Errorf("got %d events, %d open; want %d and none", len(*told), len(s.opened), 2*mostConcerns)
	}
}
