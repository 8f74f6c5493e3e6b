package stream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"eagre/flow"
)

// setUp creates the streams, or brings their limits to those of the
// configuration. Doing it again changes nothing.
func setUp(ctx context.Context, js jetstream.JetStream, c Config) error {
	for _, want := range []jetstream.StreamConfig{flowStream(c), anomalyStream(c)} {
		if _, err := js.CreateOrUpdateStream(ctx, want); err != nil {
			return fmt.Errorf("jetstream: stream %s of up to %d bytes: %w%s", want.Name, want.MaxBytes, plain(err), hint(err))
		}
	}
	return nil
}

// hint says what to do about an error that does not say it itself.
func hint(err error) string {
	var api *jetstream.APIError
	if errors.As(err, &api) && api.ErrorCode == insufficientStorage {
		return "; make room on the disk, or lower flows_max_bytes and events_max_bytes"
	}
	return ""
}

// insufficientStorage is the server's code for a stream that is larger than what
// it may use of the disk (JSStorageResourcesExceededErr).
const insufficientStorage = 10047

// plain replaces what the client library says in its own words.
func plain(err error) error {
	switch {
	case errors.Is(err, nats.ErrReconnectBufExceeded):
		return ErrDisconnected
	case errors.Is(err, nats.ErrNoResponders):
		return errNoJetStream
	}
	return err
}

var errNoJetStream = errors.New("JetStream does not answer; it may not be enabled on the server")

// flowStream keeps telemetry: bounded by size and age, the oldest goes first,
// and not fsynced (decision D7). The server allows that to one copy only.
// Nothing is published twice, so the window for duplicates is as small as may be.
func flowStream(c Config) jetstream.StreamConfig {
	persist := jetstream.DefaultPersistMode
	if c.Replicas == 1 {
		persist = jetstream.AsyncPersistMode
	}
	return jetstream.StreamConfig{
		Name:        FlowStream,
		Description: "decoded flows: packed batches of eagre",
		Subjects:    []string{flowSubjects},
		Storage:     jetstream.FileStorage,
		PersistMode: persist,
		Replicas:    c.Replicas,
		Discard:     jetstream.DiscardOld,
		MaxBytes:    c.FlowsMaxBytes,
		MaxAge:      c.FlowsMaxAge,
		MaxMsgSize:  flow.MaxPacked,
		Duplicates:  time.Second,
		AllowDirect: true,
	}
}

// anomalyStream keeps what was found. An event may come again for as long as the
// flows that made it can be replayed, so its id is remembered that long.
func anomalyStream(c Config) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:        AnomalyStream,
		Description: "anomaly events of eagre, one JSON object each",
		Subjects:    []string{anomalySubjects},
		Storage:     jetstream.FileStorage,
		Replicas:    c.Replicas,
		Discard:     jetstream.DiscardOld,
		MaxBytes:    c.EventsMaxBytes,
		MaxAge:      c.EventsMaxAge,
		Duplicates:  c.FlowsMaxAge,
		AllowDirect: true,
	}
}
