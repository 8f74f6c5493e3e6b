package main

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/detector"
	"eagre/flow"
)

// stepped is a sink that notes what it was told.
type stepped struct{ fail error }

func (s stepped) Step(int64, [][]byte, []detector.Finding) error { return s.fail }

// Each minute is over once, when its last step is; time may be leapt over.
func TestAMinuteIsOverWithItsLastStep(t *testing.T) {
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	var over []string
	m := minutes{Sink: stepped{}, newest: noon, over: func(at time.Time) error {
		over = append(over, at.Format(time.TimeOnly))
		return nil
	}}
	for _, seconds := range []float64{0, 59.8, 59.9, 60, 119.8, 300} {
		if err := m.Step(flow.StepOf(noon.Add(time.Duration(seconds*1000)*time.Millisecond)), nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"12:01:00", "12:05:00"}, over); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhatFailsInAStepOrAMinuteStopsTheDetector(t *testing.T) {
	step, minute := errors.New("disk full"), errors.New("pipe closed")
	over := func(time.Time) error { return minute }
	if err := (&minutes{Sink: stepped{step}, over: over}).Step(600, nil, nil); !errors.Is(err, step) || errors.Is(err, minute) {
		t.Errorf("a step that fails: got %v", err)
	}
	if err := (&minutes{Sink: stepped{}, over: over}).Step(600, nil, nil); !errors.Is(err, minute) {
		t.Errorf("a minute that fails: got %v", err)
	}
	if err := (&minutes{Sink: stepped{}}).Step(600, nil, nil); err != nil {
		t.Errorf("nobody asked: got %v", err)
	}
}
