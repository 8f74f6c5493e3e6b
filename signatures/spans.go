package signatures

import (
	"cmp"
	"math"
	"slices"
	"sort"
)

// span is the whole numbers from lo to hi, both included.
type span struct{ lo, hi int64 }

// spans is a set of whole numbers as sorted spans with gaps between them; nil is
// the empty set. A set is never changed once it is made.
type spans []span

// between is the numbers from lo to hi; none when lo is above hi.
func between(lo, hi int64) spans {
	if lo > hi {
		return nil
	}
	return spans{{lo, hi}}
}

// has tells whether v is in the set.
func (s spans) has(v int64) bool {
	if len(s) > 8 {
		i := sort.Search(len(s), func(i int) bool { return s[i].hi >= v })
		return i < len(s) && s[i].lo <= v
	}
	for _, p := range s {
		if v <= p.hi {
			return v >= p.lo
		}
	}
	return false
}

// and is the numbers in both sets.
func (s spans) and(o spans) spans {
	var both spans
	for i, j := 0, 0; i < len(s) && j < len(o); {
		both = append(both, between(max(s[i].lo, o[j].lo), min(s[i].hi, o[j].hi))...)
		if s[i].hi < o[j].hi {
			i++
		} else {
			j++
		}
	}
	return both
}

// or is the numbers in either set.
func (s spans) or(o spans) spans {
	all := append(slices.Clone(s), o...)
	slices.SortFunc(all, func(a, b span) int { return cmp.Compare(a.lo, b.lo) })
	var union spans
	for _, p := range all {
		if last := len(union) - 1; last >= 0 && touches(union[last], p) {
			union[last].hi = max(union[last].hi, p.hi)
			continue
		}
		union = append(union, p)
	}
	return union
}

func touches(a, b span) bool { return a.hi == math.MaxInt64 || b.lo <= a.hi+1 }

// not is the numbers of the domain that are not in the set.
func (s spans) not(domain span) spans {
	var rest spans
	lo := domain.lo
	for _, p := range s {
		if p.lo > lo {
			rest = append(rest, span{lo, p.lo - 1})
		}
		if p.hi >= domain.hi {
			return rest
		}
		lo = p.hi + 1
	}
	return append(rest, between(lo, domain.hi)...)
}

// list is the numbers one by one; ok is false when there are more than limit.
func (s spans) list(limit int64) (values []int64, ok bool) {
	for _, p := range s {
		if uint64(p.hi)-uint64(p.lo) >= uint64(limit)-uint64(len(values)) {
			return nil, false
		}
		for v := p.lo; v <= p.hi; v++ {
			values = append(values, v)
		}
	}
	return values, true
}
