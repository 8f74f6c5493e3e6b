package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/anomaly"
	"eagre/detector"
	"eagre/network"
)

// TestAnAnomalyThatEndsAndComesBackInOneStep: the quiet time is over in the very
// step in which the next wave is found.
func TestAnAnomalyThatEndsAndComesBackInOneStep(t *testing.T) {
	nw, err := network.New(network.Config{})
	if err != nil {
		t.Fatal(err)
	}
	kept, err := newReports("")
	if err != nil {
		t.Fatal(err)
	}
	var got []anomaly.Kind
	sink := newTracer(nw, kept, nil, func(e anomaly.Event) error {
		got = append(got, e.Event)
		return nil
	})
	finding := func(kind anomaly.Kind) detector.Finding {
		return detector.Finding{Event: anomaly.Event{Event: kind, ID: "a-abcdefgh23456723"}, Pattern: detector.Pattern{From: time.Unix(1, 0), To: time.Unix(2, 0)}}
	}
	for step, kinds := range [][]anomaly.Kind{{anomaly.Opened}, {anomaly.Ended, anomaly.Updated}, {anomaly.Ended}} {
		var findings []detector.Finding
		for _, k := range kinds {
			findings = append(findings, finding(k))
		}
		if err := sink.Step(int64(step), nil, findings); err != nil {
			t.Fatal(err)
		}
	}
	want := []anomaly.Kind{anomaly.Opened, anomaly.Ended, anomaly.Updated, anomaly.Ended}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	if len(sink.tracks) != 0 {
		t.Errorf("%d anomalies are tracked after all have ended", len(sink.tracks))
	}
}
