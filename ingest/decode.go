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

// decode reads a datagram into the exporter's partition and returns the format
// and the domain it came from.
func (c *Collector) decode(x *exporter, door Door, payload []byte, truncated bool, source wire.Source) (proto, uint32) {
	p, complaint, ok := identify(door, payload, truncated)
	if !ok {
		c.report.Add(complaint)
		return p, 0
	}
	switch p {
	case protoSFlow:
		return p, c.readSFlow(x, payload, source)
	case protoV9, protoIPFIX:
		return p, c.readTemplated(x, p, payload, source)
	}
	return p, c.readFixed(x, p, payload, source)
}

func (c *Collector) readFixed(x *exporter, p proto, payload []byte, source wire.Source) (domain uint32) {
	d := &c.decoders.fixed
	if !d.Open(payload, source, &c.report) {
		return 0
	}
	if d.Numbered {
		c.follow(x, domainName{proto: p, id: d.Domain}, d.Sequence, uint32(d.Records), d.Uptime)
	}
	c.rows(x, d.Next)
	return d.Domain
}

// readTemplated reads NetFlow v9 and IPFIX. What a message counts in its
// sequence number is known when it has been read: v9 numbers datagrams, IPFIX
// data records.
func (c *Collector) readTemplated(x *exporter, p proto, payload []byte, source wire.Source) (domain uint32) {
	m := &c.decoders.templated
	if x.announced == nil {
		x.announced = ipfix.NewExporter(&c.config.Templates)
	}
	if !m.Open(payload, source, x.announced, &c.report) {
		return 0
	}
	c.rows(x, m.Next)
	name := domainName{proto: p, id: m.Domain}
	switch {
	case p == protoV9:
		c.follow(x, name, m.Sequence, 1, m.Uptime)
	case m.Counted:
		c.follow(x, name, m.Sequence, m.Units, 0)
	default:
		c.resume(x, name)
	}
	return m.Domain
}

func (c *Collector) readSFlow(x *exporter, payload []byte, source wire.Source) (domain uint32) {
	d := &c.decoders.sflow
	if !d.Open(payload, source, &c.report) {
		return 0
	}
	name := domainName{proto: protoSFlow, agent: d.Agent, id: d.SubAgent}
	c.follow(x, name, d.Sequence, 1, d.Uptime)
	c.rows(x, d.Next)
	x.observe(d)
	return d.SubAgent
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
