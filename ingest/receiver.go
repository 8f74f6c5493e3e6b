package ingest

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"time"

	"eagre/flow"
)

// Socket is one place where export datagrams or messages come in.
type Socket interface {
	Network() string // udp or tcp
	Addr() netip.AddrPort
	Drops() uint64 // datagrams that the kernel had no room for
	Run(ctx context.Context) error
	Close() error
}

// Receiver is all sockets of a configuration and the tick that moves receive
// time on when nothing comes in.
type Receiver struct {
	listeners []Socket
	collector *Collector
	clock     Clock
}

// NewReceiver opens all sockets the collector's configuration names. When one
// cannot be opened, none stays open and all that failed are reported.
func NewReceiver(ctx context.Context, c *Collector, clock Clock) (*Receiver, error) {
	r := &Receiver{collector: c, clock: clock}
	udp := func(door Door) opener {
		return func(address string) (Socket, error) { return Listen(ctx, address, door, c, clock) }
	}
	tcp := func(address string) (Socket, error) { return ListenTCP(ctx, address, c, clock) }
	err := errors.Join(
		r.open(c.config.NetFlow, udp(NetFlowDoor)), r.open(c.config.SFlow, udp(SFlowDoor)),
		r.open(c.config.Auto, udp(AutoDoor)), r.open(c.config.TCP, tcp))
	if err != nil {
		return nil, errors.Join(err, r.close())
	}
	return r, nil
}

type opener func(address string) (Socket, error)

func (r *Receiver) open(addresses []string, open opener) error {
	var errs []error
	for _, address := range addresses {
		s, err := open(address)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		r.listeners = append(r.listeners, s)
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
func (r *Receiver) Listeners() []Socket { return r.listeners }

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
