package traffic

import (
	"eagre/flow"
	"eagre/quality"
)

// Flow is what one router sampled of a flow, on its way into a datagram.
type Flow struct {
	Src, Dst         flow.IP
	Start, End       int64  // Unix milliseconds
	Packets, Bytes   uint32 // sampled
	Rate             uint32 // one packet in so many was sampled
	In, Out          uint32 // ifIndex; 0 is unknown, or nowhere
	SrcPort, DstPort uint16
	Proto, Flags     uint8
	Egress           bool  // metered when it left
	Event            int32 // the id of the event that it belongs to, or Honest
}

// Honest is the Event of everyday traffic.
const Honest = -1

func (f *Flow) is6() bool { return !f.Src.Is4() }

// record is the flow as encoders want it.
func (f *Flow) record() flow.Record {
	r := flow.Record{
		SrcAddr: f.Src.Addr(), DstAddr: f.Dst.Addr(), SrcPort: f.SrcPort, DstPort: f.DstPort, Proto: f.Proto, TCPFlags: f.Flags,
		InIf: f.In, OutIf: f.Out, Start: moment(f.Start), End: moment(f.End), Packets: uint64(f.Packets), Bytes: uint64(f.Bytes),
		SamplingRate: f.Rate, Direction: flow.Ingress,
	}
	if f.Egress {
		r.Direction = flow.Egress
	}
	return r
}

// cache is a router's flows until they leave, by the second in which they do.
type cache struct {
	router  quality.Router
	format  flow.Version
	seconds [cacheSeconds][]Flow
	next    int64 // the first second that has not left
}

// cacheSeconds is more than the time from a packet to its export.
const cacheSeconds = 256

// Times that a flow stays in the cache after its last packet.
const (
	idle    = int64(quality.InactiveTimeout / 1e6) // ms
	hurried = 1000                                 // where TCP said that it ended
)

// put takes a flow in. What the format cannot say is not exported; an agent of sFlow
// sends each packet by itself, at once.
func (c *cache) put(d dice, f Flow) {
	if f.is6() && !c.router.Speaks6() {
		return
	}
	if c.format == flow.SFlowV5 {
		c.putPackets(d, f)
		return
	}
	wait := idle + int64(d.Uint64()%1500)
	if f.Proto == tcp && f.Flags&(fin|rst) != 0 {
		wait = hurried
	}
	c.leave((f.End+wait)/1000, f)
}

func (c *cache) putPackets(d dice, f Flow) {
	packets, start, length := f.Packets, f.Start, f.End-f.Start
	f.Bytes, f.Packets = f.Bytes/packets, 1
	for range packets {
		if length > 0 {
			f.Start = start + d.Int64N(length)
		}
		f.End = f.Start
		c.leave(f.Start/1000, f)
	}
}

// tell puts a report of a flow that still runs.
func (c *cache) tell(d dice, second int64, f Flow) {
	switch {
	case f.is6() && !c.router.Speaks6():
	case c.format == flow.SFlowV5:
		c.putPackets(d, f)
	default:
		c.leave(second, f)
	}
}

// leave says in which second a flow goes; one that has gone by is the next.
func (c *cache) leave(second int64, f Flow) {
	second = min(max(second, c.next), c.next+cacheSeconds-1)
	at := &c.seconds[second%cacheSeconds]
	*at = append(*at, f)
}

// take hands out the flows of the next second. They are valid until the cache has gone
// round.
func (c *cache) take() []Flow {
	at := &c.seconds[c.next%cacheSeconds]
	out := *at
	*at = out[:0]
	c.next++
	return out
}
