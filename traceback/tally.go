package traceback

// tally counts per value, exactly, up to a bound of distinct values. Where that
// is reached it counts per block of values instead (a /24 for addresses, 16
// neighbours for ports), and so on: sums stay exact, only finer detail is lost.
// The level reached depends on the set of values and not on their order, so
// neither do the results.
type tally[K comparable] struct {
	bound   int
	coarsen func(K, int) K // the block of a value at a level; level 0 is the value itself
	level   int
	index   map[K]int
	cells   []cell[K]
}

type cell[K comparable] struct {
	key K
	count
}

func newTally[K comparable](bound int, coarsen func(K, int) K) tally[K] {
	return tally[K]{bound: bound, coarsen: coarsen, index: map[K]int{}}
}

func (t *tally[K]) add(key K, c count) {
	if t.level > 0 {
		key = t.coarsen(key, t.level)
	}
	if i, ok := t.index[key]; ok {
		t.cells[i].add(c)
		return
	}
	t.index[key] = len(t.cells)
	t.cells = append(t.cells, cell[K]{key, c})
	if len(t.cells) > t.bound {
		t.rise(t.level + 1)
	}
}

// rise counts what there is again, at a coarser level.
func (t *tally[K]) rise(level int) {
	cells := t.cells
	t.level, t.index, t.cells = level, map[K]int{}, nil
	for _, c := range cells {
		t.add(c.key, c.count)
	}
}

// merge adds another tally of the same kind.
func (t *tally[K]) merge(o *tally[K]) {
	if o.level > t.level {
		t.rise(o.level)
	}
	for _, c := range o.cells {
		t.add(c.key, c.count)
	}
}
