package baseline

import "math"

// The room has an exponential and a logarithm of its own because those of package
// math are written for each processor apart and differ in the last bit between
// them, and a replay elsewhere must give the same bytes. For the same reason every
// product that is added to something is rounded first (the conversions to float64):
// compilers may fuse the two otherwise, and some do.

const (
	ln2    = 0.693147180559945309417232121458176568
	log10e = 0.434294481903251827651128918916605082

	expSteps = 64 // of an octave, at which the exponential is tabled; likewise the logarithm
	logSteps = 256
)

// ln2/64 in two parts: the first has 20 bits free at its end, so that whole
// multiples of it are exact.
const (
	stepHigh = 0x1.62e42fefp-7
	stepLow  = ln2/expSteps - stepHigh
)

var (
	expTable  = powersOfTwo()
	logTable  = logarithms()
	inversion = inverses()
)

// exp is e^x to a relative 1e-15, for x from -700 to 700; beyond it stays there.
func exp(x float64) float64 {
	x = clip(x, 700)
	k := math.RoundToEven(x * (expSteps / ln2))
	r := x - float64(k*stepHigh)
	r -= float64(k * stepLow)
	r2 := r * r
	p := float64(r2*(1./24+float64(r*(1./120)))) + (1./2 + float64(r*(1./6)))
	p = r + float64(r2*p)
	n := int(k)
	step := expTable[n&(expSteps-1)]
	return math.Float64frombits(uint64(n>>6+1023)<<52) * (step + float64(step*p))
}

// log is ln x to 1e-15, for x above zero and not below the smallest normal number.
func log(x float64) float64 {
	bits := math.Float64bits(x)
	octave := int(bits>>52) - 1023
	m := math.Float64frombits(bits&(1<<52-1) | 1023<<52)
	j := bits >> 44 & (logSteps - 1)
	r := float64(m*inversion[j]) - 1 // 0 to 1/256
	r2 := r * r
	p := float64(r2*(1./4-float64(r*(1./5))+float64(r2*(1./6)))) + (1./2 - float64(r*(1./3)))
	return float64(float64(octave)*ln2) + (logTable[j] + (r - float64(r2*p)))
}

// powersOfTwo are 2^(j/64), put together of roots, which are exact to the last bit
// everywhere.
func powersOfTwo() (table [expSteps]float64) {
	for j := range table {
		table[j] = 1
		root := 2.
		for bit := expSteps / 2; bit > 0; bit /= 2 {
			if root = math.Sqrt(root); j&bit != 0 {
				table[j] *= root
			}
		}
	}
	return table
}

func inverses() (table [logSteps]float64) {
	for j := range table {
		table[j] = logSteps / float64(logSteps+j)
	}
	return table
}

// logarithms are ln(1+j/256) by the series of the area tangent, smallest term first.
func logarithms() (table [logSteps]float64) {
	for j := range table {
		s := float64(j) / float64(2*logSteps+j)
		sum := 0.
		for k := 41; k > 0; k -= 2 {
			sum = float64(sum*float64(s*s)) + 1/float64(k)
		}
		table[j] = 2 * s * sum
	}
	return table
}

// clip keeps x within ±limit.
func clip(x, limit float64) float64 {
	if x > limit {
		return limit
	}
	if x < -limit {
		return -limit
	}
	return x
}

// within keeps x between two limits; what is no number is nothing, or the nearer one.
func within(x, low, high float64) float64 {
	if x >= low && x <= high {
		return x
	}
	if x != x {
		x = 0
	}
	return max(low, min(x, high))
}

// toward goes a part of the way.
func toward(from, to, part float64) float64 { return from + float64(part*(to-from)) }

// narrow is toward for state, which is kept in 32 bits.
func narrow(state *float32, to, part float64) {
	*state = float32(toward(float64(*state), to, part))
}

// most is the largest count that is believed of a tick: a terabit a second for a
// quarter of an hour is less.
const most = 1e18

// sane is a count: what is none (below zero, no number) is nothing.
func sane(x float64) float64 {
	if !(x > 0) {
		return 0
	}
	if x > most {
		return most
	}
	return x
}
