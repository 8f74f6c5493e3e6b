package sflow

import (
	"encoding/binary"

	"eagre/flow"
	"eagre/ingest/header"
	"eagre/ingest/wire"
)

var be = binary.BigEndian

const sampleHeader = 8 // bytes: format and length

// Datagram is one sFlow version 5 datagram that is being decoded. It is reused
// for the next one by Open. One goroutine at a time may use it.
type Datagram struct {
	// Packets reads the packet headers; its zero value enters no tunnels. It is
	// set once and stays over Open.
	Packets header.Parser

	Agent    flow.IP // the agent's own address; the exporter is the UDP source
	SubAgent uint32  // the observation domain
	Sequence uint32  // counts datagrams of this sub-agent
	Uptime   uint32  // milliseconds since the agent booted

	source   wire.Source
	rest     []byte // what has not been read
	said     uint32 // samples, as the header counts them
	held     uint32 // samples found so far
	watch    uint32 // the sample from which on the next flow sample's pool is kept
	pool     SamplePool
	counters []InterfaceCounters
	decoder  sample
	same     same
}

// Open reads the header of a datagram whose version is known to be 5. It tells
// whether samples can be read; what is wrong goes to the report.
func (d *Datagram) Open(payload []byte, source wire.Source, report *wire.Report) bool {
	d.source, d.held, d.watch, d.counters, d.decoder.parser = source, 0, 0, d.counters[:0], d.Packets
	rest, ok := d.agent(payload, report)
	if !ok {
		return false
	}
	p := (*[afterAgent]byte)(rest)
	d.SubAgent, d.Sequence, d.Uptime, d.said = be.Uint32(p[:]), be.Uint32(p[4:]), be.Uint32(p[8:]), be.Uint32(p[12:])
	d.rest, d.watch = rest[afterAgent:], d.Sequence%max(d.said, 1)
	d.same.set(&d.source, d.SubAgent)
	return true
}

// Where things stand in the header of a datagram, and how much there is behind
// the agent's address.
const (
	atAgentType = 4
	atAgent     = 8
	afterAgent  = 16
)

// agent reads the agent's address and gives back the header's rest, which is there.
func (d *Datagram) agent(payload []byte, report *wire.Report) (rest []byte, ok bool) {
	kind := uint32(0)
	if len(payload) >= atAgent {
		kind = be.Uint32(payload[atAgentType:])
	}
	switch {
	case kind == addressV4 && len(payload) >= atAgent+4+afterAgent:
		d.Agent = flow.V4(be.Uint32(payload[atAgent:]))
		return payload[atAgent+4:], true
	case kind == addressV6 && len(payload) >= atAgent+16+afterAgent:
		d.Agent = flow.V6(payload[atAgent:])
		return payload[atAgent+16:], true
	case len(payload) < atAgent || kind == addressV4 || kind == addressV6:
		report.Add(wire.Note{Finding: wire.SFlowShort, A: uint32(len(payload))})
	default:
		report.Add(wire.Note{Finding: wire.AgentType, A: kind})
	}
	return nil, false
}

// Types of addresses (§5, address_type).
const (
	addressV4 = 1
	addressV6 = 2
)

// address reads the address of a given type. Of any other type the length is
// unknown, which gives the zero address.
func address(kind uint32, c *wire.Cursor) flow.IP {
	switch kind {
	case addressV4:
		return flow.V4(c.U32())
	case addressV6:
		if b := c.Bytes(16); b != nil {
			return flow.V6(b)
		}
	}
	return flow.IP{}
}

// Next decodes samples until the batch is full or the datagram ends and tells
// whether some are left, for which the caller makes room and calls again. It
// does not allocate once it has met as many interface counters as datagrams hold.
func (d *Datagram) Next(b *flow.Batch, report *wire.Report) (more bool) {
	for d.left() {
		if b.Room() == 0 {
			return true
		}
		before := b.N
		d.rest = d.plain(d.rest, b)
		report.Decoded += b.N - before
		if b.N == before {
			d.one(b, report)
		}
	}
	d.finish(report)
	return false
}

// left tells whether there is, and should be, another sample.
func (d *Datagram) left() bool { return len(d.rest) >= sampleHeader && d.held < d.said }

// one reads one sample the general way. Behind a length that cannot be, nothing
// can be found.
func (d *Datagram) one(b *flow.Batch, report *wire.Report) {
	format, length := be.Uint32(d.rest), be.Uint32(d.rest[4:])
	d.rest = d.rest[sampleHeader:]
	if length == 0 || length%4 != 0 || uint64(length) > uint64(len(d.rest)) {
		report.Add(wire.Note{Finding: wire.SampleTooLong, A: length, B: uint32(len(d.rest))})
		d.rest = nil
		return
	}
	d.held++
	body := wire.NewCursor(d.rest[:length])
	d.rest = d.rest[length:]
	d.sample(format, body, b, report)
}

// finish says so when the header counted otherwise than there was.
func (d *Datagram) finish(report *wire.Report) {
	if d.held != d.said {
		report.Add(wire.Note{Finding: wire.SampleCount, A: d.said, B: d.held, C: uint32(report.Decoded)})
	}
	if len(d.rest) > 0 {
		report.Add(wire.Note{Finding: wire.SFlowTrailing, A: uint32(len(d.rest))})
	}
	d.rest = nil
}

// Sample formats of the standard (enterprise 0).
const (
	flowSample            = 1
	counterSample         = 2
	expandedFlowSample    = 3
	expandedCounterSample = 4
	droppedPacket         = 5
	enterpriseShift       = 12 // the upper 20 bits of a format name the enterprise
	formatMask            = 1<<enterpriseShift - 1
)

func (d *Datagram) sample(format uint32, c wire.Cursor, b *flow.Batch, report *wire.Report) {
	switch format {
	case flowSample, expandedFlowSample:
		d.flow(format == expandedFlowSample, c, b, report)
	case counterSample, expandedCounterSample:
		d.counter(format == expandedCounterSample, c, report)
	case droppedPacket:
		d.dropped(c, b, report)
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
	if d.held > d.watch { // its turn has come: the sample at hand is counted
		d.keep(s.source, s.sequence, s.rate, s.pool, s.drops)
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
	s.packets = 1
	d.row(b, rate, sampling)
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
