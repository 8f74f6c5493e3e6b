package oracle

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
)

// difference is one field in which eagre and a judge differ about a flow. Where
// only one of them has the flow, the other's account is nil.
type difference struct {
	judge, exports string
	field          field
	ours, theirs   said
}

func (d difference) String() string {
	where := fmt.Sprintf("%s: %s", d.exports, d.field)
	switch {
	case d.field == judgement:
		return fmt.Sprintf("%s: %s gave up: %s", where, d.judge, d.theirs[judgement])
	case d.ours == nil:
		return fmt.Sprintf("%s: only %s has %v", where, d.judge, d.theirs)
	case d.theirs == nil:
		return fmt.Sprintf("%s: only eagre has %v", where, d.ours)
	}
	return fmt.Sprintf("%s: eagre says %s, %s says %s, of %v", where, d.ours[d.field], d.judge, d.theirs[d.field], d.theirs.identity())
}

// compare finds all differences between two accounts of the same datagrams.
func compare(judge, exports string, ours, theirs []said) (all []difference) {
	at := func(f field, o, t said) { all = append(all, difference{judge, exports, f, o, t}) }
	for _, p := range align(ours, theirs) {
		if p.ours == nil || p.theirs == nil {
			at(presence, p.ours, p.theirs)
			continue
		}
		for _, f := range slices.Sorted(maps.Keys(p.theirs)) {
			if p.ours[f] != p.theirs[f] {
				at(f, p.ours, p.theirs)
			}
		}
	}
	return all
}

type pair struct{ ours, theirs said }

// align pairs what is said of the same flows. Both accounts are in the order of
// the datagrams, so it looks for the common subsequence that fits best. What
// stands between is paired too as long as it is alike, and else is had by one
// alone.
func align(ours, theirs []said) (pairs []pair) {
	for len(ours) > 0 && len(theirs) > 0 && fit(ours[0], theirs[0]) == fits {
		pairs = append(pairs, pair{ours[0], theirs[0]})
		ours, theirs = ours[1:], theirs[1:]
	}
	best := subsequences(ours, theirs)
	i, j := 0, 0
	for i < len(ours) && j < len(theirs) {
		f, here := fit(ours[i], theirs[j]), best[i][j]
		switch {
		case here == best[i+1][j+1]+f && (f > 0 || alike(ours[i], theirs[j])):
			pairs = append(pairs, pair{ours[i], theirs[j]})
			i, j = i+1, j+1
		case here == best[i+1][j]:
			pairs = append(pairs, pair{ours[i], nil})
			i++
		default:
			pairs = append(pairs, pair{nil, theirs[j]})
			j++
		}
	}
	for ; i < len(ours); i++ {
		pairs = append(pairs, pair{ours[i], nil})
	}
	for ; j < len(theirs); j++ {
		pairs = append(pairs, pair{nil, theirs[j]})
	}
	return pairs
}

// subsequences tells for every pair of tails how well they fit at best.
func subsequences(ours, theirs []said) [][]int {
	best := make([][]int, len(ours)+1)
	for i := range best {
		best[i] = make([]int, len(theirs)+1)
	}
	for i := len(ours) - 1; i >= 0; i-- {
		for j := len(theirs) - 1; j >= 0; j-- {
			best[i][j] = max(best[i+1][j+1]+fit(ours[i], theirs[j]), best[i+1][j], best[i][j+1])
		}
	}
	return best
}

const fits = 3

// fit is how well two accounts go together: not at all, by what identifies a flow,
// or by its counters too.
func fit(ours, theirs said) int {
	if !sameFlow(ours, theirs) {
		return 0
	}
	for _, f := range []field{octets, packets, allOctets, allPackets} {
		if text, says := theirs[f]; says && text != ours[f] {
			return fits - 1
		}
	}
	return fits
}

// alike tells whether two accounts have most of what identifies a flow in common.
func alike(a, b said) bool {
	common := 0
	for _, f := range identity {
		if a[f] == b[f] {
			common++
		}
	}
	return common > len(identity)/2
}

// exception is a difference that is right, and why.
type exception struct {
	judge   string
	exports string // patterns of path.Match, with spaces between them
	fields  []field
	when    func(difference) bool // nil: always
	why     string
}

func (e *exception) excuses(d difference) bool {
	return e.judge == d.judge && slices.Contains(e.fields, d.field) && e.covers(d.exports) && (e.when == nil || e.when(d))
}

func (e *exception) covers(exports string) bool {
	return slices.ContainsFunc(strings.Fields(e.exports), func(pattern string) bool {
		fits, err := path.Match(pattern, exports)
		return err == nil && fits
	})
}

// settle fails the test for differences without an exception, and for exceptions
// of this judge that excuse nothing.
func settle(t *testing.T, judge string, differences []difference) {
	t.Helper()
	used := map[*exception]bool{}
	for _, kind := range kinds(differences) {
		var open []difference
		for _, d := range kind {
			if e := excuse(d); e != nil {
				used[e] = true
			} else {
				open = append(open, d)
			}
		}
		if len(open) > 0 {
			t.Errorf("%d × %v", len(open), open[0])
		}
	}
	for i := range exceptions {
		if e := &exceptions[i]; e.judge == judge && !used[e] {
			t.Errorf("the exception for %s, %s, %v is no longer needed: %s", e.judge, e.exports, e.fields, e.why)
		}
	}
}

// kinds are the differences by exporter and field.
func kinds(differences []difference) (all [][]difference) {
	at := map[string]int{}
	for _, d := range differences {
		kind := d.exports + " " + string(d.field)
		i, known := at[kind]
		if !known {
			i, all = len(all), append(all, nil)
			at[kind] = i
		}
		all[i] = append(all[i], d)
	}
	return all
}

func excuse(d difference) *exception {
	for i := range exceptions {
		if exceptions[i].excuses(d) {
			return &exceptions[i]
		}
	}
	return nil
}
