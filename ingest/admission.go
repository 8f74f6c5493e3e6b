package ingest

import (
	"log/slog"

	"eagre/flow"
	"eagre/ingest/wire"
)

// admit finds the state of a sender, or makes it when the sender is on the list.
// For anybody else it counts and keeps nothing, so that a million spoofed
// senders cost a look-up each and no memory.
func (c *Collector) admit(address flow.IP) *exporter {
	if c.last != nil && c.last.address == address {
		return c.last
	}
	x := c.exporters[address]
	switch {
	case x != nil:
	case !c.welcomes(address):
		c.turnAway(wire.Refused, wire.Note{Finding: wire.SenderRefused}, address)
		return nil
	case len(c.exporters) >= c.config.Exporters:
		c.turnAway(wire.Shed, wire.Note{Finding: wire.TooManyExporters, A: uint32(c.config.Exporters)}, address)
		return nil
	default:
		x = c.welcome(address)
	}
	c.last = x
	return x
}

// welcomes tells whether datagrams of an address are taken.
func (c *Collector) welcomes(address flow.IP) bool {
	return c.everyone || c.network.Allows(address.Addr())
}

// welcome makes the state of a new exporter.
func (c *Collector) welcome(address flow.IP) *exporter {
	declared, _ := c.network.Exporter(address)
	x := &exporter{
		address:   address,
		printed:   address.Addr(),
		rate:      min(declared.SamplingRate, wire.MaxSamplingRate),
		partition: c.partitions[address.Hash(0)%uint64(len(c.partitions))],
	}
	x.account.Exporter = x.printed
	c.exporters[address] = x
	c.metrics.exporters.Set(float64(len(c.exporters)))
	return x
}

// turnAway accounts for a datagram whose sender has no state.
func (c *Collector) turnAway(d wire.Disposition, n wire.Note, from flow.IP) {
	why := n.Reason()
	c.nobody.Datagrams++
	c.nobody.Dispositions[d]++
	c.nobody.Noted[why]++
	c.metrics.datagrams[d].Inc()
	c.metrics.notes[protoUnknown][why].Inc()
	c.turnedAway(n, from.Addr(), c.now)
}

// refused logs that the publisher did not take a batch.
func (c *Collector) refused(err error) {
	if leftOut, due := c.refusals.due(wire.Unpublished, c.now); due {
		c.log.Warn("batch not published; its records are shed", slog.Any("error", err), slog.Uint64("left_out", uint64(leftOut)))
	}
}

// Totals is the account of everything the collector was ever given, senders
// without state included.
func (c *Collector) Totals() Accounting {
	c.mu.Lock()
	defer c.mu.Unlock()
	sum := c.nobody
	for _, x := range c.exporters {
		sum.add(&x.account)
	}
	return sum
}
