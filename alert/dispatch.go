package alert

import (
	"time"

	"eagre/anomaly"
)

// absorb takes in what was offered.
func (a *Alerter) absorb(now time.Time) {
	for _, e := range a.intake.take() {
		m, err := newMessage(e, now)
		var to []string
		for _, q := range a.queues {
			reason := a.offer(q, m, err, now)
			if reason == "" {
				to = append(to, q.name)
			}
		}
		if len(to) > 0 {
			a.outbox.add(row{Op: rowPut, At: now, To: to, Event: m.encoded}, true)
		}
	}
}

// offer hands an event to one receiver's queue, and counts what became of it.
func (a *Alerter) offer(q *queue, m encodedMessage, invalid error, now time.Time) (reason string) {
	count := a.deps.Metrics
	count.offered.WithLabelValues(q.name).Inc()
	merged := 0
	switch {
	case invalid != nil:
		a.deps.Log.Error("anomaly event cannot be told", "receiver", q.name, "id", Inert(m.event.ID, 80), "error", invalid)
		reason = droppedInvalid
	case m.event.Stage == anomaly.Shadow:
		reason = droppedShadow
	case m.event.Event == anomaly.Annotated:
		reason = droppedAnnotation
	default:
		merged, reason = q.offer(m.message, now)
	}
	if reason != "" {
		count.dropped.WithLabelValues(q.name, reason).Inc()
	}
	count.merged.WithLabelValues(q.name).Add(float64(merged))
	a.report(q)
	return reason
}

// report brings a queue's counts to the metrics.
func (a *Alerter) report(q *queue) {
	count := a.deps.Metrics
	count.dropped.WithLabelValues(q.name, droppedOutbox).Add(float64(q.evicted))
	count.forgotten.WithLabelValues(q.name).Add(float64(q.forgotten))
	count.pending.WithLabelValues(q.name).Set(float64(q.waiting))
	q.evicted, q.forgotten = 0, 0
}

// dispatch hands the most urgent message that is due to every receiver that is free,
// and returns when to look again.
func (a *Alerter) dispatch(now time.Time) (wake time.Time) {
	wake = now.Add(time.Hour)
	begun := map[string]message{}
	for _, q := range a.queues {
		t, at, deferred := q.next(now)
		if deferred {
			a.deps.Metrics.deferred.WithLabelValues(q.name).Inc()
		}
		if t != nil {
			begun[q.name] = a.begin(q, t, now)
		} else if !at.IsZero() && at.Before(wake) {
			wake = at
		}
	}
	a.commit(now)
	for name, m := range begun {
		a.desks[name] <- m
	}
	if at := a.outbox.wake(); !at.IsZero() && at.Before(wake) {
		wake = at
	}
	return wake
}

// begin writes down that an opening or an end is tried for the first time, so that
// after a crash it is repeated with the revision that may have arrived. That row
// survives a crash of the engine, and a power cut only by luck: it waits for no
// fsync of its own.
func (a *Alerter) begin(q *queue, t *thread, now time.Time) message {
	m, pinned := q.begin(t, now)
	if pinned {
		a.outbox.add(row{Op: rowTry, To: []string{q.name}, ID: m.event.ID, Revision: m.event.Revision}, false)
	}
	return m
}

// settle takes how an attempt ended: into the queue, the outbox, the metrics and, where
// a person would want to know, the log.
func (a *Alerter) settle(r result, now time.Time) {
	before := r.queue.failures
	out := r.queue.settle(r.err, now)
	a.note(r.queue, out, now)
	a.count(r.queue, out, now)
	a.log(r, out, before)
}

// note writes down what need not be sent any more.
func (a *Alerter) note(q *queue, out outcome, now time.Time) {
	e := out.event
	r := row{Op: rowSent, At: now, To: []string{q.name}, ID: e.ID, Revision: e.Revision, Kind: e.Event, Importance: e.Importance}
	switch {
	case out.sent:
		a.outbox.add(r, true)
	case out.failed != "":
		r.Op = rowFail
		a.outbox.add(r, true)
	}
}

func (a *Alerter) count(q *queue, out outcome, now time.Time) {
	count := a.deps.Metrics
	switch {
	case out.sent:
		count.sent.WithLabelValues(q.name, string(out.event.Event)).Inc()
	case out.failed != "":
		count.failed.WithLabelValues(q.name, out.failed).Inc()
	default:
		count.retried.WithLabelValues(q.name, out.retry).Inc()
	}
	if q.disabled {
		count.failed.WithLabelValues(q.name, failedGone).Add(float64(q.discard()))
	}
	count.merged.WithLabelValues(q.name).Add(float64(out.merged))
	count.degraded.WithLabelValues(q.name).Set(float64(truth(q.degraded(now))))
	a.report(q)
}

// log says when a receiver fails for the first time and works again, and each message
// that is given up. before counts the failures in a row before this attempt.
func (a *Alerter) log(r result, out outcome, before int) {
	log := a.deps.Log.With("receiver", r.queue.name, "id", out.event.ID, "revision", out.event.Revision)
	switch {
	case out.failed != "":
		log.Error("alert given up", "reason", out.failed, "attempts", out.attempts, "error", r.err)
	case !out.sent && before == 0:
		log.Warn("receiver does not take alerts, will try again", "error", r.err)
	case out.sent && before > 0:
		log.Info("receiver takes alerts again", "failed_attempts", before)
	}
}
