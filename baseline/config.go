package baseline

import (
	"fmt"
	"time"
)

// Config says how series are judged. One is enough for all series of a kind.
type Config struct {
	// Tick is how long a series is counted for each observation: one minute or five.
	Tick time.Duration
	// SizeKey is G: what a factor of e above the expectation counts at most. With a
	// bar of 7.5, 12 asks for 1.9 times what is expected and 7 for 2.9 times: 12 for
	// totals at one minute, 7 for classes of traffic, 4 to 6 at five minutes.
	SizeKey float64
	// Kappa is how many visits of a slot weigh as much as having none.
	Kappa float64
	// ShortMemory is the part of its error by which the short memory moves each tick.
	ShortMemory float64
	// LevelMemory is in what time the slow level forgets; one to three days.
	LevelMemory time.Duration
	// QuarantineTicks is for how long at most what is too rare teaches nothing.
	QuarantineTicks int
	// HoldTicks is the same where others confirm that it is an attack.
	HoldTicks int
	// OwnAlarm is by how much a false alarm raises the profile's own bar, and
	// OwnAlarmMemory in what time that fades.
	OwnAlarm       float64
	OwnAlarmMemory time.Duration
	// DriftRatio is how far the level may be above that of 28 days before growth
	// with another mix of traffic is called a drift.
	DriftRatio float64
}

// DefaultConfig judges totals of a minute.
func DefaultConfig() Config {
	return Config{
		Tick: time.Minute, SizeKey: 12, Kappa: 3, ShortMemory: 0.4, LevelMemory: 48 * time.Hour,
		QuarantineTicks: 120, HoldTicks: 3 * 1440,
		OwnAlarm: 0.75, OwnAlarmMemory: 7 * 24 * time.Hour, DriftRatio: 1.5,
	}
}

// Validate reports everything that is wrong.
func (c Config) Validate() []error {
	var errs []error
	within := func(name string, value, low, high float64) {
		if !(low <= value && value <= high) {
			errs = append(errs, fmt.Errorf("baseline.%s: %v, want %v to %v", name, value, low, high))
		}
	}
	if c.Tick != time.Minute && c.Tick != 5*time.Minute {
		errs = append(errs, fmt.Errorf("baseline.tick: %v, want 1m or 5m", c.Tick))
	}
	within("size-key", c.SizeKey, 1, 100)
	within("kappa", c.Kappa, 0.1, 100)
	within("short-memory", c.ShortMemory, 0.01, 1)
	within("level-memory in hours", c.LevelMemory.Hours(), 1, 30*24)
	within("quarantine-ticks", float64(c.QuarantineTicks), 5, longestHold)
	within("hold-ticks", float64(c.HoldTicks), float64(c.QuarantineTicks), longestHold)
	within("own-alarm", c.OwnAlarm, 0, highestBar)
	within("own-alarm-memory in hours", c.OwnAlarmMemory.Hours(), 1, 90*24)
	within("drift-ratio", c.DriftRatio, 1.05, 10)
	return errs
}

// longestHold is the longest quarantine, in ticks: what counts it has 16 bits.
const longestHold = 1<<16 - 1

// Model is a Config made ready. It does not change, so that any number of
// goroutines may use one.
type Model struct {
	cfg     Config
	weights [256]float64 // of a cell by its visits

	tick   uint32  // minutes
	perDay float64 // ticks a day
	level  float64 // parts of the way that are gone each tick
	guard  float64
	growth float64 // of the guard's level at most, each tick
	drift  float64
	size   float64
	spread float64
	fade   float64 // what is left of the own bar after a tick
	stale  float64 // what is left of the short memory after a tick that taught nothing

	trails      [trailCount]float64 // parts of the way as well
	trailMemory [trailCount]float64 // ticks
	trailWarm   [trailCount]uint32  // ticks
}

// The memories that nobody needs to change.
const (
	guardDays     = 28    // detection drift guard: tau of the second level
	growthPerDay  = 0.10  // by which it grows at most, in log
	sizeHours     = 3.    // memory of the bytes per packet
	spreadDays    = 1.    // memory of the spread
	staleMinutes  = 30.   // half-life of the short memory while nothing is learned
	releasePart   = 0.05  // of the gap to a new normal, each tick
	winsor        = 3.    // standard deviations beyond which a point counts as at them
	quarantine    = 4.    // rarity (one in ten thousand) beyond which a point teaches nothing
	calmTicks     = 5     // quiet ticks that end a quarantine
	offsetSamples = 6.    // x0
	highestBar    = 6.    // that false alarms can raise
	leastNewNews  = 0.262 // ln 1.3: a smaller new normal is not worth a word
	priorTicks    = 30.   // what the prior spread and a borrowed level weigh
	priorSpread   = 0.3   // of a series of which nothing is known, in log
	leastSpread   = 0.01  // no traffic is more regular than one percent
)

// New makes a configuration ready, and returns the first thing that is wrong with it.
func New(cfg Config) (*Model, error) {
	if errs := cfg.Validate(); len(errs) > 0 {
		return nil, errs[0]
	}
	m := &Model{cfg: cfg, tick: uint32(cfg.Tick / time.Minute)}
	ticks := func(d time.Duration) float64 { return float64(d) / float64(cfg.Tick) }
	m.perDay = ticks(24 * time.Hour)
	m.level = 1 / ticks(cfg.LevelMemory)
	m.guard, m.growth = 1/(guardDays*m.perDay), growthPerDay/m.perDay
	m.drift = log(cfg.DriftRatio)
	m.size = 24 / (sizeHours * m.perDay)
	m.spread = 1 / (spreadDays * m.perDay)
	m.fade = exp(-1 / ticks(cfg.OwnAlarmMemory))
	m.stale = exp(-ln2 * float64(m.tick) / staleMinutes)
	for v := range m.weights {
		m.weights[v] = float64(v) / (float64(v) + cfg.Kappa)
	}
	for i, minutes := range trailMinutes {
		window := minutes / float64(m.tick) // in ticks
		m.trails[i] = 2 / (window + 1)
		m.trailMemory[i] = max(trailWindows*window, trailDays*m.perDay)
		m.trailWarm[i] = uint32(trailVisits * window)
	}
	return m, nil
}
