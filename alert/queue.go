package alert

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"eagre/anomaly"
)

// What one receiver may hold back, and for how long.
const (
	maxThreads   = 20_000    // anomalies that a receiver waits for or has heard of
	maxBytes     = 32 << 20  // of waiting messages, as JSON
	maxEvent     = 256 << 10 // of one event, as JSON
	firstPause   = 5 * time.Second
	longestPause = time.Hour
	probePause   = time.Minute // the longest pause of a receiver that named none
	giveUpAfter  = 72 * time.Hour
	giveUpTries  = 3 // of what is marked Permanent
	degradeAfter = 5 * time.Minute
)

// queue is everything that one receiver has yet to hear. One goroutine owns it.
type queue struct {
	name     string
	least    anomaly.Importance // what matters less is not told
	wait     time.Duration      // before an opening
	interval time.Duration      // between updates of equal importance
	limit    *window            // nil: no limit
	jitter   *rand.Rand

	threads            map[string]*thread
	future             pile // waiting, not due
	ready              pile // waiting, due
	bytes              int  // of all that waits
	waiting            int  // messages
	evicted, forgotten int  // for the metrics, since they were last read

	busy        *thread // whose message is on its way
	disabled    bool    // the receiver is gone
	failures    int     // in a row
	failing     time.Time
	patient     bool // it asked for a pause above an hour
	pausedUntil time.Time
}

func newQueue(r Receiver, route Route, jitter *rand.Rand) *queue {
	q := &queue{
		name: r.Name, least: r.minImportance(route), wait: route.GroupWait, interval: route.GroupInterval,
		jitter: jitter, threads: map[string]*thread{},
	}
	if r.sparing() {
		q.interval = max(route.GroupInterval, route.RepeatInterval)
	}
	if r.peopleRead() {
		q.limit = new(window)
	}
	q.future.before = sooner(q.due)
	q.ready.before = urgency
	return q
}

func (q *queue) due(t *thread) time.Time { return t.due(q.wait, q.interval) }

// offer takes an event in. reason says why not, empty where it was; merged counts
// revisions that it overtakes.
func (q *queue) offer(m message, now time.Time) (merged int, reason string) {
	t := q.threads[m.event.ID]
	switch {
	case q.disabled:
		return 0, droppedDisabled
	case t == nil && m.event.Importance < q.least:
		return 0, droppedImportance
	case t != nil && m.event.Revision <= t.newest():
		return 0, droppedDuplicate
	case !q.makeRoom(m, t):
		return 0, droppedOutbox
	}
	if t == nil {
		t = &thread{id: m.event.ID}
		q.threads[t.id] = t
	}
	q.change(t, now, func() {
		var news bool
		if merged, news = t.add(m); !news {
			reason = droppedDuplicate
		}
	})
	return merged, reason
}

// change lifts a thread out of its pile while its messages change, and puts it where
// it then belongs.
func (q *queue) change(t *thread, now time.Time, edit func()) {
	t.leave()
	bytes, waiting := t.bytes(), len(t.pending)
	edit()
	q.bytes += t.bytes() - bytes
	q.waiting += len(t.pending) - waiting
	switch {
	case len(t.pending) == 0, t.busy:
	case q.due(t).After(now):
		q.future.put(t)
	default:
		q.ready.put(t)
	}
}

// makeRoom keeps the bounds: first what is only remembered goes, then what matters
// less than the newcomer. keep is the newcomer's own thread, if it has one.
func (q *queue) makeRoom(m message, keep *thread) bool {
	for keep == nil && len(q.threads) >= maxThreads {
		if !q.forgetQuiet() && !q.evict(m.event.Importance, keep) {
			return false
		}
	}
	for q.bytes+m.bytes > maxBytes {
		if !q.evict(m.event.Importance, keep) {
			return false
		}
	}
	return true
}

// forgetQuiet forgets a sixteenth of the anomalies about which nothing waits, those
// that ended first, the longest silent first.
func (q *queue) forgetQuiet() bool {
	var quiet []*thread
	for _, t := range q.threads {
		if len(t.pending) == 0 {
			quiet = append(quiet, t)
		}
	}
	slices.SortFunc(quiet, func(a, b *thread) int {
		return cmp.Or(cmp.Compare(truth(a.open), truth(b.open)), a.last.Compare(b.last), cmp.Compare(a.id, b.id))
	})
	quiet = quiet[:(len(quiet)+15)/16]
	for _, t := range quiet {
		delete(q.threads, t.id)
	}
	q.forgotten += len(quiet)
	return len(quiet) > 0
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// evict gives up the least urgent thread that waits, if it matters less than what
// needs its place.
func (q *queue) evict(importance anomaly.Importance, keep *thread) bool {
	var least *thread
	for _, t := range q.threads {
		candidate := len(t.pending) > 0 && !t.busy && t != keep && t.pending[0].event.Importance < importance
		if candidate && (least == nil || urgency(least, t)) {
			least = t
		}
	}
	if least == nil {
		return false
	}
	least.leave()
	q.bytes -= least.bytes()
	q.waiting -= len(least.pending)
	q.evicted += len(least.pending)
	delete(q.threads, least.id)
	return true
}

// next is the thread whose message should go out now; nil where there is none, with
// the time when there may be (zero: not before something happens). deferred tells
// that only the people's limit held it back, for the first time.
func (q *queue) next(now time.Time) (t *thread, at time.Time, deferred bool) {
	if q.busy != nil || q.disabled {
		return nil, time.Time{}, false
	}
	q.ripen(now)
	t = q.ready.top()
	switch {
	case t == nil && q.future.top() == nil:
		return nil, time.Time{}, false
	case t == nil:
		return nil, later(q.due(q.future.top()), q.pausedUntil), false
	case q.pausedUntil.After(now):
		return nil, q.pausedUntil, false
	case q.limit.free().After(now):
		deferred = !t.pending[0].deferred
		t.pending[0].deferred = true
		return nil, q.limit.free(), deferred
	}
	return t, now, false
}

// ripen moves what has become due.
func (q *queue) ripen(now time.Time) {
	for t := q.future.top(); t != nil && !q.due(t).After(now); t = q.future.top() {
		t.leave()
		q.ready.put(t)
	}
}

// begin notes that the thread's first message is on its way. pinned tells that from
// now on it keeps its revision.
func (q *queue) begin(t *thread, now time.Time) (m message, pinned bool) {
	t.leave()
	t.busy, q.busy = true, t
	q.limit.note(now)
	head := &t.pending[0]
	pinned = !head.tried && head.event.Event != anomaly.Updated
	head.tried = true
	head.attempts++
	if head.first.IsZero() {
		head.first = now
	}
	return *head, pinned
}

// hurry ends the wait of openings, because the engine stops.
func (q *queue) hurry(now time.Time) {
	q.wait = 0
	for _, t := range q.threads {
		q.change(t, now, func() {})
	}
}

// sorted is the threads in the order of their ids.
func (q *queue) sorted() []*thread {
	return slices.SortedFunc(maps.Values(q.threads), func(a, b *thread) int { return cmp.Compare(a.id, b.id) })
}

// window is the people's limit: so many messages in any minute. A nil window has no
// limit.
type window struct {
	sent [perMinute]time.Time
	at   int // the oldest
}

// perMinute is how many messages a minute people are asked to read in one place.
const perMinute = 20

// free is when the next message may go out.
func (w *window) free() time.Time {
	if w == nil {
		return time.Time{}
	}
	return w.sent[w.at].Add(time.Minute)
}

func (w *window) note(now time.Time) {
	if w == nil {
		return
	}
	w.sent[w.at] = now
	w.at = (w.at + 1) % perMinute
}
