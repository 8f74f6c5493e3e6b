package sflow

import (
	"eagre/flow"
	"eagre/ingest/wire"
)

const sampleHeader = 8 // bytes: format and length

// Datagram is one sFlow version 5 datagram that is being decoded. It is reused
// for the next one by Open. One goroutine at a time may use it.
type Datagram struct {
	Agent    flow.IP // the agent's own address; the exporter is the UDP source
	SubAgent uint32  // the observation domain
	Sequence uint32  // counts datagrams of this sub-agent
	Uptime   uint32  // milliseconds since the agent booted

	source  wire.Source
	c       wire.Cursor
	said    uint32 // samples, as the header counts them
	held    uint32 // samples found so far
	decoder sample
}

// Open reads the header of a datagram whose version is known to be 5. It tells
// whether samples can be read; what is wrong goes to the report.
func (d *Datagram) Open(payload []byte, source wire.Source, report *wire.Report) bool {
	d.source, d.c, d.held = source, wire.NewCursor(payload), 0
	d.c.Skip(4)
	kind := d.c.U32()
	if d.Agent = address(kind, &d.c); d.Agent.IsZero() && !d.c.Failed() {
		report.Add(wire.Note{Finding: wire.AgentType, A: kind})
		return false
	}
	d.SubAgent, d.Sequence, d.Uptime, d.said = d.c.U32(), d.c.U32(), d.c.U32(), d.c.U32()
	if d.c.Failed() {
		report.Add(wire.Note{Finding: wire.SFlowShort, A: uint32(len(payload))})
		return false
	}
	return true
}

// address reads the address of a given type: 1 is IPv4, 2 is IPv6. Of any other
// type the length is unknown, which gives the zero address.
func address(kind uint32, c *wire.Cursor) flow.IP {
	switch kind {
	case 1:
		return flow.V4(c.U32())
	case 2:
		if b := c.Bytes(16); b != nil {
			return flow.V6(b)
		}
	}
	return flow.IP{}
}

// Next decodes samples until the batch is full or the datagram ends and tells
// whether some are left, for which the caller makes room and calls again. It
// does not allocate.
func (d *Datagram) Next(b *flow.Batch, report *wire.Report) (more bool) {
	for d.c.Len() >= sampleHeader && d.held < d.said {
		if b.Room() == 0 {
			return true
		}
		format, length := d.c.U32(), d.c.U32()
		if length == 0 || length%4 != 0 || uint64(length) > uint64(d.c.Len()) {
			report.Add(wire.Note{Finding: wire.SampleTooLong, A: length, B: uint32(d.c.Len())})
			d.c = wire.Cursor{}
			break
		}
		d.held++
		d.sample(format, d.c.Sub(int(length)), b, report)
	}
	d.finish(report)
	return false
}

// finish says so when the header counted otherwise than there was.
func (d *Datagram) finish(report *wire.Report) {
	if d.held != d.said {
		report.Add(wire.Note{Finding: wire.SampleCount, A: d.said, B: d.held, C: uint32(report.Decoded)})
	}
	if d.c.Len() > 0 {
		report.Add(wire.Note{Finding: wire.SFlowTrailing, A: uint32(d.c.Len())})
	}
	d.c = wire.Cursor{}
}

// Sample formats of the standard (enterprise 0).
const (
	flowSample            = 1
	counterSample         = 2
	expandedFlowSample    = 3
	expandedCounterSample = 4
	enterpriseShift       = 12 // the upper 20 bits of a format name the enterprise
	formatMask            = 1<<enterpriseShift - 1
)

func (d *Datagram) sample(format uint32, c wire.Cursor, b *flow.Batch, report *wire.Report) {
	switch format {
	case flowSample, expandedFlowSample:
		d.flow(format == expandedFlowSample, c, b, report)
	case counterSample, expandedCounterSample:
		report.Understood++
		report.Add(wire.Note{Finding: wire.CounterSampleOnly})
	default:
		report.Understood++
		report.Add(wire.Note{Finding: wire.UnknownSample, A: format >> enterpriseShift, B: format & formatMask})
	}
}

// flow turns one flow sample into one row.
func (d *Datagram) flow(expanded bool, c wire.Cursor, b *flow.Batch, report *wire.Report) {
	s := &d.decoder
	length := c.Len()
	s.read(expanded, &c)
	if c.Failed() {
		report.Add(wire.Note{Finding: wire.SampleCut, A: uint32(length)})
		return
	}
	rate, sampling, ok := d.rate(s.rate, report)
	if !ok {
		return
	}
	s.records(c, report)
	if !s.known {
		report.Understood++
		report.Add(wire.Note{Finding: wire.NoIPPacket})
		return
	}
	s.row(b, &d.source, d.SubAgent, rate, sampling)
	report.Decoded++
}

// rate resolves the sampling rate. A sample without one says nothing about
// volume, and one beyond belief would outweigh all others: both are left out.
func (d *Datagram) rate(said uint32, report *wire.Report) (uint32, flow.Sampling, bool) {
	switch {
	case d.source.SamplingRate > 0:
		return d.source.SamplingRate, flow.SamplingOperator, true
	case said == 0:
		report.Add(wire.Note{Finding: wire.RateZero})
		return 0, 0, false
	case said > wire.MaxSamplingRate:
		report.Add(wire.Note{Finding: wire.RateTooHigh, A: said, B: wire.MaxSamplingRate})
		return 0, 0, false
	}
	return said, flow.SamplingSample, true
}
