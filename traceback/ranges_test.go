package traceback

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

func spansOf(rows []span) []string {
	slices.SortFunc(rows, func(a, b span) int {
		return cmp.Or(cmp.Compare(b.bytes, a.bytes), cmp.Compare(a.first, b.first))
	})
	var out []string
	for _, r := range rows {
		out = append(out, fmt.Sprintf("%s: %d", r, r.bytes))
	}
	return out
}

func portsOf(bytes map[uint16]uint64) *tally[uint16] {
	t := newTally(1<<16, coarserNumber[uint16])
	for p, n := range bytes {
		t.add(p, count{bytes: n, packets: 1})
	}
	return &t
}

func TestPortsCollapseToRanges(t *testing.T) {
	each := func(from, to, step int, n uint64) map[uint16]uint64 {
		m := map[uint16]uint64{}
		for p := from; p <= to; p += step {
			m[uint16(p)] = n
		}
		return m
	}
	with := func(m map[uint16]uint64, p uint16, n uint64) map[uint16]uint64 {
		m[p] = n
		return m
	}
	sparse := map[uint16]uint64{}
	r := random(11)
	for range 1000 {
		sparse[uint16(1024+r.IntN(64512))] = 40
	}
	sparse[1024], sparse[65535] = 40, 40
	for name, c := range map[string]struct {
		in   map[uint16]uint64
		want []string
	}{
		"a few ports stay ports":        {each(80, 83, 1, 40), []string{"80: 40", "81: 40", "82: 40", "83: 40"}},
		"the seed's source ports":       {each(1024, 1791, 1, 40), []string{"1024 - 1791: 30720"}},
		"one port above a range":        {with(each(1024, 1791, 1, 40), 53, 90_000), []string{"53: 90000", "1024 - 1791: 30720"}},
		"every second port":             {each(1024, 60_000, 2, 40), []string{"1024 - 60000: 1179560"}},
		"few flows over all high ports": {sparse, []string{fmt.Sprintf("1024 - 65535: %d", 40*len(sparse))}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := gocmp.Diff(c.want, spansOf(ranges(portsOf(c.in)))); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}

// slowRanges writes the rule down with an array of all ports.
func slowRanges(bytes map[uint16]uint64) []span {
	var all [1 << 16]uint64
	var total uint64
	for p, n := range bytes {
		all[p], total = n, total+n
	}
	var rows []span
	if len(bytes) <= rowsShown {
		for p, n := range bytes {
			rows = append(rows, span{uint64(p), uint64(p), count{bytes: n}})
		}
		return rows
	}
	used := map[uint16]bool{}
	for p, n := range bytes {
		if n >= max(1, total/rowDivisor) {
			rows = append(rows, span{uint64(p), uint64(p), count{bytes: n}})
		} else {
			used[p] = true
		}
	}
	for size := 256; ; size *= 2 {
		found := slowBlocks(&all, used, size)
		large := 0
		for _, f := range found {
			if f.bytes >= max(1, total/rangeDivisor) {
				large++
			}
		}
		if large <= max(1, min(rangesShown, rowsShown-len(rows))) || size >= 1<<16 {
			return append(rows, found...)
		}
	}
}

func slowBlocks(all *[1 << 16]uint64, used map[uint16]bool, size int) []span {
	var found []span
	lastBlock, lastBytes := -2, uint64(0)
	for block := range (1 << 16) / size {
		var b span
		any := false
		for p := block * size; p < (block+1)*size; p++ {
			if !used[uint16(p)] {
				continue
			}
			if !any {
				b.first, any = uint64(p), true
			}
			b.last = uint64(p)
			b.bytes += all[p]
		}
		if !any {
			continue
		}
		if lastBlock == block-1 && b.bytes/evenFactor <= lastBytes && lastBytes/evenFactor <= b.bytes {
			found[len(found)-1].last = b.last
			found[len(found)-1].bytes += b.bytes
		} else {
			found = append(found, b)
		}
		lastBlock, lastBytes = block, b.bytes
	}
	return found
}

func TestRangesAgreeWithTheirSlowTwin(t *testing.T) {
	r := random(12)
	for round := range 60 {
		in := map[uint16]uint64{}
		for range 1 + r.IntN(2000) {
			in[uint16(r.IntN(1<<(4+r.IntN(13))))] = 1 + r.Uint64N(1<<r.IntN(16))
		}
		if diff := gocmp.Diff(spansOf(slowRanges(in)), spansOf(ranges(portsOf(in)))); diff != "" {
			t.Fatalf("round %d, %d ports (-slow +ranges):\n%s", round, len(in), diff)
		}
	}
}
