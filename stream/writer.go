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

	"eagre/flow"
)

// The reasons for which a batch is shed that are worth telling apart.
var (
	ErrWindowFull   = errors.New("flow stream: too many batches are not acknowledged yet")
	ErrDisconnected = errors.New("no connection to the nats server")
)

// FlowWriter publishes flow batches. Any number of goroutines may publish at
// once; what one goroutine publishes is stored in that order.
//
// Publish packs and hands over to one goroutine that talks to the server, so
// that a server that stalls holds up nobody who reads a socket.
type FlowWriter struct {
	metrics  *Metrics
	conn     *nats.Conn
	window   *window
	subjects []string
	burst    int
	up       atomic.Bool // there is a connection
	closed   atomic.Bool

	free  chan *parcel // packed and sent: to be used again
	mu    sync.Mutex
	held  []*parcel     // packed, and waiting for company; no more than the window
	hurry chan struct{} // send what is held back
	quit  chan struct{}
	done  chan struct{}
}

// parcel is a packed batch, and what it takes to make one.
type parcel struct {
	packer    flow.Packer
	packed    []byte
	partition int
	rows      int
	complete  bool // it ends a step
}

func (s *Stream) newFlowWriter(ctx context.Context) (*FlowWriter, error) {
	n := s.config.PublishWindow
	w := &FlowWriter{
		metrics: s.metrics, burst: s.config.Burst,
		window: newWindow(n, s.config.AckTimeout, s.metrics, s.log),
		free:   make(chan *parcel, n), hurry: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{}),
	}
	for p := range s.config.Partitions {
		w.subjects = append(w.subjects, FlowSubject(p))
	}
	w.up.Store(true)
	conn, err := s.connect(ctx, "eagre flows", w.watch(s.log)...)
	if err != nil {
		return nil, err
	}
	w.conn = conn
	if err := w.window.listen(conn); err != nil {
		conn.Close()
		return nil, fmt.Errorf("flow stream: %w", err)
	}
	go w.send()
	return w, nil
}

func (w *FlowWriter) watch(log *slog.Logger) []nats.Option {
	return []nats.Option{
		nats.DisconnectErrHandler(func(*nats.Conn, error) {
			w.up.Store(false)
			w.window.giveUp(ackLost)
		}),
		nats.ReconnectHandler(func(*nats.Conn) { w.up.Store(true) }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			log.Warn("nats reports an error", "connection", "flows", "error", err)
		}),
	}
}

// Publish packs a batch and sends it on its way; the batch is the caller's again
// when it returns. It does not wait for anything: if the window is full or the
// server is away, the batch is shed, counted, and the error says why.
func (w *FlowWriter) Publish(b *flow.Batch) error {
	switch {
	case int(b.Partition) >= len(w.subjects):
		return w.shed(b, shedPartition, fmt.Errorf("flow stream: partition %d of %d", b.Partition, len(w.subjects)))
	case w.closed.Load():
		return w.shed(b, shedClosed, ErrClosed)
	case !w.up.Load():
		return w.shed(b, shedDisconnected, fmt.Errorf("flow stream: %w", ErrDisconnected))
	case !w.window.enter(time.Now()):
		return w.shed(b, shedWindow, ErrWindowFull)
	case w.closed.Load(): // meanwhile; whoever closes waits for all that entered before
		w.window.leave()
		return w.shed(b, shedClosed, ErrClosed)
	}
	p := w.parcel()
	p.partition, p.rows, p.complete = int(b.Partition), b.N, b.Complete
	p.packed = p.packer.Append(p.packed[:0], b)
	w.hold(p)
	return nil
}

// hold keeps a parcel back until there are enough of them or its step ends. To
// wake the goroutine that sends for every single one costs more than sending it.
func (w *FlowWriter) hold(p *parcel) {
	w.mu.Lock()
	w.held = append(w.held, p)
	enough := len(w.held) >= w.burst
	w.mu.Unlock()
	if enough || p.complete || w.closed.Load() {
		w.wake()
	}
}

// wake has everything sent that is held back.
func (w *FlowWriter) wake() {
	select {
	case w.hurry <- struct{}{}:
	default: // it is asked to already
	}
}

// take is what is held back, in exchange for an empty list.
func (w *FlowWriter) take(empty []*parcel) []*parcel {
	w.mu.Lock()
	defer w.mu.Unlock()
	taken := w.held
	w.held = empty
	return taken
}

func (w *FlowWriter) shed(b *flow.Batch, reason string, err error) error {
	w.metrics.batchesShed.WithLabelValues(reason).Inc()
	w.metrics.flowsShed.WithLabelValues(reason).Add(float64(b.N))
	return err
}

// parcel takes one that is free. There are never more than the window, and in
// quiet times two or three.
func (w *FlowWriter) parcel() *parcel {
	select {
	case p := <-w.free:
		return p
	default:
		return new(parcel)
	}
}

// giveBack is allowed as soon as a parcel is sent: the connection copies.
func (w *FlowWriter) giveBack(p *parcel) {
	select {
	case w.free <- p:
	default:
	}
}

// send talks to the server until the writer closes.
func (w *FlowWriter) send() {
	defer close(w.done)
	var sending []*parcel
	for {
		select {
		case <-w.hurry:
		case <-w.quit:
			return
		}
		sending = w.take(sending[:0])
		for i, p := range sending {
			w.post(p)
			w.giveBack(p)
			sending[i] = nil
		}
	}
}

func (w *FlowWriter) post(p *parcel) {
	reply, era := w.window.await(time.Now())
	if err := w.conn.PublishRequest(w.subjects[p.partition], reply, p.packed); err != nil {
		w.window.recall(era)
		w.metrics.batchesShed.WithLabelValues(shedDisconnected).Inc()
		w.metrics.flowsShed.WithLabelValues(shedDisconnected).Add(float64(p.rows))
		return
	}
	w.metrics.flows.Add(float64(p.rows))
	w.metrics.bytes.Add(float64(len(p.packed)))
}

// drain takes no more batches and waits until all are acknowledged.
func (w *FlowWriter) drain(timeout time.Duration) error {
	w.closed.Store(true)
	w.wake()
	if left := w.window.empty(timeout); left > 0 {
		return fmt.Errorf("flow stream: closed with %d batches not acknowledged", left)
	}
	return nil
}

func (w *FlowWriter) close() {
	w.closed.Store(true)
	close(w.quit)
	w.conn.Close() // should send wait for the server: after writeTimeout at the latest
	<-w.done
}
