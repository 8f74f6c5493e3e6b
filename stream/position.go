package stream

import (
	"math"
	"time"
)

// Position is a place in the flow stream: just behind a message. The message is
// known by its sequence number and by the instant at which the server stored it,
// because after a crash a shorter flow stream gives the same number to another
// message. Positions are values, compare with ==, and are kept as JSON in
// checkpoints.
//
// The zero value is before everything that is stored.
type Position struct {
	Sequence uint64    `json:"sequence"`
	Stored   time.Time `json:"stored"` // UTC, nanoseconds
}

// Newest is behind everything that is stored: only new messages follow it.
var Newest = Position{Sequence: math.MaxUint64}

// At is the place before the first message that was stored at t or later.
func At(t time.Time) Position { return Position{Stored: t.UTC()} }
