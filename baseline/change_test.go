package baseline

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestALastingNewNormalIsReleased after 120 ticks, and said once.
func TestALastingNewNormalIsReleased(t *testing.T) {
	s := newSeries(t, 6)
	s.live(14*day + 9*time.Hour)
	start := s.at
	s.factor = between(start, 100*day, 3)
	var released time.Duration
	alarms := 0
	s.after = func(_ *Expectation, _ Observation, score *Score, n Notice) {
		if n == NewNormal {
			released = s.at.Sub(start)
		}
		if score.S >= bar && released > 0 {
			alarms++
		}
	}
	_, news := s.live(5 * day)
	if diff := cmp.Diff([]Notice{NewNormal}, news); diff != "" {
		t.Errorf("notices (-want +got):\n%s", diff)
	}
	t.Logf("released after %v", released)
	if released < 120*time.Minute || released > 4*time.Hour {
		t.Errorf("got it released after %v, want 2h to 4h", released)
	}
	if alarms > 0 {
		t.Errorf("got %d alarms after the release, want none", alarms)
	}
}

// TestAWeekendIsNoDrop, nor is Monday an attack, once three of them were seen.
func TestAWeekendIsNoDrop(t *testing.T) {
	s := newSeries(t, 7)
	s.world.weekend = -1.2
	s.live(21 * day)
	var drop Drop
	drops, ticks, squares := 0, 0., 0.
	s.after = func(e *Expectation, seen Observation, _ *Score, _ Notice) {
		if drop.Step(e, seen, Healthy) {
			drops++
		}
		if wd := s.at.Weekday(); wd == time.Saturday || wd == time.Sunday {
			off := math.Log(e.Packets.Calendar / s.world.normal(s.at))
			ticks, squares = ticks+1, squares+off*off
		}
	}
	highest, _ := s.live(14 * day)
	if highest >= bar || drops > 0 {
		t.Errorf("got a score of %.1f and %d drops, want less than %.1f and none", highest, drops, bar)
	}
	off := math.Sqrt(squares / ticks)
	t.Logf("the calendar's error at weekends: %.2f, of a weekend of %.2f", off, s.world.weekend)
	if off > 0.35 {
		t.Errorf("got weekends wrong by %.2f, want at most 0.35", off)
	}
}

// TestAnOutageIsADrop within three ticks, teaches nothing, and its end is no attack.
func TestAnOutageIsADrop(t *testing.T) {
	for _, health := range []Health{Healthy, Unhealthy} {
		s := newSeries(t, 8)
		s.live(10*day + 12*time.Hour)
		before := s.profile.level
		start := s.at
		s.factor = between(start, time.Hour, 0.02)
		var drop Drop
		var after time.Duration
		s.after = func(e *Expectation, seen Observation, _ *Score, _ Notice) {
			if drop.Step(e, seen, health) && after == 0 {
				after = s.at.Sub(start) + time.Minute
			}
		}
		highest, _ := s.live(3 * time.Hour)
		want := 3 * time.Minute
		if health == Unhealthy {
			want = 0
		}
		if after != want {
			t.Errorf("healthy %v: got it after %v, want %v", health, after, want)
		}
		if highest >= bar {
			t.Errorf("healthy %v: got a score of %.1f at its end, want less than %.1f", health, highest, bar)
		}
		if d := math.Abs(float64(s.profile.level - before)); d > 0.02 {
			t.Errorf("healthy %v: got the level moved by %.3f", health, d)
		}
	}
}

// TestOtherSamplingRaisesNothing, and what is expected does not change with it.
func TestOtherSamplingRaisesNothing(t *testing.T) {
	for _, to := range []float64{4000, 250, 1} {
		for _, packets := range []float64{400_000, 20_000} {
			s := newSeries(t, 9)
			s.world.packets = packets
			s.live(10*day + 10*time.Hour)
			now := s.model.Moment(s.at)
			before := s.profile.Expect(&now, s.given).Packets
			s.world.interval, s.given.Interval = to, to
			after := s.profile.Expect(&now, s.given).Packets
			if before.Value != after.Value {
				t.Errorf("1:%v: got %v packets expected, want %v as before", to, after.Value, before.Value)
			}
			if wider := after.Spread > before.Spread; wider != (to > 1000) {
				t.Errorf("1:%v: got a spread of %v after %v", to, after.Spread, before.Spread)
			}
			highest, news := s.live(2 * day)
			if highest >= bar || news != nil {
				t.Errorf("1:%v, %v packets: got a score of %.1f and %v, want less than %.1f and no news", to, packets, highest, news, bar)
			}
		}
	}
}

// TestMissedTicksAreNoEvidence: what was remembered of a tick counts only for the
// next one, and the short memory goes stale.
func TestMissedTicksAreNoEvidence(t *testing.T) {
	s := newSeries(t, 21)
	s.live(8*day + 12*time.Hour)
	s.factor = between(s.at, time.Minute, 5)
	s.step()
	if s.profile.packets.rarity < 4 || s.profile.packets.ratio < 1 {
		t.Fatalf("got a rarity of %v and a ratio of %v, want an attack remembered", s.profile.packets.rarity, s.profile.packets.ratio)
	}
	short := s.profile.short
	s.at = s.at.Add(time.Hour)
	now, quiet := s.model.Moment(s.at), s.world.see(s.at, 1)
	e := s.profile.Expect(&now, s.given)
	score := s.profile.Score(&e, quiet)
	s.profile.Learn(&e, quiet, &score, Evidence{})
	s.profile.packets.forget()
	if got := s.profile.short; math.Abs(float64(got)) > math.Abs(float64(short))/3+0.2 {
		t.Errorf("got a short memory of %v an hour after %v, want it gone", got, short)
	}
}
