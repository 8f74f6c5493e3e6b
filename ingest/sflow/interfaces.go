package sflow

import (
	"math"

	"eagre/flow"
)

// InterfaceLimit is how many interfaces of an exporter are usually kept.
const InterfaceLimit = 1024

const (
	lateSamples = 64     // a sequence number this little back was overtaken on the way
	lateUptime  = 60_000 // milliseconds: so was what was sent this shortly before
	disbelief   = 1.5    // times the speed of an interface: no counter moves faster
	stale       = 1000   // milliseconds that counters may be old when they are sent
)

// Interfaces keeps the last counters of the interfaces of one exporter and says
// how far they have moved. The interface heard of longest ago gives way where
// there are too many. One goroutine at a time may use it.
type Interfaces struct {
	table  recent[interfaceKey, InterfaceCounters]
	resets uint64
}

type interfaceKey struct {
	agent flow.IP
	index uint32
}

// NewInterfaces makes a table for so many interfaces, at least one.
func NewInterfaces(limit int) *Interfaces {
	return &Interfaces{table: newRecent[interfaceKey, InterfaceCounters](limit)}
}

// Len is how many interfaces are kept.
func (t *Interfaces) Len() int { return len(t.table.entries) }

// Evicted is how many interfaces were forgotten for want of room.
func (t *Interfaces) Evicted() uint64 { return t.table.evicted }

// Resets is how often counters began anew: after a restart of the agent, or
// where they moved as no interface can.
func (t *Interfaces) Resets() uint64 { return t.resets }

// Each visits the last counters of every interface, those heard last first.
func (t *Interfaces) Each(visit func(InterfaceCounters)) {
	t.table.each(func(_ interfaceKey, c *InterfaceCounters) { visit(*c) })
}

// Movement is how far the counters of an interface went between two samples.
type Movement struct {
	Agent    flow.IP
	Index    uint32
	Speed    uint64 // bits per second; 0 is unknown
	From, To int64  // when the samples were received, Unix milliseconds
	In, Out  Moved
}

// Moved is one direction of a Movement. What an agent does not count is 0.
type Moved struct{ Octets, Packets, Discards, Errors uint64 }

// Observe takes in the counters of an interface and tells how far they have
// moved. Nothing can be said of the first ones, of those that were overtaken on
// the way, and after a reset, from which counting starts anew.
func (t *Interfaces) Observe(now InterfaceCounters) (Movement, bool) {
	was, known := t.table.at(interfaceKey{now.Agent, now.Index})
	if !known {
		*was = now
		return Movement{}, false
	}
	last := *was
	if now.overtaken(&last) {
		return Movement{}, false
	}
	*was = now
	m := now.since(&last)
	if now.begunAnew(&last) || !m.believable(now.Uptime-last.Uptime) {
		t.resets++
		return Movement{}, false
	}
	return m, true
}

// overtaken tells whether the counters are as old as those before or a little
// older, in uptime and in their number.
func (c *InterfaceCounters) overtaken(last *InterfaceCounters) bool {
	age, number := int32(last.Uptime-c.Uptime), int32(last.Sequence-c.Sequence)
	return age >= 0 && age < lateUptime && number >= 0 && number < lateSamples
}

// begunAnew tells whether the agent or the data source started again: uptime or
// number went back. Both wrap around at 32 bits, and that is no restart.
func (c *InterfaceCounters) begunAnew(last *InterfaceCounters) bool {
	return int32(c.Uptime-last.Uptime) < 0 || int32(c.Sequence-last.Sequence) <= 0
}

func (c *InterfaceCounters) since(last *InterfaceCounters) Movement {
	return Movement{
		Agent: c.Agent, Index: c.Index, Speed: c.Speed, From: last.At, To: c.At,
		In: c.In.since(&last.In), Out: c.Out.since(&last.Out),
	}
}

func (c *Counters) since(last *Counters) Moved {
	return Moved{
		Octets:   octetsSince(c.Octets, last.Octets),
		Packets:  moved(c.Unicast, last.Unicast) + moved(c.Multicast, last.Multicast) + moved(c.Broadcast, last.Broadcast),
		Discards: moved(c.Discards, last.Discards),
		Errors:   moved(c.Errors, last.Errors),
	}
}

// moved is how far a 32-bit counter went, around its end too.
func moved(now, last uint32) uint64 {
	if now == Unknown || last == Unknown {
		return 0
	}
	return uint64(now - last)
}

// octetsSince is how far a counter of octets went. It has 64 bits, but some
// agents fill it from one of 32 bits, which then wraps there.
func octetsSince(now, last uint64) uint64 {
	switch {
	case now == math.MaxUint64 || last == math.MaxUint64:
		return 0
	case now < last && last <= math.MaxUint32:
		return uint64(uint32(now - last))
	}
	return now - last
}

// believable tells whether an interface can have moved so much in so many
// milliseconds. Where it does not say its speed, it is given that of the fastest.
func (m *Movement) believable(milliseconds uint32) bool {
	const fastest = 1e12 // bits per second
	speed := float64(m.Speed)
	if speed == 0 {
		speed = fastest
	}
	limit := speed / 8 * (float64(milliseconds) + stale) / 1000 * disbelief
	return float64(m.In.Octets) <= limit && float64(m.Out.Octets) <= limit
}
