package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"eagre/detector"
	"eagre/detector/tally"
	"eagre/network"
)

func TestWhatCanBeAskedOfAStanding(t *testing.T) {
	for text, want := range map[string]standingQuery{
		"":                                 {byBits, talkerKinds, usualTalkers},
		"by=pps":                           {byPackets, talkerKinds, usualTalkers},
		"kind=host&kind=system&limit=1000": {byBits, []tally.Kind{tally.Host, tally.System}, 1000},
	} {
		v, _ := url.ParseQuery(text)
		got, err := parseStandingQuery(v)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(standingQuery{})); err != nil || diff != "" {
			t.Errorf("%q: %v (-want +got):\n%s", text, err, diff)
		}
	}
	for text, want := range map[string]string{
		"by=flows":    `by="flows": want bps or pps`,
		"limit=0":     `limit="0": want 1–1000`,
		"limit=1001":  `limit="1001": want 1–1000`,
		"limit=ten":   `limit="ten": want 1–1000`,
		"kind=group":  `kind="group": want object, host, prefix, interface, port, system`,
		"kind=host,x": `kind="host,x": want object, host, prefix, interface, port, system`,
	} {
		v, _ := url.ParseQuery(text)
		if _, err := parseStandingQuery(v); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

// TestTheRunningEngineTellsWhatMoves: whom the worm's packet went to is among the hosts,
// and what is asked for wrongly is refused.
func TestTheRunningEngineTellsWhatMoves(t *testing.T) {
	l := startEngine(t, nil)
	admin := l.admin.Addr().String()
	sendTo(t, l.listenerFor(false), v9Template())
	sendTo(t, l.listenerFor(false), v9Data())
	var s standing
	l.await(t, func() bool {
		code, out, errs := eagre("top", "--admin", admin, "--once", "--format", "json", "--kind", "host,port", "--by", "pps")
		if code != exitGood || errs != "" {
			t.Fatalf("got %d\n%s%s", code, out, errs)
		}
		s = standing{}
		return json.Unmarshal([]byte(out), &s) == nil && len(s.Talkers) > 0
	})
	kinds := map[string]bool{}
	victim := false
	for _, k := range s.Talkers {
		kinds[k.Kind] = true
		victim = victim || k.Kind == "host" && k.Direction == "in" && k.Resource.Prefix == "198.51.100.7/32" && k.BPS > 0 && k.OnTime == 1
	}
	if diff := cmp.Diff(map[string]bool{"host": true, "port": true}, kinds); diff != "" || !victim {
		t.Errorf("the victim: %v; kinds (-want +got):\n%s\n%+v", victim, diff, s)
	}
	code, out, _ := eagre("top", "--admin", admin)
	if code != exitGood || !strings.Contains(out, "\nHOST ") || !strings.Contains(out, "198.51.100.7 ") {
		t.Errorf("got %d\n%s", code, out)
	}
	code, out, _ = eagre("exporters", "--admin", admin, "--detail")
	if code != exitGood || !strings.Contains(out, "  ledger            no minute has settled yet\n") || !strings.HasSuffix(out, "\nledger: no minute has settled yet\n") {
		t.Errorf("got %d\n%s", code, out)
	}
	code, _, errs := eagre("exporters", "--admin", admin, "127.0.0.1", "--ledger", "3")
	if want := "eagre: the ledger has no interface 3 of 127.0.0.1 yet: eagre exporters 127.0.0.1 lists those it has\n"; code != exitFailed || errs != want {
		t.Errorf("got %d %q, want %q", code, errs, want)
	}
	if code, body := l.get(t, "/api/v1/standing?by=flows"); code != http.StatusBadRequest || body != "by=\"flows\": want bps or pps\n" {
		t.Errorf("got %d %q", code, body)
	}
	code, metrics := l.get(t, "/metrics")
	for _, name := range []string{"eagre_detector_ledger_lines 0", `eagre_detector_refused_total{table="exporters"} 0`, `eagre_detector_uncounted_total{reason="second-view"} 0`} {
		if code != http.StatusOK || !strings.Contains(metrics, "\n"+name+"\n") {
			t.Errorf("/metrics: %d, lacks %s", code, name)
		}
	}
}

// TestADetectorThatDoesNotLookIsNamed: it has not begun, or has too much to do.
func TestADetectorThatDoesNotLookIsNamed(t *testing.T) {
	nw, err := network.New(network.Config{})
	if err != nil {
		t.Fatal(err)
	}
	e := &engine{running: t.Context()}
	if e.detector, err = detector.New(detector.DefaultConfig(), detector.Deps{Network: nw}); err != nil {
		t.Fatal(err)
	}
	gone, leave := context.WithCancel(t.Context())
	leave() // as the engine does when its patience is over
	w := httptest.NewRecorder()
	e.serveStanding(w, httptest.NewRequestWithContext(gone, http.MethodGet, "/api/v1/standing", nil))
	if got, want := w.Body.String(), "no step was judged within 5s: it is starting, stopping, or has too much to do\n"; w.Code != http.StatusServiceUnavailable || got != want {
		t.Errorf("got %d %q, want 503 %q", w.Code, got, want)
	}
}
