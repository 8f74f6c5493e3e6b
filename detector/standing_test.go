package detector

import (
	"context"
	"errors"
	"testing"
	"time"

	"eagre/detector/tally"
	"eagre/flow"
	"eagre/network"
)

// asked is a tape on which somebody asks what moves most when so many messages are
// left.
type asked struct {
	tape
	left   int
	engine *Engine
}

func (a *asked) Next(ctx context.Context) ([]byte, error) {
	if len(a.messages) == a.left {
		a.engine.board.ask(a.engine.Now())
	}
	return a.tape.Next(ctx)
}

// standingAt plays the stage and asks in its last steps.
func (s *stage) standingAt(workers int) (*Engine, *Standing) {
	s.t.Helper()
	nw, err := network.New(s.network)
	if err != nil {
		s.t.Fatal(err)
	}
	s.cfg.Workers = workers
	e, err := New(s.cfg, Deps{Network: nw, Sink: &hall{}})
	if err != nil {
		s.t.Fatal(err)
	}
	messages := s.messages()
	source := &asked{tape: tape{messages}, left: 5 * s.cfg.Tally.Partitions, engine: e}
	if err := e.Run(context.Background(), source); err != nil {
		s.t.Fatal(err)
	}
	return e, e.board.newest
}

// TestWhatMovesMostIsCountedOnceAndSaysHowSureItIs: two routers see the same sampled
// traffic, and nobody has said what their interfaces are.
func TestWhatMovesMostIsCountedOnceAndSaysHowSureItIs(t *testing.T) {
	for _, workers := range []int{1, 4} {
		s := newStage(t)
		for _, host := range []struct {
			to      string
			packets uint64
		}{{"198.51.100.7", 30}, {"2001:db8:1::7", 3}} {
			to := victim
			if host.packets == 3 {
				to = victim6
			}
			for _, router := range []int{0, 1} {
				s.flows(0, 100*time.Second, 10, func(i int) flow.Record {
					r := s.web(to)(i)
					r.Packets, r.Bytes, r.SamplingRate = host.packets, host.packets*1000, 100
					if r.Exporter = edge; router == 1 {
						r.Exporter = peering
					}
					return r
				})
			}
		}
		e, got := s.standingAt(workers)
		if got == nil {
			t.Fatal("the question was not answered")
		}
		hosts := kind(got, tally.Host)
		if len(hosts) < 2 || hosts[0].Resource.Name != victim.String() || hosts[1].Resource.Name != victim6.String() {
			t.Fatalf("hosts: got %+v, want %s and then %s", hosts, victim, victim6)
		}
		// 10 flows of 30 sampled packets a second, each for 100, seen by either router
		if first := hosts[0]; first.PPS < 28_000 || first.PPS > 31_000 || first.Direction != "in" {
			t.Errorf("the first host: got %+v, want 30,000 packets a second in", first)
		}
		// 18,000 packets were sampled in a minute: 1.96/√18000
		if first := hosts[0]; first.PPSError < 0.0140 || first.PPSError > 0.0155 || first.BPSError <= first.PPSError || first.OnTime != 1 {
			t.Errorf("the first host: got errors %v and %v, on time %v", first.PPSError, first.BPSError, first.OnTime)
		}
		if in := kind(got, tally.Interface); len(in) != 4 { // one in and one out of either router: never summed, never the larger
			t.Errorf("interfaces: got %+v, want four", in)
		}
		if ports := kind(got, tally.Port); len(ports) == 0 || ports[0].Resource.Name != "tcp port 443" || ports[0].PPSError == 0 {
			t.Errorf("ports: got %+v, want tcp port 443 with its error", ports)
		}
		if health := e.Health(); len(health) != 2 || health[0].OnTime != 1 || health[0].DelayMost > time.Second {
			t.Errorf("health: got %+v, want two exporters on time", health)
		}
	}
}

func kind(s *Standing, k tally.Kind) (out []Talker) {
	for _, t := range s.Talkers {
		if t.Kind == k {
			out = append(out, t)
		}
	}
	return out
}

func TestWhoAsksAnEngineThatDoesNotRunIsNotLeftWaiting(t *testing.T) {
	nw, _ := network.New(network.Config{})
	e, err := New(DefaultConfig(), Deps{Network: nw, Sink: &hall{}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if s, err := e.Standing(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, %v", s, err)
	}
}

func TestAnAnswerIsGoodForASecond(t *testing.T) {
	b := &board{}
	question, _ := b.ask(morning)
	if _, changed := b.wait(question); changed == nil {
		t.Fatal("there is an answer before anybody gave one")
	}
	b.answer(question, &Standing{At: morning})
	if _, answer := b.ask(morning.Add(fresh / 2)); answer == nil || b.question() != 1 {
		t.Error("half a second later somebody looked again")
	}
	if again, _ := b.ask(morning.Add(fresh)); again != 2 {
		t.Error("a second later nobody looked again")
	}
}

// While one question is open, all who ask wait for its answer: a thousand clients make
// the detector look no more often than one does.
func TestManyWhoAskAskOneQuestion(t *testing.T) {
	b := &board{}
	for range 1000 {
		if question, _ := b.ask(morning); question != 1 {
			t.Fatalf("got question %d, want 1", question)
		}
	}
	b.answer(1, &Standing{At: morning})
	if s, _ := b.wait(1); s == nil || b.question() != 1 {
		t.Errorf("got answer %v to question %d", s, b.question())
	}
	for range 2 {
		if question, _ := b.ask(morning.Add(fresh)); question != 2 {
			t.Errorf("got question %d, want 2", question)
		}
	}
}
