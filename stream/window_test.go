package stream

import (
	"log/slog"
	"testing"
	"time"
)

func testWindow(limit int, timeout time.Duration) *window {
	w := newWindow(limit, timeout, NewMetrics(nil), slog.New(slog.DiscardHandler))
	w.inbox, w.reply = "inbox.", "inbox.0"
	return w
}

func TestWindowTakesSoManyAndNoMore(t *testing.T) {
	now := time.Unix(0, 0)
	w := testWindow(2, time.Minute)
	same(t, "enters", []bool{w.enter(now), w.enter(now), w.enter(now)}, []bool{true, true, false})
	reply, _ := w.await(now)
	w.answer(reply, ackStored, now)
	same(t, "enters again", []bool{w.enter(now), w.enter(now)}, []bool{true, false})
}

func TestSilentServerLosesItsClaimOnTheWindow(t *testing.T) {
	start := time.Unix(0, 0)
	w := testWindow(2, 5*time.Second)
	late := sent(w, start)
	sent(w, start)
	same(t, "just before", w.enter(start.Add(5*time.Second-1)), false)
	same(t, "just after", w.enter(start.Add(5*time.Second)), true)
	same(t, "given up", counted(w.metrics.acks.WithLabelValues(ackTimeout)), 2)

	w.answer(late, ackStored, start) // of the era before: nobody waits for it
	same(t, "in flight", w.left(), 1)
	same(t, "stored", counted(w.metrics.acks.WithLabelValues(ackStored)), 0)
}

func TestSlowServerKeepsItsWindow(t *testing.T) {
	now := time.Unix(0, 0)
	w := testWindow(2, 5*time.Second)
	reply := sent(w, now)
	sent(w, now)
	for range 10 { // one answer every four seconds
		now = now.Add(4 * time.Second)
		w.answer(reply, ackStored, now)
		reply = sent(w, now)
		same(t, "full", w.enter(now), false)
	}
	same(t, "given up", counted(w.metrics.acks.WithLabelValues(ackTimeout)), 0)
}

func TestAnswerThatNobodyWaitsForChangesNothing(t *testing.T) {
	w := testWindow(1, time.Second)
	for _, subject := range []string{"inbox.0", "inbox.1", "inbox.x", "inbox.", "other"} {
		w.answer(subject, ackStored, time.Unix(0, 0))
	}
	same(t, "in flight", w.left(), 0)
}

func TestRecalledBatchOfAnEarlierEraIsNotCountedTwice(t *testing.T) {
	now := time.Unix(0, 0)
	w := testWindow(1, time.Second)
	w.enter(now)
	_, era := w.await(now)
	w.giveUp(ackLost)
	w.recall(era)
	same(t, "in flight", w.left(), 0)
}

func sent(w *window, now time.Time) (reply string) {
	w.enter(now)
	reply, _ = w.await(now)
	return reply
}
