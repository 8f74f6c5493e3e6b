package netflow

import (
	"eagre/flow"
	"eagre/ingest/wire"
)

const (
	headerLength = 24
	recordLength = 48
	maxRecords   = 30 // what the format allows; more are decoded all the same
	nsPerSecond  = 1_000_000_000
)

// V5 is one NetFlow version 5 datagram that is being decoded. It is reused for
// the next one by Open. One goroutine at a time may use it.
type V5 struct {
	// Sequence is how many flows the exporter had sent before this datagram.
	Sequence uint32
	// Uptime is the exporter's milliseconds since boot when it sent this.
	Uptime uint32
	// Domain is the flow-switching engine, type<<8 | id.
	Domain uint32
	// Records is how many whole records the datagram holds.
	Records int

	source   wire.Source
	rate     uint32
	sampling flow.Sampling
	left     []byte // whole records not decoded yet
}

// Open reads the header of a datagram whose version is known to be 5. It tells
// whether the datagram can be decoded; what is odd about it goes to the report.
func (d *V5) Open(payload []byte, source wire.Source, report *wire.Report) bool {
	*d = V5{source: source}
	c := wire.NewCursor(payload)
	c.Skip(2)
	count := c.U16()
	d.Uptime = c.U32()
	seconds, nanoseconds := c.U32(), c.U32()
	d.Sequence, d.Domain = c.U32(), uint32(c.U16())
	d.sample(c.U16(), report)
	if c.Failed() {
		report.Reset()
		report.Add(wire.Note{Finding: wire.V5Short, A: uint32(len(payload))})
		return false
	}
	if seconds == 0 || seconds == ^uint32(0) || nanoseconds >= nsPerSecond {
		report.Add(wire.Note{Finding: wire.V5ExportTime, A: seconds, B: nanoseconds})
	}
	d.Records = c.Len() / recordLength
	d.left = c.Bytes(d.Records * recordLength)
	d.count(int(count), c.Len(), report)
	return true
}

// count compares what the header says with what the datagram holds.
func (d *V5) count(said, trailing int, report *wire.Report) {
	held := d.Records
	if said != held {
		report.Add(wire.Note{Finding: wire.V5Count, A: uint32(said), B: uint32(held), C: uint32(held)})
	} else if held > maxRecords {
		report.Add(wire.Note{Finding: wire.V5AboveLimit, A: uint32(said)})
	}
	if trailing > 0 {
		report.Add(wire.Note{Finding: wire.V5Trailing, A: uint32(trailing)})
	} else if said == 0 && held == 0 {
		report.Add(wire.Note{Finding: wire.V5Keepalive})
	}
}

// sample resolves the sampling rate: two bits of mode and 14 of interval. Many
// exporters set the interval and leave the mode at zero, so an interval counts
// whatever the mode. The operator's word is above both.
func (d *V5) sample(word uint16, report *wire.Report) {
	mode, interval := uint32(word>>14), uint32(word&0x3fff)
	switch {
	case d.source.SamplingRate > 0:
		d.rate, d.sampling = d.source.SamplingRate, flow.SamplingOperator
	case interval > 0:
		d.rate, d.sampling = interval, flow.SamplingHeader
	case mode == 0:
		d.rate, d.sampling = 1, flow.SamplingAssumed
	default:
		d.rate, d.sampling = 0, flow.SamplingUnknown
		report.Add(wire.Note{Finding: wire.V5NoInterval, A: mode})
	}
}

// Rate is the sampling rate of the datagram's records and who said so.
func (d *V5) Rate() (uint32, flow.Sampling) { return d.rate, d.sampling }

// Next decodes as many records as the batch has room for and tells whether some
// are left, for which the caller makes room and calls again. It does not
// allocate.
func (d *V5) Next(b *flow.Batch, report *wire.Report) (more bool) {
	n := min(b.Room(), len(d.left)/recordLength)
	records := d.left[:n*recordLength]
	d.left = d.left[n*recordLength:]
	if n > 0 {
		d.identity(b, n)
		columns(b, records)
		d.times(b, records, report)
		d.judge(b, n, report)
		b.N += n
		report.Decoded += n
	}
	return len(d.left) > 0
}
