package crosscheck

import (
	"cmp"
	"slices"

	"eagre/flow"
)

// Confidence is how far the flows of an exporter agree with its counters.
type Confidence struct {
	Ratio      float64 // flows ÷ counters: the median over its interfaces and directions
	Error      float64 // of that ratio, with 95 % confidence
	Interfaces int     // that were judged within the last while (Config.Forget)
	OutOfBand  int     // of them, those with a mismatch in one direction or both
}

// Share is the part of the interfaces that agree, 0 to 1.
func (c Confidence) Share() float64 {
	return float64(c.Interfaces-c.OutOfBand) / float64(max(c.Interfaces, 1))
}

// Confidence says how far an exporter can be trusted; false where none of its
// interfaces was judged.
func (c *Check) Confidence(of flow.IP) (Confidence, bool) {
	var all []Verdict
	mismatched := map[uint32]bool{}
	for _, l := range c.linesOf(of) {
		if l.judged != 0 {
			all = append(all, l.last)
			mismatched[l.index] = mismatched[l.index] || l.open
		}
	}
	if len(all) == 0 {
		return Confidence{}, false
	}
	slices.SortStableFunc(all, func(a, b Verdict) int { return cmp.Compare(a.Ratio, b.Ratio) })
	middle := all[(len(all)-1)/2]
	out := Confidence{Ratio: middle.Ratio, Error: middle.Error, Interfaces: len(mismatched)}
	for _, open := range mismatched {
		if open {
			out.OutOfBand++
		}
	}
	return out, true
}

// linesOf are the lines of one exporter, which stand beside each other.
func (c *Check) linesOf(x flow.IP) []*line {
	first, _ := slices.BinarySearchFunc(c.lines, key{exporter: x}, func(l *line, k key) int { return l.key.compare(k) })
	last := first
	for last < len(c.lines) && c.lines[last].exporter == x {
		last++
	}
	return c.lines[first:last]
}
