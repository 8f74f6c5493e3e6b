package detector

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"eagre/anomaly"
	"eagre/detector/tally"
)

// Standing is what moves most at one moment.
type Standing struct {
	At      time.Time     // event time
	Span    time.Duration // of how long before that the rates are
	Talkers []Talker      // by kind, the largest in bits per second first
}

// Talker is one managed object, host, prefix, interface or port.
type Talker struct {
	Kind      tally.Kind
	Direction string // "in": to it, or into the interface; "out"; of ports none
	Resource  anomaly.Resource
	anomaly.Rates
	PPSError float64 // how far the truth may be from PPS, as a part of it, with 95 % confidence
	BPSError float64
	// OnTime is the share of the packets that is known this soon, of the exporter of an
	// interface, and otherwise of the exporter that is latest.
	OnTime float64
	// Provisional says that part of it may rest on packets of unknown sampling rate, of
	// the exporter of an interface, and otherwise of any: then it is at least so much.
	Provisional bool
}

// board is where those who ask meet the judge who answers.
type board struct {
	mu       sync.Mutex
	asked    int64 // the newest question
	newest   *Standing
	answered int64
	changed  chan struct{} // closed with each answer
}

// fresh is how long an answer is good for the next who asks, in event time.
const fresh = time.Second

// ask puts a question unless the answer is there.
func (b *board) ask(now time.Time) (question int64, answer *Standing) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.newest != nil && now.Sub(b.newest.At) < fresh {
		return 0, b.newest
	}
	if b.asked == b.answered { // else one is on its way, and answers this as well
		b.asked++
	}
	return b.asked, nil
}

// question is the newest one, 0 before the first.
func (b *board) question() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.asked
}

// wait returns the answer to a question, or a channel that closes with the next one.
func (b *board) wait(question int64) (*Standing, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.newest != nil && b.answered >= question {
		return b.newest, nil
	}
	if b.changed == nil {
		b.changed = make(chan struct{})
	}
	return nil, b.changed
}

func (b *board) answer(question int64, s *Standing) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.newest, b.answered = s, question
	if b.changed != nil {
		close(b.changed)
		b.changed = nil
	}
}

// Standing says what moves most right now. It waits until every partition has been
// looked at: a step or two. Any number of goroutines may ask; the detector looks once
// a second at most.
func (e *Engine) Standing(ctx context.Context) (*Standing, error) {
	question, answer := e.board.ask(e.Now())
	for answer == nil {
		var changed <-chan struct{}
		if answer, changed = e.board.wait(question); answer != nil {
			break
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, fmt.Errorf("detector: standing: %w", ctx.Err())
		}
	}
	return answer, nil
}

// survey keeps the newest answer of each partition, and makes one of all when every
// partition has answered.
func (j *judge) survey(partials []*tally.Partial) {
	heard := false
	for _, p := range partials {
		if p.Survey != nil {
			j.surveys[p.Partition], heard = p.Survey, true
		}
	}
	if !heard || len(j.surveys) < j.cfg.Tally.Partitions {
		return
	}
	oldest := slices.MinFunc(slices.Collect(maps.Values(j.surveys)), func(a, b *tally.Survey) int { return cmp.Compare(a.Question, b.Question) })
	if oldest.Question > j.shown.board.answered {
		j.shown.board.answer(oldest.Question, j.standing())
	}
}

// standing merges what the partitions said.
func (j *judge) standing() *Standing {
	sums, span := map[tally.Key]tally.Sum{}, int64(0)
	for _, s := range j.surveys {
		span = max(span, s.Span)
		addSums(sums, s.Sums)
	}
	out := &Standing{At: j.now, Span: time.Duration(span) * time.Millisecond}
	worst := j.health.worst()
	for k, sum := range largestObserved(sums) {
		seen := worst
		if k.Kind == tally.Interface {
			seen = j.health.of(k.Addr)
		}
		t := j.talker(k, sum, out.Span)
		t.OnTime, t.Provisional = seen.OnTime, seen.Unknown
		out.Talkers = append(out.Talkers, t)
	}
	slices.SortFunc(out.Talkers, func(a, b Talker) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(b.BPS, a.BPS), cmp.Compare(b.PPS, a.PPS),
			cmp.Compare(a.Resource.Name, b.Resource.Name), cmp.Compare(a.Direction, b.Direction))
	})
	return out
}

// largestObserved keeps, of what several exporters saw of one subject, the largest:
// where no roles say who counts, they may have seen the same packets.
func largestObserved(sums map[tally.Key]tally.Sum) map[tally.Key]tally.Sum {
	out := make(map[tally.Key]tally.Sum, len(sums))
	for k, sum := range sums {
		if most, known := out[k.Subject()]; !known || sum.Bytes > most.Bytes {
			out[k.Subject()] = sum
		}
	}
	return out
}

func (j *judge) talker(k tally.Key, sum tally.Sum, span time.Duration) Talker {
	return Talker{
		Kind: k.Kind, Direction: side(k), Resource: j.called(k),
		Rates:    rates(8*sum.ByteCount()/span.Seconds(), sum.PacketCount()/span.Seconds()),
		PPSError: sum.PacketError(), BPSError: sum.ByteError(),
	}
}

// side is which way the traffic of a key runs, as seen from what the key names.
func side(k tally.Key) string {
	switch {
	case k.Kind == tally.Port:
		return ""
	case k.Side == tally.From:
		return "out"
	}
	return "in"
}

// called is what a key names, as the operator calls it.
func (j *judge) called(k tally.Key) anomaly.Resource {
	switch k.Kind {
	case tally.Port:
		return anomaly.Resource{Kind: "port", Name: fmt.Sprintf("%s port %d", cmp.Or(anomaly.ProtocolName(k.Bits), fmt.Sprintf("protocol %d", k.Bits)), k.DstPort)}
	case tally.System:
		return anomaly.Resource{Kind: "system", Name: fmt.Sprintf("AS%d", k.Index)}
	}
	return j.resource(subjectOf(k))
}
