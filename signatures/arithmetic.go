package signatures

import (
	"math"

	"eagre/flow"
)

// quantity is a number worked out from one flow. Whole numbers are 64-bit and
// signed, as in expr; fractions are float64.
type quantity interface {
	// whole is the value; only of quantities that are not real.
	whole(b *flow.Batch, row int) int64
	// fraction is the value as a float64.
	fraction(b *flow.Batch, row int) float64
	// real tells that the value need not be whole.
	real() bool
}

type wholeConstant int64

func (c wholeConstant) whole(*flow.Batch, int) int64      { return int64(c) }
func (c wholeConstant) fraction(*flow.Batch, int) float64 { return float64(c) }
func (c wholeConstant) real() bool                        { return false }

type realConstant float64

func (c realConstant) whole(*flow.Batch, int) int64      { return int64(c) }
func (c realConstant) fraction(*flow.Batch, int) float64 { return float64(c) }
func (c realConstant) real() bool                        { return true }

type columnValue columnID

func (c columnValue) whole(b *flow.Batch, row int) int64 { return columns[c].read(b, row) }
func (c columnValue) fraction(b *flow.Batch, row int) float64 {
	return float64(columns[c].read(b, row))
}
func (c columnValue) real() bool { return false }

// operation is two quantities and an operator out of + - * / %.
type operation struct {
	op          byte
	left, right quantity
	isReal      bool
}

func newOperation(op byte, left, right quantity) quantity {
	return &operation{op, left, right, op == '/' || left.real() || right.real()}
}

func (o *operation) real() bool { return o.isReal }

func (o *operation) whole(b *flow.Batch, row int) int64 {
	x, y := o.left.whole(b, row), o.right.whole(b, row)
	switch o.op {
	case '+':
		return x + y
	case '-':
		return x - y
	case '*':
		return x * y
	}
	return x % y // the divisor is a constant other than zero
}

func (o *operation) fraction(b *flow.Batch, row int) float64 {
	if !o.isReal {
		return float64(o.whole(b, row))
	}
	x, y := o.left.fraction(b, row), o.right.fraction(b, row)
	switch o.op {
	case '+':
		return x + y
	case '-':
		return x - y
	case '*':
		return x * y
	}
	return x / y
}

// comparison compares two quantities.
type comparison struct {
	op          string
	left, right quantity
	negate      bool
}

func (c *comparison) test(b *flow.Batch, row int) bool { return c.holds(b, row) != c.negate }

func (c *comparison) holds(b *flow.Batch, row int) bool {
	if c.left.real() || c.right.real() {
		return compares(c.op, c.left.fraction(b, row), c.right.fraction(b, row))
	}
	return compares(c.op, c.left.whole(b, row), c.right.whole(b, row))
}

func compares[T int64 | float64](op string, x, y T) bool {
	switch op {
	case "==":
		return x == y
	case "!=":
		return x != y
	case "<":
		return x < y
	case "<=":
		return x <= y
	case ">":
		return x > y
	}
	return x >= y
}

func (c *comparison) filter(b *flow.Batch, rows []uint16) []uint16 { return keepTested(c, b, rows) }
func (c *comparison) bounds() bounds                               { return bounds{} }
func (c *comparison) cost() int                                    { return 8 }

// wholeSet is the whole numbers for which "number op limit" is true.
func wholeSet(op string, limit int64) spans {
	const lowest, highest = math.MinInt64, math.MaxInt64
	switch op {
	case "==":
		return between(limit, limit)
	case "!=":
		return between(limit, limit).not(span{lowest, highest})
	case "<=":
		return between(lowest, limit)
	case ">=":
		return between(limit, highest)
	case "<":
		return between(limit, highest).not(span{lowest, highest})
	}
	return between(lowest, limit).not(span{lowest, highest})
}

// fractionSet is the same for a limit that need not be whole; its size is at
// most 2^53.
func fractionSet(op string, limit float64) spans {
	down := math.Floor(limit)
	if limit == down {
		return wholeSet(op, int64(limit))
	}
	switch op {
	case "==":
		return nil
	case "!=":
		return between(math.MinInt64, math.MaxInt64)
	case "<", "<=":
		return wholeSet("<=", int64(down))
	}
	return wholeSet(">", int64(down))
}

// sizeSet is the doubled packet sizes for which "packet_size op size" is true.
func sizeSet(op string, size int64) spans {
	all := columns[packetSize].all
	doubled := 2 * min(max(size, -1), maxSize)
	if op == "!=" {
		return wholeSet("==", doubled).and(between(0, all.hi)).not(all)
	}
	return wholeSet(op, doubled).and(between(0, all.hi))
}
