package sketch

import (
	"encoding/binary"
	"fmt"
)

// Forms of a Distinct on the wire.
const (
	formExact = iota // the number of values, then each in eight bytes, big end first, rising
	formDense        // a byte per register
)

// AppendBinary writes the sketch behind b: head, precision, form, contents.
// Equal contents of equal precision give equal bytes. The error is always nil.
func (d *Distinct) AppendBinary(b []byte) ([]byte, error) {
	b = append(appendHead(b, distinctLetter), d.precision)
	if d.reg != nil {
		return append(append(b, formDense), d.reg...), nil
	}
	b = binary.AppendUvarint(append(b, formExact), uint64(len(d.exact)))
	for _, hash := range d.exact {
		b = binary.BigEndian.AppendUint64(b, hash)
	}
	return b, nil
}

// UnmarshalBinary replaces the sketch by what AppendBinary wrote, precision
// included. It keeps nothing of data. With an error the sketch is as it was.
func (d *Distinct) UnmarshalBinary(data []byte) error {
	c := open(data, distinctLetter)
	read := c.distinct()
	if err := c.close(); err != nil {
		return fmt.Errorf("sketch: distinct: %w", err)
	}
	*d = read
	return nil
}

func (c *cursor) distinct() Distinct {
	d := Distinct{precision: c.uint8()}
	form := c.uint8()
	switch p := d.precision; {
	case c.err != nil:
	case p == 0 && form == formExact && len(c.rest) == 1 && c.rest[0] == 0:
		c.rest = nil // the zero value
	case p < MinPrecision || p > MaxPrecision:
		c.fail("precision %d, want %d to %d", p, MinPrecision, MaxPrecision)
	case form == formExact:
		d.exact = c.hashes(exactLimit(p))
	case form == formDense:
		d.reg = c.registers(p)
	default:
		c.fail("form %d", form)
	}
	return d
}

func (c *cursor) hashes(limit int) []uint64 {
	n := c.count(uint64(limit), 8)
	if n == 0 {
		return nil
	}
	list := make([]uint64, n)
	for i := range list {
		list[i] = binary.BigEndian.Uint64(c.take(8))
		if i > 0 && list[i] <= list[i-1] {
			c.fail("value %d not above the one before", i)
			return nil
		}
	}
	return list
}

func (c *cursor) registers(precision uint8) registers {
	read := registers(c.take(1 << precision))
	for i, rank := range read {
		if rank > maxRank(precision) {
			c.fail("register %d: rank %d, at most %d", i, rank, maxRank(precision))
			return nil
		}
	}
	return append(registers(nil), read...)
}
