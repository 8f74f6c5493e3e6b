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
	Variance uint64 // of the packet estimate that sampling causes, in packets²
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

// IsZero tells whether nothing was counted.
func (s Sum) IsZero() bool { return s == Sum{} }

// PacketCount is the estimate in packets.
func (s Sum) PacketCount() float64 { return float64(s.Packets) / Unit }

// ByteCount is the estimate in bytes.
func (s Sum) ByteCount() float64 { return float64(s.Bytes) / Unit }

// RelativeError is one standard error of the packet estimate as a part of it.
func (s Sum) RelativeError() float64 {
	if s.Packets == 0 {
		return 0
	}
	return math.Sqrt(float64(s.Variance)) / s.PacketCount()
}

// z999 is the one-sided 99.9 % quantile of the normal distribution.
const z999 = 3.0902

// LowerPackets is the lower 99.9 % bound of the true packets.
func (s Sum) LowerPackets() float64 {
	return s.PacketCount() * max(0, 1-z999*s.RelativeError())
}

// LowerBytes is the lower 99.9 % bound of the true bytes. Packet sizes vary, so
// the relative variance is (1+cv²)/n; cv = 1 is taken, which real mixes stay below.
func (s Sum) LowerBytes() float64 {
	return s.ByteCount() * max(0, 1-z999*math.Sqrt2*s.RelativeError())
}

// estimate sets one record's contribution: counters renormalised by the sampling
// rate. A rate of 0 is unknown and counts as 1.
func (s *Sum) estimate(packets, bytes uint64, rate uint32) {
	n := uint64(max(rate, 1))
	s.Samples, s.Flows, s.Variance = uint32(min(packets, math.MaxUint32)), 1, 0
	if n == 1 && (packets|bytes) < 1<<56 { // nearly all: nothing to multiply, nothing to saturate
		s.Packets, s.Bytes = packets*Unit, bytes*Unit
		return
	}
	s.Packets, s.Bytes = mulSaturating(packets, n*Unit), mulSaturating(bytes, n*Unit)
	if n > 1 {
		s.Variance = mulSaturating(packets, n*n)
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

// minus takes away what other cells of the same flow already hold.
func (s Sum) minus(o Sum) Sum {
	return Sum{
		Packets: s.Packets - o.Packets, Bytes: s.Bytes - o.Bytes, Variance: s.Variance - o.Variance,
		Samples: s.Samples - o.Samples, Flows: s.Flows - o.Flows,
	}
}
