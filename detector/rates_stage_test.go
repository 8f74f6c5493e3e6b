package detector

import (
	"cmp"
	"context"
	"io"
	"net/netip"
	"slices"
	"testing"
	"time"

	"eagre/anomaly"
	"eagre/detector/tally"
	"eagre/flow"
	"eagre/network"
)

// at lets one flow arrive; one without times ends as it arrives.
func (s *stage) at(at time.Duration, r flow.Record) *stage {
	return s.flows(at, at+time.Second, 1, func(int) flow.Record { return r })
}

// delivered is what the collector publishes of one step: a batch or more of every
// partition, the last of each complete.
type delivered struct{ messages [][]byte }

// rounds packs the timetable as the collector does where time is empty: one empty
// batch for each partition says that the silence up to the next flow is complete.
func (s *stage) rounds() (out []delivered) {
	slices.SortStableFunc(s.arrive, func(a, b arrival) int { return cmp.Compare(a.at, b.at) })
	newest, l := int64(-1), newLoom(s.cfg.Tally.Partitions)
	for rest := s.arrive; len(rest) > 0; {
		step, n := flow.StepOf(morning.Add(rest[0].at)), 0
		for n < len(rest) && flow.StepOf(morning.Add(rest[n].at)) == step {
			n++
		}
		if newest >= 0 && step > newest+1 {
			out = append(out, l.weave(step-1, nil))
		}
		out = append(out, l.weave(step, rest[:n]))
		newest, rest = step, rest[n:]
	}
	return out
}

// loom packs rounds, with batches that are used again and again.
type loom struct {
	batches []*flow.Batch
	packer  flow.Packer
}

func newLoom(partitions int) *loom {
	l := &loom{}
	for range partitions {
		l.batches = append(l.batches, flow.NewBatch())
	}
	return l
}

// weave packs what arrived in one step, each exporter in its partition.
func (l *loom) weave(step int64, arrivals []arrival) delivered {
	out := delivered{}
	for i, b := range l.batches {
		b.Reset(uint16(i), step)
	}
	for _, a := range arrivals {
		b := l.batches[flow.FromAddr(a.rec.Exporter).Hash(0)%uint64(len(l.batches))]
		if b.Append(a.rec); b.Room() == 0 {
			out.messages = append(out.messages, l.packer.Append(nil, b))
			b.Reset(b.Partition, step)
		}
	}
	for _, b := range l.batches {
		b.Complete = true
		out.messages = append(out.messages, l.packer.Append(nil, b))
	}
	return out
}

// watched is a detector that is given a round when the one before has been judged,
// so that it can be looked at between the two.
type watched struct {
	*Engine
	hall
	t        *testing.T
	rounds   func() (delivered, bool)
	messages [][]byte // left of the running round
	judged   chan struct{}
	see      func(w *watched, at time.Duration)
}

// watch plays the timetable. see, unless it is nil, is called whenever all that came
// up to a time after morning has been judged.
func (s *stage) watch(see func(w *watched, at time.Duration)) *watched {
	s.t.Helper()
	rest := s.rounds()
	return s.follow(func() (first delivered, more bool) {
		if more = len(rest) > 0; more {
			first, rest = rest[0], rest[1:]
		}
		return first, more
	}, see)
}

// follow plays rounds that are made as they are needed.
func (s *stage) follow(rounds func() (delivered, bool), see func(w *watched, at time.Duration)) *watched {
	s.t.Helper()
	nw, err := network.New(s.network)
	if err != nil {
		s.t.Fatal(err)
	}
	w := &watched{t: s.t, rounds: rounds, judged: make(chan struct{}, 1), see: see}
	w.judged <- struct{}{}
	if w.Engine, err = New(s.cfg, Deps{Network: nw, Signatures: s.rules, Sink: w}); err != nil {
		s.t.Fatal(err)
	}
	if err := w.Run(context.Background(), w); err != nil {
		s.t.Fatal(err)
	}
	return w
}

// Next implements Source.
func (w *watched) Next(context.Context) ([]byte, error) {
	if len(w.messages) == 0 {
		<-w.judged
		next, more := w.rounds()
		if !more {
			return nil, io.EOF
		}
		w.messages = next.messages
	}
	m := w.messages[0]
	w.messages = w.messages[1:]
	return m, nil
}

// Step implements Sink.
func (w *watched) Step(step int64, packed [][]byte, findings []Finding) error {
	err := w.hall.Step(step, packed, findings)
	if w.see != nil {
		w.see(w, flow.StepStart(step+1).Sub(morning))
	}
	select {
	case w.judged <- struct{}{}:
	default: // the input is over
	}
	return err
}

// ask puts the question what moves most; the next round answers it.
func (w *watched) ask() { w.board.ask(w.Now()) }

// talker is the newest answer's talker of a kind, direction and name.
func (w *watched) talker(kind tally.Kind, direction, name string) Talker {
	w.t.Helper()
	if w.board.newest == nil {
		w.t.Fatal("nobody was asked what moves most")
	}
	for _, k := range w.board.newest.Talkers {
		if k.Kind == kind && k.Direction == direction && k.Resource.Name == name {
			return k
		}
	}
	w.t.Errorf("%s %s of kind %s is not among %d talkers", direction, name, kind, len(w.board.newest.Talkers))
	return Talker{}
}

// exporterHealth is the health of one exporter.
func (w *watched) exporterHealth(exporter netip.Addr) (h ExporterHealth) {
	for _, h := range w.Health() {
		if h.Exporter == flow.FromAddr(exporter) {
			return h
		}
	}
	return h
}

// minutes is what the ledger holds of an interface.
func (w *watched) minutes(exporter netip.Addr, index uint32, side tally.Side, from, to time.Duration) []tally.Minute {
	return w.Ledger().Minutes(flow.FromAddr(exporter), index, side, morning.Add(from), morning.Add(to))
}

// quiet fails the test when anything was found.
func (w *watched) quiet(what string) {
	w.t.Helper()
	if len(w.events) > 0 {
		w.t.Errorf("%s raised:\n%s", what, lines(w.t, w.events))
	}
}

// one is the only anomaly found, as it ended.
func (w *watched) one() anomaly.Event {
	w.t.Helper()
	if n := len(opened(w.events)); n != 1 {
		w.t.Fatalf("%d anomalies, want one:\n%s", n, lines(w.t, w.events))
	}
	return last(w.t, w.events)
}
