package tally

import (
	"math"
	"math/bits"
)

// Unit is how many counts make one packet or byte: sums are integers in 1/256,
// so that the parts of a spread flow add up exactly and in any order.
const Unit = 256

// Sum is what was counted in one cell of event time. All of it merges by
// addition; additions saturate instead of wrapping.
type Sum struct {
	Packets  uint64 // estimated true packets, in 1/256
	Bytes    uint64 // estimated true IP bytes, in 1/256
	Variance uint64 // of the packet estimate that sampling causes, in packets²; 0 where every packet was seen
	Samples  uint32 // packets really seen
	Flows    uint32 // flow records, each counted in its last cell
}

// Add merges another sum into s.
func (s *Sum) Add(o Sum) { s.add(&o) }

func (s *Sum) add(o *Sum) {
	s.Packets = addSaturating(s.Packets, o.Packets)
	s.Bytes = addSaturating(s.Bytes, o.Bytes)
	s.Variance = addSaturating(s.Variance, o.Variance)
	s.Samples = add32(s.Samples, o.Samples)
	s.Flows = add32(s.Flows, o.Flows)
}

// saturated tells whether a field has reached its end, where additions stop.
func (s *Sum) saturated() bool {
	return s.Packets == math.MaxUint64 || s.Bytes == math.MaxUint64 || s.Variance == math.MaxUint64 ||
		s.Samples == math.MaxUint32 || s.Flows == math.MaxUint32
}

// IsZero tells whether nothing was counted.
func (s Sum) IsZero() bool { return s == Sum{} }

// PacketCount is the estimate in packets.
func (s Sum) PacketCount() float64 { return float64(s.Packets) / Unit }

// ByteCount is the estimate in bytes.
func (s Sum) ByteCount() float64 { return float64(s.Bytes) / Unit }

// estimate sets one record's contribution: counters renormalised by the sampling
// rate. A rate of 0 is unknown and counts as 1. Each of n packets was one of N, kept
// with probability 1/N: the estimate nN has the variance nN(N−1) (Horvitz and
// Thompson 1952, for Bernoulli sampling).
func (s *Sum) estimate(packets, bytes uint64, rate uint32) {
	n := uint64(max(rate, 1))
	s.Samples, s.Flows, s.Variance = uint32(min(packets, math.MaxUint32)), 1, 0
	if n == 1 && (packets|bytes) < 1<<56 { // nearly all: nothing to multiply, nothing to saturate
		s.Packets, s.Bytes = packets*Unit, bytes*Unit
		return
	}
	s.Packets, s.Bytes = mulSaturating(packets, n*Unit), mulSaturating(bytes, n*Unit)
	if n > 1 {
		s.Variance = mulSaturating(packets, n*(n-1))
	}
}

func addSaturating(a, b uint64) uint64 {
	sum, carry := bits.Add64(a, b, 0)
	if carry != 0 {
		return math.MaxUint64
	}
	return sum
}

func add32(a, b uint32) uint32 {
	if sum := a + b; sum >= a {
		return sum
	}
	return math.MaxUint32
}

func mulSaturating(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	if hi != 0 {
		return math.MaxUint64
	}
	return lo
}

// part is x × a ÷ b for a ≤ b, b > 0, rounded down.
func part(x, a, b uint64) uint64 {
	hi, lo := bits.Mul64(x, a)
	if hi >= b {
		return x // a == b at the edge of the range
	}
	q, _ := bits.Div64(hi, lo, b)
	return q
}

// share is the part a ÷ b of a sum, without its flow.
func (s Sum) share(a, b uint64) Sum {
	return Sum{
		Packets: part(s.Packets, a, b), Bytes: part(s.Bytes, a, b), Variance: part(s.Variance, a, b),
		Samples: uint32(part(uint64(s.Samples), a, b)),
	}
}

// times is the sum of n equal ones that together are no more than a sum, so that
// nothing saturates.
func (s Sum) times(n uint64) Sum {
	return Sum{
		Packets: s.Packets * n, Bytes: s.Bytes * n, Variance: s.Variance * n,
		Samples: s.Samples * uint32(n), Flows: s.Flows * uint32(n),
	}
}

// minus takes away what other cells of the same flow already hold.
func (s Sum) minus(o Sum) Sum {
	return Sum{
		Packets: s.Packets - o.Packets, Bytes: s.Bytes - o.Bytes, Variance: s.Variance - o.Variance,
		Samples: s.Samples - o.Samples, Flows: s.Flows - o.Flows,
	}
}

// less is what a sum is more than another, 0 where it is not.
func (s Sum) less(o Sum) Sum {
	return s.minus(Sum{
		Packets: min(s.Packets, o.Packets), Bytes: min(s.Bytes, o.Bytes), Variance: min(s.Variance, o.Variance),
		Samples: min(s.Samples, o.Samples), Flows: min(s.Flows, o.Flows),
	})
}
