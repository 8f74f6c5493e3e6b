package monitor

import (
	"time"

	"eagre/ingest/header"
)

// Handler takes one frame in: when it arrived, in UTC, how it begins, its first
// bytes, which are the kernel's and must not be kept, and how many bytes it had on
// the wire.
type Handler func(at time.Time, link header.LinkType, data []byte, wireBytes int)
