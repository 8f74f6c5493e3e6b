package main

import (
	"context"
	"errors"
	"io"
	"time"

	"eagre/flow"
	"eagre/ingest"
	"eagre/ingest/goflow"
	"eagre/ingest/wire"
	"eagre/stream"
)

// importFlows takes in the flows that other collectors publish, until the
// context ends. Protobuf and JSON are told apart by their first byte.
func (e *engine) importFlows(ctx context.Context) error {
	return e.stream.Import(ctx, func(_ stream.ImportKind, payload []byte) {
		now := time.Now()
		importPayload(e.collector, payload, now)
	})
}

// importPayload gives all flows of one message to the collector, and counts what
// in it is none.
func importPayload(c *ingest.Collector, payload []byte, now time.Time) {
	s := goflow.NewPayload(payload, now)
	var r flow.Record
	for {
		_, err := s.Next(&r)
		if err != nil {
			if !errors.Is(err, io.EOF) {
				c.Unusable(now, wire.ImportBroken)
			}
			break
		}
		c.Import(now, r)
	}
	n := s.Counts()
	for range n.Broken {
		c.Unusable(now, wire.ImportBroken)
	}
	for range n.Skipped {
		c.Unusable(now, wire.NoIPPacket)
	}
}
