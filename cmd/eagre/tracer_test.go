package main

import (
	"net/netip"
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

// What the operator has named keeps its name; the rest is called as its router
// calls it, and events that were handed on before stay as they were.
func TestInterfacesAreCalledAsTheirRouterCallsThem(t *testing.T) {
	sink := tracer{interfaceName: func(_ netip.Addr, index uint32) string { return map[uint32]string{7: "xe-0/0/7"}[index] }}
	handedOn := []anomaly.NetworkElement{{Interface: 7}, {Interface: 8}, {Interface: 7, Name: "transit-a"}}
	var got []string
	for _, n := range sink.named(anomaly.Event{Anomaly: anomaly.Anomaly{NetworkElements: handedOn}}).NetworkElements {
		got = append(got, n.Name)
	}
	if diff := cmp.Diff([]string{"xe-0/0/7", "", "transit-a"}, got); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	if handedOn[0].Name != "" {
		t.Error("an event that was handed on has changed")
	}
}
