package baseline

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"gonum.org/v1/gonum/stat/distuv"
)

// world makes the traffic of one series: a day and a week, noise that lasts some
// minutes, noise of each minute, and sampling. It draws from its seed alone.
type world struct {
	packets  float64 // of a minute, on average
	daily    float64 // swing of the day, in logarithms
	weekend  float64 // what a weekend adds
	noise    float64 // standard deviation of what lasts, in logarithms
	jitter   float64 // and of each minute
	interval float64 // one in so many packets is sampled
	size     float64 // bits per packet

	draw *rand.Rand
	slow float64 // noise that lasts now
}

func newWorld(seed uint64) *world {
	return &world{
		packets: 400_000, daily: 0.7, weekend: -0.5, noise: 0.08, jitter: 0.05, interval: 1000, size: 6400,
		draw: rand.New(rand.NewPCG(seed, 5)),
	}
}

// monday is when most stories begin.
var monday = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// normal is the rate that people make at a time.
func (w *world) normal(at time.Time) float64 {
	hours := at.Sub(at.Truncate(24 * time.Hour)).Hours()
	rate := w.daily * math.Sin(2*math.Pi*(hours-9)/24)
	if day := at.Weekday(); day == time.Saturday || day == time.Sunday {
		rate += w.weekend
	}
	return w.packets * math.Exp(rate)
}

// see is what a collector counts in the minute: the normal rate times a factor.
func (w *world) see(at time.Time, factor float64) Observation {
	const lasts = 0.95
	w.slow = lasts*w.slow + math.Sqrt(1-lasts*lasts)*w.noise*w.draw.NormFloat64()
	truth := w.normal(at) * factor * math.Exp(w.slow+w.jitter*w.draw.NormFloat64())
	packets := truth
	if w.interval > 1 {
		packets = w.interval * distuv.Poisson{Lambda: truth / w.interval, Src: w.draw}.Rand()
	}
	return Observation{Packets: packets, Bits: packets * w.size * math.Exp(0.03*w.draw.NormFloat64())}
}

// series is a profile that lives in a world.
type series struct {
	t       testing.TB
	world   *world
	model   *Model
	profile Profile
	at      time.Time
	given   Given

	factor   func(at time.Time) float64 // of an attack or another event
	evidence Evidence
	after    func(e *Expectation, seen Observation, s *Score, n Notice)
}

func newSeries(t testing.TB, seed uint64) *series {
	return &series{t: t, world: newWorld(seed), model: model(t, DefaultConfig()), at: monday}
}

func model(t testing.TB, cfg Config) *Model {
	t.Helper()
	m, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// step is one minute.
func (s *series) step() (Score, Notice) {
	factor := 1.
	if s.factor != nil {
		factor = s.factor(s.at)
	}
	seen := s.world.see(s.at, factor)
	now := s.model.Moment(s.at)
	s.given.Interval = s.world.interval
	e := s.profile.Expect(&now, s.given)
	score := s.profile.Score(&e, seen)
	notice := s.profile.Learn(&e, seen, &score, s.evidence)
	if s.after != nil {
		s.after(&e, seen, &score, notice)
	}
	s.at = s.at.Add(time.Minute)
	return score, notice
}

// live lets time pass, and returns the highest score and all notices worth a word.
func (s *series) live(d time.Duration) (highest float64, news []Notice) {
	highest = math.Inf(-1)
	for end := s.at.Add(d); s.at.Before(end); {
		score, notice := s.step()
		highest = max(highest, score.S)
		if notice > Quarantined {
			news = append(news, notice)
		}
	}
	return highest, news
}

const day = 24 * time.Hour

// bar is that of ten thousand profiles of which one may cry wolf once a day.
var bar = Budget{Profiles: 10_000, Metrics: 2, Tick: time.Minute, PerDay: 1}.Bar()
