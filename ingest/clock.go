package ingest

import (
	"slices"
	"time"

	"eagre/flow"
	"eagre/ingest/header"
	"eagre/ingest/wire"
)

// Advance tells the collector that receive time has come to an instant. Every
// step that ends by then is completed, also where nothing came in.
func (c *Collector) Advance(to time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.advance(to)
}

// advance completes the steps before the one that holds an instant. Metered
// flows that expire on the way go into the step in which they expire.
func (c *Collector) advance(to time.Time) {
	c.now = max(c.now, to.UnixMilli())
	step := flow.StepOf(to)
	if !c.started {
		c.begin(step)
	}
	if step <= c.step {
		return
	}
	for {
		at, ok := c.meter.NextExpiry()
		if !ok || flow.StepOf(time.UnixMilli(at)) >= step {
			break
		}
		c.reach(flow.StepOf(time.UnixMilli(at)))
		c.meter.Expire(at)
	}
	c.reach(step)
	c.metrics.flows.Set(float64(c.meter.Len()))
	c.turn()
}

// reach opens a step when it is a later one.
func (c *Collector) reach(step int64) {
	if step > c.step {
		c.complete(step)
	}
}

// Frame gives one packet of a capture or monitoring port to the meter. data is
// the beginning of a frame that was wireBytes long; inIf is the interface it was
// seen on, 0 when unknown.
func (c *Collector) Frame(at time.Time, link header.LinkType, data []byte, wireBytes int, inIf uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.advance(at)
	x := c.meterExporter()
	x.hearPacket(at.UnixMilli(), inIf)
	c.metrics.frames.Inc()
	ip := c.frames.Parse(link, data, wireBytes, &c.header)
	if c.header.Partial {
		c.note(x, wire.HeaderPartial)
	}
	if !ip {
		c.note(x, wire.NotIP)
		return
	}
	evicted := c.meter.Evicted()
	c.meter.PacketMicros(at.UnixMicro(), inIf, &c.header)
	c.metrics.evicted.Add(float64(c.meter.Evicted() - evicted))
}

// hearPacket notes that a packet was seen, and what its flow will be good for.
func (x *exporter) hearPacket(at int64, inIf uint32) {
	x.pulse.beat(at)
	x.account.Frames++
	x.versions |= 1 << protoPackets
	x.fields |= metered
	if inIf != 0 {
		x.fields |= HasInterfaces
	}
	x.account.SamplingRate, x.account.Sampling = 1, flow.SamplingAssumed
}

func (c *Collector) note(x *exporter, why wire.Reason) {
	x.account.Noted[why]++
	c.metrics.notes[protoPackets][why].Inc()
}

// meterExporter is the exporter that metered flows appear under. It needs no
// permission and no room in the table.
func (c *Collector) meterExporter() *exporter {
	if c.own == nil {
		address := flow.FromAddr(c.config.Packets.Exporter)
		if c.own = c.exporters[address]; c.own == nil {
			c.own = c.welcome(address)
		}
	}
	return c.own
}

// roomForFlow is asked by the meter for a batch that takes one more row.
func (c *Collector) roomForFlow() *flow.Batch {
	x := c.meterExporter()
	if x.partition.batch.N >= publishAt {
		c.publish(x.partition)
	}
	x.partition.credit(x, 1)
	c.metrics.decoded.Inc()
	return x.partition.batch
}

// Finish ends the input: the flow cache is emptied, open gaps in sequence
// numbers become loss, and the open step is completed.
func (c *Collector) Finish(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.advance(at)
	c.meter.Drain()
	for _, x := range c.exporters {
		for i := range x.domains {
			d := &x.domains[i]
			c.lose(x, d, d.sequence.flush())
		}
	}
	c.complete(c.step + 1)
}

// Accounts is the account of every exporter, in the order of their addresses.
func (c *Collector) Accounts() []Accounting {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]Accounting, 0, len(c.exporters))
	for _, x := range c.exporters {
		out = append(out, x.account)
	}
	slices.SortFunc(out, func(a, b Accounting) int { return a.Exporter.Compare(b.Exporter) })
	return out
}
