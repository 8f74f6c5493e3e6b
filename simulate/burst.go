package simulate

import (
	"time"

	"eagre/flow"
)

// Burst is a number of equal packets at one moment, and the way they take.
type Burst struct {
	At     time.Time
	Flow   flow.Record // addresses, ports, protocol, TCP flags, TOS, masks, AS
	Length int         // IP bytes of each packet
	Count  int
	Path   []Hop // the routers passed, in order
}

// Hop is the passage through one router.
type Hop struct {
	Router  int    // index into the scenario's routers
	In, Out uint32 // ifIndex
}
