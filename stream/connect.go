package stream

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"eagre/flow"
)

const (
	dialTimeout  = 5 * time.Second
	writeTimeout = 5 * time.Second // a peer that takes nothing for this long is gone
	pingInterval = 10 * time.Second
)

// connect opens one connection.
func (s *Stream) connect(ctx context.Context, name string, more ...nats.Option) (*nats.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("stream: %w", err)
	}
	conn, err := nats.Connect(s.config.URL, append(s.options(name), more...)...)
	if err != nil {
		return nil, fmt.Errorf("nats server %s cannot be reached: %w", s.place(), err)
	}
	if most := conn.MaxPayload(); most < flow.MaxPacked {
		conn.Close()
		return nil, fmt.Errorf("nats server %s takes messages of %d bytes (max_payload), need %d", s.place(), most, flow.MaxPacked)
	}
	return conn, nil
}

// writeBuffer is how much is gathered before it is written, in bytes: a burst of
// batches goes out in a few writes, each of which wakes the server.
const writeBuffer = 512 << 10

// options of every connection: it comes back by itself, for ever, and meanwhile
// refuses what is published instead of hoarding it.
func (s *Stream) options(name string) []nats.Option {
	options := []nats.Option{
		nats.Name(name),
		nats.Timeout(dialTimeout),
		nats.FlusherTimeout(writeTimeout),
		nats.PingInterval(pingInterval),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(250 * time.Millisecond),
		nats.ReconnectJitter(100*time.Millisecond, 100*time.Millisecond),
		nats.ReconnectBufSize(-1),
		nats.WriteBufferSize(writeBuffer),
		nats.IgnoreAuthErrorAbort(),
	}
	if s.embedded != nil {
		options = append(options, nats.InProcessServer(s.embedded.server))
	}
	if s.config.Creds != "" {
		options = append(options, nats.UserCredentials(s.config.Creds))
	}
	return options
}

func (s *Stream) place() string {
	if s.embedded != nil {
		return "in " + s.config.Dir
	}
	return s.config.URL
}

// watch is what the connection of followers and events reports.
func (s *Stream) watch() []nats.Option {
	return []nats.Option{
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			s.metrics.connected.Set(0)
			s.link.Swap(newLink()).cut()
			if !s.isClosed() {
				s.log.Warn("lost the connection to nats", "error", err)
			}
		}),
		nats.ReconnectHandler(func(c *nats.Conn) {
			s.metrics.connected.Set(1)
			s.metrics.reconnects.Inc()
			s.log.Info("connected to nats again", "server", c.ConnectedServerVersion(), "address", c.ConnectedAddr())
			s.beside(s.restore) // not here: the next break is reported only after this
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			s.log.Warn("nats reports an error", "error", err)
		}),
	}
}

// restore makes sure that the streams are there, as the server may have come
// back with an empty disk, and lets every follower look where it stands.
func (s *Stream) restore() {
	ctx, cancel := s.attempt(context.Background())
	defer cancel()
	if err := setUp(ctx, s.js, s.config); err != nil && !s.isClosed() {
		s.log.Error("streams could not be checked after connecting again", "error", err)
	}
	s.interruptFollowers()
}

func (s *Stream) interruptFollowers() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for f := range s.followers {
		f.interrupt()
	}
}

// link is one connection's life: its context ends when the connection breaks.
type link struct {
	context.Context
	cut context.CancelFunc
}

func newLink() *link {
	ctx, cut := context.WithCancel(context.Background())
	return &link{ctx, cut}
}

// attemptTimeout is longer than a server with a slow disk takes.
const attemptTimeout = 10 * time.Second

// attempt is the time for one request: the client library would wait for an
// answer that went down with the connection.
func (s *Stream) attempt(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	stop := context.AfterFunc(s.link.Load(), cancel)
	return ctx, func() {
		stop()
		cancel()
	}
}
