package ipfix

import (
	"eagre/flow"
	"eagre/ingest/wire"
)

// Set ids below firstData are templates or reserved (RFC 3954 §5.2, RFC 7011 §3.3.2).
const (
	v9Templates    = 0
	v9Options      = 1
	ipfixTemplates = 2
	ipfixOptions   = 3
	firstData      = 256
)

// dispatch gives a set to what reads it.
func (m *Message) dispatch(id uint16, set []byte, report *wire.Report) {
	v9 := m.Version == flow.NetFlowV9
	switch {
	case id >= firstData:
		m.dataSet(id, set, report)
	case v9 && id == v9Templates, !v9 && id == ipfixTemplates:
		m.templates(set, false, report)
	case v9 && id == v9Options, !v9 && id == ipfixOptions:
		m.templates(set, true, report)
	default:
		report.Add(wire.Note{Finding: wire.SetReserved, A: uint32(id)})
	}
}

// dataSet takes up a set of data, or holds it until its template comes.
func (m *Message) dataSet(id uint16, set []byte, report *wire.Report) {
	if t := m.domain.template(id); t != nil {
		m.data(t, work{data: set, at: m.now, own: true}, report)
		return
	}
	report.Add(wire.Note{Finding: wire.TemplateUnknown, A: uint32(id), B: m.Domain})
	if !m.exporter.hold(held{key: m.key(), id: id, serial: m.serial, at: m.now, data: set}) {
		m.drop(report)
		return
	}
	m.unknown++
	report.Waiting++
}

// drop gives up a set that cannot wait.
func (m *Message) drop(report *wire.Report) {
	m.Counted = false
	report.Add(wire.Note{Finding: wire.HeldFull, A: uint32(m.exporter.limits.Held)})
}

// data begins with a set whose template is known. Options data is read at once,
// as it changes what holds for the records behind it.
func (m *Message) data(t *template, w work, report *wire.Report) {
	switch t.kind {
	case options:
		m.options(t, w, report)
	case silent:
		m.quiet(t, w, report)
	default:
		m.exporter.use(t, m.now.arrival)
		w.template = t
		m.work = w
	}
}

// quiet counts records that describe no traffic.
func (m *Message) quiet(t *template, w work, report *wire.Report) {
	m.exporter.use(t, m.now.arrival)
	c, n := wire.NewCursor(w.data), 0
	if !t.walked() {
		n = min(c.Len()/int(t.size), m.left)
		m.left -= n
		c.Skip(n * int(t.size))
	}
	for c.Len() >= int(t.size) && m.another(report) {
		if t.walked() && !m.pass(t, &c, report) {
			break
		}
		n++
	}
	if n > 0 {
		report.Add(wire.Note{Finding: wire.NoCounters, Times: uint32(n)})
		report.Understood += n
	}
	m.count(w.own, n)
	m.leftover(t, c.Rest(), report)
}

// pass walks over one record without reading it.
func (m *Message) pass(t *template, c *wire.Cursor, report *wire.Report) bool {
	m.begun = c.Len()
	for _, s := range t.steps {
		m.steps++
		n, ok := m.length(t, s, c, report)
		if !ok {
			return false
		}
		c.Skip(n)
	}
	return true
}

// count adds records of this message to its units.
func (m *Message) count(own bool, n int) {
	if own {
		m.Units += uint32(n)
	}
}

// another takes one of the records that a datagram may hold.
func (m *Message) another(report *wire.Report) bool {
	if m.left == 0 {
		m.full(report)
		return false
	}
	m.left--
	return true
}

func (m *Message) full(report *wire.Report) {
	m.Counted = false
	report.Add(wire.Note{Finding: wire.RecordsTooMany, A: uint32(m.exporter.limits.Records)})
	m.body = wire.Cursor{}
}

// longestPadding is how many bytes may pad a set (RFC 7011 §3.3.1: less than the
// shortest record; exporters align to 4 or 8 bytes).
const longestPadding = 7

// leftover judges the bytes of a set behind its last record.
func (m *Message) leftover(t *template, rest []byte, report *wire.Report) {
	switch {
	case len(rest) >= int(t.size): // given up, which has been said
	case len(rest) <= 3, len(rest) <= longestPadding && zero(rest):
		m.padding(rest, report)
	default:
		m.Counted = false
		report.Add(wire.Note{Finding: wire.RecordLeftover, A: uint32(t.id), B: uint32(len(rest))})
	}
}

func (m *Message) padding(rest []byte, report *wire.Report) {
	if !zero(rest) {
		report.Add(wire.Note{Finding: wire.PaddingNotZero})
	}
}

// zero tells whether all bytes are zero. It looks at the first ones first, so it
// is quick where there is something.
func zero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}
