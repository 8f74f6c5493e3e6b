package capture

import (
	"net/netip"
	"time"
	"unsafe"

	"eagre/flow"
	"eagre/ingest/header"
)

// frame is one thing in a file: a packet, a message or a flow.
type frame struct {
	at        time.Time
	seq       uint64 // its place in the file
	link      header.LinkType
	iface     uint32 // counted from 1 in a pcapng file, 0 in a pcap file
	wireBytes int
	data      []byte
	sender    netip.AddrPort // of a message that stands in the file as it is
	record    *flow.Record   // a flow, instead of data
}

// weight is about how many bytes of memory a frame takes.
func (f *frame) weight() int {
	if f.record != nil {
		return frameOverhead + int(unsafe.Sizeof(flow.Record{}))
	}
	return frameOverhead + len(f.data)
}

// frameOverhead is about what a frame costs besides what it holds.
const frameOverhead = 128

// source reads frames in file order. What one holds is valid until the next.
// io.EOF ends it, any other error says why it ends early.
type source interface {
	next() (frame, error)
}

// losses is what a source could not turn into frames.
type losses interface {
	// lost is how many parts were well formed but no flows, how many could not be
	// read, and what was wrong with the first of those.
	lost() (skipped, broken uint64, complaint error)
}
