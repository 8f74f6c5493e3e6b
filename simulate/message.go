package simulate

import (
	"encoding/binary"
	"time"

	"eagre/flow"
)

// V9Header is the header of a NetFlow v9 datagram (RFC 3954 §5.1).
type V9Header struct {
	Time     time.Time     // when it is sent, whole seconds
	Uptime   time.Duration // sysUptime at Time, millisecond resolution; wraps after 49.7 days
	Sequence uint32        // datagrams sent before this one
	SourceID uint32        // the observation domain
}

// IPFIXHeader is the header of an IPFIX message (RFC 7011 §3.1).
type IPFIXHeader struct {
	Time     time.Time // when it is sent, whole seconds
	Sequence uint32    // data records sent before this message
	Domain   uint32
	// Boot is when the exporter started, for elements that count from there. It does
	// not go out by itself.
	Boot time.Time
}

// Message writes one NetFlow v9 datagram or IPFIX message, set by set, and counts
// for the header. BeginV9 and BeginIPFIX make one; End finishes it. It does not look
// at sizes but those of lengths: callers keep to what a datagram holds.
//
// A Message is a value on the caller's stack and owned by one goroutine.
type Message struct {
	buf     []byte
	start   int
	ipfix   bool
	clock   clock
	set     int // where the open set begins; 0 is none
	records int // of templates and data
	data    int // of data alone
}

const (
	v9HeaderBytes    = 20
	ipfixHeaderBytes = 16
	setHeaderBytes   = 4
	v9TemplateSet    = 0
	v9OptionsSet     = 1
	ipfixTemplateSet = 2
	ipfixOptionsSet  = 3
)

// BeginV9 begins a NetFlow v9 datagram behind dst.
func BeginV9(dst []byte, h V9Header) Message {
	be := binary.BigEndian
	m := Message{start: len(dst), clock: clock{h.Time, h.Uptime}}
	dst = be.AppendUint32(dst, 9<<16) // the count follows
	dst = be.AppendUint32(dst, milliseconds(h.Uptime))
	dst = be.AppendUint32(dst, uint32(h.Time.Unix()))
	dst = be.AppendUint32(dst, h.Sequence)
	m.buf = be.AppendUint32(dst, h.SourceID)
	return m
}

// BeginIPFIX begins an IPFIX message behind dst.
func BeginIPFIX(dst []byte, h IPFIXHeader) Message {
	be := binary.BigEndian
	m := Message{start: len(dst), ipfix: true, clock: clock{h.Time, h.Time.Sub(h.Boot)}}
	dst = be.AppendUint32(dst, 10<<16) // the length follows
	dst = be.AppendUint32(dst, uint32(h.Time.Unix()))
	dst = be.AppendUint32(dst, h.Sequence)
	m.buf = be.AppendUint32(dst, h.Domain)
	return m
}

// Len is how long the message is so far, in bytes.
func (m *Message) Len() int { return len(m.buf) - m.start }

// DataRecords is how many data records the message holds so far: what an IPFIX
// sequence number counts.
func (m *Message) DataRecords() int { return m.data }

// Templates writes templates, those of data and of options each into sets of their
// own.
func (m *Message) Templates(templates ...Template) {
	open := -1
	for i := range templates {
		id := m.templateSet(templates[i].Scope > 0)
		if open != int(id) {
			m.closeSet()
			m.open(id)
			open = int(id)
		}
		m.buf = appendTemplate(m.buf, &templates[i], m.ipfix)
		m.records++
	}
	m.closeSet()
}

func (m *Message) templateSet(options bool) uint16 {
	switch {
	case m.ipfix && options:
		return ipfixOptionsSet
	case m.ipfix:
		return ipfixTemplateSet
	case options:
		return v9OptionsSet
	}
	return v9TemplateSet
}

// Withdraw takes templates back (RFC 7011 §8.1): a template without fields. The ids
// 2 and 3 take back all of data, and all of options.
func (m *Message) Withdraw(options bool, ids ...uint16) {
	m.open(m.templateSet(options))
	for _, id := range ids {
		m.buf = binary.BigEndian.AppendUint16(m.buf, id)
		m.buf = append(m.buf, 0, 0)
		m.records++
	}
	m.closeSet()
}

// Records writes flows as data records of a template. Elements that a flow says
// nothing about go out as zeros.
func (m *Message) Records(t *Template, records []flow.Record) {
	m.open(t.ID)
	at := moment{m.clock, t}
	for i := range records {
		for _, f := range t.Fields {
			if f.Enterprise == 0 {
				m.buf = appendElement(m.buf, f, &at, &records[i])
			} else {
				m.buf = appendValue(m.buf, f, nil)
			}
		}
	}
	m.counted(t, len(records))
}

// Biflow is a conversation as one record: both its directions.
type Biflow struct{ Forward, Reverse flow.Record }

// Biflows writes conversations; the reverse elements of the template are about the
// other direction (RFC 5103).
func (m *Message) Biflows(t *Template, pairs []Biflow) {
	m.open(t.ID)
	at := moment{m.clock, t}
	for i := range pairs {
		for _, f := range t.Fields {
			switch f.Enterprise {
			case 0:
				m.buf = appendElement(m.buf, f, &at, &pairs[i].Forward)
			case reverseEnterprise:
				m.buf = appendElement(m.buf, f, &at, &pairs[i].Reverse)
			default:
				m.buf = appendValue(m.buf, f, nil)
			}
		}
	}
	m.counted(t, len(pairs))
}

// Data writes records value by value, in the order of the template's fields.
func (m *Message) Data(t *Template, rows ...[]Value) {
	m.open(t.ID)
	for _, row := range rows {
		m.buf = appendRow(m.buf, t, row)
	}
	m.counted(t, len(rows))
}

// Set writes a set of any content, for tests of what no exporter should send.
func (m *Message) Set(id uint16, content []byte) {
	m.open(id)
	m.buf = append(m.buf, content...)
	m.fillIn()
}

// End closes the message and returns it behind what Begin was given.
func (m *Message) End() []byte {
	count := m.records
	if m.ipfix {
		count = m.Len()
	}
	binary.BigEndian.PutUint16(m.buf[m.start+2:], uint16(count))
	return m.buf
}

func (m *Message) open(id uint16) {
	m.set = len(m.buf)
	m.buf = binary.BigEndian.AppendUint16(m.buf, id)
	m.buf = append(m.buf, 0, 0)
}

// counted closes a set of data records. Padding must be shorter than any record, or
// it would be one (RFC 7011 §3.3.1).
func (m *Message) counted(t *Template, records int) {
	m.records += records
	m.data += records
	if t.RecordBytes() > 3 {
		m.closeSet()
	} else {
		m.fillIn()
	}
}

// closeSet pads the open set to a multiple of four.
func (m *Message) closeSet() {
	if m.set == 0 {
		return
	}
	m.buf = appendZeros(m.buf, (4-(len(m.buf)-m.set)%4)%4)
	m.fillIn()
}

func (m *Message) fillIn() {
	binary.BigEndian.PutUint16(m.buf[m.set+2:], uint16(len(m.buf)-m.set))
	m.set = 0
}
