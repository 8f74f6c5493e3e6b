package sflow

import (
	"time"

	"eagre/flow"
	"eagre/network/counters"
)

// InterfaceLimit is how many interfaces of an exporter are usually kept.
const InterfaceLimit = 1024

const (
	lateSamples = 64     // a sequence number this little back was overtaken on the way
	lateUptime  = 60_000 // milliseconds: so was what was sent this shortly before
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

// Observe takes in the counters of an interface and tells how far they have
// moved. Nothing can be said of the first ones, of those that were overtaken on
// the way, and after a reset, from which counting starts anew.
func (t *Interfaces) Observe(now InterfaceCounters) (counters.Movement, bool) {
	was, known := t.table.at(interfaceKey{now.Agent, now.Index})
	if !known {
		*was = now
		return counters.Movement{}, false
	}
	last := *was
	if now.overtaken(&last) {
		return counters.Movement{}, false
	}
	*was = now
	m := now.since(&last)
	if now.begunAnew(&last) || !m.Believable(now.elapsed(&last)) {
		t.resets++
		return counters.Movement{}, false
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

// elapsed is the agent's own time between the two.
func (c *InterfaceCounters) elapsed(last *InterfaceCounters) time.Duration {
	return time.Duration(c.Uptime-last.Uptime) * time.Millisecond
}

func (c *InterfaceCounters) since(last *InterfaceCounters) counters.Movement {
	return counters.Movement{
		Exporter: c.Exporter, Agent: c.Agent, Index: c.Index, Speed: c.Speed, From: last.At, To: c.At,
		In: c.In.since(&last.In), Out: c.Out.since(&last.Out),
	}
}

func (c *Counters) since(last *Counters) counters.Moved {
	return counters.Moved{
		Octets:   counters.Since64(c.Octets, last.Octets),
		Packets:  c.packetsSince(last),
		Discards: counters.Since32(c.Discards, last.Discards),
		Errors:   counters.Since32(c.Errors, last.Errors),
	}
}

// packetsSince is 0 where unicast packets are not counted: the others alone are
// not the packets of the interface.
func (c *Counters) packetsSince(last *Counters) uint64 {
	if c.Unicast == counters.Unknown32 || last.Unicast == counters.Unknown32 {
		return 0
	}
	return counters.Since32(c.Unicast, last.Unicast) + counters.Since32(c.Multicast, last.Multicast) +
		counters.Since32(c.Broadcast, last.Broadcast)
}
