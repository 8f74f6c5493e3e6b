package sketch

import (
	"fmt"
	"math"
	"slices"
)

// Precisions of a Distinct: it has 2^precision registers.
const (
	MinPrecision = 7
	MaxPrecision = 16
	Narrow       = 11 // 2 KiB, standard error 2.3 %: for counts per second. That of the zero value
	Wide         = 14 // 16 KiB, standard error 0.8 %: for counts per minute
)

// Distinct counts different 64-bit hashes: one by one while they are few (up to
// 64 in a Narrow one, 512 in a Wide one), then by HyperLogLog (Flajolet, Fusy,
// Gandouet, Meunier 2007) with the estimator of Ertl 2017. It holds at most a
// byte per register.
//
// Merging is exact: the union of two sketches is the sketch of the union, in
// any order. Of two precisions the smaller one stays, for what a wide sketch
// would have been as a narrow one can be read off its registers.
//
// The zero value is empty and ready. It is Narrow as soon as something is
// inserted, and takes the precision of what is merged into it before. A copy
// shares the registers of its original. One goroutine at a time.
type Distinct struct {
	exact     []uint64 // sorted, each once; nil once registers are in use
	reg       registers
	precision uint8 // 0: not said, and nothing inserted
}

// NewDistinct is an empty sketch with 2^precision registers. A precision that
// is not MinPrecision to MaxPrecision is a mistake in the program: it panics.
func NewDistinct(precision uint8) Distinct {
	if precision < MinPrecision || precision > MaxPrecision {
		panic(fmt.Sprintf("sketch: distinct: precision %d, want %d to %d", precision, MinPrecision, MaxPrecision))
	}
	return Distinct{precision: precision}
}

// exactLimit is how many values are kept one by one before registers take over:
// as many as fill a quarter of the registers' bytes, and not so many that
// keeping them sorted takes long.
func exactLimit(precision uint8) int { return min(1<<precision/32, 512) }

// Insert adds one hashed value. It allocates nothing once registers are in use.
func (d *Distinct) Insert(hash uint64) {
	if d.reg != nil {
		d.reg.insert(hash, d.precision)
		return
	}
	d.insertExact(hash)
}

// insertExact adds a value to a sketch without registers; when there is no
// room, they take over.
func (d *Distinct) insertExact(hash uint64) {
	i, found := slices.BinarySearch(d.exact, hash)
	if found {
		return
	}
	if d.precision == 0 {
		d.precision = Narrow
	}
	if len(d.exact) < exactLimit(d.precision) {
		d.exact = slices.Insert(d.exact, i, hash)
		return
	}
	d.densify()
	d.reg.insert(hash, d.precision)
}

// densify lets registers take over.
func (d *Distinct) densify() {
	if d.reg != nil {
		return
	}
	d.reg = make(registers, 1<<d.precision)
	for _, hash := range d.exact {
		d.reg.insert(hash, d.precision)
	}
	d.exact = nil
}

// narrow makes the precision no greater than wanted.
func (d *Distinct) narrow(wanted uint8) {
	if d.precision != 0 && d.precision <= wanted {
		return
	}
	fine := d.reg
	d.precision = wanted
	switch {
	case fine != nil:
		d.reg = make(registers, 1<<wanted)
		d.reg.fold(fine)
	case len(d.exact) > exactLimit(wanted):
		d.densify()
	}
}

// Merge adds everything that other has seen; other is left as it is.
func (d *Distinct) Merge(other *Distinct) {
	if other.precision == 0 {
		return // it has seen nothing
	}
	d.narrow(other.precision)
	if other.reg == nil {
		d.mergeExact(other.exact)
		return
	}
	d.densify()
	if other.precision == d.precision {
		d.reg.raise(other.reg)
	} else {
		d.reg.fold(other.reg)
	}
}

func (d *Distinct) mergeExact(hashes []uint64) {
	if d.reg == nil { // room at once, for what may be there already
		d.exact = slices.Grow(d.exact, min(len(hashes), exactLimit(d.precision)-len(d.exact)))
	}
	for _, hash := range hashes {
		d.Insert(hash)
	}
}

// Count estimates how many different values were inserted.
func (d *Distinct) Count() float64 {
	if d.reg == nil {
		return float64(len(d.exact))
	}
	return d.reg.estimate()
}

// StandardError is that of Count as a share of the truth: 0 while the count is exact.
func (d *Distinct) StandardError() float64 {
	if d.reg == nil {
		return 0
	}
	return 1.04 / math.Sqrt(float64(len(d.reg)))
}

// AtLeast is a lower bound of the count: the estimate less three standard
// errors, and more than what would have been counted one by one.
func (d *Distinct) AtLeast() float64 {
	if d.reg == nil {
		return d.Count()
	}
	return max(d.Count()*(1-3*d.StandardError()), float64(exactLimit(d.precision)+1))
}
