package stream

import (
	"context"
	"errors"
	"time"

	"eagre/flow"
)

// Encoder makes messages for other programs out of flow batches. What it returns
// may be overwritten by its next call.
type Encoder interface {
	// Schema is the version of what is written.
	Schema() string
	// Hello is a message without flows.
	Hello() []byte
	// Add takes in a batch and returns a message if one is ready, else nil.
	Add(b *flow.Batch, now time.Time) ([]byte, error)
	// Due is when Flush should be called if nothing is added before.
	Due() time.Time
	// Flush returns a message with what waits, nil if nothing does.
	Flush() ([]byte, error)
	// Rows is how many flows wait.
	Rows() int
}

// ExportFlows publishes all new flows on ExportSubject until ctx ends or the
// stream is closed, and returns why. While nobody listens it reads and encodes
// nothing. Whoever begins to listen gets Hello and then flows, from a moment on
// that is at most a quarter of a second later.
func (s *Stream) ExportFlows(ctx context.Context, e Encoder) error {
	x, err := s.Export(ctx, e.Schema())
	if err != nil {
		return err
	}
	defer x.Close()
	f := feed{Exporter: x, encoder: e, batch: flow.NewBatch()}
	for {
		if err := x.Await(ctx, e.Hello()); err != nil {
			return err
		}
		s.log.Info("flows are exported", "subject", ExportSubject)
		if err := f.run(ctx); err != nil {
			return err
		}
		s.log.Info("nobody listens to exported flows")
	}
}

// feed is the way from the flow stream to those who listen.
type feed struct {
	*Exporter
	encoder  Encoder
	unpacker flow.Unpacker
	batch    *flow.Batch
	rows     int // in the message that the encoder makes now
}

// run feeds until nobody listens.
func (f *feed) run(ctx context.Context) error {
	follower, err := f.follow(ctx)
	if err != nil {
		return err
	}
	defer follower.Close()
	for f.Listened() {
		if err := f.step(ctx, follower); err != nil {
			return err
		}
	}
	_, _ = f.encoder.Flush() // what waits is for nobody
	return nil
}

// follow begins with the newest, as often as it takes.
func (f *feed) follow(ctx context.Context) (*Follower, error) {
	for attempt := 0; ; attempt++ {
		follower, err := f.stream.Follow(ctx, Newest)
		if err == nil || errors.Is(err, ErrClosed) {
			return follower, err
		}
		if err := f.stream.pause(ctx, attempt); err != nil {
			return nil, err
		}
	}
}

// step takes one batch, or waits no longer for one than the message may linger.
func (f *feed) step(ctx context.Context, follower *Follower) error {
	wait, cancel := context.WithDeadline(ctx, f.encoder.Due())
	defer cancel()
	packed, _, err := follower.Next(wait)
	switch {
	case err == nil:
		f.add(packed)
		return nil
	case ctx.Err() == nil && wait.Err() != nil:
		f.rows = f.encoder.Rows()
		f.publish(f.encoder.Flush())
		return nil
	}
	return err
}

func (f *feed) add(packed []byte) {
	if f.unpacker.Unpack(packed, f.batch) != nil {
		f.stream.metrics.exportFailed.WithLabelValues(exportUnreadable).Inc()
		return
	}
	f.rows = f.encoder.Rows() + f.batch.N
	f.publish(f.encoder.Add(f.batch, time.Now()))
}

// publish sends what the encoder returned, if it is a message.
func (f *feed) publish(message []byte, err error) {
	switch {
	case err != nil:
		f.stream.metrics.exportFailed.WithLabelValues(exportUnencodable).Inc()
	case message != nil:
		_ = f.Publish(message, f.rows) // counted there
	}
}
