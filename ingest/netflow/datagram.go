package netflow

import (
	"eagre/flow"
	"eagre/ingest/wire"
)

const (
	nsPerSecond      = 1_000_000_000
	nsPerMillisecond = 1_000_000
)

// Datagram is one NetFlow datagram with a fixed layout that is being decoded. It
// is reused for the next one by Open; the zero value is ready. One goroutine at a
// time may use it.
type Datagram struct {
	// Version is the format; the scheme of version 8 is part of the domain.
	Version flow.Version
	// Sequence is how many records the domain had exported before this datagram.
	Sequence uint32
	// Numbered tells whether there are sequence numbers. Version 1 has none, so
	// what got lost of it is unknown.
	Numbered bool
	// Uptime is the exporter's milliseconds since boot when it sent this.
	Uptime uint32
	// Exported is the exporter's clock when it sent this, in Unix milliseconds; 0
	// where that cannot be.
	Exported int64
	// Domain is the flow-switching engine, type<<8 | id, and for version 8 also the
	// aggregation scheme<<16, as each aggregation numbers its records for itself.
	// Version 1 knows no engines.
	Domain uint32
	// Records is how many whole records the datagram holds.
	Records int

	layout   *layout
	source   wire.Source
	rate     uint32
	sampling flow.Sampling
	// mostOctets is how many bytes a record of any duration may have.
	mostOctets int64
	left       []byte // whole records not decoded yet
	leftOver   int    // how many they are
	shaped     shaped
}

// Open reads the header of a datagram, whose version chooses the layout. It tells
// whether the datagram can be decoded; what is odd about it goes to the report.
func (d *Datagram) Open(payload []byte, source wire.Source, report *wire.Report) bool {
	l := choose(payload, report)
	if l == nil {
		return false
	}
	d.layout, d.source = l, source
	d.Version, d.Numbered = l.version, l.header > headerV1
	d.readHeader(payload[:l.header], report)
	d.take(int(be.Uint16(payload[2:])), payload[l.header:], report)
	return true
}

// readHeader reads what the headers of all versions have at the same place.
func (d *Datagram) readHeader(h []byte, report *wire.Report) {
	d.Uptime = be.Uint32(h[4:])
	seconds, nanoseconds := be.Uint32(h[8:]), be.Uint32(h[12:])
	d.Exported = int64(seconds)*1000 + int64(nanoseconds/nsPerMillisecond)
	if seconds == 0 || seconds == ^uint32(0) || nanoseconds >= nsPerSecond {
		d.Exported = 0
		report.Add(wire.Note{Finding: wire.ExportTime, A: d.layout.number, B: seconds, C: nanoseconds})
	}
	var word uint16
	d.Sequence, d.Domain = 0, 0
	if d.Numbered {
		d.Sequence, d.Domain, word = be.Uint32(h[16:]), uint32(be.Uint16(h[20:])), be.Uint16(h[22:])
	}
	if d.Version == flow.NetFlowV8 {
		d.Domain |= uint32(word>>8) << 16
		word = be.Uint16(h[offV8Sampling:])
	}
	d.sample(word, report)
}

// sample resolves the sampling rate: two bits of mode and 14 of interval, in the
// headers of versions 5, 6 and 8. Many exporters set the interval and leave the
// mode at zero, so an interval counts whatever the mode. The operator's word is
// above both.
func (d *Datagram) sample(word uint16, report *wire.Report) {
	mode, interval := uint32(word>>14), uint32(word&0x3fff)
	switch {
	case d.source.SamplingRate > 0:
		d.rate, d.sampling = d.source.SamplingRate, flow.SamplingOperator
	case !d.layout.sampled || word == 0:
		d.rate, d.sampling = 1, flow.SamplingAssumed
	case interval > 0:
		d.rate, d.sampling = interval, flow.SamplingHeader
	default:
		d.rate, d.sampling = 0, flow.SamplingUnknown
		report.Add(wire.Note{Finding: wire.NoInterval, A: d.layout.number, B: mode})
	}
	d.mostOctets = suspectOctets / int64(max(d.rate, 1))
}

// take measures the records and compares their number with what the header says.
// No record is made up that is not there, and what follows the last one that the
// header speaks of is none, such as a second datagram in a badly cut capture.
func (d *Datagram) take(said int, body []byte, report *wire.Report) {
	l, held, trailing := d.layout, 0, 0
	if l.fits(said, len(body)) {
		held = min(said, len(body)/l.record)
		trailing = len(body) - held*l.record
	}
	d.Records, d.leftOver, d.left = held, held, body[:held*l.record]
	switch {
	case said > held:
		report.Add(wire.Note{Finding: wire.FixedCount, A: l.number, B: uint32(said), C: uint32(held)})
	case held > l.limit:
		report.Add(wire.Note{Finding: wire.FixedAboveLimit, A: l.number, B: uint32(said), C: uint32(l.limit)})
	case said == 0 && trailing == 0:
		report.Add(wire.Note{Finding: wire.FixedKeepalive, A: l.number})
	}
	if trailing > 0 {
		report.Add(wire.Note{Finding: wire.FixedTrailing, A: l.number, B: uint32(trailing)})
	}
}

// Next decodes as many records as the batch has room for and tells whether some
// are left, for which the caller makes room and calls again. It does not
// allocate.
func (d *Datagram) Next(b *flow.Batch, report *wire.Report) (more bool) {
	for d.leftOver > 0 && b.Room() > 0 {
		n := min(b.Room(), d.leftOver)
		if d.layout.moves != nil {
			n = min(n, shapedAtOnce)
		}
		d.some(b, n, report)
		d.left, d.leftOver = d.left[n*d.layout.record:], d.leftOver-n
	}
	return d.leftOver > 0
}

// some decodes n records, for which the batch has room.
func (d *Datagram) some(b *flow.Batch, n int, report *wire.Report) {
	records := d.left[:n*d.layout.record]
	if d.layout.moves != nil {
		records = d.shaped.shape(d.layout, records)
	}
	if d.columns(b, records) {
		d.judge(b, records, report)
	}
	if d.layout.moves != nil {
		d.blank(b, n, report)
	}
	b.N += n
	report.Decoded += n
}
