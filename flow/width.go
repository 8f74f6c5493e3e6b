package flow

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

type integer interface {
	~uint8 | ~uint16 | ~uint32 | ~uint64 | ~int64
}

// packColumn appends one column of at least one value. Most columns of a batch
// hold the same value in every row, so that is asked first: it is as cheap as
// comparing memory.
func packColumn[T integer](dst []byte, id uint8, values []T) []byte {
	if constant(values) {
		return appendColumn(dst, id, 0, uint64(values[0]))
	}
	least, most := extremes(values)
	width := widthOf(uint64(most) - uint64(least))
	dst = appendColumn(dst, id, width, uint64(least))
	at, size := len(dst), len(values)*width
	dst = grow(dst, size+slack)
	narrow(dst[at:], values, width, least)
	return dst[:at+size]
}

// unpackColumn sets every value of a column.
func unpackColumn[T integer](to []T, c packedColumn) {
	if c.width == 0 {
		fill(to, T(c.base))
		return
	}
	widen(to, c.src, c.width, T(c.base))
}

func appendColumn(dst []byte, id uint8, width int, base uint64) []byte {
	return binary.LittleEndian.AppendUint64(append(dst, id, byte(width)), base)
}

// constant tells whether all values are the same one: whether the column equals
// itself moved by one row. Arrays are compared as memory, many bytes at a time; the
// last one ends where the column ends and overlaps the one before.
func constant[T comparable](values []T) bool {
	const stride = 128
	n := len(values)
	if values[0] != values[n-1] || values[0] != values[n/2] {
		return false
	}
	if n <= stride {
		return slices.Equal(values[1:], values[:n-1])
	}
	for i := 0; i+stride < n; i += stride {
		if *(*[stride]T)(values[i:]) != *(*[stride]T)(values[i+1:]) {
			return false
		}
	}
	return *(*[stride]T)(values[n-1-stride:]) == *(*[stride]T)(values[n-stride:])
}

// extremes are the smallest and the largest value. There are four of each on the
// way, because each comparison with the best so far has to wait for the one before.
func extremes[T integer](values []T) (least, most T) {
	l0 := values[0]
	l1, l2, l3, m0, m1, m2, m3 := l0, l0, l0, l0, l0, l0, l0
	for ; len(values) >= 8; values = values[8:] {
		v := (*[8]T)(values)
		l0, l1, l2, l3 = min(l0, v[0]), min(l1, v[1]), min(l2, v[2]), min(l3, v[3])
		m0, m1, m2, m3 = max(m0, v[0]), max(m1, v[1]), max(m2, v[2]), max(m3, v[3])
		l0, l1, l2, l3 = min(l0, v[4]), min(l1, v[5]), min(l2, v[6]), min(l3, v[7])
		m0, m1, m2, m3 = max(m0, v[4]), max(m1, v[5]), max(m2, v[6]), max(m3, v[7])
	}
	for _, v := range values {
		l0, m0 = min(l0, v), max(m0, v)
	}
	return min(l0, l1, l2, l3), max(m0, m1, m2, m3)
}

// widthOf is how many bytes an offset up to span needs.
func widthOf(span uint64) int { return (bits.Len64(span) + 7) / 8 }

func grow(dst []byte, n int) []byte {
	if cap(dst)-len(dst) < n {
		bigger := make([]byte, len(dst), 2*cap(dst)+n)
		copy(bigger, dst)
		dst = bigger
	}
	return dst[:len(dst)+n]
}

// fill sets all of to to one value, doubling what is done each time.
func fill[T comparable](to []T, v T) {
	var zero T
	if v == zero {
		clear(to)
		return
	}
	for i := range to[:min(len(to), 16)] {
		to[i] = v
	}
	for done := 16; done < len(to); done *= 2 {
		copy(to[done:], to[:done])
	}
}
