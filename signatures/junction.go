package signatures

import (
	"slices"

	"eagre/flow"
)

// all is true where every part is. Its parts are sorted by cost, and there is at
// most one within for each column.
type all []predicate

func newAll(parts []predicate) predicate {
	var flat []predicate
	for _, p := range parts {
		switch p := p.(type) {
		case constant:
			if !p {
				return constant(false)
			}
		case all:
			flat = append(flat, p...)
		default:
			flat = append(flat, p)
		}
	}
	flat, decided := joinWithins(flat, spans.and)
	switch {
	case decided:
		return constant(false)
	case len(flat) == 0:
		return constant(true)
	case len(flat) == 1:
		return flat[0]
	}
	slices.SortStableFunc(flat, func(a, b predicate) int { return a.cost() - b.cost() })
	return all(flat)
}

func (p all) test(b *flow.Batch, row int) bool {
	for _, part := range p {
		if !part.test(b, row) {
			return false
		}
	}
	return true
}

func (p all) filter(b *flow.Batch, rows []uint16) []uint16 {
	for _, part := range p {
		if rows = part.filter(b, rows); len(rows) == 0 {
			return rows
		}
	}
	return rows
}

func (p all) bounds() bounds {
	var known bounds
	for _, part := range p {
		known = known.and(part.bounds())
	}
	return known
}

func (p all) cost() int { return costOf(p) }

// some is true where at least one part is.
type some []predicate

func newSome(parts []predicate) predicate {
	var flat []predicate
	for _, p := range parts {
		switch p := p.(type) {
		case constant:
			if p {
				return constant(true)
			}
		case some:
			flat = append(flat, p...)
		default:
			flat = append(flat, p)
		}
	}
	flat, decided := joinWithins(flat, spans.or)
	switch {
	case decided:
		return constant(true)
	case len(flat) == 0:
		return constant(false)
	case len(flat) == 1:
		return flat[0]
	}
	slices.SortStableFunc(flat, func(a, b predicate) int { return a.cost() - b.cost() })
	return some(flat)
}

func (p some) test(b *flow.Batch, row int) bool {
	for _, part := range p {
		if part.test(b, row) {
			return true
		}
	}
	return false
}

func (p some) filter(b *flow.Batch, rows []uint16) []uint16 { return keepTested(p, b, rows) }

func (p some) bounds() bounds {
	known := bounds{never: true}
	for _, part := range p {
		known = known.or(part.bounds())
	}
	return known
}

func (p some) cost() int { return 2 + costOf(p) }

func costOf(parts []predicate) int {
	sum := 0
	for _, part := range parts {
		sum += part.cost()
	}
	return sum
}

// joinWithins makes one within out of all those about the same column. decided
// tells that one of them came to hold everything, or nothing, which settles the
// whole junction.
func joinWithins(parts []predicate, join func(a, b spans) spans) (joined []predicate, decided bool) {
	var sets [columnCount]spans
	for _, p := range parts {
		w, ok := p.(*within)
		switch {
		case !ok:
			joined = append(joined, p)
		case sets[w.column] == nil:
			sets[w.column] = w.set
		default:
			if sets[w.column] = join(sets[w.column], w.set); sets[w.column] == nil {
				return nil, true
			}
		}
	}
	for id, set := range sets {
		if set == nil {
			continue
		}
		p := newWithin(columnID(id), set)
		if _, decided := p.(constant); decided {
			return nil, true
		}
		joined = append(joined, p)
	}
	return joined, false
}
