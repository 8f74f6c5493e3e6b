package alert

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eagre/anomaly"
)

// Deps is what an Alerter works with.
type Deps struct {
	// Receivers has a Notifier for every receiver of the configuration, by name.
	Receivers map[string]Notifier
	// OutboxDir is the folder of the outbox, made if missing; one Alerter at a time
	// may use it. Empty remembers nothing across a restart.
	OutboxDir string
	// Seed makes the jitter of retries; the same seed, the same jitter.
	Seed    uint64
	Log     *slog.Logger // nil is silent
	Metrics *Metrics     // nil counts for nobody
}

// Alerter tells receivers about anomalies. Offer may be called from any number of
// goroutines; Run is called once.
type Alerter struct {
	deps   Deps
	intake *intake
	outbox *outbox

	queues    []*queue
	byName    map[string]*queue
	desks     map[string]chan message
	results   chan result
	attempts  context.Context // of every Notify; ends when a stop has lasted too long
	giveUp    context.CancelFunc
	attending sync.WaitGroup
}

// result is how an attempt ended.
type result struct {
	queue *queue
	err   error
}

// drainTime is how long Run goes on telling what is due after it was told to stop.
const drainTime = 10 * time.Second

// New checks that the configuration holds and that every receiver that is told has
// its Notifier. It starts nothing and opens nothing.
func New(cfg Config, deps Deps) (*Alerter, error) {
	errs := cfg.Validate()
	if deps.Log == nil {
		deps.Log = slog.New(slog.DiscardHandler)
	}
	if deps.Metrics == nil {
		deps.Metrics = NewMetrics(prometheus.NewRegistry())
	}
	a := &Alerter{
		deps: deps, intake: newIntake(), byName: map[string]*queue{}, desks: map[string]chan message{},
		results: make(chan result, MaxReceivers),
	}
	a.attempts, a.giveUp = context.WithCancel(context.Background())
	for _, r := range cfg.routed() {
		if deps.Receivers[r.Name] == nil {
			errs = append(errs, fmt.Errorf("alerts.receivers: %s has no notifier", r.Name))
		}
		q := newQueue(r, cfg.Route, jitter(deps.Seed, r.Name))
		a.queues = append(a.queues, q)
		a.byName[r.Name] = q
		a.desks[r.Name] = make(chan message)
		deps.Metrics.start(r.Name)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return a, nil
}

func jitter(seed uint64, receiver string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(receiver))
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// Offer hands over an event; it never waits. What cannot be taken in because far too
// much is offered at once is counted and lost to the receivers: the stream still has
// it. An event that was offered before is recognised, also after a restart: whoever
// starts the engine may offer again what the stream holds of the last minutes.
//
// Nobody changes the event's slices afterwards.
func (a *Alerter) Offer(e anomaly.Event) {
	if reason := a.intake.offer(e); reason != "" {
		for _, q := range a.queues {
			a.deps.Metrics.dropped.WithLabelValues(q.name, reason).Inc()
		}
	}
}

// Run tells receivers until ctx ends; then for up to ten seconds it tells what is due,
// openings without their wait, and returns nil. What has not been told stays in the
// outbox. It returns an error when the outbox cannot be opened, or a notifier does not
// stop.
func (a *Alerter) Run(ctx context.Context) error {
	defer a.intake.close()
	defer a.giveUp()
	if err := a.recover(); err != nil {
		return err
	}
	defer func() { a.outbox.close() }()
	for _, q := range a.queues {
		a.attending.Go(func() { a.attend(q) })
	}
	a.loop(ctx.Done())
	return a.stop()
}

// loop is the one owner of all queues and of the outbox. What has happened is
// written down before anything new is begun, once for everything that happened at
// the same time.
func (a *Alerter) loop(done <-chan struct{}) {
	var deadline <-chan time.Time
	alarm := time.NewTimer(0)
	defer alarm.Stop()
	for {
		now := time.Now()
		a.absorb(now)
		a.commit(now)
		wake := a.dispatch(now)
		if done == nil && a.idle() {
			return
		}
		alarm.Reset(time.Until(wake))
		select {
		case <-a.intake.ready:
		case r := <-a.results:
			a.settle(r, time.Now())
		case <-alarm.C:
		case <-done:
			done = nil
			deadline = time.After(drainTime)
			a.hurry(time.Now())
		case <-deadline:
			return
		}
	}
}

// attend is the goroutine of one receiver: one message at a time.
func (a *Alerter) attend(q *queue) {
	to := a.deps.Receivers[q.name]
	for m := range a.desks[q.name] {
		ctx, cancel := context.WithTimeout(a.attempts, AttemptTimeout)
		err := to.Notify(ctx, m.event)
		cancel()
		a.results <- result{q, err}
	}
}

// idle tells, right after dispatch, whether nothing could be sent any more now.
func (a *Alerter) idle() bool {
	for _, q := range a.queues {
		if q.busy != nil {
			return false
		}
	}
	return true
}

func (a *Alerter) hurry(now time.Time) {
	for _, q := range a.queues {
		q.hurry(now)
	}
}

// stop ends the receivers' goroutines, and counts what nobody will remember.
func (a *Alerter) stop() error {
	a.giveUp()
	for _, desk := range a.desks {
		close(desk)
	}
	err := a.leave()
	a.settleLate()
	if a.outbox != nil {
		return err
	}
	for _, q := range a.queues {
		a.deps.Metrics.dropped.WithLabelValues(q.name, droppedStopped).Add(float64(q.discard()))
		a.report(q)
	}
	return err
}

// leave waits for the receivers' goroutines, but not for a notifier that breaks the
// contract, or hangs in a disk that does not answer.
func (a *Alerter) leave() error {
	left := make(chan struct{})
	go func() {
		a.attending.Wait()
		close(left)
	}()
	select {
	case <-left:
		return nil
	case <-time.After(time.Second):
		return errors.New("alert: a receiver did not stop when told to")
	}
}

// settleLate takes what the receivers answered while the engine stopped waiting.
func (a *Alerter) settleLate() {
	for {
		select {
		case r := <-a.results:
			a.settle(r, time.Now())
		default:
			a.commit(time.Now())
			return
		}
	}
}
