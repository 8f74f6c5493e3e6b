package main

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/anomaly"
	"eagre/cmd/eagre/config"
	"eagre/flow"
	"eagre/ingest"
	"eagre/network"
)

// countingDay is an engine that hears agents which tell of a day that is still to come:
// the machine's clock is behind, and does not disturb.
type countingDay struct {
	*listening
	began time.Time
	now   time.Time // the day's, zero before it began
	sent  []sent
}

// until lets the engine hear what is sent before a minute.
func (d *countingDay) until(t *testing.T, minute int) {
	t.Helper()
	for len(d.sent) > 0 && d.sent[0].at.Sub(d.began) < time.Duration(minute)*time.Minute {
		s := d.sent[0]
		d.pass(t, s.at)
		d.collector.Datagram(s.at, ingest.SFlowDoor, netip.AddrPortFrom(s.from, 5000), s.data, false)
		d.sent = d.sent[1:]
	}
}

// pass lets time pass, a moment after the other, each as soon as the detector is no
// more than one behind: no stream is as fast as a test, and what it has no room for is
// shed. Where that was the end of a step, the next one makes up for it, as time goes on
// while an engine runs.
func (d *countingDay) pass(t *testing.T, to time.Time) {
	t.Helper()
	if d.now.IsZero() {
		d.now = to
	}
	const moment = 500 * time.Millisecond
	for ; d.now.Before(to); d.now = d.now.Add(moment) {
		d.collector.Advance(d.now)
		if behind := d.now.Add(-moment); behind.After(d.began) {
			waited := time.Now()
			d.await(t, func() bool {
				if steps := time.Since(waited) / (50 * time.Millisecond); steps > 0 {
					d.collector.Advance(d.now.Add(steps * flow.StepLength))
				}
				return !d.detector.Now().Before(behind)
			})
		}
	}
}

// TestARunningEngineDoubtsWhomCountersContradict, over IPv4 and IPv6: the anomaly, the
// flood that came in there, the answer to whoever asks, the metrics, and the end.
func TestARunningEngineDoubtsWhomCountersContradict(t *testing.T) {
	for _, address := range []string{"192.0.2.1", "2001:db8::1"} {
		t.Run(address, func(t *testing.T) { doubtedEngine(t, netip.MustParseAddr(address)) })
	}
}

func doubtedEngine(t *testing.T, address netip.Addr) {
	l := startEngine(t, func(c *config.Config) {
		edge := network.Exporter{Address: address, Name: "edge1", Interfaces: []network.Interface{{Index: 1, Name: "transit-a"}}}
		c.Exporters = []config.Exporter{{Exporter: edge}, {Exporter: network.Exporter{Address: netip.MustParseAddr("192.0.2.9"), Name: "good"}}}
		c.Alerts.OperationImportance = anomaly.Medium
	})
	liar, good := newCountingAgent(address.String(), doubled(10)), newCountingAgent("192.0.2.9", honest)
	liar.began = time.Now().Add(time.Hour).Truncate(time.Minute)
	good.began, liar.flood = liar.began, 42
	day := countingDay{listening: l, began: liar.began, sent: merged(liar.day(60), good.day(60))}
	day.until(t, 40)
	e := l.expect(t, "mismatch", func(e anomaly.Event) bool { return e.Subclass == anomaly.CounterMismatch })
	if e.Event != anomaly.Opened || e.Importance != anomaly.Medium || e.Resource.Name != "edge1 transit-a" {
		t.Errorf("got %s of importance %s about %s", e.Event, e.Importance, e.Resource.Name)
	}
	if report, kept := l.reports.get(e.ID); !kept || report.Anomaly.ID != e.ID {
		t.Error("the mismatch has no report")
	}
	l.showsMismatch(t)
	day.until(t, 44)
	flood := l.expect(t, "flood", func(e anomaly.Event) bool { return e.Subclass == anomaly.SYNFlood })
	if want := "; the counters of edge1 disagree with its flows (0.5 times), so amounts may be wrong"; !strings.HasSuffix(flood.Evidence.Sentence, want) || !flood.Provisional {
		t.Errorf("provisional %v, %q; want at its end %q", flood.Provisional, flood.Evidence.Sentence, want)
	}
	day.until(t, 60)
	ended := l.expect(t, "end of the mismatch", func(e anomaly.Event) bool { return e.Subclass == anomaly.CounterMismatch })
	if ended.Event != anomaly.Ended || ended.ID != e.ID || !strings.Contains(ended.Evidence.Sentence, "agree with its counters again") {
		t.Errorf("got %s of %s: %s", ended.Event, ended.ID, ended.Evidence.Sentence)
	}
	l.shows(t)
}

// showsMismatch asks the engine for its exporters while the counters of one disagree.
func (l *listening) showsMismatch(t *testing.T) {
	t.Helper()
	var list exporterList
	_, body := l.get(t, "/api/v1/exporters")
	if err := json.Unmarshal([]byte(body), &list); err != nil {
		t.Fatal(err)
	}
	got := map[string]exporterAgreement{}
	for _, x := range list.Exporters {
		if x.Crosscheck == nil {
			t.Fatalf("nothing is said of the counters of %s", x.Name)
		}
		x.Crosscheck.Error = 0
		got[x.Name] = *x.Crosscheck
	}
	lied := "flows into interface 1 (transit-a) of "
	if bad := got["edge1"]; len(bad.Mismatches) != 1 || !strings.HasPrefix(bad.Mismatches[0], lied) {
		t.Errorf("mismatches of edge1: got %q, want one that begins with %q", bad.Mismatches, lied)
	}
	want := map[string]exporterAgreement{
		"edge1": {Ratio: 0.5, Interfaces: 1, Mismatches: got["edge1"].Mismatches},
		"good":  {Ratio: 1, Interfaces: 1, Agree: 1, Mismatches: []string{}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// shows asks the engine for what it makes of the counters after the day.
func (l *listening) shows(t *testing.T) {
	t.Helper()
	_, body := l.get(t, "/metrics")
	for _, line := range []string{
		`eagre_crosscheck_mismatches_total{event="opened"} 1`, `eagre_crosscheck_mismatches_total{event="ended"} 1`,
		`eagre_crosscheck_held{what="exporters"} 2`, `eagre_crosscheck_held{what="mismatches"} 0`,
		`eagre_crosscheck_dropped_total 0`, `eagre_crosscheck_ratio{exporter="192.0.2.9"} 1`,
		`eagre_snmp_polls_total{outcome="ok"} 0`, `eagre_crosscheck_untold_total 0`,
	} {
		if !strings.Contains(body, line+"\n") {
			t.Errorf("/metrics lacks %s", line)
		}
	}
}
