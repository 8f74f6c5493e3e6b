package sketch

import (
	"encoding/binary"
	"fmt"
)

// AppendBinary writes the histogram behind b: head, sum, and the buckets in use,
// each as its distance from the one before and its weight. Equal contents give
// equal bytes. The error is always nil.
func (q *Quantiles) AppendBinary(b []byte) ([]byte, error) {
	b = appendHead(b, quantilesLetter)
	b = binary.AppendUvarint(b, q.sum.hi)
	b = binary.AppendUvarint(b, q.sum.lo)
	used := 0
	for range q.buckets {
		used++
	}
	b = binary.AppendUvarint(b, uint64(used))
	before := -1
	for bucket, weight := range q.buckets {
		b = binary.AppendUvarint(b, uint64(bucket-before))
		b = binary.AppendUvarint(b, weight)
		before = bucket
	}
	return b, nil
}

// UnmarshalBinary replaces the histogram by what AppendBinary wrote. It keeps
// nothing of data. With an error the histogram is as it was.
func (q *Quantiles) UnmarshalBinary(data []byte) error {
	c := open(data, quantilesLetter)
	read := c.quantiles()
	if err := c.close(); err != nil {
		return fmt.Errorf("sketch: quantiles: %w", err)
	}
	*q = read
	return nil
}

// quantiles reads the buckets, and whether the sum can be that of what is in them.
func (c *cursor) quantiles() (q Quantiles) {
	q.sum = total{c.uvarint(), c.uvarint()}
	var least, most total
	bucket := -1
	for n := c.count(octaves*octave, 2); n > 0 && c.err == nil; n-- {
		var weight uint64
		if bucket, weight = c.bucket(bucket); c.err != nil {
			return q
		}
		q.place(bucket, weight)
		q.weight = addSaturating(q.weight, weight)
		lo, hi := bounds(bucket)
		least, most = least.add(product(lo, weight)), most.add(product(hi, weight))
	}
	if least.above(q.sum) || q.sum.above(most) {
		c.fail("sum of other values")
	}
	return q
}

func (c *cursor) bucket(before int) (bucket int, weight uint64) {
	distance, weight := c.uvarint(), c.uvarint()
	switch last := octaves*octave - 1; {
	case c.err != nil:
	case distance == 0 || distance > uint64(last-before):
		c.fail("bucket %d behind %d, the last is %d", distance, before, last)
	case weight == 0:
		c.fail("bucket %d behind %d: empty", distance, before)
	default:
		return before + int(distance), weight
	}
	return before, 0
}
