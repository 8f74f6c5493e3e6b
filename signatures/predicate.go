package signatures

import "eagre/flow"

// predicate is a question about one flow, compiled: asked of one row, or of a
// selection of rows at once. Predicates hold no state and are shared freely.
type predicate interface {
	// test asks one row.
	test(b *flow.Batch, row int) bool
	// filter shrinks a selection, in place, to the rows that pass.
	filter(b *flow.Batch, rows []uint16) []uint16
	// bounds is what must hold for the columns of every row that passes.
	bounds() bounds
	// cost ranks predicates: the cheap ones go first.
	cost() int
}

// keepTested is the filter of a predicate that has no better one.
func keepTested(p predicate, b *flow.Batch, rows []uint16) []uint16 {
	n := 0
	for _, row := range rows {
		rows[n] = row
		if p.test(b, int(row)) {
			n++
		}
	}
	return rows[:n]
}

// constant is true of every flow, or of none.
type constant bool

func (c constant) test(*flow.Batch, int) bool { return bool(c) }

func (c constant) filter(_ *flow.Batch, rows []uint16) []uint16 {
	if c {
		return rows
	}
	return rows[:0]
}

func (c constant) bounds() bounds { return bounds{never: !bool(c)} }
func (c constant) cost() int      { return 0 }

// within asks whether a column's value is in a set.
type within struct {
	column columnID
	set    spans
	keep   filter
}

// newWithin is the predicate for a set; a set that holds everything or nothing
// makes a constant.
func newWithin(column columnID, set spans) predicate {
	c := &columns[column]
	set = set.and(between(c.all.lo, c.all.hi))
	if len(set) == 0 {
		return constant(false)
	}
	if set[0] == c.all {
		return constant(true)
	}
	return &within{column: column, set: set, keep: c.keep(set)}
}

func (w *within) test(b *flow.Batch, row int) bool {
	return w.set.has(columns[w.column].read(b, row))
}

func (w *within) filter(b *flow.Batch, rows []uint16) []uint16 { return w.keep(b, rows) }

func (w *within) bounds() bounds {
	var known bounds
	known.set[w.column], known.known[w.column] = w.set, true
	return known
}

func (w *within) cost() int {
	if w.column == packetSize {
		return 3
	}
	return 1 + min(len(w.set), 3)/2
}

// inside asks whether an address is in one of some networks, or in none.
type inside struct {
	values  func(*flow.Batch) []flow.IP
	nets    *networks
	outside bool
}

func (p *inside) test(b *flow.Batch, row int) bool { return p.nets.has(p.values(b)[row]) != p.outside }

func (p *inside) filter(b *flow.Batch, rows []uint16) []uint16 {
	column, n := p.values(b), 0
	for _, row := range rows {
		rows[n] = row
		if p.nets.has(column[row]) != p.outside {
			n++
		}
	}
	return rows[:n]
}

func (p *inside) bounds() bounds { return bounds{} }
func (p *inside) cost() int      { return 4 }

// same asks whether two addresses of a flow are equal. No address equals nothing.
type same struct {
	a, b      func(*flow.Batch) []flow.IP
	different bool
}

func (p *same) test(b *flow.Batch, row int) bool {
	ip := p.a(b)[row]
	return (ip == p.b(b)[row] && !ip.IsZero()) != p.different
}

func (p *same) filter(b *flow.Batch, rows []uint16) []uint16 { return keepTested(p, b, rows) }
func (p *same) bounds() bounds                               { return bounds{} }
func (p *same) cost() int                                    { return 4 }
