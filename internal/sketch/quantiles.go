package sketch

import (
	"math"
	"math/bits"
)

const (
	octaveBits = 6
	octave     = 1 << octaveBits
	octaves    = 64 - octaveBits + 1
	// RelativeError of a quantile: it is off by at most this share of the truth.
	RelativeError = 1.0 / (2 * octave)
)

// Quantiles is a histogram of whole numbers with buckets as wide as their values
// are large, after DDSketch (Masson, Rim, Lee 2019, VLDB 12), with the logarithm
// taken from the bits of the number, straight between powers of two: 64 buckets
// for each doubling, so that the middle of a bucket is within 1/128 of all that is
// in it. Numbers below 128 have buckets of their own and are exact.
//
// The paper folds the lowest buckets into one when there are too many. Whole
// numbers of 64 bits cannot have too many: there are 59 octaves of 512 bytes,
// taken as they are needed, 30 KiB at the very most. So the error holds at both
// ends, whatever the largest value was, and merging is exact, in any order.
// Weights and sums stop at their largest number, 2^64-1 and 2^128-1.
//
// The zero value is empty and ready. A copy shares the octaves of its original.
// One goroutine at a time.
type Quantiles struct {
	octaves [octaves]*[octave]uint64
	weight  uint64
	sum     total
}

// bucket of a value: the octave is how many bits it has beyond seven, the place in
// it the six bits behind the first.
func bucket(value uint64) int {
	size := max(0, bits.Len64(value)-octaveBits-1)
	return size<<octaveBits + int(value>>(size&63))
}

// bounds are the smallest and the largest value of a bucket.
func bounds(bucket int) (lo, hi uint64) {
	if bucket < 2*octave {
		return uint64(bucket), uint64(bucket)
	}
	size := bucket>>octaveBits - 1
	lo = uint64(octave+bucket&(octave-1)) << size
	return lo, lo + 1<<size - 1
}

// Insert counts a value so many times. The first one of an octave allocates it.
func (q *Quantiles) Insert(value, weight uint64) {
	if weight == 0 {
		return
	}
	q.place(bucket(value), weight)
	q.weight = addSaturating(q.weight, weight)
	q.sum = q.sum.add(product(value, weight))
}

func (q *Quantiles) place(bucket int, weight uint64) {
	o := &q.octaves[bucket>>octaveBits]
	if *o == nil {
		*o = new([octave]uint64)
	}
	place := &(*o)[bucket&(octave-1)]
	*place = addSaturating(*place, weight)
}

// Merge adds everything that other has seen; other is left as it is.
func (q *Quantiles) Merge(other *Quantiles) {
	weight, sum := other.weight, other.sum // other may be q itself
	for bucket, weight := range other.buckets {
		q.place(bucket, weight)
	}
	q.weight = addSaturating(q.weight, weight)
	q.sum = q.sum.add(sum)
}

// buckets gives those in use, the lowest first.
func (q *Quantiles) buckets(yield func(bucket int, weight uint64) bool) {
	for i, o := range q.octaves {
		if o == nil {
			continue
		}
		for j, weight := range o {
			if weight != 0 && !yield(i<<octaveBits+j, weight) {
				return
			}
		}
	}
}

// Count is the weight of all values.
func (q *Quantiles) Count() uint64 { return q.weight }

// Sum is that of all values times their weights, exact but for the rounding of
// the last step.
func (q *Quantiles) Sum() float64 { return q.sum.float() }

// Quantile is, within RelativeError, the smallest value that at least the share
// of all weight is not above: 0.5 for the median, 0 for the smallest, 1 for the
// largest. It is 0 if nothing was inserted.
func (q *Quantiles) Quantile(share float64) uint64 {
	wanted, passed, last := rank(share, q.weight), uint64(0), 0
	for bucket, weight := range q.buckets {
		last, passed = bucket, addSaturating(passed, weight)
		if passed >= wanted {
			break
		}
	}
	lo, hi := bounds(last)
	return lo + (hi-lo)/2
}

// rank is which of n values a share asks for, counted from 1.
func rank(share float64, n uint64) uint64 {
	at := math.Ceil(share * float64(n))
	switch {
	case !(at > 1): // also what is no number
		return 1
	case at >= float64(n): // which may be 2^64 after rounding
		return n
	}
	return uint64(at)
}
