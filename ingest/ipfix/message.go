package ipfix

import (
	"math"

	"eagre/flow"
	"eagre/ingest/wire"
)

const (
	v9Header    = 20
	ipfixHeader = 16
	setHeader   = 4
)

// Message is one NetFlow v9 datagram or IPFIX message that is being decoded. It
// is reused for the next one by Open, of whatever exporter. One goroutine at a
// time may use it. The zero Message is ready; it takes some ten KiB once it
// has decoded a record.
type Message struct {
	Version flow.Version
	// Domain is the source id (v9) or the observation domain (IPFIX).
	Domain uint32
	// Sequence is what the exporter had sent before: datagrams (v9) or data records (IPFIX).
	Sequence uint32
	// Uptime is the exporter's milliseconds since boot when it sent this; for
	// IPFIX 0 until options data has said when it booted.
	Uptime uint32
	// Exported is when the exporter sent this by its own clock, Unix
	// milliseconds, known to the second; 0 where it cannot be believed.
	Exported int64
	// Units is, after the last Next, how many data records the message held.
	Units uint32
	// Counted is false where Units is too low, as a set could not be counted.
	Counted bool

	exporter *Exporter
	domain   *domain // nil until something is announced in it
	source   wire.Source
	now      moment
	body     wire.Cursor // sets that are not looked at yet
	work     work
	waiting  []held // data whose template came with this message
	left     int    // records that may still be read
	serial   uint64 // of the message
	unknown  int    // sets of the message that are held
	begun    int    // bytes that were left of the set when its last record began
	steps    int    // turns of all loops over bytes of the datagram, which tests bound

	rate     uint32 // of the last record
	sampling flow.Sampling

	compiler compiler
	fields   []field
	drafted  draft
	scratch
}

// work is the set of data that is being decoded.
type work struct {
	template *template
	data     []byte
	at       moment
	released bool // it was held
	own      bool // it came with this message
}

// Open reads the header of a datagram or message whose version is known to be 9
// or 10, for the exporter that sent it. It tells whether there is anything to
// decode; what is odd goes to the report. The payload must stay until the last
// Next.
func (m *Message) Open(payload []byte, source wire.Source, x *Exporter, report *wire.Report) bool {
	m.reset(source, x)
	x.giveUp(source.Arrival, report)
	if !source.Reliable {
		x.expire(source.Arrival)
	}
	c := wire.NewCursor(payload)
	if c.U16() == uint16(protocolV9) {
		if !m.openV9(c, len(payload), report) {
			return false
		}
	} else if !m.openIPFIX(c, len(payload), report) {
		return false
	}
	m.domain = x.domain(m.key())
	if m.Version == flow.IPFIX {
		m.anchor()
	}
	return true
}

const (
	protocolV9    = 9
	protocolIPFIX = 10
)

func (m *Message) reset(source wire.Source, x *Exporter) {
	clear(m.waiting)
	*m = Message{
		exporter: x, source: source, Counted: true, left: x.limits.Records, serial: m.serial + 1,
		waiting: m.waiting[:0], compiler: m.compiler, fields: m.fields, scratch: m.scratch,
		now:  moment{arrival: source.Arrival, exported: source.Arrival, rate: source.SamplingRate},
		rate: 1, sampling: flow.SamplingAssumed,
	}
	if source.SamplingRate > 0 {
		m.rate, m.sampling = source.SamplingRate, flow.SamplingOperator
	}
}

// openV9 reads the header of NetFlow v9 (RFC 3954 §5.1). Its count is not
// believed: what the bytes hold is decoded.
func (m *Message) openV9(c wire.Cursor, size int, report *wire.Report) bool {
	m.Version = flow.NetFlowV9
	c.Skip(2)
	m.Uptime = c.U32()
	exported := c.U32()
	m.Sequence, m.Domain = c.U32(), c.U32()
	if c.Failed() {
		report.Add(wire.Note{Finding: wire.TemplateHeaderShort, A: protocolV9, B: v9Header, C: uint32(size)})
		return false
	}
	m.now.uptime, m.now.booted, m.now.precise = m.Uptime, true, true
	m.exportedAt(exported, protocolV9, report)
	m.body = c
	return true
}

// openIPFIX reads the header of an IPFIX message (RFC 7011 §3.1).
func (m *Message) openIPFIX(c wire.Cursor, size int, report *wire.Report) bool {
	m.Version = flow.IPFIX
	length := int(c.U16())
	exported := c.U32()
	m.Sequence, m.Domain = c.U32(), c.U32()
	switch {
	case c.Failed():
		report.Add(wire.Note{Finding: wire.TemplateHeaderShort, A: protocolIPFIX, B: ipfixHeader, C: uint32(size)})
		return false
	case length < ipfixHeader:
		report.Add(wire.Note{Finding: wire.MessageLength, A: uint32(length)})
		return false
	case length > size:
		m.Counted = false
		report.Add(wire.Note{Finding: wire.MessageTooLong, A: uint32(length), B: uint32(size)})
	case length < size:
		report.Add(wire.Note{Finding: wire.MessageTrailing, A: uint32(size - length)})
		c = c.Sub(length - ipfixHeader)
	}
	m.exportedAt(exported, protocolIPFIX, report)
	m.body = c
	return true
}

// exportedAt takes in the export time of a header.
func (m *Message) exportedAt(seconds uint32, version uint32, report *wire.Report) {
	if seconds == 0 || seconds == math.MaxUint32 {
		report.Add(wire.Note{Finding: wire.ExportTime, A: version, B: seconds})
		return
	}
	m.Exported = int64(seconds) * 1000
	m.now.exported = m.Exported
}

// anchor finds out how long an IPFIX exporter has been up, from the time of its
// boot that it announced.
func (m *Message) anchor() {
	boot := m.exporter.boot
	if m.domain != nil && m.domain.boot != 0 {
		boot = m.domain.boot
	}
	if boot == 0 || m.Exported == 0 {
		return
	}
	m.now.uptime, m.now.booted = uint32(m.Exported-boot), true
	m.Uptime = m.now.uptime
}

func (m *Message) key() domainKey { return domainKey{m.Domain, m.Version == flow.NetFlowV9} }

// Rate is the sampling rate of the last record that became a row, and who said
// so. Before the first it is what the operator says, or 1, assumed.
func (m *Message) Rate() (uint32, flow.Sampling) { return m.rate, m.sampling }

// Next decodes sets in their order until the batch is full, and tells whether
// some are left, for which the caller makes room and calls again. It does not
// allocate for records; it does for what is announced and for what is held.
func (m *Message) Next(b *flow.Batch, report *wire.Report) (more bool) {
	for {
		if m.work.template != nil {
			if !m.records(b, report) {
				return true
			}
			m.work = work{}
		}
		if !m.released(report) && !m.set(report) {
			return false
		}
	}
}

// released takes up data whose template has come.
func (m *Message) released(report *wire.Report) bool {
	if len(m.waiting) == 0 {
		return false
	}
	last := len(m.waiting) - 1
	h := m.waiting[0]
	copy(m.waiting, m.waiting[1:])
	m.waiting[last] = held{}
	m.waiting = m.waiting[:last]
	t, own := m.domain.template(h.id), h.serial == m.serial
	if t == nil { // pushed out again by those that came behind it
		if !m.exporter.hold(h) {
			m.drop(report)
		}
		return true
	}
	if own {
		m.unknown--
	}
	m.data(t, work{data: h.data, at: h.at, released: true, own: own}, report)
	return true
}

// set takes up the next set of the message, and tells whether there was one.
func (m *Message) set(report *wire.Report) bool {
	if m.body.Len() < setHeader || zero(m.body.Rest()) {
		m.padding(m.body.Rest(), report)
		m.Counted = m.Counted && m.unknown == 0
		m.body = wire.Cursor{}
		return false
	}
	m.steps++
	id, length := m.body.U16(), int(m.body.U16())
	if length < setHeader {
		m.Counted = false
		report.Add(wire.Note{Finding: wire.SetLength, A: uint32(length)})
		m.body = wire.Cursor{}
		return true
	}
	if length -= setHeader; length > m.body.Len() {
		m.Counted = false
		report.Add(wire.Note{Finding: wire.SetTooLong, A: uint32(length + setHeader), B: uint32(m.body.Len() + setHeader)})
		m.body = wire.Cursor{}
		return true
	}
	m.dispatch(id, m.body.Bytes(length), report)
	return true
}
