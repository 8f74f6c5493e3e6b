package tally

import "math"

// How sure a sum is. What sampling adds to an estimate X with variance V is as if
// X²/V packets had been seen and each stood for as many as any other; the bounds are
// those of a Poisson count of so many, in the closed form of Wilson and Hilferty
// (1931) for the exact ones of Garwood (1936): they hold for few packets as well,
// where a multiple of the standard error would promise too much.

// The normal quantiles of what is shown (two-sided 95 %) and of what is fired on
// (one-sided 99.9 %).
const (
	z95  = 1.95996
	z999 = 3.09023
)

// The sizes of packets, in bytes, between which those of a sum are taken to lie.
const (
	smallest = 40
	largest  = 1500
)

// mostVaried bounds by how much less sure bytes are than packets: it holds up to a
// coefficient of variation of 1.7, which mixes of small and full packets stay below.
const mostVaried = 4

// sizesVary is how much less sure bytes are than packets. Packet sizes vary, so the
// relative variance is (1+cv²)/n. Of the sizes only the mean m is known; their
// variance is at most (largest-m)·(m-smallest) (Bhatia and Davis 2000), so full
// packets are as sure as their number, and a mix is not.
func (s Sum) sizesVary() float64 {
	if s.Packets == 0 {
		return 1
	}
	m := float64(s.Bytes) / float64(s.Packets)
	return max(1, min(((smallest+largest)*m-smallest*largest)/(m*m), mostVaried))
}

// RelativeError is one standard error of the packet estimate as a part of it.
func (s Sum) RelativeError() float64 {
	if s.Packets == 0 {
		return 0
	}
	return math.Sqrt(float64(s.Variance)) / s.PacketCount()
}

// effective is how many packets, seen one for one, would be as sure; infinite where
// nothing was sampled.
func (s Sum) effective() float64 {
	if s.Variance == 0 {
		return math.Inf(1)
	}
	return s.PacketCount() * s.PacketCount() / float64(s.Variance)
}

// PacketError is how far the true packets may be from the estimate, as a part of
// it, with 95 % confidence.
func (s Sum) PacketError() float64 { return beyond(s.effective()) }

// ByteError is the same of the bytes.
func (s Sum) ByteError() float64 { return beyond(s.effective() / s.sizesVary()) }

// LowerPackets is the lower 99.9 % bound of the true packets.
func (s Sum) LowerPackets() float64 { return s.PacketCount() * atLeast(s.effective()) }

// LowerBytes is the lower 99.9 % bound of the true bytes.
func (s Sum) LowerBytes() float64 { return s.ByteCount() * atLeast(s.effective()/s.sizesVary()) }

// beyond is by what part of n the mean of a Poisson count n may be larger, which is
// more than by how much it may be smaller.
func beyond(n float64) float64 {
	if math.IsInf(n, 1) {
		return 0
	}
	m := n + 1
	return m*cube(1-1/(9*m)+z95/(3*math.Sqrt(m)))/n - 1
}

// atLeast is what part of a Poisson count n its mean surely is.
func atLeast(n float64) float64 {
	if math.IsInf(n, 1) {
		return 1
	}
	return cube(max(0, 1-1/(9*n)-z999/(3*math.Sqrt(n))))
}

func cube(x float64) float64 { return x * x * x }
