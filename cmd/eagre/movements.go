package main

import (
	"sync"
	"time"

	"eagre/network/counters"
)

// movements are what counters of interfaces said and flows were not held against yet.
// Whoever reads counters puts them in, and never waits; one goroutine takes them out
// when event time has come that far, so that a replay, which reads ahead, compares
// the same each time.
type movements struct {
	mu      sync.Mutex
	waiting []counters.Movement
	dropped uint64
}

// mostMovements bounds what waits: 20,000 interfaces that tell every 10 seconds, for a
// minute. They take about 20 MB.
const mostMovements = 120_000

// put hands a movement over, unless there is no room.
func (q *movements) put(m counters.Movement) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) >= mostMovements {
		q.dropped++
		return
	}
	q.waiting = append(q.waiting, m)
}

// until takes out what ended by a time, in the order in which it came.
func (q *movements) until(at time.Time) []counters.Movement {
	q.mu.Lock()
	defer q.mu.Unlock()
	var out, rest []counters.Movement
	for _, m := range q.waiting {
		if m.To <= at.UnixMilli() {
			out = append(out, m)
		} else {
			rest = append(rest, m)
		}
	}
	q.waiting = rest
	return out
}

// lost is how many movements there was no room for.
func (q *movements) lost() uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.dropped
}
