package snmp

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"eagre/network/counters"
)

// Deps is what a Poller works with. Moved is required.
type Deps struct {
	// Moved takes in how far an interface moved. It is called by one goroutine at a
	// time.
	Moved   func(counters.Movement)
	Clock   Clock        // nil: that of the machine
	Metrics *Metrics     // nil: counters that nobody sees
	Log     *slog.Logger // nil: no log
}

// Poller reads the interface counters of all targets.
type Poller struct {
	watches []*watch
	mu      sync.Mutex // guards Moved
	moved   func(counters.Movement)
}

// New makes a poller. The configuration must be valid.
func New(c Config, d Deps) *Poller {
	if d.Clock == nil {
		d.Clock = WallClock{}
	}
	if d.Metrics == nil {
		d.Metrics = NewMetrics(nil)
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	p := &Poller{moved: d.Moved}
	d.Moved = p.hand
	for _, t := range c.Targets {
		p.watches = append(p.watches, newWatch(t, d))
	}
	return p
}

// hand lets one movement through at a time.
func (p *Poller) hand(m counters.Movement) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.moved(m)
}

// Run polls all targets, each by itself, until the context ends, and then returns
// nil. Nothing that it started outlives it. It is called once.
func (p *Poller) Run(ctx context.Context) error {
	var all sync.WaitGroup
	for i, w := range p.watches {
		// Spread over the interval, so that a thousand routers do not answer at once.
		delay := w.target.Interval * time.Duration(i) / time.Duration(len(p.watches))
		all.Go(func() { w.run(ctx, delay) })
	}
	all.Wait()
	return nil
}
