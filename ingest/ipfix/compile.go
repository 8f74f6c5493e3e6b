package ipfix

import (
	"cmp"
	"slices"

	"eagre/ingest/wire"
)

// compiler turns the fields of one template into operations. It is reused, so
// that a template costs no more memory than what is kept of it.
type compiler struct {
	candidates []candidate
	ops        []op
	steps      []step
	met        [(len(iana)+63)/64 + 1]uint64 // elements of IANA's met in the template
}

// candidate is a field that may fill a column.
type candidate struct {
	op
	rank uint8
}

// draft is a template as it was read from a set.
type draft struct {
	id     uint16
	scopes int // -1 for a template of data
	fields []field
	spec   []byte
}

func (d *draft) options() bool { return d.scopes >= 0 }

// compile checks the fields and makes the template; nil when they are refused,
// with a note that says why.
func (c *compiler) compile(d *draft, v9 bool, l *Limits, report *wire.Report) *template {
	c.candidates, c.ops, c.steps, c.met = c.candidates[:0], c.ops[:0], c.steps[:0], [len(c.met)]uint64{}
	t := &template{id: d.id, scopes: uint16(max(d.scopes, 0)), fields: uint16(len(d.fields)), kind: flows}
	if d.options() {
		t.kind = options
	}
	for _, f := range d.fields {
		if !c.field(t, f, v9, report) {
			return nil
		}
	}
	if t.size == 0 {
		report.Add(wire.Note{Finding: wire.TemplateNoLength, A: uint32(d.id)})
		return nil
	}
	if int(t.size) > l.Record {
		report.Add(wire.Note{Finding: wire.TemplateTooLong, A: uint32(d.id), B: uint32(t.size), C: uint32(l.Record)})
		return nil
	}
	c.finish(t, v9)
	t.spec = slices.Clone(d.spec)
	return t
}

// field takes in one field and tells whether its length is allowed.
func (c *compiler) field(t *template, f field, v9 bool, report *wire.Report) bool {
	e := lookup(f, v9)
	ok, only := e.class.allows(f.length)
	if f.scope && v9 && !ok {
		e, ok = element{}, true // a type of scope says nothing about its length
	}
	if !ok {
		report.Add(wire.Note{Finding: wire.FieldLength, A: uint32(f.element), B: uint32(f.length), C: only})
		return false
	}
	if e.class != unknown && f.pen == 0 && !f.scope && c.twice(f.element) {
		report.Add(wire.Note{Finding: wire.FieldTwice, A: uint32(t.id), B: uint32(f.element)})
		e.to = nowhere
	}
	if f.length == 0 { // not there at all
		return true
	}
	if t.kind == options {
		c.option(e, f.length)
	} else {
		c.data(t, e, f.length)
	}
	if f.length == variable {
		t.size++
	} else {
		t.size += int32(f.length)
	}
	return true
}

func (c *compiler) twice(number uint16) bool {
	i := min(int(number), len(iana)) // those beyond are one vendor's
	was := c.met[i/64]>>(i%64)&1 != 0
	c.met[i/64] |= 1 << (i % 64)
	return was
}

// option adds a field of an options record, which is always walked.
func (c *compiler) option(e element, length uint16) {
	if e.class == unknown || length != variable && e.class != text && e.class != label && length > 8 {
		e.to = nowhere
	}
	c.step(step{e.to, e.class, length})
}

// data adds a field of a data record. Bytes of fixed length are read where they
// stand, or where they stand once the record is gathered.
func (c *compiler) data(t *template, e element, length uint16) {
	switch {
	case extras.has(e.to):
		t.has.add(e.to)
		c.step(step{e.to, e.class, length})
		return
	case length == variable && e.to == app:
		c.candidates = append(c.candidates, candidate{op{to: e.to, class: unsigned, length: 8, offset: uint16(t.packed)}, e.rank})
		c.step(step{e.to, e.class, length})
		t.packed += 8
		return
	case length == variable:
		c.step(step{nowhere, unknown, length})
		return
	}
	c.step(step{nowhere, unknown, length})
	if e.to != nowhere && e.to < dataColumns && length <= maxField && t.packed <= variable {
		c.candidates = append(c.candidates, candidate{op{to: e.to, class: e.class, length: uint8(length), offset: uint16(t.packed)}, e.rank})
	}
	t.packed += int32(length)
}

// maxField is the longest field of fixed length that is copied into a column.
const maxField = 255

// step adds a step, and joins bytes that are only copied.
func (c *compiler) step(s step) {
	if n := len(c.steps) - 1; n >= 0 && s.to == nowhere && s.length != variable {
		last := &c.steps[n]
		if last.to == nowhere && last.length != variable && int(last.length)+int(s.length) < variable {
			last.length += s.length
			return
		}
	}
	c.steps = append(c.steps, s)
}

// finish chooses among the candidates and says what kind of template it is.
func (c *compiler) finish(t *template, v9 bool) {
	if t.kind == options {
		t.steps = slices.Clone(c.steps)
		return
	}
	c.choose(t, v9)
	if !t.has.any(counters | sections | subLists) {
		t.kind = silent
	}
	t.ops = slices.Clone(c.ops)
	if len(c.steps) > 1 || c.steps[0].to != nowhere || c.steps[0].length == variable {
		t.steps = slices.Clone(c.steps)
	}
}

// choose decides which candidate fills a column first, and which fill in.
func (c *compiler) choose(t *template, v9 bool) {
	initiator := false
	for i := range c.candidates {
		k := &c.candidates[i]
		if v9 && k.class == uptime {
			k.rank = 0 // the header tells the uptime to the millisecond
		}
		initiator = initiator || counters.has(k.to) && k.rank == 1
	}
	slices.SortStableFunc(c.candidates, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.to, b.to), cmp.Compare(a.rank, b.rank))
	})
	first := candidate{}
	for _, k := range c.candidates {
		switch {
		case k.rank == rankResponder && reversed.has(k.to) && !initiator:
			continue
		case k.to != first.to:
			first = k
			t.note(k)
		case k.rank >= lone && first.rank < lone, k.to == start, k.to == end, k.to == duration:
			continue
		case k.to == flags || k.to == revFlags:
			k.mode = join
		default:
			k.mode = ifZero
		}
		c.ops = append(c.ops, k.op)
	}
	c.twins()
}

// twins finds neighbours that are read alike, as most templates have them.
func (c *compiler) twins() {
	for i := 0; i+1 < len(c.ops); i++ {
		a, b := &c.ops[i], c.ops[i+1]
		alike := a.class == b.class && a.length == b.length && a.mode == replace && b.mode == replace
		last := i+2 == len(c.ops) || c.ops[i+2].to != b.to
		if alike && last && inTwos.has(a.to) && b.to == a.to+1 && readInTwos(b) {
			a.twin = true
			i++
		}
	}
}

// readInTwos tells whether there is a loop for two such fields at once.
func readInTwos(o op) bool {
	if o.to == end {
		return o.class == uptime && o.length == 4
	}
	return o.class == ipv4 || o.class == unsigned && (o.length == 1 || o.length == 2 || o.length == 4 || o.length == 8)
}

// note remembers what the passes must know of the field that fills a column first.
func (t *template) note(k candidate) {
	t.has.add(k.to)
	switch {
	case (k.to == srcAddr || k.to == dstAddr) && k.rank >= rankPrefix && k.rank < rankNAT:
		t.traits |= aggregated
	case k.to == octets && k.rank >= rankTotal:
		t.traits |= totals
	case k.to == octets && k.rank == 1:
		t.traits |= payload
	case k.to == start && k.class == uptime:
		t.traits |= startUp
	case k.to == end && k.class == uptime:
		t.traits |= endUp
	}
}
