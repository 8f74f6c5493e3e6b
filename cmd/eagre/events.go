package main

import (
	"context"
	"errors"
	"time"

	"eagre/anomaly"
	"eagre/traceback"
)

// eventsWaiting bounds the events between the judge and the stream. Beyond it
// the judge waits: an anomaly is never dropped.
const eventsWaiting = 4096

// queueEvent hands events to the goroutine that stores and tells them, so that
// the judge does not wait for a disk. That goroutine outlives the judge, so it
// never waits for ever.
func (e *engine) queueEvent(event anomaly.Event) error {
	e.events <- event
	return nil
}

// tellOperation keeps and queues an event about the watch itself, which has no
// flows to be traced.
func (e *engine) tellOperation(event anomaly.Event) error {
	return errors.Join(e.reports.keep(event, traceback.Snapshot{}, false), e.queueEvent(event))
}

// storePatience is how long an event waits for the stream before it is told
// without being stored: people first.
const storePatience = 2 * time.Second

// tellEvents stores each event, then tells it, until no more come. When the
// context ends, the rest is only told.
func (e *engine) tellEvents(ctx context.Context) error {
	for event := range e.events {
		e.storeEvent(ctx, event)
		e.alerter.Offer(event)
	}
	return nil
}

func (e *engine) storeEvent(ctx context.Context, event anomaly.Event) {
	ctx, stop := context.WithTimeout(ctx, storePatience)
	defer stop()
	if err := e.stream.WriteEvent(ctx, event); err != nil {
		e.lost.Inc()
		e.log.Error("anomaly event not stored", "id", event.ID, "revision", event.Revision, "error", err)
	}
}
