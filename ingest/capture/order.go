package capture

import (
	"container/heap"
	"time"

	"eagre/flow"
)

// order hands frames out by time, ties in file order, as far as look-ahead and
// buffer allow. Nearly all captures are in order already: such frames stand in a
// plain queue, and only the stragglers in a heap.
type order struct {
	lookAhead  time.Duration
	limit      int
	queue      []frame // in order from head on
	head       int
	stragglers stragglers
	held       int            // bytes
	newest     time.Time      // of all frames that came in
	free       [][]byte       // buffers to reuse
	records    []*flow.Record // and flows
}

func (o *order) empty() bool { return o.head == len(o.queue) && len(o.stragglers) == 0 }

// push takes a frame in and copies what it holds.
func (o *order) push(f frame) {
	if f.record != nil {
		f.record = o.keep(f.record)
	} else {
		f.data = append(o.buffer(), f.data...)
	}
	o.held += f.weight()
	if f.at.After(o.newest) {
		o.newest = f.at
	}
	if o.head < len(o.queue) && f.at.Before(o.queue[len(o.queue)-1].at) {
		heap.Push(&o.stragglers, f)
		return
	}
	if o.head == len(o.queue) {
		o.queue, o.head = o.queue[:0], 0
	}
	o.queue = append(o.queue, f)
}

// ripe tells whether the earliest frame may go: nothing earlier can come any
// more, or there is no room to wait for it (crowded).
func (o *order) ripe() (ripe, crowded bool) {
	if o.empty() {
		return false, false
	}
	crowded = o.held > o.limit
	return crowded || o.newest.Sub(o.first().at) >= o.lookAhead, crowded
}

// first is the earliest frame.
func (o *order) first() *frame {
	if o.head == len(o.queue) {
		return &o.stragglers[0]
	}
	if len(o.stragglers) > 0 && earlier(&o.stragglers[0], &o.queue[o.head]) {
		return &o.stragglers[0]
	}
	return &o.queue[o.head]
}

// pop takes the earliest frame out. What it holds may be given back with recycle.
func (o *order) pop() frame {
	first := o.first()
	f := *first
	if o.head < len(o.queue) && first == &o.queue[o.head] {
		o.queue[o.head] = frame{}
		o.head++
		o.compact()
	} else {
		heap.Pop(&o.stragglers)
	}
	o.held -= f.weight()
	return f
}

// compact keeps the queue's spent front from growing without end.
func (o *order) compact() {
	if o.head < 1024 || o.head < len(o.queue)/2 {
		return
	}
	n := copy(o.queue, o.queue[o.head:])
	clear(o.queue[n:])
	o.queue, o.head = o.queue[:n], 0
}

const (
	mostFree    = 1024
	reuseLength = 1 << 16 // larger buffers are left to the garbage collector
)

func (o *order) buffer() []byte {
	if n := len(o.free); n > 0 {
		b := o.free[n-1]
		o.free = o.free[:n-1]
		return b
	}
	return nil
}

// keep copies a flow.
func (o *order) keep(r *flow.Record) *flow.Record {
	n := len(o.records)
	if n == 0 {
		kept := *r
		return &kept
	}
	kept := o.records[n-1]
	o.records = o.records[:n-1]
	*kept = *r
	return kept
}

func (o *order) recycle(f *frame) {
	if f.record != nil && len(o.records) < mostFree {
		o.records = append(o.records, f.record)
	}
	if b := f.data; cap(b) > 0 && cap(b) <= reuseLength && len(o.free) < mostFree {
		o.free = append(o.free, b[:0])
	}
}

func earlier(a, b *frame) bool {
	if a.at.Equal(b.at) {
		return a.seq < b.seq
	}
	return a.at.Before(b.at)
}

// stragglers is a heap by time.
type stragglers []frame

func (s stragglers) Len() int           { return len(s) }
func (s stragglers) Less(i, j int) bool { return earlier(&s[i], &s[j]) }
func (s stragglers) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }

// Push is for container/heap.
func (s *stragglers) Push(x any) { *s = append(*s, x.(frame)) }

// Pop is for container/heap.
func (s *stragglers) Pop() any {
	last := len(*s) - 1
	f := (*s)[last]
	(*s)[last] = frame{}
	*s = (*s)[:last]
	return f
}
