package ipfix

import (
	"encoding/binary"

	"eagre/ingest/wire"
)

// extra is a field of a record that is looked into on its own, behind the columns.
type extra struct {
	row  int // of the records gathered together
	to   column
	data []byte
}

// gather copies the fixed parts of up to n records behind one another, as if
// their template had no fields of variable length, so that they can be read
// column by column. It returns how many it took.
func (m *Message) gather(t *template, c *wire.Cursor, n int, report *wire.Report) (rows int) {
	m.packed, m.found = m.packed[:0], m.found[:0]
	for rows < n && c.Len() >= int(t.size) {
		if !m.record(t, c, rows, report) {
			break
		}
		rows++
	}
	return rows
}

// record gathers one record. Where it is cut, nothing of it stays.
func (m *Message) record(t *template, c *wire.Cursor, row int, report *wire.Report) bool {
	packed, found := len(m.packed), len(m.found)
	m.begun = c.Len()
	for _, s := range t.steps {
		m.steps++
		n, ok := m.length(t, s, c, report)
		if !ok {
			m.packed, m.found = m.packed[:packed], m.found[:found]
			return false
		}
		value := c.Bytes(n)
		switch {
		case s.to == app:
			m.packed = binary.BigEndian.AppendUint64(m.packed, application(value))
		case extras.has(s.to):
			m.found = append(m.found, extra{row: row, to: s.to, data: value})
		case s.length != variable:
			m.packed = append(m.packed, value...)
		}
	}
	return true
}

// length is how many bytes the next field takes (RFC 7011 §7). Where they are
// not there, the rest of the set is given up.
func (m *Message) length(t *template, s step, c *wire.Cursor, report *wire.Report) (int, bool) {
	n := int(s.length)
	if n == variable {
		if n = int(c.U8()); n == 255 {
			n = int(c.U16())
		}
	}
	if !c.Failed() && n <= c.Len() {
		return n, true
	}
	m.Counted = false
	if s.length == variable {
		report.Add(wire.Note{Finding: wire.VariableTooLong, A: uint32(max(n-c.Len(), 1))})
	} else {
		report.Add(wire.Note{Finding: wire.RecordLeftover, A: uint32(t.id), B: uint32(m.begun)})
	}
	c.Skip(c.Len())
	return 0, false
}
