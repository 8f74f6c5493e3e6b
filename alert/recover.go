package alert

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"eagre/anomaly"
)

// recover brings the queues to where the last run left them, and begins a fresh
// outbox that holds just that.
func (a *Alerter) recover() (err error) {
	now := time.Now()
	a.outbox, err = openOutbox(a.deps.OutboxDir, a.outboxError, func(r row) { a.replay(r.notAfter(now)) })
	if err != nil || a.outbox == nil {
		return err
	}
	if err := a.outbox.rewrite(a.state()); err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	for _, q := range a.queues {
		a.report(q)
		if q.waiting > 0 {
			a.deps.Log.Info("alerts wait since the last run", "receiver", q.name, "messages", q.waiting)
		}
	}
	return nil
}

func (a *Alerter) outboxError(reason string, err error) {
	a.deps.Metrics.outboxErrors.WithLabelValues(reason).Inc()
	a.deps.Log.Error("outbox on disk fails; alerts go on from memory", "reason", reason, "error", err)
}

// replay repeats one row. Rows for receivers that no longer exist are left out.
func (a *Alerter) replay(r row) {
	m, err := r.message()
	if err != nil {
		a.outboxError(outboxRead, err)
		return
	}
	for _, name := range r.To {
		q := a.byName[name]
		if q == nil {
			continue
		}
		switch r.Op {
		case rowPut:
			q.offer(m, r.At)
		case rowTry:
			q.replayTry(r)
		case rowSent:
			q.replayTaken(r)
		case rowFail:
			q.replayGivenUp(r)
		}
	}
}

// notAfter keeps a clock that was set back from making messages wait for the old time.
func (r row) notAfter(now time.Time) row {
	if r.At.After(now) {
		r.At = now
	}
	return r
}

// message reads the event of a put row; other rows name theirs.
func (r row) message() (message, error) {
	if r.Op != rowPut {
		if r.Op != rowBegin && (r.ID == "" || r.Revision < 1) {
			return message{}, fmt.Errorf("row %q names no event", Inert(r.Op, 20))
		}
		return message{}, nil
	}
	var e anomaly.Event
	if err := json.Unmarshal(r.Event, &e); err != nil {
		return message{}, errors.New("row put: not an event")
	}
	m, err := newMessage(e, r.At)
	return m.message, err
}

// state is the rows that give back all queues.
func (a *Alerter) state() iter.Seq[row] {
	return func(yield func(row) bool) {
		for _, q := range a.queues {
			for _, t := range q.sorted() {
				for _, r := range t.rows(q.name) {
					if !yield(r) {
						return
					}
				}
			}
		}
	}
}

// rows is what the outbox has to know of a thread.
func (t *thread) rows(receiver string) (rows []row) {
	to := []string{receiver}
	if t.told > 0 {
		kind := anomaly.Ended
		if t.open {
			kind = anomaly.Updated
		}
		rows = append(rows, row{Op: rowSent, At: t.last, To: to, ID: t.id, Revision: t.told, Kind: kind, Importance: t.importance})
	}
	for _, m := range t.pending {
		encoded, err := json.Marshal(m.event)
		if err != nil {
			continue // it was encoded when it was taken in
		}
		rows = append(rows, row{Op: rowPut, At: m.since, To: to, Event: encoded})
		if m.tried && m.event.Event != anomaly.Updated {
			rows = append(rows, row{Op: rowTry, To: to, ID: t.id, Revision: m.event.Revision})
		}
	}
	return rows
}

// commit writes down what has happened.
func (a *Alerter) commit(now time.Time) {
	a.outbox.commit(now, a.state())
	a.deps.Metrics.outboxBytes.Set(float64(a.outbox.bytes()))
}
