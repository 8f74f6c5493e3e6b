package stream

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
)

// Exporter publishes for other programs, on ExportSubject, what is not stored and
// is dropped when nobody listens. It knows whether anyone does, so that nothing
// need be made for nobody. One goroutine at a time may use it, but any may ask
// Listened.
//
// Nobody tells a publisher who listens. But a message that asks for an answer is
// answered by the server itself, at once and in order, if it reaches nobody; so
// every message of an Exporter asks for one, and silence means that it was heard.
type Exporter struct {
	stream   *Stream
	schema   string
	conn     *nats.Conn
	inbox    string
	answers  chan *nats.Msg
	listened atomic.Bool
}

const (
	schemaHeader     = "Eagre-Schema"
	noResponders     = "503" // the status of the server's answer
	listenerInterval = 250 * time.Millisecond
	answersHeld      = 1024
)

// Export opens a connection for publishing to other programs. schema is the
// version of what is published, which goes into a header field of each message.
// Close the exporter when done.
func (s *Stream) Export(ctx context.Context, schema string) (*Exporter, error) {
	if s.isClosed() {
		return nil, ErrClosed
	}
	x := &Exporter{stream: s, schema: schema, answers: make(chan *nats.Msg, answersHeld)}
	conn, err := s.connect(ctx, "eagre export", nats.ErrorHandler(x.complain))
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	x.conn, x.inbox = conn, conn.NewInbox()
	if _, err := conn.ChanSubscribe(x.inbox, x.answers); err != nil {
		conn.Close()
		return nil, fmt.Errorf("export: %w", err)
	}
	return x, nil
}

// complain passes over answers that nobody waits for: listeners may answer too,
// as often as they like.
func (x *Exporter) complain(_ *nats.Conn, _ *nats.Subscription, err error) {
	if !errors.Is(err, nats.ErrSlowConsumer) {
		x.stream.log.Warn("nats reports an error", "connection", "export", "error", err)
	}
}

// Await returns when someone listens: at once if so, and else it looks four times
// a second. To look, it publishes hello, a message that says nothing; whoever
// listens gets it first. It returns an error only when ctx ends or the stream is
// closed.
func (x *Exporter) Await(ctx context.Context, hello []byte) error {
	tick := time.NewTicker(listenerInterval)
	defer tick.Stop()
	for !x.greet(ctx, hello) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("export: %w", ctx.Err())
		case <-x.stream.closed:
			return ErrClosed
		}
	}
	return nil
}

// greet publishes hello and waits until the server has dealt with it.
func (x *Exporter) greet(ctx context.Context, hello []byte) bool {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	x.drain() // of before
	sent := x.send(hello) == nil && x.conn.FlushWithContext(ctx) == nil
	x.hear(sent && x.drain() == 0)
	return x.Listened()
}

// Publish publishes a message with this many flows and does not wait: whether
// anyone heard it is known when the next is published. The message is the
// caller's again. An error says why it was not published, and is counted.
func (x *Exporter) Publish(message []byte, flows int) error {
	m := x.stream.metrics
	if err := x.send(message); err != nil {
		m.exportFailed.WithLabelValues(exportFailure(err)).Inc()
		x.hear(false)
		return fmt.Errorf("export: %w", plain(err))
	}
	m.exported.Inc()
	m.exportedBytes.Add(float64(len(message)))
	m.exportedFlows.Add(float64(flows))
	if unheard := x.drain(); unheard > 0 {
		m.unheard.Add(float64(unheard))
		x.hear(false)
	}
	return nil
}

func exportFailure(err error) string {
	if errors.Is(err, nats.ErrMaxPayload) {
		return exportTooLarge
	}
	return exportDisconnected
}

func (x *Exporter) send(message []byte) error {
	m := nats.NewMsg(ExportSubject)
	m.Reply, m.Data = x.inbox, message
	m.Header.Set(schemaHeader, x.schema)
	return x.conn.PublishMsg(m)
}

// drain takes the answers that are there and tells how many messages reached
// nobody.
func (x *Exporter) drain() (unheard int) {
	for {
		select {
		case m := <-x.answers:
			if len(m.Data) == 0 && m.Header.Get("Status") == noResponders {
				unheard++
			}
		default:
			return unheard
		}
	}
}

func (x *Exporter) hear(listened bool) {
	x.listened.Store(listened)
	x.stream.metrics.listened.Set(map[bool]float64{true: 1}[listened])
}

// Listened tells whether someone listened when it was last known.
func (x *Exporter) Listened() bool { return x.listened.Load() }

// Close ends the exporter.
func (x *Exporter) Close() {
	x.hear(false)
	x.conn.Close()
}
