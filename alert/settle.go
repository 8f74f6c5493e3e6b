package alert

import (
	"time"

	"eagre/anomaly"
)

// outcome is what became of an attempt.
type outcome struct {
	message
	sent   bool
	failed string // why it was given up, empty where it was not
	retry  string // why it is tried again, empty where it is not
	merged int    // updates that something newer has overtaken meanwhile
}

// settle notes how the attempt that is on its way ended.
func (q *queue) settle(err error, now time.Time) outcome {
	t := q.busy
	q.busy = nil
	if IsPermanent(err) {
		t.pending[0].refused++
	}
	out := outcome{message: t.pending[0]}
	if err == nil {
		out.sent = true
		q.failures, q.patient, q.pausedUntil = 0, false, time.Time{}
		q.change(t, now, func() { t.taken(now) })
		return out
	}
	q.pause(err, now)
	if out.failed = givenUp(out.message, err, now); out.failed != "" {
		q.change(t, now, func() { out.merged = t.giveUp(out.event.Revision) })
		q.disabled = IsGone(err)
		return out
	}
	out.retry = retryReason(err)
	wait := q.backoff(out.attempts)
	if Pause(err) > 0 {
		wait = min(Pause(err), longestPause)
	}
	q.change(t, now, func() { out.merged = t.failed(now.Add(wait)) })
	return out
}

// givenUp is why a message is not tried again; empty where it is.
func givenUp(m message, err error, now time.Time) string {
	switch {
	case IsGone(err):
		return failedGone
	case IsPermanent(err) && m.refused >= giveUpTries:
		return failedPermanent
	case now.Sub(m.first) >= giveUpAfter:
		return failedExpired
	}
	return ""
}

func retryReason(err error) string {
	switch {
	case IsPermanent(err):
		return retriedPermanent
	case Pause(err) > 0:
		return retriedAsked
	}
	return retriedTransient
}

// pause keeps the whole receiver quiet for a while: as long as it asked for, up to an
// hour; otherwise a minute at most, after which another message than the one that
// just failed tries its luck. So one message that the receiver chokes on does not
// hold up the rest, and a receiver that is down is asked once a minute.
func (q *queue) pause(err error, now time.Time) {
	if q.failures == 0 {
		q.failing = now
	}
	q.failures++
	if asked := Pause(err); asked > 0 {
		q.patient = asked > longestPause
		q.pausedUntil = now.Add(min(asked, longestPause))
		return
	}
	q.pausedUntil = now.Add(min(q.backoff(q.failures), probePause))
}

// backoff is the pause after so many attempts: 5 s, doubled each time, up to an hour,
// and up to a fifth more so that not everybody comes back at once.
func (q *queue) backoff(attempts int) time.Duration {
	pause := longestPause
	if doublings := attempts - 1; doublings < 10 {
		pause = firstPause << doublings
	}
	pause += time.Duration(q.jitter.Int64N(int64(pause / 5)))
	return min(pause, longestPause)
}

// degraded tells whether the operator should look at the receiver.
func (q *queue) degraded(now time.Time) bool {
	return q.disabled || q.patient || q.failures > 0 && now.Sub(q.failing) >= degradeAfter
}

// discard gives up everything that waits, and counts it.
func (q *queue) discard() (n int) {
	n = q.waiting
	for _, t := range q.threads {
		t.leave()
		t.pending = nil
	}
	q.bytes, q.waiting = 0, 0
	return n
}

// replayTaken repeats from the outbox that the receiver has a message.
func (q *queue) replayTaken(r row) {
	t := q.threads[r.ID]
	if t == nil {
		if len(q.threads) >= maxThreads && !q.forgetQuiet() {
			return
		}
		t = &thread{id: r.ID}
		q.threads[r.ID] = t
	}
	q.change(t, r.At, func() {
		t.told, t.importance, t.last = r.Revision, r.Importance, r.At
		t.open = r.Kind != anomaly.Ended
		t.overtake(r.Revision)
	})
}

// replayGivenUp repeats that a message was given up.
func (q *queue) replayGivenUp(r row) {
	if t := q.threads[r.ID]; t != nil {
		q.change(t, r.At, func() { t.giveUp(r.Revision) })
	}
}

// replayTry repeats that an attempt was begun, so that the message keeps its revision.
func (q *queue) replayTry(r row) {
	t := q.threads[r.ID]
	if t == nil || len(t.pending) == 0 || t.pending[0].event.Revision != r.Revision {
		return
	}
	q.change(t, r.At, func() { t.pending[0].tried = true })
}
