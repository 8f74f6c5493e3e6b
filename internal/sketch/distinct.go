package sketch

import (
	"math"
	"math/bits"
	"slices"
)

const (
	// exactLimit is how many values are kept one by one before registers take over.
	exactLimit = 64
	precision  = 11
	registers  = 1 << precision
)

// Distinct counts different 64-bit hashes: exactly up to 64, then by
// HyperLogLog (Flajolet, Fusy, Gandouet, Meunier 2007, with the linear-counting
// correction of their section 4) with 2048 registers, a standard error of 2.3 %.
// It holds at most 2 KiB. Merging is exact: the union of two sketches is the
// sketch of the union, in any order.
//
// The zero value is empty and ready. One goroutine at a time.
type Distinct struct {
	exact  []uint64 // unsorted, with doubles at most until it is full; nil once registers are in use
	sorted bool     // exact is sorted and without doubles
	reg    []uint8
}

// Insert adds one hashed value.
func (d *Distinct) Insert(hash uint64) {
	switch {
	case d.reg != nil:
		d.insertDense(hash)
	case len(d.exact) < exactLimit:
		d.exact, d.sorted = append(d.exact, hash), false
	default:
		d.insertFull(hash)
	}
}

// insertFull adds a value where doubles may hide free places; when there are
// none, registers take over.
func (d *Distinct) insertFull(hash uint64) {
	d.tidy()
	if _, found := slices.BinarySearch(d.exact, hash); found {
		return
	}
	if len(d.exact) < exactLimit {
		d.exact, d.sorted = append(d.exact, hash), false
		return
	}
	d.densify()
	d.insertDense(hash)
}

// tidy sorts the exact values and drops doubles.
func (d *Distinct) tidy() {
	if !d.sorted {
		slices.Sort(d.exact)
		d.exact, d.sorted = slices.Compact(d.exact), true
	}
}

func (d *Distinct) densify() {
	d.reg = make([]uint8, registers)
	for _, h := range d.exact {
		d.insertDense(h)
	}
	d.exact = nil
}

func (d *Distinct) insertDense(hash uint64) {
	i := hash >> (64 - precision)
	rank := uint8(bits.LeadingZeros64(hash<<precision|1<<(precision-1))) + 1
	if rank > d.reg[i] {
		d.reg[i] = rank
	}
}

// Merge adds everything that other has seen; other is left as it is.
func (d *Distinct) Merge(other *Distinct) {
	if other.reg == nil {
		for _, h := range other.exact {
			d.Insert(h)
		}
		return
	}
	if d.reg == nil {
		d.densify()
	}
	for i, r := range other.reg {
		d.reg[i] = max(d.reg[i], r)
	}
}

// Count estimates how many different values were inserted.
func (d *Distinct) Count() float64 {
	if d.reg == nil {
		d.tidy()
		return float64(len(d.exact))
	}
	sum, zeros := 0.0, 0
	for _, r := range d.reg {
		sum += math.Ldexp(1, -int(r))
		if r == 0 {
			zeros++
		}
	}
	const m = registers
	raw := 0.7213 / (1 + 1.079/m) * m * m / sum
	if raw <= 2.5*m && zeros > 0 {
		return m * math.Log(m/float64(zeros))
	}
	return raw
}

// AtLeast is a lower bound of the count: the estimate less three standard
// errors once it is an estimate.
func (d *Distinct) AtLeast() float64 {
	if d.reg == nil {
		return d.Count()
	}
	return d.Count() * (1 - 3*1.04/math.Sqrt(registers))
}

// Mix hashes a value with a seed: a finaliser in the manner of SplitMix64
// (Steele, Lea, Flood 2014), a bijection for each seed.
func Mix(value, seed uint64) uint64 {
	z := value + seed + 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
