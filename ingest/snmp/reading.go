package snmp

import (
	"time"

	"eagre/flow"
	"eagre/network/counters"
)

// reading is what an agent said of one of its interfaces.
type reading struct {
	index   uint32
	name    string
	speed   uint64 // bits per second; 0 is unknown
	at      int64  // when it was read, Unix milliseconds
	uptime  uint32 // of the agent, in 1/100 s
	broken  uint64 // that uptime when counting was last interrupted (ifCounterDiscontinuityTime)
	in, out direction
}

// direction is one direction of an interface.
type direction struct {
	octets, unicast, multicast, broadcast count
	others                                count // multicast and broadcast in one, of old agents
	discards, errors                      count
}

// count is a counter as it stands. The zero value is one that the agent does not
// have.
type count struct {
	value uint64
	bits  uint8 // 32 or 64
}

// set takes a value, unless there is one of more bits.
func (c *count) set(value uint64, bits uint8) {
	if bits >= c.bits {
		*c = count{value, bits}
	}
}

func (c count) since(last count) uint64 {
	if c.bits == 0 || last.bits == 0 {
		return 0
	}
	return counters.Since64(c.value, last.value)
}

// lacking tells whether counters of 64 bits are missing that there may be in 32.
func (r *reading) lacking() bool {
	return min(r.in.octets.bits, r.in.unicast.bits, r.out.octets.bits, r.out.unicast.bits) < 64
}

// stillness is why nothing is told of an interface.
type stillness uint8

const (
	moved stillness = iota
	firstSeen
	restarted
	interrupted
	reset
	stillnessCount
)

var stillnessLabels = [stillnessCount]string{"moved", "first", "restart", "discontinuity", "reset"}

func (s stillness) String() string { return stillnessLabels[s] }

// since is how far the interface moved since an earlier reading.
func (r *reading) since(last *reading, exporter flow.IP) (counters.Movement, stillness) {
	elapsed := time.Duration(r.uptime-last.uptime) * 10 * time.Millisecond
	m := counters.Movement{
		Exporter: exporter, Index: r.index, Name: r.name, Speed: r.speed, From: last.at, To: r.at,
		In: r.in.since(&last.in, r.speed, elapsed), Out: r.out.since(&last.out, r.speed, elapsed),
	}
	switch {
	case r.restarted(last, m.Span(), elapsed):
		return m, restarted
	case r.broken != last.broken || r.in.octets.bits != last.in.octets.bits || r.out.octets.bits != last.out.octets.bits:
		return m, interrupted
	case !m.Believable(elapsed):
		return m, reset
	}
	return m, moved
}

// How far the agent's clock may run from ours between two polls before it is taken
// to have started again: five seconds and a tenth of the time.
const (
	driftSlack = 5 * time.Second
	driftPart  = 10
)

// restarted tells whether the agent started again: its uptime went back, which
// going around after 497 days does not, or is not as much later as it should.
func (r *reading) restarted(last *reading, span, elapsed time.Duration) bool {
	return int32(r.uptime-last.uptime) < 0 || (elapsed-span).Abs() > driftSlack+span/driftPart
}

// shortestFrame is how many octets the shortest frame of Ethernet has: a counter of
// packets goes around that much later than one of octets.
const shortestFrame = 64

func (d *direction) since(last *direction, speed uint64, elapsed time.Duration) counters.Moved {
	out := counters.Moved{
		Octets: d.octets.since(last.octets), Packets: d.packets(last),
		Discards: d.discards.since(last.discards), Errors: d.errors.since(last.errors),
	}
	if d.octets.bits == 32 && counters.Rolls(speed, elapsed) {
		out.Octets = 0
	}
	if d.unicast.bits == 32 && counters.Rolls(speed/shortestFrame, elapsed) {
		out.Packets = 0
	}
	return out
}

// packets are those of all kinds; 0 where unicast is not counted, as the others
// alone are not the packets of the interface.
func (d *direction) packets(last *direction) uint64 {
	switch {
	case d.unicast.bits == 0 || last.unicast.bits == 0:
		return 0
	case d.multicast.bits == 0 && d.broadcast.bits == 0:
		return d.unicast.since(last.unicast) + d.others.since(last.others)
	}
	return d.unicast.since(last.unicast) + d.multicast.since(last.multicast) + d.broadcast.since(last.broadcast)
}
