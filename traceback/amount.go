package traceback

import (
	"math"
	"math/bits"
)

// count is bytes and packets as integers, scaled by the sampling rate: sums of
// them do not depend on the order of the flows. It sticks at its largest value
// instead of starting again from zero.
type count struct{ bytes, packets uint64 }

func (c *count) add(o count) {
	c.bytes = plus(c.bytes, o.bytes)
	c.packets = plus(c.packets, o.packets)
}

func (c count) value() count { return c }

// without is what is left when a part is taken away.
func (c count) without(o count) count {
	return count{bytes: c.bytes - min(o.bytes, c.bytes), packets: c.packets - min(o.packets, c.packets)}
}

func (c count) times(rate uint32) count {
	n := uint64(max(1, rate)) // 0 is an unknown rate and counts as 1
	return count{bytes: times(c.bytes, n), packets: times(c.packets, n)}
}

// within is the part of a flow that falls into [from, to), when the flow runs
// evenly from start to end (all in Unix milliseconds). The parts of
// neighbouring spans add up to the whole exactly. A flow of one instant lies in
// the span that holds the instant.
func (c count) within(start, end, from, to int64) count {
	if start == end {
		if from <= start && start < to {
			return c
		}
		return count{}
	}
	length := uint64(end - start)
	before := uint64(min(max(from-start, 0), end-start))
	until := uint64(min(max(to-start, 0), end-start))
	return count{
		bytes:   share(c.bytes, until, length) - share(c.bytes, before, length),
		packets: share(c.packets, until, length) - share(c.packets, before, length),
	}
}

// share is v × part ÷ whole, rounded down, for part ≤ whole.
func share(v, part, whole uint64) uint64 {
	hi, lo := bits.Mul64(v, part)
	if hi >= whole { // part = whole and v near the top: the quotient is v
		return v
	}
	q, _ := bits.Div64(hi, lo, whole)
	return q
}

func plus(a, b uint64) uint64 {
	sum, carry := bits.Add64(a, b, 0)
	if carry != 0 {
		return math.MaxUint64
	}
	return sum
}

func times(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	if hi != 0 {
		return math.MaxUint64
	}
	return lo
}

// Amount is traffic over a known number of seconds, in every unit that the
// screens show.
type Amount struct {
	Bytes          uint64  `json:"bytes"`
	Packets        uint64  `json:"packets"`
	BytesPerPacket float64 `json:"bytes_per_packet"`
	BPS            float64 `json:"bps"` // bits per second
	PPS            float64 `json:"pps"` // packets per second
}

func amount(c count, seconds int) Amount {
	a := Amount{Bytes: c.bytes, Packets: c.packets}
	if c.packets > 0 {
		a.BytesPerPacket = float64(c.bytes) / float64(c.packets)
	}
	if seconds > 0 {
		a.BPS = float64(c.bytes) * 8 / float64(seconds)
		a.PPS = float64(c.packets) / float64(seconds)
	}
	return a
}

func (a Amount) count() count { return count{bytes: a.Bytes, packets: a.Packets} }
