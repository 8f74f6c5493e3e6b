package alert

import (
	"cmp"
	"container/heap"
	"time"

	"eagre/anomaly"
)

// pile is a heap of threads that have something waiting.
type pile struct {
	threads []*thread
	before  func(a, b *thread) bool
}

// urgency orders threads whose message may go out: what matters more first, openings
// and ends before updates, then who has waited longest.
func urgency(a, b *thread) bool {
	ma, mb := &a.pending[0], &b.pending[0]
	return cmp.Or(
		cmp.Compare(mb.event.Importance, ma.event.Importance),
		cmp.Compare(rank(ma.event.Event), rank(mb.event.Event)),
		ma.since.Compare(mb.since),
		cmp.Compare(a.id, b.id),
	) < 0
}

func rank(k anomaly.Kind) int {
	if k == anomaly.Updated {
		return 1
	}
	return 0
}

// sooner orders threads whose message must wait by the time when it is due.
func sooner(due func(*thread) time.Time) func(a, b *thread) bool {
	return func(a, b *thread) bool {
		return cmp.Or(due(a).Compare(due(b)), cmp.Compare(a.id, b.id)) < 0
	}
}

// put places a thread here; it must stand nowhere else.
func (p *pile) put(t *thread) {
	t.pile = p
	heap.Push(p, t)
}

// leave takes a thread out of wherever it stands.
func (t *thread) leave() {
	if t.pile != nil {
		heap.Remove(t.pile, t.place)
		t.pile = nil
	}
}

// top is the first thread, nil where there is none.
func (p *pile) top() *thread {
	if len(p.threads) == 0 {
		return nil
	}
	return p.threads[0]
}

// Len, Less, Swap, Push and Pop are what container/heap asks for.
func (p *pile) Len() int           { return len(p.threads) }
func (p *pile) Less(i, j int) bool { return p.before(p.threads[i], p.threads[j]) }
func (p *pile) Swap(i, j int) {
	p.threads[i], p.threads[j] = p.threads[j], p.threads[i]
	p.threads[i].place, p.threads[j].place = i, j
}

func (p *pile) Push(x any) {
	t := x.(*thread)
	t.place = len(p.threads)
	p.threads = append(p.threads, t)
}

func (p *pile) Pop() any {
	last := len(p.threads) - 1
	t := p.threads[last]
	p.threads[last] = nil
	p.threads = p.threads[:last]
	return t
}
