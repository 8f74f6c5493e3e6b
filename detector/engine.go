package detector

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"eagre/detector/tally"
	"eagre/flow"
	"eagre/network"
	"eagre/signatures"
)

// Engine is the detector put together: a reader, workers that count, a judge.
type Engine struct {
	cfg     Config
	deps    Deps
	rules   ruleSet
	warmth  tally.Warmth
	workers []*worker
	newest  int64 // step
	views
}

// views are what others may look at while the engine runs.
type views struct {
	ledger *tally.Ledger
	board  *board
	health atomic.Pointer[[]ExporterHealth]
	now    atomic.Int64 // end of the newest judged step, Unix milliseconds
}

// Deps are what the detector needs from its neighbours.
type Deps struct {
	Network    *network.Map
	Signatures *signatures.Set // nil: no signatures
	Sink       Sink
	Metrics    *Metrics // nil: nobody looks
}

// New checks the configuration and prepares an engine; nothing runs yet.
func New(cfg Config, deps Deps) (*Engine, error) {
	if errs := cfg.Validate(); len(errs) > 0 {
		return nil, fmt.Errorf("detector: %w", errors.Join(errs...))
	}
	rules, err := newRuleSet(deps.Signatures)
	if err != nil {
		return nil, fmt.Errorf("detector: %w", err)
	}
	if deps.Metrics == nil {
		deps.Metrics = NewMetrics(nil)
	}
	return &Engine{
		cfg: cfg, deps: deps, rules: rules,
		warmth: warmth(cfg.Thresholds, deps.Network.Objects(), cfg.Tally.Partitions),
		views:  views{ledger: tally.NewLedger(cfg.Ledger), board: &board{}},
	}, nil
}

// Ledger is what every interface moved over the last day. Safe for concurrent use.
func (v *views) Ledger() *tally.Ledger { return v.ledger }

// Health is how far the numbers of each exporter can be trusted, by address. Safe for
// concurrent use.
func (v *views) Health() []ExporterHealth {
	if list := v.health.Load(); list != nil {
		return *list
	}
	return nil
}

// Now is the end of the newest judged step: event time. Safe for concurrent use.
func (v *views) Now() time.Time { return time.UnixMilli(v.now.Load()).UTC() }

// Run reads the source to its end, or until the context ends. At the end of the
// input time moves on until every tick has settled and every anomaly has ended;
// a context that ends leaves them as they are.
func (e *Engine) Run(ctx context.Context, source Source) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	deliveries := make(chan *delivery, 4*e.cfg.Tally.Partitions)
	counting := e.startWorkers(ctx, deliveries)
	judging := make(chan struct{})
	go func() {
		defer close(judging)
		e.judge(ctx, deliveries, stop)
	}()
	err := e.read(ctx, source)
	for _, w := range e.workers {
		close(w.in)
	}
	counting.Wait()
	close(deliveries)
	<-judging
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}

func (e *Engine) startWorkers(ctx context.Context, out chan<- *delivery) *sync.WaitGroup {
	var counting sync.WaitGroup
	e.workers = make([]*worker, e.cfg.Workers)
	for i := range e.workers {
		e.workers[i] = newWorker(e, out)
		counting.Go(func() { e.workers[i].run(ctx) })
	}
	return &counting
}

// read hands every message to the worker of its partition.
func (e *Engine) read(ctx context.Context, source Source) error {
	for {
		packed, err := source.Next(ctx)
		switch {
		case errors.Is(err, io.EOF):
			return e.finish(ctx)
		case err != nil:
			return err
		}
		env, ok := flow.Peek(packed)
		if !ok || int(env.Partition) >= e.cfg.Tally.Partitions {
			e.deps.Metrics.unreadable.Inc()
			continue
		}
		e.newest = max(e.newest, env.Step)
		if err := e.send(ctx, int(env.Partition), order{packed: packed}); err != nil {
			return err
		}
	}
}

// finish moves every partition's clock far enough that nothing stays open.
func (e *Engine) finish(ctx context.Context) error {
	rest := e.cfg.Quiet + e.cfg.Tally.Settle + 2*tally.TickLength*time.Millisecond
	last := e.newest + int64(rest/flow.StepLength)
	for _, step := range []int64{e.newest, last} { // the newest step may lack its end
		for p := range e.cfg.Tally.Partitions {
			if err := e.send(ctx, p, order{partition: uint16(p), finish: step}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *Engine) send(ctx context.Context, partition int, o order) error {
	select {
	case e.workers[partition%len(e.workers)].in <- o:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// judge runs the second stage until the workers are done.
func (e *Engine) judge(ctx context.Context, in <-chan *delivery, stop context.CancelCauseFunc) {
	j := newJudge(e.cfg, e.deps.Network, e.rules, &e.views)
	b := newBarrier(e.cfg.Tally.Partitions)
	for d := range in {
		b.add(d)
		for step, ready := b.next(); ready != nil && ctx.Err() == nil; step, ready = b.next() {
			findings := j.step(step, partials(ready))
			if err := e.deps.Sink.Step(step, packed(ready), findings); err != nil {
				stop(fmt.Errorf("detector: step %d: %w", step, err))
			}
			e.now.Store(flow.StepStart(step + 1).UnixMilli())
			e.deps.Metrics.observe(&j.counters, step)
		}
	}
}
