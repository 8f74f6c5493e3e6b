package baseline

import (
	"math"
	"testing"
	"time"

	"gonum.org/v1/gonum/stat/distuv"
)

// TestASparseClassIsSeenInFiveTicks: a few replies of reflectors a tick where there
// was one in ten minutes; quiet weeks and a busier evening are not it.
func TestASparseClassIsSeenInFiveTicks(t *testing.T) {
	draw := newWorld(50).draw
	for _, c := range []struct {
		name         string
		usual, later float64
		within       int // ticks, 0 for never
	}{
		{"replies of reflectors begin", 0.1, 4, 5},
		{"a flood", 2, 60, 1},
		{"a busier evening", 2, 4, 0},
		{"as ever", 0.5, 0.5, 0},
	} {
		var s Sparse
		for range 3 * 1440 {
			if got := s.Step(distuv.Poisson{Lambda: c.usual, Src: draw}.Rand()); got.Alarm && s.ticks > 60 {
				t.Errorf("%s: an alarm before: %+v", c.name, got)
			}
		}
		within, before := 0, s.mean
		for i := range 300 {
			if s.Step(distuv.Poisson{Lambda: c.later, Src: draw}.Rand()).Alarm && within == 0 {
				within = i + 1
			}
			if i == 60 && c.within > 0 && math.Abs(float64(s.mean-before)) > 0.1 {
				t.Errorf("%s: taught a mean of %v after %v", c.name, s.mean, before)
			}
		}
		if (within > 0) != (c.within > 0) || within > c.within {
			t.Errorf("%s: got it after %d ticks, want %d", c.name, within, c.within)
		}
	}
}

// TestASparseClassLearnsWhatLasts, after two hours.
func TestASparseClassLearnsWhatLasts(t *testing.T) {
	var s Sparse
	for range 1440 {
		s.Step(0)
	}
	alarms := 0
	for range 3 * 1440 {
		if s.Step(4).Alarm {
			alarms++
		}
	}
	if alarms < mostHeld || alarms > 12*60 {
		t.Errorf("got %d ticks of alarm, want at least %d and an end within half a day", alarms, mostHeld)
	}
}

// TestAHabitIsPerHost: a server that always gets much is none, a host that never got
// anything is.
func TestAHabitIsPerHost(t *testing.T) {
	draw := newWorld(51).draw
	for _, c := range []struct {
		name         string
		usual, later float64
		within       int
	}{
		{"a busy server at its best", 40, 90, 0},
		{"a quiet host under attack", 0.05, 15, 2},
		{"a quiet host under a great attack", 0.05, 60, 1},
		{"a quiet host with a download of a tick", 0.05, 0, 0},
	} {
		var h Habit
		for range 2 * 1440 {
			h.Step(distuv.Poisson{Lambda: c.usual, Src: draw}.Rand())
		}
		within := 0
		for i := range 30 {
			n := distuv.Poisson{Lambda: c.later + 1e-9, Src: draw}.Rand()
			if c.later == 0 && i == 0 {
				n = 9
			}
			if h.Step(n).Alarm && within == 0 {
				within = i + 1
			}
		}
		if within != c.within {
			t.Errorf("%s: got it after %d ticks, want %d", c.name, within, c.within)
		}
	}
}

// coldLife is a cold series of so many samples a tick for some days.
func coldLife(t *testing.T, m *Model, c *Cold, seed uint64, samples, days float64, at time.Time) (highest float64) {
	t.Helper()
	draw := newWorld(seed).draw
	for i := range int(1440 * days) {
		now := m.Moment(at.Add(time.Duration(i) * time.Minute))
		given := Given{Interval: 1000, Shape: 0.7 * math.Sin(float64(i)/230)}
		packets := 1000 * distuv.Poisson{Lambda: samples * math.Exp(given.Shape), Src: draw}.Rand()
		s := c.Score(&now, given, packets)
		c.Learn(&now, given, packets, &s)
		highest = max(highest, s.S)
	}
	return highest
}

// TestAColdSeriesKnowsItsRate, borrows the shape of the day, and sees an attack.
func TestAColdSeriesKnowsItsRate(t *testing.T) {
	m := model(t, DefaultConfig())
	for _, samples := range []float64{0.02, 0.3, 0.9} {
		var c Cold
		quiet := coldLife(t, m, &c, 52, samples, 10, monday)
		if got, want := c.Packets(), 1000*samples; math.Abs(got/want-1) > 0.25 {
			t.Errorf("%v samples: got %v packets, want %v", samples, got, want)
		}
		if quiet >= bar {
			t.Errorf("%v samples: got a score of %.1f, want less than %.1f", samples, quiet, bar)
		}
		before := c.Packets()
		attack := coldLife(t, m, &c, 53, 40, 2./1440, monday.Add(10*day))
		if attack < bar {
			t.Errorf("%v samples: got a score of %.1f in an attack, want %.1f", samples, attack, bar)
		}
		if got := c.Packets(); got != before {
			t.Errorf("%v samples: taught %v packets after %v, want nothing", samples, got, before)
		}
	}
}

// TestAColdSeriesThatWarmsUpIsNoAttackForEver: what lasts is learned, and a profile
// can begin with it.
func TestAColdSeriesThatWarmsUpIsNoAttackForEver(t *testing.T) {
	m := model(t, DefaultConfig())
	var c Cold
	coldLife(t, m, &c, 54, 0.1, 7, monday)
	coldLife(t, m, &c, 55, 20, 3, monday.Add(7*day))
	if late := coldLife(t, m, &c, 56, 20, 1, monday.Add(10*day)); late >= bar {
		t.Errorf("got a score of %.1f days later, want less than %.1f", late, bar)
	}
	var p Profile
	p.Begin(c.Packets())
	now := m.Moment(monday.Add(11 * day))
	if e := p.Expect(&now, Given{Interval: 1000}); e.Packets.Value < 5000 || e.Packets.Value > 20_000 {
		t.Errorf("got %v packets expected, want some of 20000", e.Packets.Value)
	}
	p.Begin(1)
	if e := p.Expect(&now, Given{Interval: 1000}); e.Packets.Value < 5000 {
		t.Error("began twice")
	}
}
