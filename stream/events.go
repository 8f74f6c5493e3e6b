package stream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"eagre/anomaly"
)

// WriteEvent stores an event. When it returns nil the event is on disk, and has
// been stored once even if it was written before: its id and revision are what
// the stream knows it by. While the server is away it keeps trying until ctx
// ends; the event may be stored all the same then, and may be written again.
func (s *Stream) WriteEvent(ctx context.Context, e anomaly.Event) error {
	m, err := messageOf(e)
	if err != nil {
		s.metrics.events.WithLabelValues(eventFailed).Inc()
		return err
	}
	for attempt := 0; ; attempt++ {
		err := s.writeOnce(ctx, m)
		if err == nil {
			return nil
		}
		if errors.Is(err, nats.ErrMaxPayload) || s.isClosed() || ctx.Err() != nil {
			return s.failed(e, err)
		}
		if attempt == 0 {
			s.log.Warn("an event is not stored yet, trying on", "id", e.ID, "revision", e.Revision, "error", err)
		}
		s.metrics.events.WithLabelValues(eventRetried).Inc()
		if stop := s.pause(ctx, attempt); stop != nil {
			return s.failed(e, errors.Join(stop, plain(err)))
		}
	}
}

func (s *Stream) writeOnce(ctx context.Context, m *nats.Msg) error {
	ctx, cancel := s.attempt(ctx)
	defer cancel()
	ack, err := s.js.PublishMsg(ctx, m)
	if err != nil {
		return err
	}
	result := eventStored
	if ack.Duplicate {
		result = eventDuplicate
	}
	s.metrics.events.WithLabelValues(result).Inc()
	return nil
}

func (s *Stream) failed(e anomaly.Event, err error) error {
	s.metrics.events.WithLabelValues(eventFailed).Inc()
	return fmt.Errorf("event %s revision %d is not known to be stored: %w", e.ID, e.Revision, plain(err))
}

func messageOf(e anomaly.Event) (*nats.Msg, error) {
	if e.ID == "" || e.Revision < 1 {
		return nil, fmt.Errorf("event %q revision %d: an event needs an id and a revision", e.ID, e.Revision)
	}
	body, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("event %s revision %d: %w", e.ID, e.Revision, err)
	}
	m := nats.NewMsg(AnomalySubject(e.Importance))
	m.Header.Set(nats.MsgIdHdr, fmt.Sprintf("%s.%d", e.ID, e.Revision))
	m.Data = body
	return m, nil
}

// Events calls fn with every event that is stored, oldest first, and returns at
// the end of them. It stops at fn's first error and returns it. Messages that
// are no events are counted and passed over.
func (s *Stream) Events(ctx context.Context, fn func(anomaly.Event) error) error {
	stream, err := s.js.Stream(ctx, AnomalyStream)
	if err != nil {
		return fmt.Errorf("read %s: %w", AnomalyStream, plain(err))
	}
	state := stream.CachedInfo().State
	if state.Msgs == 0 {
		return nil
	}
	f, err := s.follow(ctx, AnomalyStream, Position{})
	if err != nil {
		return err
	}
	defer f.Close()
	return f.events(ctx, state.LastSeq, fn)
}

// WatchEvents calls fn with every event that is stored and then with every new
// one, until ctx ends or fn returns an error.
func (s *Stream) WatchEvents(ctx context.Context, fn func(anomaly.Event) error) error {
	f, err := s.follow(ctx, AnomalyStream, Position{})
	if err != nil {
		return err
	}
	defer f.Close()
	return f.events(ctx, 0, fn)
}

// events reads up to and including a message; 0 is without end.
func (f *Follower) events(ctx context.Context, until uint64, fn func(anomaly.Event) error) error {
	for {
		m, at, err := f.next(ctx)
		if err != nil {
			return err
		}
		if e, ok := eventOf(m.Data()); !ok {
			f.stream.metrics.unreadable.Inc()
		} else if err := fn(e); err != nil {
			return err
		}
		if until > 0 && (at.Sequence >= until || nothingAfter(m)) {
			return nil
		}
	}
}

// nothingAfter tells whether a message was the last when it was sent. Messages
// can be removed from a stream, so the one with the last number may not come.
func nothingAfter(m jetstream.Msg) bool {
	meta, err := m.Metadata()
	return err == nil && meta.NumPending == 0
}

func eventOf(body []byte) (e anomaly.Event, ok bool) {
	err := json.Unmarshal(body, &e)
	return e, err == nil && e.ID != ""
}
