package baseline

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// between is a factor while something lasts.
func between(start time.Time, lasts time.Duration, factor float64) func(time.Time) float64 {
	return func(at time.Time) float64 {
		if at.Before(start) || !at.Before(start.Add(lasts)) {
			return 1
		}
		return factor
	}
}

// TestAThreefoldAttackIsSeenAmongBusyDays: a hundred days of nothing but people in
// all, and on each of ten series an attack that is seen within its two minutes.
func TestAThreefoldAttackIsSeenAmongBusyDays(t *testing.T) {
	alarms, seen := 0, 0
	const worlds = 10
	for seed := range uint64(worlds) {
		s := newSeries(t, seed)
		s.live(7 * day)
		s.after = func(_ *Expectation, _ Observation, score *Score, _ Notice) {
			if score.S >= bar {
				alarms++
			}
		}
		s.live(10 * day)
		s.after = nil
		s.factor = between(s.at.Add(20*time.Hour), 2*time.Minute, 3)
		if highest, _ := s.live(day); highest >= bar {
			seen++
		}
	}
	t.Logf("%d of %d attacks seen, %d false alarms in %d days", seen, worlds, alarms, 10*worlds)
	if seen != worlds {
		t.Errorf("got %d attacks seen, want %d", seen, worlds)
	}
	// The budget is one a day for ten thousand profiles: a hundred days have 0.01.
	if alarms > 0 {
		t.Errorf("got %d false alarms, want none", alarms)
	}
}

// TestAWeekIsEnough: the attack comes right after the seventh day.
func TestAWeekIsEnough(t *testing.T) {
	for seed := range uint64(5) {
		s := newSeries(t, 70+seed)
		s.live(7 * day)
		s.factor = between(s.at.Add(10*time.Hour), 2*time.Minute, 3)
		if highest, _ := s.live(12 * time.Hour); highest < bar {
			t.Errorf("seed %d: got a score of %.1f, want %.1f", seed, highest, bar)
		}
	}
}

// TestABusyDayIsNoAttack: half as much again for an evening, coming within an hour.
func TestABusyDayIsNoAttack(t *testing.T) {
	s := newSeries(t, 3)
	s.live(14 * day)
	start := s.at.Add(18 * time.Hour)
	s.factor = func(at time.Time) float64 {
		since, left := at.Sub(start).Hours(), start.Add(5*time.Hour).Sub(at).Hours()
		return 1 + 0.5*max(0, min(since, 1, left))
	}
	if highest, _ := s.live(day); highest >= bar {
		t.Errorf("got a score of %.1f, want it below %.1f", highest, bar)
	}
}

// TestAnAttackOfSixHoursTeachesNothing, as others confirm that it is one.
func TestAnAttackOfSixHoursTeachesNothing(t *testing.T) {
	s := newSeries(t, 4)
	s.live(7*day + 12*time.Hour + 5*time.Minute)
	before := s.profile
	s.factor, s.evidence = between(s.at, 6*time.Hour, 4), Evidence{Corroborated: true}
	s.live(6 * time.Hour)
	held := s.profile
	if diff := cmp.Diff(before.cells, held.cells, cmp.AllowUnexported(cells{})); diff != "" {
		t.Errorf("cells (-before +after):\n%s", diff)
	}
	if held.level != before.level || held.ticks != before.ticks || held.Held() != 360 {
		t.Errorf("got level %v after %d ticks, held for %d, want %v after %d, held for 360",
			held.level, held.ticks, held.Held(), before.level, before.ticks)
	}
	for _, y := range [][2]yardstick{{before.packets, held.packets}, {before.bits, held.bits}} {
		if was, is := y[0], y[1]; was.own != is.own || was.ownSlow != is.ownSlow || was.u != is.u || was.excess != is.excess {
			t.Errorf("got a spread of %+v, want %+v", is, was)
		}
	}
	if _, news := s.live(time.Hour); news != nil || s.profile.Held() != 0 {
		t.Errorf("got %v and %d ticks held an hour after, want neither", news, s.profile.Held())
	}
}

// TestAnAttackThatNobodyConfirmedIsForgotten when it is over: it becomes normal after
// two hours, and stops being so when what was normal before is back.
func TestAnAttackThatNobodyConfirmedIsForgotten(t *testing.T) {
	s := newSeries(t, 4)
	s.live(7*day + 12*time.Hour + 5*time.Minute)
	before := s.profile
	s.factor = between(s.at, 6*time.Hour, 4)
	s.live(6 * time.Hour)
	_, news := s.live(time.Hour)
	if diff := cmp.Diff([]Notice{OldNormal}, news); diff != "" {
		t.Errorf("notices afterwards (-want +got):\n%s", diff)
	}
	if moved := math.Abs(float64(s.profile.level - before.level)); moved > 0.02 {
		t.Errorf("got the level moved by %.3f, want it where it was", moved)
	}
	for i, mean := range before.cells.wide {
		if moved := math.Abs(float64(s.profile.cells.wide[i])-float64(mean)) / wideUnit; moved > 0.15 {
			t.Errorf("cell %d: got it moved by %.2f, want it where it was", i, moved)
		}
	}
}

// TestTheNextAttackIsSeenAsTheFirstWas: learning through anomalies is what hides it.
func TestTheNextAttackIsSeenAsTheFirstWas(t *testing.T) {
	s := newSeries(t, 5)
	s.live(10 * day)
	for _, after := range []time.Duration{10 * time.Hour, 12 * time.Hour, 14 * time.Hour} {
		s.factor = between(s.at.Add(after), 6*time.Minute, 3)
		if highest, _ := s.live(day); highest < bar {
			t.Errorf("after %v: got a score of %.1f, want %.1f", after, highest, bar)
		}
	}
}

// TestAFloodOfFullPacketsIsOneOfBits: few packets more, but large ones, where most
// are small.
func TestAFloodOfFullPacketsIsOneOfBits(t *testing.T) {
	s := newSeries(t, 20)
	s.world.size = 800
	s.live(10*day + 12*time.Hour)
	now := s.model.Moment(s.at)
	e := s.profile.Expect(&now, s.given)
	seen := Observation{Packets: 1.4 * e.Packets.Value, Bits: e.Bits.Value + 0.4*e.Packets.Value*12_000}
	first := s.profile.Score(&e, seen)
	s.profile.Learn(&e, seen, &first, Evidence{})
	now = s.model.Moment(s.at.Add(time.Minute))
	e = s.profile.Expect(&now, s.given)
	score := s.profile.Score(&e, seen)
	if score.Bits.S < bar || score.Packets.S >= bar || score.S != score.Bits.S {
		t.Errorf("got %.1f by bits and %.1f by packets, want only bits above %.1f", score.Bits.S, score.Packets.S, bar)
	}
}
