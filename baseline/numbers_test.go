package baseline

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// TestOwnLogarithmsAreTheLibrarys up to the last bits.
func TestOwnLogarithmsAreTheLibrarys(t *testing.T) {
	draw := rand.New(rand.NewPCG(1, 1))
	for range 200_000 {
		x := 1400 * (draw.Float64() - 0.5)
		if got, want := exp(x), math.Exp(x); math.Abs(got/want-1) > 2e-15 {
			t.Fatalf("exp(%v): got %v, want %v", x, got, want)
		}
		y := math.Exp(1300 * (draw.Float64() - 0.5))
		if got, want := log(y), math.Log(y); math.Abs(got-want) > 5e-16*max(math.Abs(want), 1) {
			t.Fatalf("log(%v): got %v, want %v", y, got, want)
		}
		near := 1 + (draw.Float64()-0.5)/100
		if got, want := log(near), math.Log(near); math.Abs(got-want) > 3e-16 {
			t.Fatalf("log(%v): got %v, want %v", near, got, want)
		}
	}
	for _, c := range []struct{ got, want float64 }{
		{exp(0), 1}, {exp(1e9), exp(700)}, {exp(-1e9), exp(-700)}, {log(1), 0}, {log(2), math.Ln2}, {log(1 << 40), 40 * math.Ln2},
	} {
		if c.got != c.want {
			t.Errorf("got %v, want %v", c.got, c.want)
		}
	}
}

// TestOwnLogarithmsAreTheSameEverywhere, to the last bit: a replay on another
// machine must give the same bytes.
func TestOwnLogarithmsAreTheSameEverywhere(t *testing.T) {
	sum := uint64(14695981039346656037)
	for i := range 10_000 {
		x := float64(i)/37 - 130
		for _, v := range []float64{exp(x), log(exp(x)), log(float64(i) + 0.3)} {
			sum = (sum ^ math.Float64bits(v)) * 1099511628211
		}
	}
	if want := uint64(0x8eaaef050bd59913); sum != want {
		t.Errorf("got %#x, want %#x", sum, want)
	}
}

// TestTheTailIsThatOfItsSample: u against the sorted quantile, rarity against how
// often it was as much, for tails from light to heavy.
func TestTheTailIsThatOfItsSample(t *testing.T) {
	for name, next := range map[string]func(*rand.Rand) float64{
		"normal":  func(r *rand.Rand) float64 { return r.NormFloat64() },
		"laplace": func(r *rand.Rand) float64 { return distuv.Laplace{Mu: 0, Scale: math.Sqrt2 / 2, Src: r}.Rand() },
		"student": func(r *rand.Rand) float64 { return distuv.StudentsT{Mu: 0, Sigma: 0.7, Nu: 5, Src: r}.Rand() },
	} {
		t.Run(name, func(t *testing.T) {
			draw := rand.New(rand.NewPCG(2, 2))
			var y yardstick
			y.start()
			const n = 400_000
			sample := make([]float64, n)
			us := 0.
			for i := range sample {
				sample[i] = next(draw)
				y.learnTail(sample[i])
				if i >= n/2 {
					us += float64(y.u) / (n / 2)
				}
			}
			sorted := sortedCopy(sample)
			if want := stat.Quantile(1-beyond, stat.Empirical, sorted, nil); math.Abs(us-want) > 0.05 {
				t.Errorf("got a 98 %% quantile of %.3f, want %.3f", us, want)
			}
			for _, rarity := range []float64{2, 3, 4} {
				z := stat.Quantile(1-math.Pow(10, -rarity), stat.Empirical, sorted, nil)
				got := y.rarityOf(z)
				t.Logf("z %.2f: got a rarity of %.2f, want %.2f", z, got, rarity)
				if math.Abs(got-rarity) > 0.25*rarity {
					t.Errorf("z %.2f: got a rarity of %.2f, want %.2f", z, got, rarity)
				}
			}
		})
	}
}

// TestRarityIsTheFormula, at its edges as well, and turns back.
func TestRarityIsTheFormula(t *testing.T) {
	for _, y := range []yardstick{
		{u: 2, excess: 0.4, square: 0.30},  // light: shape at its least
		{u: 1.5, excess: 0.5, square: 0.6}, // variance 0.35, shape 0.14
		{u: 3, excess: 0.5, square: 5},     // heavy: shape at its most
	} {
		m1 := float64(y.excess)
		shape := 0.5 * (1 - m1*m1/(float64(y.square)-m1*m1))
		shape = math.Min(math.Max(shape, 0.01), 0.3)
		for z := -1.; z < 40; z += 0.37 {
			u := float64(y.u)
			want := -math.Log10(0.02) * math.Max(z, 0) / u
			if z > u {
				want = -math.Log10(0.02 * math.Pow(1+shape*(z-u)/(m1*(1-shape)), -1/shape))
			}
			got := y.rarityOf(z)
			if math.Abs(got-want) > 1e-8 {
				t.Fatalf("%+v at %v: got %v, want %v", y, z, got, want)
			}
			if back := y.zAt(got); z > 0 && math.Abs(back-z) > 1e-8 {
				t.Fatalf("%+v at %v: back at %v", y, z, back)
			}
		}
	}
}

// TestATrailIsNeverSurerThanStudent: its rarity is at most that of the distribution.
func TestATrailIsNeverSurerThanStudent(t *testing.T) {
	m := model(t, DefaultConfig())
	for i := range trailCount {
		for _, windows := range []float64{6, 8, 20, 100} {
			ticks := uint32(windows * float64(trailMinutes[i]))
			for z := 2.1; z < 30; z *= 1.3 {
				tr := trail{mean: 0, square: 0.01 * 0.01}
				slow := z * 0.01 / m.trails[i]
				var got Trail
				tr.judge(&got, m, i, ticks, slow)
				freedom := math.Min(float64(ticks), 2*m.trailMemory[i])*m.trails[i]/2 - 1
				want := -math.Log10(distuv.StudentsT{Mu: 0, Sigma: 1, Nu: freedom}.Survival(got.Z))
				if math.Abs(got.Z-z) > 1e-6 {
					t.Fatalf("got a z of %v, want %v", got.Z, z)
				}
				if got.S > want+0.01 {
					t.Errorf("window %v, %v windows, z %.1f: got %.2f, want at most %.2f", got.Window, windows, z, got.S, want)
				}
			}
		}
	}
}

// TestColdCountsAreNegativeBinomial, by the incomplete beta function.
func TestColdCountsAreNegativeBinomial(t *testing.T) {
	for _, mean := range []float64{0.01, 0.3, 0.9, 3} {
		for _, shape := range []float64{0.5, 1.7, 4} {
			for n := 3.; n <= 60; n++ {
				got := negativeBinomial(n, mean, shape)
				want := -math.Log10(mathext.RegIncBeta(n, shape, mean/(mean+shape)))
				if got == 0 { // not two deviations above
					if want > 2.2 {
						t.Errorf("%v of %v, shape %v: got nothing, want %.2f", n, mean, shape, want)
					}
					continue
				}
				if math.Abs(got-want) > 1e-6*want {
					t.Errorf("%v of %v, shape %v: got %v, want %v", n, mean, shape, got, want)
				}
			}
		}
	}
}

// TestSamplingVarianceIsThatOfPoisson counts, through the logarithm.
func TestSamplingVarianceIsThatOfPoisson(t *testing.T) {
	draw := rand.New(rand.NewPCG(3, 3))
	for _, lambda := range []float64{0.5, 2, 10, 100, 3000} {
		logs := make([]float64, 100_000)
		for i := range logs {
			logs[i] = math.Log(distuv.Poisson{Lambda: lambda, Src: draw}.Rand() + offsetSamples)
		}
		got, want := samplingVariance(lambda), stat.Variance(logs, nil)
		t.Logf("%v samples: %.5f, of Poisson counts %.5f", lambda, got, want)
		if got < 0.9*want || got > 2*want {
			t.Errorf("%v samples: got a variance of %.5f, want %.5f or little more", lambda, got, want)
		}
	}
}

// TestPackedCellsAreCloseToWholeNumbers: the same visits, told to cells and to
// numbers of 64 bits.
func TestPackedCellsAreCloseToWholeNumbers(t *testing.T) {
	draw := rand.New(rand.NewPCG(4, 4))
	var c cells
	var twin [cellCount]float64
	var visits [cellCount]int
	for range 60 {
		for bucket := range bucketCount {
			for slot := tables[bucket]; slot < tables[bucket+1]; slot++ {
				mean := 0.5*math.Sin(float64(slot)) + 0.2*draw.NormFloat64()
				c.fold(bucket, slot, mean)
				part := 1 / math.Max(float64(visits[slot]), 1)
				twin[slot] += math.Max(part, 1/memories[bucket]) * (mean - twin[slot])
				visits[slot]++
			}
		}
	}
	for slot, want := range twin {
		most := 8. / wideUnit // half a unit a visit, forgotten in a dozen visits
		if slot >= atHourOfWeek {
			most = 3. / narrowUnit
		}
		if got := c.mean(uint16(slot)); math.Abs(got-want) > most {
			t.Errorf("cell %d: got %.4f, want %.4f", slot, got, want)
		}
	}
	c.fold(halfHour, 0, 1e6)
	if got, want := c.mean(0), 16.; math.Abs(got-want) > 0.01 {
		t.Errorf("got a cell of %v, want it bounded by %v", got, want)
	}
}

// TestTrailsKeepTheirBudget over many quiet weeks.
func TestTrailsKeepTheirBudget(t *testing.T) {
	var above [trailCount]int
	days := 0.
	for seed := range uint64(12) {
		s := newSeries(t, 100+seed)
		s.world.noise = 0.1 * float64(1+seed%2)
		s.world.weekend = -0.6 * float64(seed%3)
		s.live(14 * day)
		var until [trailCount]time.Time
		s.after = func(_ *Expectation, _ Observation, score *Score, _ Notice) {
			for i, trail := range score.Trails {
				if trail.S >= 2 && !s.at.Before(until[i]) {
					above[i]++
					until[i] = s.at.Add(trail.Window)
				}
			}
		}
		s.live(28 * day)
		days += 28
	}
	for i, window := range TrailWindows {
		want := 0.01 * days * float64(day) / float64(window)
		t.Logf("%v: %d above a score of 2 in %.0f days, %.0f allowed", window, above[i], days, want)
		if float64(above[i]) > 2*want {
			t.Errorf("%v: got %d, want %.0f", window, above[i], want)
		}
	}
}

func sortedCopy(list []float64) []float64 {
	sorted := append([]float64(nil), list...)
	stat.SortWeighted(sorted, nil)
	return sorted
}
