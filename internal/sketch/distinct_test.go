package sketch

import (
	"fmt"
	"math"
	"math/bits"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// set is the slow obvious twin: every value kept.
type set map[uint64]bool

// ranked is the slow twin of the registers: the rank of each hash counted digit
// by digit, for every register the highest.
func ranked(values set, precision int) registers {
	reg := make(registers, 1<<precision)
	for hash := range values {
		digits := fmt.Sprintf("%064b", hash)
		var i, rank int
		fmt.Sscanf(digits[:precision], "%b", &i)
		for rank = 1; rank <= 64-precision && digits[precision+rank-1] == '0'; rank++ {
		}
		reg[i] = max(reg[i], uint8(rank))
	}
	return reg
}

func of(precision uint8, values ...uint64) *Distinct {
	d := NewDistinct(precision)
	for _, v := range values {
		d.Insert(v)
	}
	return &d
}

func bytesOf(t interface{ Fatal(...any) }, from interface {
	AppendBinary([]byte) ([]byte, error)
},
) []byte {
	b, err := from.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// fewOrMany draws values on both sides of where registers take over, some of
// them with long runs of zeros that make high ranks.
func fewOrMany(t *rapid.T, label string) []uint64 {
	n := rapid.SampledFrom([]int{0, 1, 3, 63, 64, 65, 66, 300, 511, 512, 513, 900}).Draw(t, label+" number")
	from, shift := rapid.Uint64().Draw(t, label), rapid.IntRange(0, 63).Draw(t, label+" shift")
	values := make([]uint64, n)
	for i := range values {
		values[i] = Mix(from+uint64(i), 0) >> (i * shift % 64)
	}
	return values
}

func TestDistinctIsExactWhileSmall(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var d Distinct
		twin := set{}
		for _, v := range rapid.SliceOfN(rapid.Uint64Range(0, 63), 0, 200).Draw(t, "values") {
			d.Insert(Mix(v, 7))
			twin[Mix(v, 7)] = true
		}
		if got, want := d.Count(), float64(len(twin)); got != want {
			t.Fatalf("count: got %v, want %v", got, want)
		}
		if d.AtLeast() != d.Count() || d.StandardError() != 0 {
			t.Fatalf("at least %v, standard error %v, of an exact %v", d.AtLeast(), d.StandardError(), d.Count())
		}
	})
}

func TestAWideOneIsExactForLonger(t *testing.T) {
	for precision, want := range map[uint8]int{MinPrecision: 4, Narrow: 64, 12: 128, Wide: 512, MaxPrecision: 512} {
		d := NewDistinct(precision)
		n := 0
		for ; d.reg == nil; n++ {
			d.Insert(Mix(uint64(n), 1))
			d.Insert(Mix(uint64(n), 1))
		}
		if got := n - 1; got != want {
			t.Errorf("precision %d: exact up to %d, want %d", precision, got, want)
		}
		if got, want := d.AtLeast(), float64(n); got != want {
			t.Errorf("precision %d: at least %v when registers took over, want %v", precision, got, want)
		}
	}
}

func TestRegistersHoldWhatTheyWouldCountedByHand(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		precision := rapid.Uint8Range(MinPrecision, MaxPrecision).Draw(t, "precision")
		values, twin := fewOrMany(t, "values"), set{}
		d := of(precision, values...)
		for _, v := range values {
			twin[v] = true
		}
		if d.reg == nil {
			if len(d.exact) != len(twin) {
				t.Fatalf("%d values one by one, want %d", len(d.exact), len(twin))
			}
			return
		}
		if diff := cmp.Diff(ranked(twin, int(precision)), d.reg); diff != "" {
			t.Fatalf("registers (-by hand +sketch):\n%s", diff)
		}
	})
}

// TestTheEstimateStaysWithinItsErrorFromOneToTenMillion looks at many numbers
// on the way up, so that no range between the corrections is left out.
func TestTheEstimateStaysWithinItsErrorFromOneToTenMillion(t *testing.T) {
	for _, c := range []struct {
		precision uint8
		upTo      int
		seeds     uint64
	}{{Narrow, 200_000, 100}, {Wide, 400_000, 50}, {Narrow, 10_000_000, 4}, {Wide, 10_000_000, 4}} {
		t.Run(fmt.Sprintf("2^%d registers up to %d", c.precision, c.upTo), func(t *testing.T) {
			testError(t, c.precision, c.upTo, c.seeds)
		})
	}
}

func testError(t *testing.T, precision uint8, upTo int, seeds uint64) {
	worst, beyond, looks, above := 0.0, 0, 0, 0
	squares, sum := map[int]float64{}, map[int]float64{}
	for seed := range seeds {
		d, next := NewDistinct(precision), 1
		for n := 1; n <= upTo; n++ {
			d.Insert(Mix(uint64(n), Mix(seed, 1)))
			if n != next {
				continue
			}
			next += n/5 + 1
			off := (d.Count() - float64(n)) / float64(n)
			if d.reg == nil && off != 0 {
				t.Fatalf("%d values counted as %v", n, d.Count())
			}
			se := 1.04 / math.Sqrt(float64(uint64(1)<<precision))
			worst, looks = max(worst, math.Abs(off)/se), looks+1
			if math.Abs(off) > 3*se {
				beyond++
			}
			if d.AtLeast() > float64(n) {
				above++
			}
			squares[n] += off * off / se / se
			sum[n] += off / se
		}
	}
	t.Logf("%d looks: worst %.2f standard errors, %d beyond 3, %d lower bounds above the truth", looks, worst, beyond, above)
	if float64(beyond) > 0.005*float64(looks) || worst > 4.5 {
		t.Errorf("%d of %d looks beyond three standard errors, the worst at %.2f", beyond, looks, worst)
	}
	if float64(above) > 0.005*float64(looks) {
		t.Errorf("%d of %d lower bounds above the truth", above, looks)
	}
	if seeds < 50 {
		return
	}
	for n := range squares {
		rms, bias := math.Sqrt(squares[n]/float64(seeds)), sum[n]/float64(seeds)
		if rms > 1.3 || math.Abs(bias) > 4/math.Sqrt(float64(seeds)) {
			t.Errorf("%d values: root mean square %.2f standard errors, bias %+.2f", n, rms, bias)
		}
	}
}

// TestAMillionSpoofedSourcesAreCountedWithinThreePercent: as attack tools draw
// them, at random, one after the other, and over a few bits only.
func TestAMillionSpoofedSourcesAreCountedWithinThreePercent(t *testing.T) {
	spoof := map[string]func(i uint64) netip.Addr{
		"random IPv4": func(i uint64) netip.Addr {
			return v4(uint32(i) * 2654435761)
		},
		"one IPv4 address after the other": func(i uint64) netip.Addr { return v4(uint32(0x0a000000 + i)) },
		"one IPv4 network after the other": func(i uint64) netip.Addr { return v4(uint32(i<<8 | 1)) },
		"random IPv6 in one /64":           func(i uint64) netip.Addr { return v6(0x20010db8<<32, Mix(i, 99)) },
		"one IPv6 /64 after the other":     func(i uint64) netip.Addr { return v6(0x20010db8<<32|i, 1) },
	}
	for name, source := range spoof {
		for seed := range uint64(3) {
			d := NewDistinct(Wide)
			for i := range uint64(1_000_000) {
				d.Insert(hashed(source(i), seed))
			}
			if off := 100 * (d.Count() - 1e6) / 1e6; math.Abs(off) > 3 {
				t.Errorf("%s, seed %d: counted as %.0f, off by %.2f %%", name, seed, d.Count(), off)
			}
		}
	}
}

func v4(a uint32) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(a >> 24), byte(a >> 16), byte(a >> 8), byte(a)})
}

func v6(hi, lo uint64) netip.Addr {
	var b [16]byte
	for i := range 8 {
		b[i], b[8+i] = byte(hi>>(56-8*i)), byte(lo>>(56-8*i))
	}
	return netip.AddrFrom16(b)
}

func hashed(a netip.Addr, seed uint64) uint64 {
	b := a.As16()
	var hi, lo uint64
	for i := range 8 {
		hi, lo = hi<<8|uint64(b[i]), lo<<8|uint64(b[8+i])
	}
	return Mix(hi^Mix(lo, seed), seed)
}

func TestOnePeerOverAndOverIsOne(t *testing.T) {
	var d Distinct
	for range 1000 {
		d.Insert(42)
	}
	if got := d.Count(); got != 1 {
		t.Errorf("got %v, want 1", got)
	}
}

// TestAMergeIsTheSketchOfTheUnionInAnyOrder, and of the smallest precision.
func TestAMergeIsTheSketchOfTheUnionInAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := make([]*Distinct, rapid.IntRange(1, 4).Draw(t, "parts"))
		var all []uint64
		precision := uint8(MaxPrecision)
		for i := range parts {
			p := rapid.SampledFrom([]uint8{Narrow, Narrow, 9, Wide, MaxPrecision}).Draw(t, "precision")
			values := fewOrMany(t, "part")
			parts[i], all, precision = of(p, values...), append(all, values...), min(precision, p)
		}
		want := of(precision, all...)
		before := make([][]byte, len(parts))
		for i, p := range parts {
			before[i] = bytesOf(t, p)
		}
		var merged Distinct
		for _, i := range rapid.Permutation(seq(len(parts))).Draw(t, "order") {
			merged.Merge(parts[i])
		}
		if diff := cmp.Diff(bytesOf(t, want), bytesOf(t, &merged)); diff != "" {
			t.Fatalf("merged (-whole +merged):\n%s", diff)
		}
		for i, p := range parts {
			if diff := cmp.Diff(before[i], bytesOf(t, p)); diff != "" {
				t.Fatalf("part %d changed by being merged:\n%s", i, diff)
			}
		}
	})
}

func seq(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

func TestMergingAnEmptyOneChangesNothing(t *testing.T) {
	d, empty := of(Wide, 1, 2, 3), Distinct{}
	before := bytesOf(t, d)
	d.Merge(&empty)
	if diff := cmp.Diff(before, bytesOf(t, d)); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
}

// TestAWideOneMadeNarrowBecomesExactlyThat on both sides of where registers take over.
func TestAWideOneMadeNarrowBecomesExactlyThat(t *testing.T) {
	for n := range uint64(600) {
		wide, narrow, want := NewDistinct(Wide), NewDistinct(Narrow), NewDistinct(Narrow)
		for i := range n {
			wide.Insert(Mix(i, 1))
			want.Insert(Mix(i, 1))
		}
		narrow.Merge(&wide)
		empty := NewDistinct(Narrow)
		wide.Merge(&empty)
		for name, got := range map[string]*Distinct{"taken into a narrow one": &narrow, "by taking a narrow one": &wide} {
			if diff := cmp.Diff(bytesOf(t, &want), bytesOf(t, got)); diff != "" {
				t.Fatalf("%d values, %s (-want +got):\n%s", n, name, diff)
			}
		}
	}
}

func TestAMergeDoesNotShareWithWhatItTook(t *testing.T) {
	for _, n := range []int{3, 100} {
		from := NewDistinct(Narrow)
		for i := range n {
			from.Insert(Mix(uint64(i), 1))
		}
		var d Distinct
		d.Merge(&from)
		before := bytesOf(t, &from)
		for i := range uint64(200) {
			d.Insert(Mix(i, 2))
		}
		if diff := cmp.Diff(before, bytesOf(t, &from)); diff != "" {
			t.Errorf("%d values: the other changed (-before +after):\n%s", n, diff)
		}
	}
}

func TestRaisingEightAtATimeIsRaisingOneByOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rank := rapid.SliceOfN(rapid.Uint8Range(0, maxRank(MinPrecision)), 128, 128)
		a, b := registers(rank.Draw(t, "a")), registers(rank.Draw(t, "b"))
		want := make(registers, len(a))
		for i := range a {
			want[i] = max(a[i], b[i])
		}
		a.raise(b)
		if diff := cmp.Diff(want, a); diff != "" {
			t.Fatalf("(-one by one +eight at a time):\n%s", diff)
		}
	})
}

// TestTheEstimatorAgreesWithThatOf2007 where that one is good: from five values
// a register up to where the last ranks begin to be used.
func TestTheEstimatorAgreesWithThatOf2007(t *testing.T) {
	d := NewDistinct(Wide)
	for n := 1; n <= 2_000_000; n++ {
		d.Insert(Mix(uint64(n), 3))
		if n < 5<<Wide || n%100_000 != 0 {
			continue
		}
		m, sum := float64(int(1)<<Wide), 0.0
		for _, rank := range d.reg {
			sum += math.Ldexp(1, -int(rank))
		}
		if got, want := d.Count(), 0.7213/(1+1.079/m)*m*m/sum; math.Abs(got-want) > 0.002*want {
			t.Errorf("%d values: got %.0f, by the harmonic mean %.0f", n, got, want)
		}
	}
}

// TestTheCorrectionsAreTheirSeries, each term by itself: for few values and for
// registers that are nearly full, where no test can count so far.
func TestTheCorrectionsAreTheirSeries(t *testing.T) {
	for x := 1.0 / 2048; x < 1; x += 1.0 / 2048 {
		wantSigma, wantTau := x, 1-x
		for k := 1.0; k <= 60; k++ {
			wantSigma += math.Pow(x, math.Exp2(k)) * math.Exp2(k-1)
			wantTau -= math.Pow(1-math.Pow(x, math.Exp2(-k)), 2) * math.Exp2(-k)
		}
		if got := sigma(x); math.Abs(got-wantSigma) > 1e-12*wantSigma {
			t.Errorf("sigma(%v): got %v, want %v", x, got, wantSigma)
		}
		if got, want := tau(x), wantTau/3; math.Abs(got-want) > 1e-12 {
			t.Errorf("tau(%v): got %v, want %v", x, got, want)
		}
	}
}

func TestFullRegistersSayTheMostThereCanBe(t *testing.T) {
	d := of(MinPrecision)
	for i := range uint64(1 << MinPrecision) {
		d.Insert(i << (64 - MinPrecision))
	}
	if got, want := d.Count(), math.Ldexp(1, 64); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestAPrecisionOutOfBoundsIsAMistake(t *testing.T) {
	for _, precision := range []uint8{0, MinPrecision - 1, MaxPrecision + 1, 255} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("precision %d accepted", precision)
				}
			}()
			NewDistinct(precision)
		}()
	}
}

func TestCountingManyAllocatesNothing(t *testing.T) {
	d, other := of(Wide), of(Wide)
	for i := range uint64(2000) {
		d.Insert(Mix(i, 1))
		other.Insert(Mix(i, 2))
	}
	i := uint64(0)
	got := testing.AllocsPerRun(1000, func() {
		i++
		d.Insert(Mix(i, 3))
		d.Merge(other)
		d.Count()
	})
	if got != 0 {
		t.Errorf("%v allocations for an insert, a merge and a count, want none", got)
	}
}

func TestMixIsABijectionThatSpreadsNeighbours(t *testing.T) {
	seen, changed := set{}, 0
	for i := range uint64(10_000) {
		h := Mix(i, 5)
		if seen[h] {
			t.Fatalf("%d: hash seen before", i)
		}
		seen[h] = true
		changed += bits.OnesCount64(h ^ Mix(i, 6))
	}
	if mean := float64(changed) / 10_000; mean < 31 || mean > 33 {
		t.Errorf("another seed changes %.1f bits of 64, want about half", mean)
	}
}
