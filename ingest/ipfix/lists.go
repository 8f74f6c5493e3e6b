package ipfix

import "eagre/ingest/wire"

// list looks into structured data (RFC 6313 §4.5). Records of templates that are
// known fill columns of the row; everything else is passed over, as all lengths
// are known from outside.
func (m *Message) list(r *rows, e extra, filled *columns, depth int, report *wire.Report) {
	m.steps++
	if depth > m.exporter.limits.Depth {
		report.Add(wire.Note{Finding: wire.ListTooDeep, A: uint32(m.exporter.limits.Depth)})
		return
	}
	c := wire.NewCursor(e.data)
	c.U8() // semantic
	switch e.to {
	case basicList:
		m.basic(r, e.row, c, filled, depth, report)
	case subTemplateList:
		id := c.U16()
		m.inside(r, e.row, id, c, filled, depth, report)
	case subTemplateMultiList:
		for c.Len() >= setHeader {
			id, length := c.U16(), int(c.U16())
			m.inside(r, e.row, id, c.Sub(max(length-setHeader, 0)), filled, depth, report)
		}
	}
}

// inside reads the records of one template inside a list.
func (m *Message) inside(r *rows, row int, id uint16, c wire.Cursor, filled *columns, depth int, report *wire.Report) {
	t := m.domain.template(id)
	if t == nil || t.kind == options {
		return
	}
	m.exporter.use(t, m.now.arrival)
	for c.Len() >= int(t.size) {
		m.steps++
		if !t.walked() {
			m.inner(r, row, t, c.Bytes(int(t.size)), filled)
			continue
		}
		packed, found := len(m.packed), len(m.found)
		if !m.record(t, &c, row, report) {
			return
		}
		m.inner(r, row, t, m.packed[packed:], filled)
		for _, e := range m.found[found:] {
			if e.to != ipSection && e.to != linkSection {
				m.list(r, e, filled, depth+1, report)
			}
		}
		m.packed, m.found = m.packed[:packed], m.found[:found]
	}
}

// basic reads a list of one element, which matters only where that is a list.
func (m *Message) basic(r *rows, row int, c wire.Cursor, filled *columns, depth int, report *wire.Report) {
	number, length := c.U16(), c.U16()
	if number&0x8000 != 0 {
		return // an enterprise's element is no list
	}
	to := at(iana[:], number).to
	if to != basicList && !subLists.has(to) {
		return
	}
	if length != variable {
		return // a list of lists of one length: nobody sends one
	}
	for c.Len() > 0 {
		n, ok := m.length(nil, step{length: variable}, &c, report)
		if !ok {
			return
		}
		m.list(r, extra{row: row, to: to, data: c.Bytes(n)}, filled, depth+1, report)
	}
}
