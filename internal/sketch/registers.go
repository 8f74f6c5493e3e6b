package sketch

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// registers are those of a HyperLogLog, 2^precision bytes. The first bits of a
// hash choose the register, which keeps the highest rank: the place of the
// first one among the other bits, counted from 1, or one more than there are.
type registers []uint8

func (r registers) precision() uint8 { return uint8(bits.Len(uint(len(r))) - 1) }

func maxRank(precision uint8) uint8 { return 64 - precision + 1 }

// insert takes the precision as an argument to not work it out of the length
// for each value. The masks spare the compiler a check of the shifts.
func (r registers) insert(hash uint64, precision uint8) {
	stop := uint64(1) << ((precision - 1) & 63)
	rank := uint8(bits.LeadingZeros64(hash<<(precision&63)|stop)) + 1
	if i := hash >> ((64 - precision) & 63); rank > r[i] {
		r[i] = rank
	}
}

// raise lifts each register to that of other, of equal precision, where it is
// higher: two times eight at a time.
func (r registers) raise(other registers) {
	for len(r) >= 16 && len(other) >= 16 {
		one := higher(binary.LittleEndian.Uint64(r), binary.LittleEndian.Uint64(other))
		two := higher(binary.LittleEndian.Uint64(r[8:]), binary.LittleEndian.Uint64(other[8:]))
		binary.LittleEndian.PutUint64(r, one)
		binary.LittleEndian.PutUint64(r[8:], two)
		r, other = r[16:], other[16:]
	}
}

// higher is the higher one of each of eight pairs of bytes below 128. With their
// highest bits lent to a, one subtraction says which of a are not lower.
func higher(a, b uint64) uint64 {
	const high = 0x8080808080808080
	notLower := ((a | high) - b) & high
	keep := notLower - notLower>>7 // seven ones in each byte of a that stays
	return b ^ (a^b)&keep
}

// fold lifts the registers to what a finer set would have been with fewer. The
// bits of a register's number that are too many are the first of those that the
// rank is counted in: of the registers that become one, the first in use has the
// highest rank.
func (r registers) fold(fine registers) {
	surplus := fine.precision() - r.precision()
	for i := range r {
		for low, rank := range fine[i<<surplus : (i+1)<<surplus] {
			if rank == 0 {
				continue
			}
			if rank += surplus; low != 0 {
				rank = surplus - uint8(bits.Len(uint(low))) + 1
			}
			r[i] = max(r[i], rank)
			break
		}
	}
}

// estimate is the improved raw estimator of Ertl 2017 (New cardinality
// estimation algorithms for HyperLogLog sketches, algorithm 6): without bias
// from one value to far beyond 2^60, with neither thresholds nor tables.
// Conversions of products keep a processor from fusing them with a sum, so that
// equal registers say the same number everywhere.
func (r registers) estimate() float64 {
	m := float64(len(r))
	ranks, last := r.ranks(), maxRank(r.precision())
	z := float64(m * tau(1-float64(ranks[last])/m))
	for k := last - 1; k >= 1; k-- {
		z = 0.5 * (z + float64(ranks[k]))
	}
	z += float64(m * sigma(float64(ranks[0])/m))
	return min(m*m/(2*math.Ln2*z), 1<<64)
}

// ranks counts the registers of each rank. Four histograms, because a register
// would have to wait for its neighbour where both are of one rank.
func (r registers) ranks() (sum [64]uint32) {
	var part [4][64]uint32
	for i := 0; i+4 <= len(r); i += 4 {
		four := r[i : i+4 : i+4]
		part[0][four[0]&63]++
		part[1][four[1]&63]++
		part[2][four[2]&63]++
		part[3][four[3]&63]++
	}
	for rank := range sum {
		sum[rank] = part[0][rank] + part[1][rank] + part[2][rank] + part[3][rank]
	}
	return sum
}

// sigma is x + the sum of x^(2^k) · 2^(k-1) over k from 1: the correction for
// registers that saw nothing.
func sigma(x float64) float64 {
	if x == 1 {
		return math.Inf(1)
	}
	z := x
	for y, before := 1.0, -1.0; z != before; y *= 2 {
		before, x = z, x*x
		z += float64(x * y)
	}
	return z
}

// tau is a third of 1 - x - the sum of (1 - x^(2^-k))² · 2^-k over k from 1: the
// correction for registers that can rise no further.
func tau(x float64) float64 {
	if x == 0 || x == 1 {
		return 0
	}
	z := 1 - x
	for y, before := 0.5, -1.0; z != before; y /= 2 {
		before, x = z, math.Sqrt(x)
		z -= float64(float64((1-x)*(1-x)) * y)
	}
	return z / 3
}
