package baseline

import (
	"math"
	"testing"
	"time"
)

// TestAColdStartBorrowsTheParentsShape: a customer of an hour is expected to have a
// morning because its network has one, and no alarm comes of it.
func TestAColdStartBorrowsTheParentsShape(t *testing.T) {
	parent := newSeries(t, 10)
	parent.world.packets *= 50
	parent.live(21*day + 4*time.Hour)

	child := newSeries(t, 11)
	child.at = parent.at
	child.profile.Begin(child.world.packets) // its share of what the parent has
	worst, highest := 0., 0.
	for range 24 * 60 {
		now := parent.model.Moment(child.at)
		e := parent.profile.Expect(&now, parent.given)
		child.given.Shape = e.Shape
		c := child.profile.Expect(&now, child.given)
		worst = max(worst, math.Abs(math.Log(c.Packets.Calendar/child.world.normal(child.at))))
		parent.step()
		score, _ := child.step()
		highest = max(highest, score.S)
		if score.Maturity != Young {
			t.Fatalf("got %v on the first day, want young", score.Maturity)
		}
	}
	t.Logf("worst error of the first day: a factor of %.2f", math.Exp(worst))
	if worst > 0.5 {
		t.Errorf("got a first day wrong by a factor of %.2f, want at most 1.65", math.Exp(worst))
	}
	if highest >= bar {
		t.Errorf("got a score of %.1f, want less than %.1f", highest, bar)
	}
}

// TestAHolidayOfTheParentIsOneOfItsChildren: the year before, the whole network was
// at a third; this year the child's expectation knows before it comes.
func TestAHolidayOfTheParentIsOneOfItsChildren(t *testing.T) {
	parent := newSeries(t, 12)
	parent.at = time.Date(2025, 11, 24, 0, 0, 0, 0, time.UTC)
	var calendar Calendar
	parent.factor = func(at time.Time) float64 {
		if at.Month() == time.December && at.Day() == 25 {
			return 1. / 3
		}
		return 1
	}
	parent.after = func(e *Expectation, _ Observation, score *Score, _ Notice) {
		calendar.Learn(e.now, score.Rest)
		next := parent.model.Moment(parent.at.Add(time.Minute))
		parent.given.Special = calendar.Value(&next)
	}
	parent.live(370 * day)

	child := newSeries(t, 13)
	child.at = time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	child.live(24 * day)
	now := child.model.Moment(time.Date(2026, 12, 25, 15, 0, 0, 0, time.UTC))
	with := child.given
	with.Special = calendar.Value(&now)
	e := child.profile.Expect(&now, with)
	got := math.Log(e.Packets.Value / child.profile.Expect(&now, child.given).Packets.Value)
	t.Logf("expected of the holiday: %.2f times a usual day", math.Exp(got))
	if want := math.Log(1. / 3); math.Abs(got-want) > 0.6 {
		t.Errorf("got a holiday of %.2f in logarithms, want %.2f", got, want)
	}
	buckets := child.profile.Buckets(&e, &calendar)
	if last := buckets[len(buckets)-2]; last.Name != "day of year" || last.Visits != 1 || last.Weight != 0.5 {
		t.Errorf("got %+v as explanation, want the day of the year after one visit", last)
	}
}

// TestAChildThatKeepsNoHolidaysLearnsSo, in one; and one that keeps them does not.
func TestAChildThatKeepsNoHolidaysLearnsSo(t *testing.T) {
	for _, c := range []struct{ factor, low, high float64 }{{1, 0, 0.3}, {0.5, 0.8, 1}} {
		s := newSeries(t, 14)
		s.live(14 * day)
		s.given.Special = math.Log(0.5)
		s.factor = between(s.at, day, c.factor)
		s.live(day)
		if got := float64(s.profile.special); got < c.low || got > c.high {
			t.Errorf("%v times the traffic: got a part of %.2f, want %v to %v", c.factor, got, c.low, c.high)
		}
	}
}

// TestADayThatDoesNotExistIsNoHoliday: marks are checked like any input.
func TestADayThatDoesNotExistIsNoHoliday(t *testing.T) {
	var c Calendar
	if err := c.Mark(time.February, 29, 0.5); err != nil {
		t.Errorf("got %v, want leap days to be marked", err)
	}
	for _, err := range []error{c.Mark(time.February, 30, 0.5), c.Mark(time.May, 1, 0), c.Mark(time.May, 1, math.NaN()), c.Mark(13, 1, 1)} {
		if err == nil {
			t.Error("accepted, want a mistake")
		}
	}
	m := model(t, DefaultConfig())
	now := m.Moment(time.Date(2024, 2, 29, 8, 0, 0, 0, time.UTC))
	if got, want := c.Value(&now), 2./3*math.Log(0.5); math.Abs(got-want) > 0.001 {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestPaydayIsLearnedInThreeMonths by the calendar of the month, and no earlier.
func TestPaydayIsLearnedInThreeMonths(t *testing.T) {
	m := model(t, DefaultConfig())
	var c Calendar
	payday := m.Moment(time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC))
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for at.Before(time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)) {
		now := m.Moment(at)
		rest := 0.
		if at.Day() == 15 {
			rest = 0.4
		}
		if at.Month() == time.March && at.Day() == 14 && c.monthValue(&payday) != 0 {
			t.Error("believed after two months")
		}
		c.Learn(&now, rest)
		at = at.Add(time.Minute)
	}
	if got, want := c.monthValue(&payday), 4./7*0.4; math.Abs(got-want) > 0.001 {
		t.Errorf("got %v after four months, want %v", got, want)
	}
}
