package tally

// growing is the panes of a series while a step fills them: a dense run, so that
// adding needs no search, and a flow that lasted for many panes changes four of them.
type growing struct {
	base   int64 // number of the first cell
	cells  []Sum
	slopes []slope // as many as cells, or none while no flow lasted for many
}

// slope is by how much a cell and all that follow hold more, and less.
type slope struct{ rise, fall Sum }

// add merges a sum into a pane.
func (g *growing) add(at int64, s *Sum) {
	if i := at - g.base; uint64(i) >= uint64(len(g.cells)) {
		g.extend(at)
	}
	g.cells[at-g.base].add(s)
}

// addSpread merges the parts of a flow.
func (g *growing) addSpread(p *spread) {
	g.add(p.last, &p.tail) // the run now reaches from one end to the other
	if p.first == p.last {
		return
	}
	g.add(p.first, &p.head)
	if p.first+1 == p.last {
		return
	}
	if g.slopes == nil {
		g.slopes = make([]slope, len(g.cells), cap(g.cells))
	}
	g.slopes[p.first+1-g.base].rise.add(&p.full)
	g.slopes[p.last-g.base].fall.add(&p.full)
}

// extend makes room for a pane before or behind the run.
func (g *growing) extend(at int64) {
	if len(g.cells) == 0 {
		g.base = at
	}
	before, behind := max(0, g.base-at), max(0, at-g.base+1-int64(len(g.cells)))
	g.cells, g.base = widened(g.cells, before, behind), min(g.base, at)
	if g.slopes != nil {
		g.slopes = widened(g.slopes, before, behind)
	}
}

// widened is a list with so many more cells before and behind it.
func widened[T any](list []T, before, behind int64) []T {
	if before > 0 {
		list = append(make([]T, before, before+int64(len(list))), list...)
	}
	return append(list, make([]T, behind)...)
}

// take returns what was filled and begins anew.
func (g *growing) take() Panes {
	var out Panes
	var risen, fallen Sum
	for i, s := range g.cells {
		if g.slopes != nil {
			risen.add(&g.slopes[i].rise)
			fallen.add(&g.slopes[i].fall)
			s.Add(risen.less(fallen))
		}
		if !s.IsZero() {
			out = append(out, Pane{At: g.base + int64(i), Sum: s})
		}
	}
	g.cells, g.slopes = g.cells[:0], nil
	return out
}
