package stream

import (
	"bytes"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// window counts the batches that are on their way: packed, and neither
// acknowledged nor given up. The server answers each batch once, so answers are
// counted, not matched.
//
// An era ends when the answers to what was sent in it are no longer expected,
// because the connection broke or the server fell silent. The subject that
// answers come to carries the era, so an answer that comes late after all is not
// taken for another's.
type window struct {
	limit   int
	timeout time.Duration
	metrics *Metrics
	log     *slog.Logger

	mu       sync.Mutex
	inFlight int       // entered and not left
	awaiting int       // of these, handed to the server in this era
	heard    time.Time // the last answer, or the first batch after a silence
	era      int
	inbox    string // without the era
	reply    string // inbox and era
	drained  chan struct{}

	refused bool // the last answer was a refusal; only the subscription looks
}

func newWindow(limit int, timeout time.Duration, m *Metrics, log *slog.Logger) *window {
	return &window{limit: limit, timeout: timeout, metrics: m, log: log, drained: make(chan struct{}, 1)}
}

// listen subscribes to the answers.
func (w *window) listen(conn *nats.Conn) error {
	w.inbox = conn.NewInbox() + "."
	w.reply = w.inbox + "0"
	_, err := conn.Subscribe(w.inbox+"*", func(m *nats.Msg) {
		w.answer(m.Subject, resultOf(m), time.Now())
		w.note(m)
	})
	return err
}

// resultOf reads an answer. Only a refusal has an error in it, and only when
// nobody stores the subject is there no answer but a status.
func resultOf(m *nats.Msg) string {
	if len(m.Data) == 0 || bytes.Contains(m.Data, []byte(`"error":`)) {
		return ackRefused
	}
	return ackStored
}

// note logs the first of a row of refusals, in the server's words.
func (w *window) note(m *nats.Msg) {
	refused := resultOf(m) == ackRefused
	if refused && !w.refused {
		w.log.Error("the server refuses flow batches", "says", string(m.Data), "status", m.Header.Get("Status"))
	}
	w.refused = refused
}

// enter asks for room for one more batch. A window that is full, with a server
// that has said nothing for the timeout, is emptied first.
func (w *window) enter(now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.inFlight >= w.limit && w.awaiting > 0 && now.Sub(w.heard) >= w.timeout {
		w.endEra(ackTimeout)
	}
	if w.inFlight >= w.limit {
		return false
	}
	w.add(1)
	return true
}

// leave takes back an entry that came to nothing.
func (w *window) leave() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.add(-1)
}

// await notes that a batch goes to the server now, and gives the subject for the
// answer.
func (w *window) await(now time.Time) (reply string, era int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.awaiting == 0 {
		w.heard = now
	}
	w.awaiting++
	return w.reply, w.era
}

// recall says that a batch did not go after all.
func (w *window) recall(era int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if era == w.era {
		w.awaiting--
		w.add(-1)
	}
}

func (w *window) answer(subject, result string, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if era, err := strconv.Atoi(strings.TrimPrefix(subject, w.inbox)); err != nil || era != w.era || w.awaiting == 0 {
		return
	}
	w.heard = now
	w.awaiting--
	w.add(-1)
	w.metrics.acks.WithLabelValues(result).Inc()
}

// giveUp ends the era: whatever the server has not answered stays unknown.
func (w *window) giveUp(result string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.endEra(result)
}

func (w *window) endEra(result string) {
	w.metrics.acks.WithLabelValues(result).Add(float64(w.awaiting))
	w.add(-w.awaiting)
	w.awaiting = 0
	w.era++
	w.reply = w.inbox + strconv.Itoa(w.era)
}

func (w *window) add(n int) {
	w.inFlight += n
	w.metrics.inFlight.Set(float64(w.inFlight))
	if w.inFlight == 0 {
		select {
		case w.drained <- struct{}{}:
		default:
		}
	}
}

// empty waits until nothing is under way, and tells what is left at the timeout.
func (w *window) empty(timeout time.Duration) int {
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	for {
		left := w.left()
		if left == 0 {
			return 0
		}
		select {
		case <-w.drained:
		case <-timer.C:
			return w.left()
		}
	}
}

func (w *window) left() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.inFlight
}
