package sflow

import (
	"eagre/flow"
	"eagre/ingest/wire"
)

// genericCounters is the one format of counter records that is read: the generic
// interface counters (§5, if_counters).
const genericCounters = 1

// InterfaceCounters is what an agent said of one of its interfaces: counters
// since an unknown beginning, to be compared with the flows of the interface.
type InterfaceCounters struct {
	Exporter flow.IP // who sent the datagram
	Agent    flow.IP
	SubAgent uint32
	Source   DataSource
	Sequence uint32 // counts counter samples of the source
	Uptime   uint32 // milliseconds since the agent booted
	At       int64  // when they were received, Unix milliseconds

	Index   uint32 // ifIndex
	Type    uint32 // IANA ifType
	Speed   uint64 // bits per second; 0 is unknown
	Up      bool   // operational status
	In, Out Counters
}

// Counters is one direction of an interface. A counter that the agent does not
// have is counters.Unknown32 or Unknown64. Octets are those of whole frames
// (ifInOctets and ifOutOctets of RFC 2863), more than the IP bytes of flows.
type Counters struct {
	Octets                        uint64
	Unicast, Multicast, Broadcast uint32 // packets
	Discards, Errors              uint32
}

// Counters is what the datagram said of interfaces. It is complete after the
// last Next and valid until the next Open.
func (d *Datagram) Counters() []InterfaceCounters { return d.counters }

// counter reads a counter sample (§5, counters_sample) or an expanded one.
func (d *Datagram) counter(expanded bool, c wire.Cursor, report *wire.Report) {
	length := c.Len()
	sequence, source, said := c.U32(), readSource(expanded, &c), c.U32()
	if c.Failed() {
		report.Add(wire.Note{Finding: wire.SampleCut, A: uint32(length)})
		return
	}
	report.Understood++
	report.Add(wire.Note{Finding: wire.CounterSampleOnly})
	for r := (records{c: c, said: said}); r.next(report); {
		if r.format == genericCounters {
			d.generic(sequence, source, &r.record)
		}
	}
}

// generic reads the generic counters of one interface.
func (d *Datagram) generic(sequence uint32, source DataSource, c *wire.Cursor) {
	i := InterfaceCounters{
		Exporter: d.source.Exporter, Agent: d.Agent, SubAgent: d.SubAgent, Source: source,
		Sequence: sequence, Uptime: d.Uptime, At: d.source.Arrival,
		Index: c.U32(), Type: c.U32(), Speed: c.U64(),
	}
	c.Skip(4) // full or half duplex
	i.Up = c.U32()&2 != 0
	i.In = readCounters(c)
	c.Skip(4) // unknown protocols
	i.Out = readCounters(c)
	c.Skip(4) // promiscuous mode
	if !c.Failed() {
		d.counters = append(d.counters, i)
	}
}

func readCounters(c *wire.Cursor) Counters {
	return Counters{
		Octets: c.U64(), Unicast: c.U32(), Multicast: c.U32(), Broadcast: c.U32(), Discards: c.U32(), Errors: c.U32(),
	}
}
