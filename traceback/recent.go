package traceback

import (
	"time"

	"eagre/flow"
)

// Recent is the last while of the flow stream, packed as it came. One goroutine
// owns it: Add and Trace are not to be called at the same time.
//
// What it holds, and so every trace, depends only on the batches added and not
// on their order inside a step: batches go by whole steps.
type Recent struct {
	config Config
	held   []packedBatch // by step, oldest first
	bytes  int
	newest int64

	unpacker flow.Unpacker
	batch    *flow.Batch
}

type packedBatch struct {
	step   int64
	packed []byte
}

// NewRecent makes an empty one.
func NewRecent(c Config) *Recent {
	return &Recent{config: c.complete(), batch: flow.NewBatch()}
}

// Add holds a packed batch of the given step; nobody changes its bytes
// afterwards. Steps never go back; a batch that comes late all the same is held
// with the newest step.
func (r *Recent) Add(step int64, packed []byte) {
	if len(r.held) == 0 {
		r.newest = step
	}
	r.newest = max(r.newest, step)
	r.held = append(r.held, packedBatch{step: r.newest, packed: packed})
	r.bytes += len(packed)
	r.evict()
	r.config.Metrics.heldBytes.Set(float64(r.bytes))
	r.config.Metrics.heldBatches.Set(float64(len(r.held)))
}

// evict lets whole steps go until age and size fit. A step that alone is larger
// than the bound goes as well: the bound holds whatever comes.
func (r *Recent) evict() {
	oldest := r.newest - int64(r.config.Age/flow.StepLength)
	for len(r.held) > 0 && r.held[0].step < oldest {
		r.dropStep(dropAge)
	}
	for r.bytes > r.config.MaxBytes {
		r.dropStep(dropSize)
	}
}

func (r *Recent) dropStep(reason string) {
	step := r.held[0].step
	for len(r.held) > 0 && r.held[0].step == step {
		r.bytes -= len(r.held[0].packed)
		r.held[0] = packedBatch{}
		r.held = r.held[1:]
		r.config.Metrics.dropped.WithLabelValues(reason).Inc()
	}
}

// dropUnreadable forgets a batch whose bytes make no sense, so that it is
// counted once.
func (r *Recent) dropUnreadable(i int) {
	r.bytes -= len(r.held[i].packed)
	r.held[i].packed = nil
	r.config.Metrics.dropped.WithLabelValues(dropUnreadable).Inc()
}

// each unpacks every held batch for which want says so, in order.
func (r *Recent) each(want func(i int) bool, read func(i int, b *flow.Batch)) {
	for i := range r.held {
		if r.held[i].packed == nil || !want(i) {
			continue
		}
		if err := r.unpacker.Unpack(r.held[i].packed, r.batch); err != nil {
			r.dropUnreadable(i)
			continue
		}
		read(i, r.batch)
	}
}

// span is the receive time held: from the start of the oldest step to the end
// of the newest.
func (r *Recent) span() (from, to time.Time) {
	if len(r.held) == 0 {
		return time.Time{}, time.Time{}
	}
	return flow.StepStart(r.held[0].step), flow.StepStart(r.newest + 1)
}
