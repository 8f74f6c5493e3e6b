package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/anomaly"
	"eagre/cmd/eagre/config"
	"eagre/detector"
	"eagre/ingest"
	"eagre/network"
)

// mismatchesIn are the events about counters, in short.
func mismatchesIn(events []anomaly.Event) (out []string) {
	for _, e := range events {
		if e.Subclass == anomaly.CounterMismatch {
			out = append(out, fmt.Sprintf("%s %s on %s", e.At.Sub(agentsNoon), e.Event, e.Resource.Name))
		}
	}
	return out
}

// An agent whose counters tell of twice as much as its samples is waited for, as flows
// may be late; then it is an anomaly, until it agrees. One that is honest is none.
func TestCountersThatTellOfMoreThanFlowsAreAnAnomalyUntilTheyAgree(t *testing.T) {
	liar, good := newCountingAgent("192.0.2.1", doubled(10)), newCountingAgent("192.0.2.2", honest)
	path := pcapOf(t, merged(liar.day(52), good.day(52)))
	events, first := replayed(t, path, "--workers", "1")
	want := []string{"39m0s opened on 192.0.2.1 interface 1", "45m0s ended on 192.0.2.1 interface 1"}
	if diff := cmp.Diff(want, mismatchesIn(events)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, workers := range []string{"2", "8"} {
		if _, again := replayed(t, path, "--workers", workers); again != first {
			t.Errorf("%s workers: another output", workers)
		}
	}
}

// Flows that tell of more than was counted cannot become less: nobody waits for them.
// When the recording is over, so is what is known.
func TestFlowsThatTellOfMoreThanCountersAreAnAnomalyAtOnce(t *testing.T) {
	agent := newCountingAgent("192.0.2.1", func(int) float64 { return 0.5 })
	events, _ := replayed(t, pcapOf(t, agent.day(10)))
	if len(events) != 2 {
		t.Fatalf("got %d events, want 2", len(events))
	}
	opened, ended := events[0], events[1]
	start, end := agentsNoon.Add(2*time.Minute+10*time.Second+100*time.Millisecond), ended.At
	want := anomaly.Event{Event: anomaly.Opened, ID: opened.ID, Revision: 1, At: agentsNoon.Add(6 * time.Minute), Anomaly: anomaly.Anomaly{
		Class: anomaly.Operation, Subclass: "counter-mismatch", Title: "Counter mismatch", Importance: anomaly.Low,
		Threshold: anomaly.Threshold{Value: 1.25, Unit: anomaly.Count, Source: "crosscheck.high"},
		Direction: "unknown", Start: start, Ongoing: true, Stage: anomaly.Stable, Vectors: []anomaly.Vector{},
		Resource:   anomaly.Resource{Kind: "interface", Name: "192.0.2.1 interface 1"},
		Triggering: anomaly.Rates{PPS: 700}, Expected: anomaly.Rates{PPS: 350}, Difference: anomaly.Rates{PPS: 350},
		Maximum:         anomaly.Peak{Rates: anomaly.Rates{PPS: 700}, At: start},
		NetworkElements: []anomaly.NetworkElement{},
		Evidence: anomaly.Evidence{
			Detector: "operation/counter-mismatch", Window: "1m0s", Value: 2, Limit: 1.25, Unit: anomaly.Count,
			Sentence:  "flows into interface 1 of 192.0.2.1 tell of 2 times the packets that were counted (±0.60): flows are probably exported at ingress and egress, or the announced sampling rate is twice the real one",
			Reproduce: "eagre exporters 192.0.2.1",
		},
	}}
	if diff := cmp.Diff(want, opened); diff != "" {
		t.Errorf("opened (-want +got):\n%s", diff)
	}
	want.Event, want.Revision, want.At, want.Ongoing, want.End = anomaly.Ended, 2, end, false, &end
	want.Evidence.Sentence = ended.Evidence.Sentence
	if diff := cmp.Diff(want, ended); diff != "" || !strings.Contains(ended.Evidence.Sentence, "cannot be compared with its counters any more") {
		t.Errorf("ended with %q (-want +got):\n%s", ended.Evidence.Sentence, diff)
	}
	if end.Sub(agentsNoon) < 90*time.Minute {
		t.Errorf("ended at %v, before it lapsed", end)
	}
}

// What comes in through an exporter whose counters disagree may be more or less than
// its flows say; what comes in elsewhere is not doubted.
func TestAFloodThroughADoubtedExporterSaysSo(t *testing.T) {
	liar, good := newCountingAgent("192.0.2.1", func(int) float64 { return 0.5 }), newCountingAgent("192.0.2.2", honest)
	for name, flooded := range map[string]*countingAgent{"doubted": liar, "trusted": good} {
		flooded.flood = 8
		events, _ := replayed(t, pcapOf(t, merged(liar.day(10), good.day(10))))
		*liar, *good = *newCountingAgent("192.0.2.1", liar.factor), *newCountingAgent("192.0.2.2", honest)
		floods := 0
		for _, e := range events {
			if e.Subclass != anomaly.SYNFlood {
				continue
			}
			floods++
			addition := "; the counters of 192.0.2.1 disagree with its flows (2 times), so amounts may be wrong"
			if doubted := strings.HasSuffix(e.Evidence.Sentence, addition); doubted != (name == "doubted") || e.Provisional != doubted {
				t.Errorf("%s, %s: provisional %v, %q", name, e.Event, e.Provisional, e.Evidence.Sentence)
			}
		}
		if floods < 2 {
			t.Errorf("%s: got %d events of the flood, want it opened and ended", name, floods)
		}
	}
}

func TestWithoutACrosscheckNothingIsSaidOfCounters(t *testing.T) {
	t.Setenv("EAGRE_CROSSCHECK_ENABLED", "false")
	events, _ := replayed(t, pcapOf(t, newCountingAgent("192.0.2.1", func(int) float64 { return 0.5 }).day(10)))
	if len(events) != 0 {
		t.Errorf("got %d events, want none", len(events))
	}
}

// sampledDay is ten minutes of a simulated router that samples by chance, and counts.
const sampledDay = `
for: 10m
routers: [{name: r1, address: 192.0.2.1, format: sflow, sampling: {rate: 100}, counters_every: 20s}]
traffic:
  - {name: web, per_second: 20, port: 443, clients: [198.18.0.0/15], servers: [198.51.100.80/30], path: [{router: r1, in: 1, out: 2}]}
  - {name: six, per_second: 20, port: 443, clients: ["2001:db8:9::/64"], servers: ["2001:db8:1::/64"], path: [{router: r1, in: 3, out: 2}]}
`

// What a router counts is what its samples tell of, within the error of sampling, on
// every interface and in both directions.
func TestAnHonestRouterAgreesWithItsCounters(t *testing.T) {
	dir := t.TempDir()
	scenario, path := filepath.Join(dir, "day.yaml"), filepath.Join(dir, "day.pcap")
	if err := os.WriteFile(scenario, []byte(sampledDay), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := eagre("simulate", scenario, "--pcap", path); code != exitGood {
		t.Fatal(errs)
	}
	c := console{strings.NewReader(""), io.Discard, io.Discard}
	in, err := openRecording(t.Context(), c, path)
	if err != nil {
		t.Fatal(err)
	}
	defer in.close()
	p, nw := replayingWithoutRules(t)
	if err := (&replayCommand{File: path, Format: "jsonl", ingest: ingest.DefaultConfig()}).play(t.Context(), c, in, nw, p); err != nil {
		t.Fatal(err)
	}
	if got := p.checker.check.Counts(); got.Judged < 4*8 || got.OutOfBand > 0 {
		t.Errorf("got %+v, want 8 intervals and more judged, of four interfaces in one direction, and all of them in band", got)
	}
}

// replayingWithoutRules is a replay that tells nobody.
func replayingWithoutRules(t *testing.T) (*replaying, *network.Map) {
	t.Helper()
	nw, err := network.New(network.Config{})
	if err != nil {
		t.Fatal(err)
	}
	p := &replaying{tracer: newTracer(nw, &reports{}, nil, nil)}
	p.clock.Sink = quiet{p.tracer}
	if p.engine, err = detector.New(detectorConfig(config.Default(), 1, replaySeed), detector.Deps{Network: nw, Sink: &p.clock}); err != nil {
		t.Fatal(err)
	}
	p.openCrosscheck(config.Default(), nw)
	return p, nw
}
