package tally

import (
	"cmp"
	"slices"
)

// LateSum is what came in one step for ticks of one interface that had settled: for
// the ledger alone.
type LateSum struct {
	Key   Key // of Kind Interface
	Cells []LateCell
}

// LateCell is what happened to a late sum at one tick. A flow that lasted a day
// touches 1,440 ticks but changes three: what falls into its first and its last, and
// that from one on every tick holds as much more and from another on as much less.
type LateCell struct {
	At   int64 // number of the tick since the Unix epoch
	Once Sum   // in this tick
	Rise Sum   // in this tick and all that follow
	Fall Sum   // no more in this tick and all that follow
}

// lateCells are sorted by tick. There are no more than a day and an hour has, and one
// for what is older: flows may last for weeks.
type lateCells []LateCell

// lateTicks is for how many ticks back late flows are told apart: more than any
// ledger holds.
const lateTicks = (hoursPerDay + 1) * ticksPerHour

// add spreads a sum over the ticks from start to end, in milliseconds. What lies
// before the oldest tick is put into the one before that.
func (l *lateCells) add(s Sum, start, end, oldest int64) {
	if before := oldest * TickLength; start < before {
		old := s
		if end >= before {
			old = s.share(uint64(before-start), uint64(end-start))
		}
		l.at(oldest - 1).Once.Add(old)
		s, start = s.minus(old), before
	}
	if end >= start {
		l.spread(spreadOver(s, start, end, TickLength))
	}
}

func (l *lateCells) spread(p spread) {
	if p.first < p.last {
		l.at(p.first).Once.Add(p.head)
	}
	if p.first+1 < p.last {
		l.at(p.first + 1).Rise.Add(p.full)
		l.at(p.last).Fall.Add(p.full)
	}
	l.at(p.last).Once.Add(p.tail)
}

// at finds or makes the cell of a tick.
func (l *lateCells) at(tick int64) *LateCell {
	i, found := slices.BinarySearchFunc(*l, tick, func(c LateCell, tick int64) int { return cmp.Compare(c.At, tick) })
	if !found {
		*l = slices.Insert(*l, i, LateCell{At: tick})
	}
	return &(*l)[i]
}

// merge adds other cells.
func (l *lateCells) merge(other []LateCell) {
	for i := range other {
		c := l.at(other[i].At)
		c.Once.add(&other[i].Once)
		c.Rise.add(&other[i].Rise)
		c.Fall.add(&other[i].Fall)
	}
}

// late gathers the late sums of a step, by interface.
type late map[Key]*lateCells

// add hands the cells of a path to one interface of it.
func (l *late) add(k Key, cells []LateCell) {
	if *l == nil {
		*l = late{}
	}
	line := (*l)[k]
	if line == nil {
		line = &lateCells{}
		(*l)[k] = line
	}
	line.merge(cells)
}

// take returns what was gathered, in the order of keys, and begins anew.
func (l *late) take() []LateSum {
	if len(*l) == 0 {
		return nil
	}
	out := make([]LateSum, 0, len(*l))
	for k, cells := range *l {
		out = append(out, LateSum{Key: k, Cells: *cells})
	}
	slices.SortFunc(out, func(a, b LateSum) int { return a.Key.Compare(b.Key) })
	*l = nil
	return out
}
