package goflow

import (
	"errors"
	"math"
	"time"

	"github.com/netsampler/goflow2/v2/pb"

	"eagre/flow"
)

const (
	believed = 2 * time.Hour       // how long ago a record may have ended
	longest  = 24 * 24 * time.Hour // how long before that it may have begun
	skew     = 60 * time.Second    // how far the clocks of exporter and collector may differ
)

var errNoTime = errors.New("neither time_received_ns nor time_flow_end_ns says when it was")

// dawn is the end of 1970 in nanoseconds: what is before it was told by a clock
// that was never set.
const dawn = uint64(365 * 24 * time.Hour)

// instant reads nanoseconds since 1970, to the millisecond. 0 is no time, and so
// is what is before the dawn or no signed number can hold.
func instant(ns uint64) (time.Time, bool) {
	if ns < dawn || ns > math.MaxInt64 {
		return time.Time{}, false
	}
	return time.UnixMilli(int64(ns) / int64(time.Millisecond)).UTC(), true
}

// arrival is the time against which a record is judged: when it came here, or
// where that is not known, when the other collector received it or the flow ended.
func arrival(m *flowpb.FlowMessage, at time.Time) (time.Time, error) {
	if !at.IsZero() {
		return at.UTC(), nil
	}
	for _, ns := range []uint64{m.TimeReceivedNs, m.TimeFlowEndNs, m.TimeFlowStartNs} {
		if t, ok := instant(ns); ok {
			return t, nil
		}
	}
	return time.Time{}, errNoTime
}

// span fills Start and End. A time that is missing is that of the other end, and
// if both are, the flow was received as it happened. The rest follows the
// decoders of routers' own formats: what ends in the future is moved back to end
// now (the exporter's clock is ahead, which tells nothing about how long the flow
// lasted), what ended too long ago counts now, and what claims to have lasted longer
// than 24 days is cut.
func span(m *flowpb.FlowMessage, received time.Time, r *flow.Record) {
	start, started := instant(m.TimeFlowStartNs)
	end, ended := instant(m.TimeFlowEndNs)
	switch {
	case !started && !ended:
		start, end = origin(m, received), origin(m, received)
	case !started:
		start = end
	case !ended:
		end = start
	}
	now := received.Truncate(time.Millisecond)
	ahead := end.Sub(now)
	if ahead > skew || start.After(end) {
		r.Quality |= flow.BadDuration
	}
	start = earlier(start, end)
	if ahead > 0 {
		start, end = start.Add(-ahead), now
	}
	if end.Before(now.Add(-believed)) {
		r.Quality |= flow.LateReceived
		start, end = now, now
	}
	if oldest := now.Add(-longest); start.Before(oldest) {
		r.Quality |= flow.BadDuration
		start = oldest
	}
	r.Start, r.End = start, end
}

// origin is when a flow without times of its own was received.
func origin(m *flowpb.FlowMessage, received time.Time) time.Time {
	if t, ok := instant(m.TimeReceivedNs); ok {
		return t
	}
	return received
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
