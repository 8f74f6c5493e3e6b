package main

import (
	"testing"
	"time"

	"eagre/anomaly"
)

// TestWhatWasFoundIsStoredAndToldBeforeTheEngineStops: events that wait between
// the judge and the stream when the engine is told to stop.
func TestWhatWasFoundIsStoredAndToldBeforeTheEngineStops(t *testing.T) {
	const waiting = 20
	l := startEngine(t, nil)
	for l.health() != 200 {
		time.Sleep(time.Millisecond)
	}
}
