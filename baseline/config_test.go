package baseline

import (
	"math"
	"testing"
	"time"
)

// TestTheBudgetIsThatOfTheDesign: a small shop and a large one with as many false
// alarms each have the same bar.
func TestTheBudgetIsThatOfTheDesign(t *testing.T) {
	small := Budget{Profiles: 10_000, Metrics: 2, Tick: time.Minute, PerDay: 1}
	large := Budget{Profiles: 1_000_000, Metrics: 2, Tick: time.Minute, PerDay: 100}
	for _, b := range []Budget{small, large} {
		if got := b.Bar(); math.Abs(got-7.46) > 0.005 {
			t.Errorf("%+v: got %.3f, want 7.46", b, got)
		}
		if errs := b.Validate(); errs != nil {
			t.Errorf("%+v: %v", b, errs)
		}
	}
	for _, b := range []Budget{{0, 2, time.Minute, 1}, {1, 0, time.Minute, 1}, {1, 1, 0, 1}, {1, 1, time.Minute, 0}, {1, 1, time.Minute, math.NaN()}} {
		if len(b.Validate()) != 1 {
			t.Errorf("%+v: got %v, want one mistake", b, b.Validate())
		}
	}
}

// TestAConfigurationIsCheckedWhole: all that is wrong is said at once.
func TestAConfigurationIsCheckedWhole(t *testing.T) {
	if errs := DefaultConfig().Validate(); errs != nil {
		t.Errorf("got %v, want the default to be good", errs)
	}
	if got, want := len(Config{}.Validate()), 8; got != want {
		t.Errorf("got %d mistakes in nothing, want %d: %v", got, want, Config{}.Validate())
	}
	cfg := DefaultConfig()
	cfg.SizeKey = math.NaN()
	if _, err := New(cfg); err == nil || err.Error() != "baseline.size-key: NaN, want 1 to 100" {
		t.Errorf("got %v, want it to name the size key", err)
	}
	cfg = DefaultConfig()
	cfg.Tick = 2 * time.Minute
	if _, err := New(cfg); err == nil || err.Error() != "baseline.tick: 2m0s, want 1m or 5m" {
		t.Errorf("got %v, want it to name the tick", err)
	}
}

// TestAMomentIsThatOfTheWall: of people's clocks, and of dates that are the same in
// every year.
func TestAMomentIsThatOfTheWall(t *testing.T) {
	m := model(t, DefaultConfig())
	berlin := time.FixedZone("UTC+2", 2*60*60)
	at := time.Date(2026, 6, 6, 23, 59, 59, 0, time.UTC) // a Saturday; Sunday in Berlin
	utc, local := m.Moment(at), m.Moment(at.In(berlin))
	if got, want := utc.slots.cells, [bucketCount]uint16{47, 48 + 48 + 47, atWeekday + 6, atTwelveHours + 13, atHourOfWeek + 167}; got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	if got, want := local.slots.cells, [bucketCount]uint16{3, 48 + 48 + 3, atWeekday, atTwelveHours, atHourOfWeek + 1}; got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	if utc.slots.five != 287 || utc.slots.hour != 23 || utc.month != 5 {
		t.Errorf("got %+v, want the last five minutes of the sixth", utc)
	}
	leap := m.Moment(time.Date(2024, 12, 25, 1, 0, 0, 0, time.UTC))
	usual := m.Moment(time.Date(2026, 12, 25, 1, 0, 0, 0, time.UTC))
	if leap.year != usual.year || usual.year != 359 {
		t.Errorf("got days %d and %d, want 359 in both years", leap.year, usual.year)
	}
	if old := m.Moment(time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)); old.minute != 0 {
		t.Errorf("got minute %d of 1900, want that of 1970", old.minute)
	}
}

// TestTicksOfFiveMinutesWorkAsWell: with what they need for it.
func TestTicksOfFiveMinutesWorkAsWell(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Tick, cfg.SizeKey, cfg.QuarantineTicks = 5*time.Minute, 6, 24
	m := model(t, cfg)
	w := newWorld(57)
	var p Profile
	highest := 0.
	at := monday
	step := func(factor float64) Score {
		now := m.Moment(at)
		seen := w.see(at, factor)
		seen.Packets, seen.Bits = 5*seen.Packets, 5*seen.Bits
		e := p.Expect(&now, Given{Interval: 1000})
		s := p.Score(&e, seen)
		p.Learn(&e, seen, &s, Evidence{})
		at = at.Add(5 * time.Minute)
		return s
	}
	for range 14 * 288 {
		highest = max(highest, step(1).S)
	}
	limit := Budget{Profiles: 10_000, Metrics: 2, Tick: cfg.Tick, PerDay: 1}.Bar()
	first, second := step(5).S, step(5).S
	t.Logf("quiet %.1f, attack %.1f and %.1f, bar %.1f", highest, first, second, limit)
	if highest >= limit || max(first, second) < limit {
		t.Errorf("got %.1f while quiet and %.1f in an attack, want them around %.1f", highest, max(first, second), limit)
	}
}
