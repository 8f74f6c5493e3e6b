package tally

// spread is a flow's sum divided over the cells of event time that its time span
// touches, in proportion to the time spent in each: the pro-rating of pmacct and
// SiLK, here on integers. What rounding leaves, and the flow itself, go to the last
// cell, so the parts always add up to the whole.
type spread struct {
	first, last int64 // numbers of cells
	head        Sum   // of the first cell, unless that is the last as well
	full        Sum   // of each cell between
	tail        Sum   // of the last cell
}

// spreadOver spreads a sum over cells of the given length, in milliseconds. A flow
// without duration lies in one cell.
func spreadOver(s Sum, start, end, length int64) spread {
	p := spread{first: floorDiv(start, length), last: floorDiv(end, length)}
	if p.first >= p.last {
		p.first, p.tail = p.last, s
		return p
	}
	duration := uint64(end - start)
	p.head = s.share(uint64((p.first+1)*length-start), duration)
	p.full = s.share(uint64(length), duration)
	given := p.full.times(uint64(p.last - p.first - 1))
	given.Add(p.head)
	p.tail = s.minus(given)
	return p
}

// each calls put for every cell in order of time.
func (p *spread) each(put func(cell int64, part Sum)) {
	if p.first < p.last {
		put(p.first, p.head)
	}
	for cell := p.first + 1; cell < p.last; cell++ {
		put(cell, p.full)
	}
	put(p.last, p.tail)
}

// Spread divides a flow's sum over the cells of the given length (milliseconds)
// that its time span touches. put is called in order of time.
func Spread(s Sum, start, end, length int64, put func(cell int64, part Sum)) {
	p := spreadOver(s, start, end, length)
	p.each(put)
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
