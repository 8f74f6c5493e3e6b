package detector

import (
	"context"

	"eagre/detector/tally"
	"eagre/flow"
)

// worker counts some of the partitions. It owns their counters.
type worker struct {
	engine   *Engine
	in       chan order
	out      chan<- *delivery
	counters map[uint16]*counting
	batch    *flow.Batch
	unpacker flow.Unpacker
}

// order is one message to count, or the word that there are no more.
type order struct {
	packed    []byte
	partition uint16
	finish    int64 // step to move the partition's clock to; 0: none
}

// counting is one partition in work.
type counting struct {
	*tally.Counter
	packed   [][]byte // counted since the last step ended
	answered int64    // the newest question about what moves most
}

// delivery is what one partition brought up to the end of a step.
type delivery struct {
	partial *tally.Partial
	packed  [][]byte
}

// ordersAhead is how many messages may wait for a worker; beyond that the
// stream holds them.
const ordersAhead = 64

func newWorker(e *Engine, out chan<- *delivery) *worker {
	return &worker{engine: e, in: make(chan order, ordersAhead), out: out, counters: map[uint16]*counting{}, batch: flow.NewBatch()}
}

func (w *worker) run(ctx context.Context) {
	for o := range w.in {
		if ctx.Err() != nil {
			continue // drain, so that the reader never waits for nobody
		}
		if o.finish != 0 {
			w.endStep(ctx, w.counter(o.partition), o.finish)
			continue
		}
		w.count(ctx, o.packed)
	}
}

func (w *worker) count(ctx context.Context, packed []byte) {
	if err := w.unpacker.Unpack(packed, w.batch); err != nil {
		w.engine.deps.Metrics.unreadable.Inc()
		return
	}
	c := w.counter(w.batch.Partition)
	if w.batch.N > 0 {
		c.Count(w.batch)
		c.packed = append(c.packed, packed)
	}
	if w.batch.Complete {
		w.endStep(ctx, c, w.batch.Step)
	}
}

func (w *worker) endStep(ctx context.Context, c *counting, step int64) {
	d := &delivery{partial: c.EndStep(step, w.again(c)), packed: c.packed}
	c.packed = nil
	if question := w.engine.board.question(); question != c.answered {
		c.answered = question
		d.partial.Survey = c.Survey()
		d.partial.Survey.Question = question
	}
	select {
	case w.out <- d:
	case <-ctx.Done():
	}
}

// again unpacks the step's messages once more.
func (w *worker) again(c *counting) tally.Again {
	return func(count func(*flow.Batch)) {
		for _, packed := range c.packed {
			if err := w.unpacker.Unpack(packed, w.batch); err == nil { // it could be read before
				count(w.batch)
			}
		}
	}
}

func (w *worker) counter(partition uint16) *counting {
	c := w.counters[partition]
	if c == nil {
		e := w.engine
		c = &counting{Counter: tally.New(e.cfg.Tally, partition, e.deps.Network, e.warmth, e.rules.matcher())}
		w.counters[partition] = c
	}
	return c
}
