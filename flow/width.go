package flow

import (
	"encoding/binary"
	"math/bits"
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
// itself moved by one row. Arrays are compared as memory, many bytes at a time.
func constant[T comparable](values []T) bool {
	const stride = 128
	if values[0] != values[len(values)-1] {
		return false
	}
	i := 0
	for ; i+stride < len(values); i += stride {
		if *(*[stride]T)(values[i:]) != *(*[stride]T)(values[i+1:]) {
			return false
		}
	}
	for ; i+1 < len(values); i++ {
		if values[i] != values[i+1] {
			return false
		}
	}
	return true
}

// extremes are the smallest and the largest value. Four at a time, because each
// comparison with the best so far has to wait for the one before.
func extremes[T integer](values []T) (least, most T) {
	least, most = values[0], values[0]
	for ; len(values) >= 4; values = values[4:] {
		a, b, c, d := values[0], values[1], values[2], values[3]
		least = min(least, min(a, b), min(c, d))
		most = max(most, max(a, b), max(c, d))
	}
	for _, v := range values {
		least, most = min(least, v), max(most, v)
	}
	return least, most
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

// narrow writes the offsets of all values from base, width bytes each. It may
// touch slack bytes past the last one.
func narrow[T integer](out []byte, values []T, width int, base T) {
	switch width {
	case 1:
		out = out[:len(values)]
		for i, v := range values {
			out[i] = byte(v - base)
		}
	case 2:
		for i, v := range values {
			binary.LittleEndian.PutUint16(out[2*i:2*i+2:2*i+2], uint16(v-base))
		}
	case 4:
		for i, v := range values {
			binary.LittleEndian.PutUint32(out[4*i:4*i+4:4*i+4], uint32(v-base))
		}
	default:
		for i, v := range values {
			at := i * width
			binary.LittleEndian.PutUint64(out[at:at+8:at+8], uint64(v-base))
		}
	}
}

// widen is the way back. The bytes of src go on past the column, at least as
// far as the checksum.
func widen[T integer](to []T, src []byte, width int, base T) {
	switch width {
	case 1:
		src = src[:len(to)]
		for i, v := range src {
			to[i] = base + T(v)
		}
	case 2:
		for i := range to {
			to[i] = base + T(binary.LittleEndian.Uint16(src[2*i:2*i+2:2*i+2]))
		}
	case 4:
		for i := range to {
			to[i] = base + T(binary.LittleEndian.Uint32(src[4*i:4*i+4:4*i+4]))
		}
	default:
		widenOdd(to, src, width, base)
	}
}

// widenOdd reads eight bytes for every value and masks away what belongs to the
// next ones; the last few values, where eight bytes would end past the message,
// are read with care.
func widenOdd[T integer](to []T, src []byte, width int, base T) {
	mask := ^uint64(0) >> (64 - 8*width)
	whole := min(len(to), max(0, len(src)-8+width)/width)
	for i := range to[:whole] {
		at := i * width
		to[i] = base + T(binary.LittleEndian.Uint64(src[at:at+8:at+8])&mask)
	}
	for i := whole; i < len(to); i++ {
		var tail [8]byte
		copy(tail[:], src[i*width:])
		to[i] = base + T(binary.LittleEndian.Uint64(tail[:])&mask)
	}
}

// fill sets all of to to one value, doubling what is done each time.
func fill[T any](to []T, v T) {
	if len(to) == 0 {
		return
	}
	to[0] = v
	for done := 1; done < len(to); done *= 2 {
		copy(to[done:], to[:done])
	}
}
