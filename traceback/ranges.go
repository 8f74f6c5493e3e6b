package traceback

import (
	"cmp"
	"slices"
	"strconv"
)

// How ports (and AS numbers) are collapsed to ranges:
//
//  1. Up to ten distinct values: each is a row.
//  2. Otherwise a value that holds a twentieth of all bytes is a row.
//  3. The other values are summed per block of 256. Neighbouring blocks whose
//     sums are within a factor of four are one range, written from the first to
//     the last value seen in it ("1024 - 1791"). If that leaves more than four
//     ranges (those below a hundredth of the bytes not counted), the blocks are
//     doubled, and so on. Few flows spread over many ports so become
//     "1024 - 65535" and not a list of accidents.
const (
	firstBlockBits = 8
	rangeDivisor   = 100 // a range worth a row holds at least 1/100 of the bytes
	rangesShown    = 4
)

// span is an interval of values, both ends included, and what was counted in it.
type span struct {
	first, last uint64
	count
}

// coarserNumber is the block of a value at a level of its tally: 16 values, 256
// and so on, the lowest value standing for it.
func coarserNumber[N uint16 | uint32](v N, level int) N {
	return N(uint64(v) &^ (blockWidth(level) - 1))
}

func blockWidth(level int) uint64 {
	if level >= 8 { // all values of 32 bits are one block
		return 1 << 32
	}
	return 1 << (4 * level)
}

// ranges turns counts per value into rows. What is in no row is not in the result.
func ranges[N uint16 | uint32](t *tally[N]) []span {
	cells := make([]span, len(t.cells))
	var total uint64
	for i, c := range t.cells {
		cells[i] = span{first: uint64(c.key), last: uint64(c.key) + blockWidth(t.level) - 1, count: c.count}
		total = plus(total, c.bytes)
	}
	slices.SortFunc(cells, func(a, b span) int { return cmp.Compare(a.first, b.first) })
	if len(cells) <= rowsShown {
		return cells
	}
	return collapseRanges(cells, total)
}

func collapseRanges(cells []span, total uint64) []span {
	var rows, light []span
	for _, c := range cells {
		if c.bytes >= max(1, total/rowDivisor) {
			rows = append(rows, c)
		} else {
			light = append(light, c)
		}
	}
	room := max(1, min(rangesShown, rowsShown-len(rows)))
	for blockBits := firstBlockBits; ; blockBits++ {
		joined := joinEven(perBlock(light, blockBits), blockBits)
		if worthRows(joined, total) <= room || blockBits == 32 {
			return append(rows, joined...)
		}
	}
}

// perBlock sums sorted spans per aligned block of 1<<blockBits values.
func perBlock(cells []span, blockBits int) []span {
	var out []span
	for _, c := range cells {
		if n := len(out); n > 0 && out[n-1].first>>blockBits == c.first>>blockBits {
			out[n-1].last = max(out[n-1].last, c.last)
			out[n-1].add(c.count)
			continue
		}
		out = append(out, c)
	}
	return out
}

// joinEven joins neighbouring blocks whose sums are alike.
func joinEven(blocks []span, blockBits int) []span {
	var out []span
	for i, b := range blocks {
		if i == 0 || !alike(blocks[i-1], b, blockBits) {
			out = append(out, b)
			continue
		}
		out[len(out)-1].last = b.last
		out[len(out)-1].add(b.count)
	}
	return out
}

func alike(a, b span, blockBits int) bool {
	return b.first>>blockBits == a.last>>blockBits+1 && b.bytes/evenFactor <= a.bytes && a.bytes/evenFactor <= b.bytes
}

func worthRows(ranges []span, total uint64) int {
	n := 0
	for _, r := range ranges {
		if r.bytes >= max(1, total/rangeDivisor) {
			n++
		}
	}
	return n
}

func (s span) String() string {
	if s.first == s.last {
		return strconv.FormatUint(s.first, 10)
	}
	return strconv.FormatUint(s.first, 10) + " - " + strconv.FormatUint(s.last, 10)
}
