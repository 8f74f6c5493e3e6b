package baseline

import (
	"math"
	"testing"
	"time"
)

// twin is the profile of packets as the design page writes it down: numbers of 64
// bits, every visit kept, slots named by words, the library's logarithms. It knows
// neither quarantine nor guard, so it is for quiet weeks.
type twin struct {
	level, short     float64
	own, slow        float64
	hours            [24]float64
	cells            []map[string]float64
	visits           []map[string]int
	sums             []map[string][]float64 // of visits that go on
	hour             []float64              // own variances of the hour that goes on
	ticks            int
	before           time.Time
	yhat, yslow      float64
	prefix           []float64
	total, deviation float64
	slowDeviation    float64
	sampling, ratio  float64
}

// places are the slot and the visit of each bucket, in order.
func places(at time.Time) (slots, visits []string) {
	half := at.Format("15") + [2]string{":00", ":30"}[at.Minute()/30]
	weekend := [2]string{" working", " weekend"}[btoi(at.Weekday() == 0 || at.Weekday() == 6)]
	noon := [2]string{" am", " pm"}[at.Hour()/12]
	date, wd := at.Format("2006-01-02 "), at.Weekday().String()
	slots = []string{half, half + weekend, wd, wd + noon, wd + at.Format(" 15")}
	visits = []string{date + half, date + half, date, date + noon, date + at.Format("15")}
	return slots, visits
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func newTwin() *twin {
	w := &twin{own: 0.09, slow: 0.09}
	for range bucketCount {
		w.cells = append(w.cells, map[string]float64{})
		w.visits = append(w.visits, map[string]int{})
		w.sums = append(w.sums, map[string][]float64{})
	}
	return w
}

func (w *twin) expect(at time.Time) {
	slots, _ := places(at)
	w.prefix, w.total = nil, 0
	missing := 0.09 * 30 / (float64(w.ticks) + 30)
	for b, slot := range slots {
		v := float64(w.visits[b][slot])
		w.prefix = append(w.prefix, w.total)
		w.total += v / (v + 3) * w.cells[b][slot]
		missing += (1 - v/(v+3)) * unknown[b]
	}
	const x0 = 6000
	packets := math.Exp(w.level + w.total + w.short)
	w.yhat, w.yslow = math.Log(packets+x0), math.Log(math.Exp(w.level+w.total)+x0)
	n := packets / 1000
	w.sampling = (n + 0.5) / ((n + 6.5) * (n + 6.5))
	v := float64(w.visits[0][at.Format("15")+":00"])
	w.ratio = 1
	if w.hours[at.Hour()] > 0 {
		w.ratio += v / (v + 3) * (w.hours[at.Hour()] - 1)
	}
	w.deviation = math.Sqrt(w.own*w.ratio + w.sampling + missing)
	w.slowDeviation = math.Sqrt(w.slow + w.sampling + missing)
}

func (w *twin) learn(at time.Time, packets float64) (z float64) {
	if w.ticks == 0 {
		w.level, w.ticks, w.before = math.Log(packets), 1, at
		return 0
	}
	w.endVisits(at)
	y := math.Log(packets + 6000)
	z = (y - w.yhat) / w.deviation
	e, r := three(y-w.yhat, w.deviation), three(y-w.yslow, w.slowDeviation)
	part := math.Max(1./1440, 1/float64(w.ticks+30))
	mine := math.Max(0, e*e-w.sampling)
	w.own += part * (mine/w.ratio - w.own)
	w.slow += part * (math.Max(0, r*r-w.sampling) - w.slow)
	w.hour = append(w.hour, mine)
	slots, _ := places(at)
	for b, slot := range slots {
		w.sums[b][slot] = append(w.sums[b][slot], r+w.total-w.prefix[b])
	}
	w.short += 0.4 * e
	w.level += math.Max(1./2880, 1/float64(w.ticks+2)) * r
	w.ticks++
	w.before = at
	return z
}

func three(x, deviation float64) float64 { return math.Min(math.Max(x, -3*deviation), 3*deviation) }

func (w *twin) endVisits(at time.Time) {
	slots, was := places(w.before)
	_, is := places(at)
	if w.before.Hour() != at.Hour() {
		if w.hours[w.before.Hour()] == 0 {
			w.hours[w.before.Hour()] = 1
		}
		ratio := math.Min(math.Max(mean(w.hour)/w.own, 1./16), 16)
		w.hours[w.before.Hour()] += (ratio - w.hours[w.before.Hour()]) / 7
		w.hour = nil
	}
	for b, slot := range slots {
		if was[b] == is[b] {
			continue
		}
		if 2*len(w.sums[b][slot]) >= int(minutesOf[b]) {
			v := float64(w.visits[b][slot])
			w.cells[b][slot] += math.Max(1/math.Max(v, 1), 1/memories[b]) * (mean(w.sums[b][slot]) - w.cells[b][slot])
			w.visits[b][slot]++
		}
		delete(w.sums[b], slot)
	}
	if was[2] != is[2] {
		w.centre()
	}
}

// centre hands what all slots of a bucket have in common to the level, when all of
// them were seen.
func (w *twin) centre() {
	for b, slots := range []int{48, 96, 7, 14, 168} {
		if len(w.cells[b]) < slots {
			continue
		}
		sum, moved, weight := 0., 0., 0.
		for slot, mean := range w.cells[b] {
			sum += times(b, slot) * mean
			weight += times(b, slot)
		}
		for slot := range w.cells[b] {
			v := float64(w.visits[b][slot])
			w.cells[b][slot] -= sum / weight
			moved += times(b, slot) * v / (v + 3) * sum / weight
		}
		w.level += moved / weight
	}
}

func times(bucket int, slot string) float64 {
	if bucket != halfHourWeekend {
		return 1
	}
	return [2]float64{5, 2}[btoi(slot[len(slot)-1] == 'd')]
}

func mean(list []float64) float64 {
	sum := 0.
	for _, x := range list {
		sum += x
	}
	return sum / math.Max(float64(len(list)), 1)
}

// TestTheProfileIsItsTwin for five weeks: packing, tables of logarithms and sums in
// 32 bits cost a percent. The quarantine is kept out of the way.
func TestTheProfileIsItsTwin(t *testing.T) {
	s, w := newSeries(t, 60), newTwin()
	worst := 0.
	for range 35 * 1440 {
		now, seen := s.model.Moment(s.at), s.world.see(s.at, 1)
		e := s.profile.Expect(&now, Given{Interval: 1000})
		score := s.profile.Score(&e, seen)
		score.rarest = 0
		s.profile.Learn(&e, seen, &score, Evidence{})
		w.expect(s.at)
		if w.ticks == 0 {
			w.learn(s.at, seen.Packets)
			s.at = s.at.Add(time.Minute)
			continue
		}
		off := max(math.Abs(e.fast-w.yhat), math.Abs(e.slow-w.yslow), math.Abs(math.Log(e.Packets.Spread/w.deviation)))
		if worst = max(worst, off); off > 0.03 {
			t.Fatalf("%v: got %.4f and %.4f ± %.4f, want %.4f and %.4f ± %.4f",
				s.at, e.fast, e.slow, e.Packets.Spread, w.yhat, w.yslow, w.deviation)
		}
		if z := w.learn(s.at, seen.Packets); math.Abs(z-score.Packets.Z) > 0.2 {
			t.Fatalf("%v: got a z of %.3f, want %.3f", s.at, score.Packets.Z, z)
		}
		s.at = s.at.Add(time.Minute)
	}
	t.Logf("apart by at most %.4f in logarithms", worst)
}
