package detector

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"eagre/flow"
	"eagre/network"
)

// broken is a Sink that takes some steps and then fails.
type broken struct{ left int }

var errBroken = errors.New("no room on the disk")

func (b *broken) Step(int64, [][]byte, []Finding) error {
	if b.left--; b.left < 0 {
		return errBroken
	}
	return nil
}

// endless is a Source that repeats messages in later and later steps, and fails
// with err once they have been played so often; with rounds 0 it waits for its
// context instead.
type endless struct {
	messages [][]byte
	rounds   int
	err      error
	at       int
}

func (s *endless) Next(ctx context.Context) ([]byte, error) {
	if s.at == len(s.messages) {
		if s.at, s.rounds = 0, s.rounds-1; s.rounds < 0 {
			if s.err != nil {
				return nil, s.err
			}
			<-ctx.Done()
			return nil, ctx.Err()
		}
	}
	s.at++
	return s.messages[s.at-1], nil
}

func TestTheEngineStopsWithAllItsGoroutines(t *testing.T) {
	defer goleak.VerifyNone(t)
	s := newStage(t)
	s.flows(0, 2*time.Second, 100, s.web(victim))
	messages := s.messages()
	nw, err := network.New(network.Config{})
	if err != nil {
		t.Fatal(err)
	}
	run := func(ctx context.Context, source Source, sink Sink) error {
		e, err := New(s.cfg, Deps{Network: nw, Sink: sink})
		if err != nil {
			t.Fatal(err)
		}
		return e.Run(ctx, source)
	}

	if err := run(t.Context(), &endless{messages: messages, rounds: 1000}, &broken{left: 3}); !errors.Is(err, errBroken) || !strings.Contains(err.Error(), "step ") {
		t.Errorf("a sink that fails: got %v, want its error and the step", err)
	}
	failed := errors.New("the stream is gone")
	if err := run(t.Context(), &endless{messages: messages, rounds: 1, err: failed}, &hall{}); !errors.Is(err, failed) {
		t.Errorf("a source that fails: got %v, want its error", err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer stop()
	if err := run(ctx, &endless{messages: messages, rounds: 1}, &hall{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a context that ends: got %v, want its reason", err)
	}
}

// TestAStepWithoutItsEndIsJudgedWithTheNext: the message that completes a step of
// one partition was lost on the way.
func TestAStepWithoutItsEndIsJudgedWithTheNext(t *testing.T) {
	s := newStage(t)
	s.flows(0, 20*time.Second, 6000, s.syn(victim))
	whole := s.run(2)
	var holes [][]byte
	for _, m := range s.messages() {
		if env, _ := flow.Peek(m); env.Rows > 0 || env.Step%7 != int64(env.Partition%7) {
			holes = append(holes, m)
		}
	}
	got, want := last(t, s.play(2, holes)), last(t, whole)
	if got.ID != want.ID || got.Mean != want.Mean || got.Maximum != want.Maximum || !got.End.Equal(*want.End) {
		t.Errorf("with holes %+v\nwant %+v", got.Anomaly, want.Anomaly)
	}
}
