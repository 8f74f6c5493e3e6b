package ingest

import (
	"fmt"
	"log/slog"
	"net/netip"

	"eagre/ingest/wire"
)

// lines samples the log: per sender and reason at most one line a minute of
// receive time, which says how many were left out since the last.
type lines [wire.ReasonCount]line

type line struct {
	next    int64 // no line before this, Unix milliseconds
	leftOut uint32
}

const lineEvery = 60_000 // milliseconds

// due tells whether a line may be written now, and how many were left out.
func (l *lines) due(why wire.Reason, now int64) (leftOut uint32, due bool) {
	at := &l[why]
	if now < at.next {
		at.leftOut++
		return 0, false
	}
	leftOut, at.leftOut, at.next = at.leftOut, 0, now+lineEvery
	return leftOut, true
}

// complain logs the faults of one datagram. The text holds our own words, an
// address and numbers: nothing that a sender could have written.
func (c *Collector) complain(x *exporter, o origin) {
	for _, n := range c.report.Notes() {
		if !n.Reason().Fault() {
			continue
		}
		if x.lines == nil {
			x.lines = new(lines) // an exporter without a fault needs none
		}
		if leftOut, due := x.lines.due(n.Reason(), c.now); due {
			text := fmt.Sprintf("%s from %v/%d: %v", protoNames[o.proto], x.printed, o.domain, n)
			c.log.Warn(text, slog.String("reason", n.Reason().String()), slog.Uint64("left_out", uint64(leftOut)))
		}
	}
}

// turnedAway logs a datagram whose sender there is no state for. All such
// senders share one line a minute.
func (c *Collector) turnedAway(finding wire.Note, from netip.Addr, now int64) {
	if leftOut, due := c.strangers.due(finding.Reason(), now); due {
		text := fmt.Sprintf("%s from %v: %v", protoNames[protoUnknown], from, finding)
		c.log.Warn(text, slog.String("reason", finding.Reason().String()), slog.Uint64("left_out", uint64(leftOut)))
	}
}
