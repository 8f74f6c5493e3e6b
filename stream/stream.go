package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// ErrClosed is returned by everything that is asked of a closed Stream.
var ErrClosed = errors.New("stream: closed")

// Deps is what a Stream works with. All of it may be left out.
type Deps struct {
	Log     *slog.Logger // nil: no log
	Metrics *Metrics     // nil: counters that nobody sees
}

// Stream is the connection to the flow and anomaly streams, and the server
// itself where it is embedded. Any number of goroutines may use it.
//
// Flows are published over a connection of their own, so that a flood of them
// never stands in the way of an event.
type Stream struct {
	config  Config
	log     *slog.Logger
	metrics *Metrics

	embedded *embedded // nil with an external server
	conn     *nats.Conn
	js       jetstream.JetStream
	flows    *FlowWriter

	link      atomic.Pointer[link]
	mu        sync.Mutex
	followers map[*Follower]struct{}
	closed    chan struct{}
	work      sync.WaitGroup // what goes on beside the callers
	close     sync.Once
}

// Open starts the embedded server or connects to the external one, and creates
// both streams or brings their limits up to date. An external server must be
// reachable now; later it may come and go.
func Open(ctx context.Context, c Config, d Deps) (*Stream, error) {
	if errs := c.Validate(); len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	s := &Stream{
		config: c, log: d.Log, metrics: d.Metrics,
		followers: map[*Follower]struct{}{}, closed: make(chan struct{}),
	}
	s.link.Store(newLink())
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.metrics == nil {
		s.metrics = NewMetrics(nil)
	}
	if err := s.open(ctx); err != nil {
		s.release()
		return nil, err
	}
	return s, nil
}

func (s *Stream) open(ctx context.Context) (err error) {
	if s.config.URL == "" {
		if s.embedded, err = startEmbedded(s.config, s.log); err != nil {
			return err
		}
	}
	if s.conn, err = s.connect(ctx, "eagre", s.watch()...); err != nil {
		return err
	}
	if s.js, err = jetstream.New(s.conn); err != nil {
		return err
	}
	if err := setUp(ctx, s.js, s.config); err != nil {
		return err
	}
	if s.flows, err = s.newFlowWriter(ctx); err != nil {
		return err
	}
	s.metrics.connected.Set(1)
	s.introduce()
	return nil
}

// introduce says in one line whom we work with, and in others what an operator
// should know about that.
func (s *Stream) introduce() {
	s.log.Info("connected to nats", "server", s.conn.ConnectedServerVersion(),
		"embedded", s.embedded != nil, "address", s.conn.ConnectedAddr())
	if s.embedded == nil {
		s.log.Warn("an external nats server does not tell its clients whether it fsyncs; " +
			"without jetstream { sync_interval: always } a power cut may take back events that were acknowledged")
	}
}

// Flows is where flow batches are published.
func (s *Stream) Flows() *FlowWriter { return s.flows }

// Close waits until the flow batches under way are acknowledged, for as long as
// Config.AckTimeout, disconnects, and stops the embedded server. It tells how
// many batches were still under way. Followers end with ErrClosed.
func (s *Stream) Close() error {
	var err error
	s.close.Do(func() {
		s.mu.Lock()
		close(s.closed)
		s.mu.Unlock()
		err = s.flows.drain(s.config.AckTimeout)
		s.interruptFollowers()
		s.release()
		s.metrics.connected.Set(0)
	})
	return err
}

// release gives back what was acquired so far, last first.
func (s *Stream) release() {
	if s.flows != nil {
		s.flows.close()
	}
	if s.conn != nil {
		s.conn.Close()
	}
	s.link.Load().cut()
	s.work.Wait()
	if s.embedded != nil {
		s.embedded.stop()
	}
}

// beside runs f in a goroutine that Close waits for.
func (s *Stream) beside(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.isClosed() {
		s.work.Go(f)
	}
}

func (s *Stream) isClosed() bool {
	select {
	case <-s.closed:
		return true
	default:
		return false
	}
}

// whileOpen is ctx until the stream closes; ErrClosed is the cause then.
func (s *Stream) whileOpen(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		select {
		case <-s.closed:
			cancel(ErrClosed)
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(nil) }
}

// pause waits before something is tried again. The waits double from 50 ms to
// 2 s; an error says that there is no again.
func (s *Stream) pause(ctx context.Context, attempt int) error {
	t := time.NewTimer(min(2*time.Second, 50*time.Millisecond<<min(attempt, 10)))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stream: %w", ctx.Err())
	case <-s.closed:
		return ErrClosed
	}
}
