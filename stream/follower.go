package stream

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	pullBatch     = 128              // messages asked for at a time; bounds what waits in memory
	pullHeartbeat = 5 * time.Second  // silence twice as long: begin again
	consumerLife  = 30 * time.Second // an abandoned consumer goes away after this
)

// Follower reads the messages of a stream, each once, in the order in which they
// were stored, across lost connections and restarts of the server. One goroutine
// at a time may call Next; followers know nothing of each other.
//
// It keeps its own place and asks the server for what comes after it: the
// consumer on the server is forgotten and made anew whenever in doubt. What the
// stream discarded before it was read, and what it lost in a crash after it was
// read, is counted.
type Follower struct {
	stream *Stream
	name   string // of the followed stream
	last   Position

	delivered uint64 // by the consumer of now, by its own count
	closed    atomic.Bool
	mu        sync.Mutex
	messages  jetstream.MessagesContext
	reader    string // what the server calls the consumer
}

// Follow reads the flow batches of all partitions that come after a position:
// the zero Position for everything that is stored, Newest for new ones only, At
// for a time, or a position that Next has returned, also by an earlier run of
// the program. Close the follower when done.
func (s *Stream) Follow(ctx context.Context, after Position) (*Follower, error) {
	return s.follow(ctx, FlowStream, after)
}

func (s *Stream) follow(ctx context.Context, name string, after Position) (*Follower, error) {
	if s.isClosed() {
		return nil, ErrClosed
	}
	f := &Follower{stream: s, name: name, last: after}
	if err := f.open(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.followers[f] = struct{}{}
	return f, nil
}

// Next waits for the next packed batch. The bytes belong to the caller. While
// the server is away it waits; it returns an error only when ctx ends or the
// stream or the follower is closed.
func (f *Follower) Next(ctx context.Context) (packed []byte, at Position, err error) {
	m, at, err := f.next(ctx)
	if err != nil {
		return nil, Position{}, err
	}
	f.stream.metrics.followed.Inc()
	return m.Data(), at, nil
}

func (f *Follower) next(ctx context.Context) (jetstream.Msg, Position, error) {
	for attempt := 0; ; {
		m, at, err := f.receive(ctx)
		switch {
		case err == nil && f.advance(at):
			return m, at, nil
		case err == nil:
			continue // it was here before
		case ctx.Err() != nil:
			return nil, Position{}, fmt.Errorf("follow %s: %w", f.name, ctx.Err())
		case f.closed.Load() || f.stream.isClosed():
			return nil, Position{}, ErrClosed
		}
		f.interrupt()
		if err := f.reopen(ctx, &attempt); err != nil {
			return nil, Position{}, err
		}
	}
}

// receive takes one message from the consumer. A hole in the consumer's own
// count is a message that was lost on the way, and an error like others.
func (f *Follower) receive(ctx context.Context) (jetstream.Msg, Position, error) {
	m, err := f.messages.Next(jetstream.NextContext(ctx))
	if err != nil {
		return nil, Position{}, err
	}
	meta, err := m.Metadata()
	if err != nil {
		return nil, Position{}, err
	}
	if f.delivered++; meta.Sequence.Consumer != f.delivered {
		return nil, Position{}, errors.New("a message was lost on the way")
	}
	return m, Position{Sequence: meta.Sequence.Stream, Stored: meta.Timestamp.UTC()}, nil
}

// advance moves the place to a message and tells whether it is a new one.
func (f *Follower) advance(to Position) bool {
	was, m := f.last, f.stream.metrics
	switch {
	case to.Sequence > was.Sequence+1 && was.Sequence > 0:
		m.lost.WithLabelValues(lostRetention).Add(float64(to.Sequence - was.Sequence - 1))
	case to.Sequence > was.Sequence:
	case to.Stored.After(was.Stored): // the stream lost its end, and numbers are used again
		m.lost.WithLabelValues(lostCrash).Add(float64(was.Sequence - to.Sequence + 1))
	default:
		m.duplicates.Inc()
		return false
	}
	f.last = to
	return true
}

// reopen begins again after the last message, as often as it takes.
func (f *Follower) reopen(ctx context.Context, attempt *int) error {
	f.stream.metrics.reopened.Inc()
	for {
		err := f.open(ctx)
		if err == nil {
			return nil
		}
		if *attempt == 0 {
			f.stream.log.Warn("cannot follow the stream, trying on", "stream", f.name, "error", err)
		}
		if err := f.stream.pause(ctx, *attempt); err != nil {
			return err
		}
		*attempt++
	}
}

// open makes a consumer that begins after the last message.
func (f *Follower) open(ctx context.Context) error {
	ctx, cancel := f.stream.attempt(ctx)
	defer cancel()
	config, err := f.consumer(ctx)
	if err != nil {
		return fmt.Errorf("follow %s: %w", f.name, plain(err))
	}
	c, err := f.stream.js.CreateConsumer(ctx, f.name, config)
	if err != nil {
		return fmt.Errorf("follow %s: %w", f.name, plain(err))
	}
	messages, err := c.Messages(jetstream.PullMaxMessages(pullBatch), jetstream.PullHeartbeat(pullHeartbeat),
		jetstream.WithMessagesErrOnMissingHeartbeat(true))
	if err != nil {
		return fmt.Errorf("follow %s: %w", f.name, plain(err))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.messages, f.delivered, f.reader = messages, 0, c.CachedInfo().Name
	return nil
}

// consumer works out where to begin. Beginning at a number is right only while
// the stream still has, or had and discarded, the message that we remember by
// the number before it. If it has another one, or ends earlier, it lost its end
// in a crash: what is new since then was stored later than what we remember.
func (f *Follower) consumer(ctx context.Context) (jetstream.ConsumerConfig, error) {
	stream, err := f.stream.js.Stream(ctx, f.name)
	if err != nil {
		return jetstream.ConsumerConfig{}, err
	}
	state := stream.CachedInfo().State
	if f.last.Sequence == math.MaxUint64 {
		f.last = Position{Sequence: state.LastSeq, Stored: state.LastTime.UTC()}
	}
	same, err := f.remembers(ctx, stream, state)
	switch {
	case err != nil:
		return jetstream.ConsumerConfig{}, err
	case !same:
		return beginAt(f.last.Stored.Add(1)), nil
	case f.last.Sequence == 0 && !f.last.Stored.IsZero():
		return beginAt(f.last.Stored), nil
	}
	return beginAfter(f.last.Sequence), nil
}

func beginAt(t time.Time) jetstream.ConsumerConfig {
	c := consumerBase
	c.DeliverPolicy, c.OptStartTime = jetstream.DeliverByStartTimePolicy, &t
	return c
}

func beginAfter(sequence uint64) jetstream.ConsumerConfig {
	c := consumerBase
	c.DeliverPolicy, c.OptStartSeq = jetstream.DeliverByStartSequencePolicy, sequence+1
	return c
}

// consumerBase is all that consumers have in common. The server keeps nothing of
// them on disk: where we are, we know ourselves.
var consumerBase = jetstream.ConsumerConfig{
	AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true, Replicas: 1, InactiveThreshold: consumerLife,
}

// remembers tells whether the stream agrees with our last message.
func (f *Follower) remembers(ctx context.Context, stream jetstream.Stream, state jetstream.StreamState) (bool, error) {
	switch last := f.last; {
	case last.Sequence > state.LastSeq:
		return false, nil
	case last.Sequence == state.LastSeq:
		return last.Sequence == 0 || state.LastTime.Equal(last.Stored), nil
	case last.Sequence < state.FirstSeq || last.Sequence == 0:
		return true, nil
	}
	m, err := stream.GetMsg(ctx, f.last.Sequence)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return true, nil // discarded since we asked for the state
	}
	if err != nil {
		return false, err
	}
	return m.Time.Equal(f.last.Stored), nil
}

// interrupt drops the consumer; Next then begins again, if it may.
func (f *Follower) interrupt() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.messages.Stop()
}

// Close ends the follower; a Next that waits returns ErrClosed. The server is
// told, so that it keeps nothing ready for nobody.
func (f *Follower) Close() {
	f.stream.mu.Lock()
	delete(f.stream.followers, f)
	f.stream.mu.Unlock()
	if f.closed.Swap(true) {
		return
	}
	f.interrupt()
	f.dismiss()
}

// dismiss deletes the consumer. Where that fails it goes away by itself after
// consumerLife.
func (f *Follower) dismiss() {
	f.mu.Lock()
	reader := f.reader
	f.mu.Unlock()
	if f.stream.conn.IsConnected() {
		ctx, cancel := f.stream.attempt(context.Background())
		defer cancel()
		_ = f.stream.js.DeleteConsumer(ctx, f.name, reader)
	}
}
