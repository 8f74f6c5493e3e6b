package main

import (
	"time"

	"eagre/detector"
	"eagre/flow"
)

// minutes stands between the detector and its sink, and says when another minute of
// event time is over. The detector calls it from one goroutine.
type minutes struct {
	detector.Sink
	over   func(time.Time) error // nil: nobody asked
	newest time.Time             // the minute that was over last
}

// Step implements detector.Sink. What was found in a minute is told before it is over.
func (m *minutes) Step(step int64, packed [][]byte, findings []detector.Finding) error {
	if err := m.Sink.Step(step, packed, findings); err != nil {
		return err
	}
	at := flow.StepStart(step + 1).Truncate(time.Minute)
	if m.over == nil || !at.After(m.newest) {
		return nil
	}
	m.newest = at
	return m.over(at)
}
