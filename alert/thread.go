package alert

import (
	"time"

	"eagre/anomaly"
)

// thread is what one receiver was told about one anomaly, and what it has yet to
// hear. At most three messages wait: one that was attempted and must be repeated
// as it was, and after it an opening or an update and an end.
type thread struct {
	id         string
	told       int                // newest revision that the receiver took; 0: none
	importance anomaly.Importance // of the message it took last
	open       bool               // it believes that the anomaly goes on
	last       time.Time          // when it took the last message
	pending    []message
	busy       bool // pending[0] is on its way right now

	pile  *pile // where the thread waits, nil if nowhere
	place int   // its index there
}

// message is one event for one receiver.
type message struct {
	event    anomaly.Event
	bytes    int       // as JSON
	since    time.Time // when its place in the line was taken
	tried    bool      // this revision may have arrived
	attempts int       // of the place in the line, also by revisions before this one
	first    time.Time // the first attempt
	refused  int       // how often this revision met a permanent error
	retryAt  time.Time // not before, after a failed attempt
	deferred bool      // has waited for the people's limit
}

// newest is the newest revision that the thread knows.
func (t *thread) newest() int {
	if n := len(t.pending); n > 0 {
		return max(t.told, t.pending[n-1].event.Revision)
	}
	return t.told
}

// ongoing is what the receiver will believe once it has taken everything that waits.
func (t *thread) ongoing() bool {
	if n := len(t.pending); n > 0 {
		return t.pending[n-1].event.Event != anomaly.Ended
	}
	return t.open
}

// tail is the last message as long as it may still change. What is on its way may
// not, nor an opening or an end that may have arrived: its repetition must be known
// by the same revision.
func (t *thread) tail() *message {
	n := len(t.pending)
	if n == 0 || n == 1 && t.busy {
		return nil
	}
	m := &t.pending[n-1]
	if m.tried && m.event.Event != anomaly.Updated {
		return nil
	}
	return m
}

// tailIs tells whether the last message may still change and is of that kind.
func (t *thread) tailIs(kind anomaly.Kind) bool {
	tail := t.tail()
	return tail != nil && tail.event.Event == kind
}

// add puts an event into the line. The kind that the receiver is told follows from
// what it was told before. merged counts revisions that are now not sent;
// news is false where the receiver has or will have this revision or a newer one.
func (t *thread) add(m message) (merged int, news bool) {
	if m.event.Revision <= t.newest() {
		return 0, false
	}
	if m.event.Event == anomaly.Ended {
		return t.addEnd(m)
	}
	return t.addProgress(m), true
}

// addEnd: an end replaces an update that waits, since it says all that the update
// would have said, but not an opening.
func (t *thread) addEnd(m message) (merged int, news bool) {
	if t.tailIs(anomaly.Updated) || t.tailIs(anomaly.Ended) {
		t.replaceTail(m)
		return 1, true
	}
	known := t.told > 0 || len(t.pending) > 0
	if known && !t.ongoing() {
		return 0, false
	}
	t.pending = append(t.pending, m)
	return 0, true
}

// addProgress: the newest revision takes the place of one that waits. An anomaly
// that goes on after all takes back an end that was not told.
func (t *thread) addProgress(m message) (merged int) {
	if t.tailIs(anomaly.Ended) {
		t.pending = t.pending[:len(t.pending)-1]
		merged++
	}
	if tail := t.tail(); tail != nil {
		m.event.Event, m.since = tail.event.Event, tail.since
		t.replaceTail(m)
		return merged + 1
	}
	m.event.Event = anomaly.Opened
	if t.ongoing() {
		m.event.Event = anomaly.Updated
	}
	t.pending = append(t.pending, m)
	return merged
}

// replaceTail keeps what the line has been through.
func (t *thread) replaceTail(m message) {
	tail := t.tail()
	m.attempts, m.first, m.retryAt, m.deferred = tail.attempts, tail.first, tail.retryAt, tail.deferred
	*tail = m
}

// due is when the first message may go out. interval is the least time between
// updates of equal importance.
func (t *thread) due(wait, interval time.Duration) time.Time {
	m := t.pending[0]
	at := m.since
	switch {
	case m.event.Event == anomaly.Opened:
		at = at.Add(wait)
	case m.event.Event == anomaly.Updated && m.event.Importance == t.importance:
		at = later(at, t.last.Add(interval))
	}
	return later(at, m.retryAt)
}

// taken notes that the receiver has the first message.
func (t *thread) taken(now time.Time) message {
	m := t.drop()
	t.told, t.importance, t.last = m.event.Revision, m.event.Importance, now
	t.open = m.event.Event != anomaly.Ended
	return m
}

// giveUp notes that the receiver will never have what waits up to a revision.
func (t *thread) giveUp(revision int) (merged int) {
	t.told = max(t.told, revision)
	return t.overtake(revision)
}

// overtake drops what waits up to a revision. What follows is called an opening or an
// update by what the receiver really heard. merged counts an update that is not sent
// because something newer stands behind it.
func (t *thread) overtake(revision int) (merged int) {
	for len(t.pending) > 0 && t.pending[0].event.Revision <= revision {
		t.drop()
	}
	if len(t.pending) == 0 || t.pending[0].event.Event == anomaly.Ended {
		return 0
	}
	t.pending[0].event.Event = anomaly.Opened
	if !t.open {
		return 0
	}
	t.pending[0].event.Event = anomaly.Updated
	if len(t.pending) == 1 {
		return 0
	}
	t.drop()
	return 1
}

// drop takes the first message out of the line.
func (t *thread) drop() message {
	m := t.pending[0]
	t.busy = false
	t.pending = t.pending[1:]
	if len(t.pending) == 0 {
		t.pending = nil
	}
	return m
}

// failed notes that the first message has to wait until retryAt. merged counts an
// update that a newer message behind it has overtaken meanwhile.
func (t *thread) failed(retryAt time.Time) (merged int) {
	t.busy = false
	m := &t.pending[0]
	m.retryAt = retryAt
	if m.event.Event != anomaly.Updated || len(t.pending) == 1 {
		return 0
	}
	next := &t.pending[1]
	next.attempts, next.first, next.retryAt = m.attempts, m.first, m.retryAt
	t.drop()
	return 1
}

// bytes is the size of what waits, as JSON.
func (t *thread) bytes() (n int) {
	for _, m := range t.pending {
		n += m.bytes
	}
	return n
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
