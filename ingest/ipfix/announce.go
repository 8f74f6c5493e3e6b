package ipfix

import (
	"bytes"

	"eagre/flow"
	"eagre/ingest/wire"
)

// templates reads a set of templates, of which each holds from here on. What
// cannot be read takes the rest of the set with it; what cannot be right is
// refused alone.
func (m *Message) templates(set []byte, options bool, report *wire.Report) {
	c := wire.NewCursor(set)
	padding := len(set) - len(bytes.TrimRight(set, "\x00"))
	for c.Len() >= setHeader && c.Len() > padding {
		m.steps++
		id, count := be16(c.Rest()), be16(c.Rest()[2:])
		if count != 0 && c.Len() < shortestTemplate {
			break
		}
		if count == 0 && m.Version == flow.IPFIX {
			c.Skip(setHeader)
			m.withdraw(id, options, report)
			continue
		}
		d, ok := m.draft(&c, options, report)
		if !ok {
			return
		}
		if d != nil {
			m.announced(d, report)
		}
	}
	m.padding(c.Rest(), report)
}

// shortestTemplate is how many bytes a template with a field takes.
const shortestTemplate = 8

// announced keeps a template, and takes up the data that has waited for it.
func (m *Message) announced(d *draft, report *wire.Report) {
	if m.domain = m.exporter.open(m.key(), m.now.arrival, report); m.domain == nil {
		return
	}
	old := m.domain.template(d.id)
	if old != nil && (old.kind == options) == d.options() && int(old.scopes) == max(d.scopes, 0) && bytes.Equal(old.spec, d.spec) {
		m.exporter.announced(old, m.now.arrival)
		report.Understood++
		return
	}
	t := m.compiler.compile(d, m.Version == flow.NetFlowV9, m.exporter.limits, report)
	if t == nil || !m.exporter.store(m.domain, t, m.now.arrival, report) {
		return
	}
	report.Understood++
	m.waiting = m.exporter.release(m.waiting, m.domain.key, t.id)
}

// withdraw takes back a template (RFC 7011 §8.1). Over UDP, where a withdrawal
// is against the rules (§8.4), only one that names a known template of its kind
// is followed.
func (m *Message) withdraw(id uint16, options bool, report *wire.Report) {
	if all := id == ipfixTemplates && !options || id == ipfixOptions && options; all {
		m.withdrawAll(id, options, report)
		return
	}
	t := m.domain.template(id)
	if t == nil || isOptions(t) != options {
		report.Add(wire.Note{Finding: wire.TemplateKept, A: uint32(id)})
		return
	}
	m.exporter.forget(t)
	report.Understood++
	report.Add(wire.Note{Finding: wire.TemplateGone, A: uint32(id)})
}

// withdrawAll takes back all templates of the domain that are of one kind.
func (m *Message) withdrawAll(id uint16, options bool, report *wire.Report) {
	if !m.source.Reliable {
		report.Add(wire.Note{Finding: wire.TemplateKept, A: uint32(id)})
		return
	}
	report.Understood++
	if m.domain == nil {
		return
	}
	for i := len(m.domain.templates) - 1; i >= 0; i-- {
		if t := m.domain.templates[i]; isOptions(t) == options {
			m.exporter.forget(t)
			report.Add(wire.Note{Finding: wire.TemplateGone, A: uint32(t.id)})
		}
	}
}

func isOptions(t *template) bool { return t.kind == options }

func be16(b []byte) uint16 { return uint16(b[0])<<8 | uint16(b[1]) }

// draft reads one template. It gives none where the template is refused, and
// false where the rest of the set cannot be read either.
func (m *Message) draft(c *wire.Cursor, options bool, report *wire.Report) (*draft, bool) {
	d := &m.drafted
	*d = draft{id: c.U16(), scopes: -1}
	if d.id < firstData {
		report.Add(wire.Note{Finding: wire.TemplateReserved, A: uint32(d.id)})
	}
	var count int
	var ok bool
	switch {
	case !options:
		count, ok = int(c.U16()), true
	case m.Version == flow.NetFlowV9:
		count, ok = m.v9Scopes(d, c, report)
	default:
		count, ok = int(c.U16()), true
		d.scopes = int(c.U16())
	}
	if !ok {
		return nil, false
	}
	start := c.Rest()
	if !m.specifiers(d, count, c, report) {
		return nil, false
	}
	d.spec = start[:len(start)-c.Len()]
	if d.id < firstData || !m.sound(d, count, options, report) {
		return nil, true
	}
	return d, true
}

// v9Scopes reads how many fields an options template has, which NetFlow v9 says
// in bytes (RFC 3954 §6.1).
func (m *Message) v9Scopes(d *draft, c *wire.Cursor, report *wire.Report) (count int, ok bool) {
	scopes, rest := int(c.U16()), int(c.U16())
	for _, n := range []int{scopes, rest} {
		if n%4 != 0 || n > c.Len() {
			report.Add(wire.Note{Finding: wire.OptionsLength, A: uint32(d.id), B: uint32(n)})
			return 0, false
		}
	}
	d.scopes = scopes / 4
	return d.scopes + rest/4, true
}

// specifiers reads the fields of a template.
func (m *Message) specifiers(d *draft, count int, c *wire.Cursor, report *wire.Report) bool {
	m.fields = m.fields[:0]
	for i := range count {
		m.steps++
		f := field{element: c.U16(), length: c.U16(), scope: i < d.scopes}
		if c.Failed() {
			report.Add(wire.Note{Finding: wire.TemplateCount, A: uint32(d.id), B: uint32(count), C: uint32(i)})
			return false
		}
		if m.Version == flow.IPFIX && f.element&0x8000 != 0 {
			f.element, f.pen = f.element&0x7fff, c.U32()
			if c.Failed() {
				report.Add(wire.Note{Finding: wire.TemplateEnterprise, A: uint32(d.id)})
				return false
			}
		}
		if i < m.exporter.limits.Fields {
			m.fields = append(m.fields, f)
		}
	}
	d.fields = m.fields
	return true
}

// sound checks the numbers of a template that was read.
func (m *Message) sound(d *draft, count int, options bool, report *wire.Report) bool {
	switch id := uint32(d.id); {
	case count == 0:
		report.Add(wire.Note{Finding: wire.TemplateNoFields, A: id})
	case count > m.exporter.limits.Fields:
		report.Add(wire.Note{Finding: wire.TemplateTooWide, A: id, B: uint32(count), C: uint32(m.exporter.limits.Fields)})
	case options && d.scopes == 0:
		report.Add(wire.Note{Finding: wire.OptionsNoScope, A: id})
	case options && d.scopes > count:
		report.Add(wire.Note{Finding: wire.OptionsScope, A: id, B: uint32(d.scopes), C: uint32(count)})
	default:
		return true
	}
	return false
}
