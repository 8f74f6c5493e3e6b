package detector

import (
	"context"
	"net/netip"
	"time"

	"eagre/anomaly"
	"eagre/flow"
)

// Source delivers packed flow batches in the order of the stream. io.EOF ends
// the input: time then moves on until everything has settled and ended.
type Source interface {
	Next(ctx context.Context) (packed []byte, err error)
}

// Sink takes what a step brought: the packed batches that were counted in it,
// and the findings, both in an order that depends on the input alone. It is
// called from one goroutine, for every step in turn; an error stops the engine.
type Sink interface {
	Step(step int64, packed [][]byte, findings []Finding) error
}

// Finding is an event together with what its traffic looks like.
type Finding struct {
	Event   anomaly.Event
	Pattern Pattern
}

// Pattern says which flows belong to a finding. Victim and Source are invalid
// where they do not narrow it down.
type Pattern struct {
	Victim, Source netip.Prefix
	// Match tells for one row of a batch whether its traffic is of the kind;
	// it does not look at Victim and Source. Safe for one goroutine at a time.
	Match    func(b *flow.Batch, row int) bool
	From, To time.Time
}
