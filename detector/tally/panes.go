package tally

import (
	"cmp"
	"slices"
)

// The lengths of the cells of event time, in milliseconds.
const (
	TickLength = 60_000
	PaneLength = 250
)

// Pane is one 250 ms cell of a series.
type Pane struct {
	At int64 // number of the pane since the Unix epoch
	Sum
}

// Panes are the panes of one series that hold anything, in order of time. The
// zero value is empty. Bounded by whoever owns it through DropBefore.
type Panes []Pane

// Add merges a sum into the pane at a number.
func (p *Panes) Add(at int64, s Sum) {
	list := *p
	if n := len(list); n > 0 && list[n-1].At == at { // most flows belong to the newest pane
		list[n-1].Add(s)
		return
	}
	i, found := list.search(at)
	if !found {
		list = slices.Insert(list, i, Pane{At: at})
	}
	list[i].Add(s)
	*p = list
}

// Merge adds other panes, each to that of its number.
func (p *Panes) Merge(other Panes) {
	if len(other) == 0 {
		return
	}
	list := *p
	from, _ := list.search(other[0].At)
	fresh := list[from:].lacks(other)
	i, j := len(list)-1, len(other)-1
	list = slices.Grow(list, fresh)[:len(list)+fresh]
	for at := len(list) - 1; j >= 0; at-- { // from the end, where there is room
		switch {
		case i < from || list[i].At < other[j].At:
			list[at] = other[j]
			j--
			continue
		case list[i].At == other[j].At:
			list[i].add(&other[j].Sum)
			j--
		}
		list[at] = list[i]
		i--
	}
	*p = list
}

// lacks is how many panes of another list are not in p.
func (p Panes) lacks(other Panes) int {
	n, i := 0, 0
	for j := range other {
		for i < len(p) && p[i].At < other[j].At {
			i++
		}
		if i == len(p) || p[i].At != other[j].At {
			n++
		}
	}
	return n
}

// search finds the pane at a number, or where it would be.
func (p Panes) search(at int64) (int, bool) {
	return slices.BinarySearchFunc(p, at, func(q Pane, at int64) int { return cmp.Compare(q.At, at) })
}

// DropBefore removes the panes before a number and returns their sum.
func (p *Panes) DropBefore(at int64) Sum {
	var dropped Sum
	n := 0
	for _, q := range *p {
		if q.At >= at {
			break
		}
		dropped.Add(q.Sum)
		n++
	}
	*p = slices.Delete(*p, 0, n)
	return dropped
}

// Between sums the panes from a number up to, not including, another.
func (p Panes) Between(from, to int64) Sum {
	var s Sum
	i, _ := p.search(from)
	for ; i < len(p) && p[i].At < to; i++ {
		s.Add(p[i].Sum)
	}
	return s
}

// Run sums stretches of panes one after the other, each no earlier than the one
// before: what a stretch loses is taken away and what it gains is added, so that a
// long one costs no more than a short one.
type Run struct {
	Panes    Panes
	from, to int // panes in the sum
	sum      Sum
}

// To is Panes.Between(from, to).
func (r *Run) To(from, to int64) Sum {
	if r.to == 0 {
		r.from, _ = r.Panes.search(from)
		r.to = r.from
	}
	for ; r.to < len(r.Panes) && r.Panes[r.to].At < to; r.to++ {
		r.sum.add(&r.Panes[r.to].Sum)
	}
	for ; r.from < r.to && r.Panes[r.from].At < from; r.from++ {
		if r.sum.saturated() { // what was cut off cannot be taken away
			return r.Panes.Between(from, to)
		}
		r.sum = r.sum.minus(r.Panes[r.from].Sum)
	}
	return r.sum
}
