package tally

import (
	"slices"

	"eagre/flow"
)

// advance moves the counter's clock to the start of a step and settles every
// tick whose time for late flows is over. Empty time costs nothing.
func (c *Counter) advance(step int64) {
	if step <= c.step {
		return
	}
	now := flow.StepStart(step).UnixMilli()
	due := floorDiv(now-c.cfg.Settle.Milliseconds(), TickLength) - 1
	if c.step < 0 {
		c.settled, c.began = due, step
	}
	c.step, c.epoch = step, uint16(step/stepsPerEpoch)
	c.latest = flow.StepStart(step+1).UnixMilli() - 1
	for range min(2, due-c.settled) { // no more than two ticks can hold anything
		c.settled++
		c.settle(c.settled)
	}
	c.settled = max(c.settled, due)
}

// settle hands on the sums of one tick and forgets the keys that have nothing
// left in the other open one.
func (c *Counter) settle(tick int64) {
	t := Tick{At: tick}
	c.table.sweep(func(e *entry) bool {
		if s := e.ticks[tick&1]; c.worthTelling(e, &s) {
			t.Sums = append(t.Sums, KeySum{Key: e.key, Sum: s})
		}
		e.ticks[tick&1] = Sum{}
		return e.hot != 0 || !e.ticks[(tick+1)&1].IsZero()
	})
	c.ports.settle(tick, func(k KeySum) {
		if k.Packets >= worthPort*Unit {
			t.Sums = append(t.Sums, k)
		}
	})
	slices.SortFunc(t.Sums, func(a, b KeySum) int { return a.Key.Compare(b.Key) })
	t.Exporters = c.exporters.settle(tick)
	c.partial.Settled = append(c.partial.Settled, t)
	c.door.reset()
}

// worthPort is how many packets a port must have moved in a minute to be told.
const worthPort = 1000

// worthSystem is the same for an autonomous system.
const worthSystem = 1000

// worthTelling is true for the few keys that stand for something whole, and for
// hosts and prefixes that kept the pace of their heat for all of the tick.
func (c *Counter) worthTelling(e *entry, s *Sum) bool {
	if s.IsZero() {
		return false
	}
	switch e.key.Kind {
	case Object, Interface:
		return true
	case System:
		return s.Packets >= worthSystem*Unit
	case Host, Prefix:
		const pace = TickLength / 1000 / 2 // heats are per two seconds
		bound := &c.heats(c.network.Locate(e.key.Addr))[e.key.Side][e.key.Class]
		return bound.Packets != 0 && s.Packets/pace >= bound.Packets || bound.Bytes != 0 && s.Bytes/pace >= bound.Bytes
	}
	return false
}
