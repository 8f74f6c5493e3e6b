package ingest

import (
	"context"
	"errors"
	"sync"
	"time"

	"eagre/flow"
)

// Receiver is all sockets of a configuration and the tick that moves receive
// time on when nothing comes in.
type Receiver struct {
	listeners []*Listener
	collector *Collector
	clock     Clock
}

// NewReceiver opens all sockets the collector's configuration names. When one
// cannot be opened, none stays open and all that failed are reported.
func NewReceiver(ctx context.Context, c *Collector, clock Clock) (*Receiver, error) {
	r := &Receiver{collector: c, clock: clock}
	err := errors.Join(r.open(ctx, c.config.NetFlow, NetFlowDoor), r.open(ctx, c.config.SFlow, SFlowDoor))
	if err != nil {
		return nil, errors.Join(err, r.close())
	}
	return r, nil
}

func (r *Receiver) open(ctx context.Context, addresses []string, door Door) error {
	var errs []error
	for _, address := range addresses {
		l, err := Listen(ctx, address, door, r.collector, r.clock)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		r.listeners = append(r.listeners, l)
	}
	return errors.Join(errs...)
}

func (r *Receiver) close() error {
	var errs []error
	for _, l := range r.listeners {
		errs = append(errs, l.Close())
	}
	return errors.Join(errs...)
}

// Listeners is the open sockets, those for NetFlow first.
func (r *Receiver) Listeners() []*Listener { return r.listeners }

// Run receives until the context ends or a socket fails; then all sockets are
// closed, and the error of the first that failed is returned. It does not finish
// the collector.
func (r *Receiver) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	failures := make(chan error, len(r.listeners))
	var wg sync.WaitGroup
	for _, l := range r.listeners {
		wg.Go(func() {
			if err := l.Run(ctx); err != nil {
				failures <- err
				stop()
			}
		})
	}
	r.tick(ctx)
	wg.Wait()
	select {
	case err := <-failures:
		return err
	default:
		return nil
	}
}

// tick advances the collector once a step until the context ends.
func (r *Receiver) tick(ctx context.Context) {
	ticker := time.NewTicker(flow.StepLength)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			r.collector.Advance(r.clock())
		}
	}
}
