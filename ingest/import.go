package ingest

import (
	"time"

	"eagre/flow"
	"eagre/ingest/wire"
)

// Import takes in a flow that another collector decoded. Its exporter must be on
// the list like any other; one that is not named is this host. The operator's
// sampling rate holds for it too, and where no rate is named none was announced.
// It counts as one datagram of its exporter.
func (c *Collector) Import(at time.Time, r flow.Record) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.advance(at)
	if !r.Exporter.IsValid() {
		r.Exporter = c.config.Packets.Exporter
	}
	x := c.admit(flow.FromAddr(r.Exporter))
	if x == nil {
		return
	}
	x.pulse.beat(at.UnixMilli())
	x.versions |= 1 << protoImport
	c.report.Reset()
	c.take(x, r)
	d, _ := x.account.settle(&c.report)
	c.metrics.report(protoImport, d, &c.report)
	if x.partition.batch.N >= publishAt {
		c.publish(x.partition)
	}
}

// take appends an imported flow to the exporter's batch.
func (c *Collector) take(x *exporter, r flow.Record) {
	switch {
	case x.rate > 0:
		r.SamplingRate, r.Sampling = x.rate, flow.SamplingOperator
	case r.SamplingRate == 0:
		r.SamplingRate, r.Sampling = 1, flow.SamplingAssumed
	}
	if r.SamplingRate > wire.MaxSamplingRate {
		c.report.Add(wire.Note{Finding: wire.RateTooHigh, A: r.SamplingRate, B: wire.MaxSamplingRate})
		r.SamplingRate, r.Sampling = 0, flow.SamplingUnknown
	}
	b := x.partition.batch
	b.Append(r)
	x.notice(b, b.N-1)
	x.partition.credit(x, 1)
	c.report.Decoded++
}

// Unusable accounts for an imported message that gave no flow: it was broken, or
// it was about no IP traffic.
func (c *Collector) Unusable(at time.Time, f wire.Finding) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.advance(at)
	c.report.Reset()
	c.report.Add(wire.Note{Finding: f})
	if !f.Reason().Fault() {
		c.report.Understood++
	}
	d, _ := c.nobody.settle(&c.report)
	c.metrics.report(protoImport, d, &c.report)
}
