package baseline

import (
	"math"
	"testing"
	"time"
)

// ramp grows by a part each day.
func ramp(start time.Time, daily float64) func(time.Time) float64 {
	return func(at time.Time) float64 {
		return math.Exp(math.Log1p(daily) * max(0, at.Sub(start).Hours()/24))
	}
}

// poison leads a series away by a ramp until it has trebled, and says what noticed
// it first and how far it had come.
func (s *series) poison(daily float64, mix bool) (by string, at float64) {
	s.factor = ramp(s.at, daily)
	for at = 1; at < 3; {
		at = s.factor(s.at)
		s.evidence.MixMoved = mix && at > 1.2 // a sixth of the traffic is of another kind
		score, notice := s.step()
		if by := noticed(&score, notice); by != "" {
			return by, at
		}
	}
	return "nothing", at
}

// again is the same series in a world whose noise goes on differently.
func (s *series) again(seed uint64) *series {
	world := *s.world
	world.draw = newWorld(seed).draw
	copied := *s
	copied.world = &world
	return &copied
}

// noticed says what would have been told of a tick. Of the trails ten thousand
// profiles may cry wolf fifty times a day, with all four together.
func noticed(score *Score, notice Notice) string {
	if notice == SlowDrift || notice == NewNormal {
		return notice.String()
	}
	if score.S >= bar {
		return "tick"
	}
	for _, trail := range score.Trails {
		if b := (Budget{Profiles: 10_000, Metrics: 1, Tick: trail.Window, PerDay: 12.5}).Bar(); trail.S >= b {
			return trail.Window.String()
		}
	}
	return ""
}

// TestHowSlowAPoisonMustBe measures which ramps reach three times the traffic before
// anything is said.
func TestHowSlowAPoisonMustBe(t *testing.T) {
	for _, age := range []time.Duration{14 * day, 56 * day} {
		old := newSeries(t, 30)
		old.live(age)
		slowest := math.Inf(1)
		for _, daily := range []float64{8, 2, 1, 0.5, 0.3, 0.1, 0.05, 0.03, 0.02, 0.015, 0.01} {
			by, at := old.again(1).poison(daily, true)
			alone, atAlone := old.again(1).poison(daily, false)
			t.Logf("after %2.0f days, %5.1f %% a day: %-10s at %.2f times if the mix moved, %-10s at %.2f times if not",
				age.Hours()/24, 100*daily, by, at, alone, atAlone)
			if by != "nothing" {
				slowest = min(slowest, daily)
			} else if age == 56*day && daily >= 0.02 {
				t.Errorf("%v a day evades, want it noticed", daily)
			}
		}
		t.Logf("after %.0f days the slowest ramp that is noticed grows by %.1f %% a day", age.Hours()/24, 100*slowest)
	}
}

// TestARampOfAnHourIsSeenHalfWay by the trails: the short memory follows it from
// tick to tick, what came together in half an hour is too much.
func TestARampOfAnHourIsSeenHalfWay(t *testing.T) {
	for seed := range uint64(5) {
		s := newSeries(t, 33+seed)
		s.live(28*day + 10*time.Hour)
		start := s.at
		s.factor = func(at time.Time) float64 { return 1 + 4*min(at.Sub(start).Minutes()/72, 1) }
		by := ""
		for by == "" && s.at.Sub(start) < 72*time.Minute {
			score, notice := s.step()
			by = noticed(&score, notice)
		}
		t.Logf("noticed by %q after %v", by, s.at.Sub(start))
		if after := s.at.Sub(start); by == "" || after > 43*time.Minute {
			t.Errorf("noticed by %q after %v of 72m, want it within 60 %% of that", by, after)
		}
	}
}

// TestADriftIsCapped: the expectation stays half as much again above that of 28
// days, however long the ramp goes on, until the traffic is gone again.
func TestADriftIsCapped(t *testing.T) {
	s := newSeries(t, 31)
	s.live(28 * day)
	calm := s.profile.guard
	s.factor = ramp(s.at, 0.05)
	s.evidence.MixMoved = true
	_, news := s.live(14 * day)
	drifts := 0
	for _, n := range news {
		if n == SlowDrift {
			drifts++
		}
	}
	if drifts != 1 || !s.profile.Guarded() {
		t.Fatalf("got %v, guarded %v, want one slow drift", news, s.profile.Guarded())
	}
	now := s.model.Moment(s.at)
	e := s.profile.Expect(&now, s.given)
	level := math.Log(e.Packets.Calendar) - e.Shape
	if cap := float64(s.profile.guard) + s.model.drift; level > cap+1e-6 {
		t.Errorf("got an expected level of %.3f, want at most %.3f", level, cap)
	}
	t.Logf("after two weeks of 5 %% a day: expected %.2f times what it was, seen %.2f times", math.Exp(level-float64(calm)), s.factor(s.at))
	s.factor, s.evidence = nil, Evidence{}
	s.live(7 * day)
	if s.profile.Guarded() {
		t.Error("still guarded a week after the ramp was gone")
	}
}

// TestHonestGrowthIsNoDrift: without another mix of traffic nothing is held down.
func TestHonestGrowthIsNoDrift(t *testing.T) {
	s := newSeries(t, 32)
	s.live(14 * day)
	s.factor = ramp(s.at, 0.03)
	highest, news := s.live(28 * day)
	if highest >= bar || len(news) > 0 {
		t.Errorf("got a score of %.1f and %v, want less than %.1f and no news", highest, news, bar)
	}
}
