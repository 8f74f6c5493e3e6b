package ingest

import (
	"eagre/flow"
	"eagre/ingest/ipfix"
	"eagre/ingest/netflow"
	"eagre/ingest/sflow"
	"eagre/ingest/wire"
)

// decoders are reused for every datagram.
type decoders struct {
	fixed     netflow.Datagram // NetFlow v1 and v5 to v8
	templated ipfix.Message    // NetFlow v9 and IPFIX
	sflow     sflow.Datagram
}

// origin is what a datagram says of where it came from.
type origin struct {
	proto    proto
	domain   uint32
	exported int64 // the exporter's clock, Unix milliseconds; 0 where it is not told
}

// decode reads a datagram into the exporter's partition.
func (c *Collector) decode(x *exporter, door Door, payload []byte, truncated bool, source wire.Source) origin {
	p, complaint, ok := identify(door, payload, truncated)
	if !ok {
		c.report.Add(complaint)
		return origin{proto: p}
	}
	switch p {
	case protoSFlow:
		return c.readSFlow(x, payload, source)
	case protoV9, protoIPFIX:
		return c.readTemplated(x, p, payload, source)
	}
	return c.readFixed(x, p, payload, source)
}

func (c *Collector) readFixed(x *exporter, p proto, payload []byte, source wire.Source) origin {
	d := &c.decoders.fixed
	if !d.Open(payload, source, &c.report) {
		return origin{proto: p}
	}
	from := c.domain(x, domainName{proto: p, id: d.Domain})
	r := c.sight(x, from, stamp{uptime: d.Uptime, exported: d.Exported, arrival: source.Arrival})
	if d.Numbered {
		c.follow(x, from, r, d.Sequence, uint32(d.Records))
	}
	c.rows(x, d.Next)
	return origin{p, d.Domain, d.Exported}
}

// readTemplated reads NetFlow v9 and IPFIX. What a message counts in its
// sequence number is known when it has been read: v9 numbers datagrams, IPFIX
// data records.
func (c *Collector) readTemplated(x *exporter, p proto, payload []byte, source wire.Source) origin {
	m := &c.decoders.templated
	if x.announced == nil {
		x.announced = ipfix.NewExporter(&c.config.Templates)
	}
	if !m.Open(payload, source, x.announced, &c.report) {
		return origin{proto: p}
	}
	c.rows(x, m.Next)
	from := c.domain(x, domainName{proto: p, id: m.Domain})
	at := stamp{uptime: m.Uptime, exported: m.Exported, arrival: source.Arrival}
	if p == protoV9 {
		c.follow(x, from, c.sight(x, from, at), m.Sequence, 1)
	} else {
		c.followIPFIX(x, from, at)
	}
	return origin{p, m.Domain, m.Exported}
}

// followIPFIX keeps up with a domain by the message that was read. Its uptime is known
// where options data has told of its boot; that comes some time after a restart, so
// the sequence numbers are left out of it. After a message whose units could not be
// counted the next number is taken as it comes.
func (c *Collector) followIPFIX(x *exporter, d *domain, at stamp) {
	m := &c.decoders.templated
	if d.boot.announced(at) {
		c.restarted(x, d.boot.at, wander)
	}
	if !m.Counted {
		d.sequence.skip()
		return
	}
	c.follow(x, d, thisRun, m.Sequence, m.Units)
}

// readSFlow reads sFlow, which has no clock.
func (c *Collector) readSFlow(x *exporter, payload []byte, source wire.Source) origin {
	d := &c.decoders.sflow
	if !d.Open(payload, source, &c.report) {
		return origin{proto: protoSFlow}
	}
	from := c.domain(x, domainName{proto: protoSFlow, agent: d.Agent, id: d.SubAgent})
	c.follow(x, from, c.sight(x, from, stamp{uptime: d.Uptime, arrival: source.Arrival}), d.Sequence, 1)
	c.rows(x, d.Next)
	x.observe(d, c.moved)
	return origin{proto: protoSFlow, domain: d.SubAgent}
}

// rows lets a decoder fill the exporter's batch, and publishes in between as
// often as the datagram is larger than the room that is left.
func (c *Collector) rows(x *exporter, next func(*flow.Batch, *wire.Report) bool) {
	p := x.partition
	for more := true; more; {
		before := p.batch.N
		more = next(p.batch, &c.report)
		p.credit(x, p.batch.N-before)
		x.notice(p.batch, before)
		if more {
			c.publish(p)
		}
	}
}
