package baseline

// Profile is what one series has taught: packets and bits of a tick. It takes about
// a kibibyte, holds no pointers, and may be copied. The zero value is a series of
// which nothing is known. One goroutine owns it.
type Profile struct {
	cells   cells
	hours   [24]uint16 // variance of each hour against that of the day, in parts of hourUnit
	visit   [bucketCount]visit
	five    visit
	hourSum float32 // of own variance in this hour, over as many ticks as its visit has

	packets, bits yardstick
	trails        [trailCount]trail

	level   float32 // L, in ln packets
	short   float32 // f
	guard   float32 // L28
	former  float32 // L before it was released to a new normal
	size    float32 // ln bits per packet
	special float32 // what part of the parent's special days it follows

	ticks uint32 // that taught something
	last  uint32 // minute that was learned last
	since uint32 // and that in which the former level was left
	held  uint16 // ticks in quarantine
	calm  uint8  // quiet ticks since
	home  uint8  // ticks at the former level
	state state
}

// state is what a profile is going through.
type state uint8

const (
	begun     state = 1 << iota // it has a level
	releasing                   // the level moves to a new normal
	confirmed                   // others said that what is in quarantine is an attack
	guarded                     // the expectation is capped by that of 28 days
	moved                       // there is a former level
)

func (p *Profile) is(s state) bool { return p.state&s != 0 }

// Begin gives a new series the level that is expected of it, in packets a tick: its
// share of what the parent has. It counts like half an hour of own ticks. Where
// something was learned already, it does nothing.
func (p *Profile) Begin(packets float64) {
	if p.is(begun) || !(packets > 0) {
		return
	}
	p.start(log(sane(packets)))
}

func (p *Profile) start(level float64) {
	p.level, p.guard = float32(level), float32(level)
	p.special = 1
	p.packets.start()
	p.bits.start()
	p.state |= begun
}

// FalseAlarm raises the profile's own bar, as an alarm of its own came to nothing:
// nobody else saw a reason for it. A series that is wilder than its tail was fitted
// to silences itself so.
func (p *Profile) FalseAlarm(m *Model) {
	for _, y := range []*yardstick{&p.packets, &p.bits} {
		y.bar = float32(min(float64(y.bar)+m.cfg.OwnAlarm, highestBar))
	}
}

// Ticks is how many ticks have taught the profile something.
func (p *Profile) Ticks() uint32 { return p.ticks }

// Held is for how many ticks it has learned nothing, as they were too rare.
func (p *Profile) Held() int { return int(p.held) }

// Guarded tells whether the expectation is kept down by the level of 28 days.
func (p *Profile) Guarded() bool { return p.is(guarded) }

// Maturity is how far a profile may be trusted.
type Maturity uint8

// A profile younger than a day supports low importance, one that has not seen the
// half hour of the day three times medium importance.
const (
	Young Maturity = iota
	Growing
	Grown
)

func (m Maturity) String() string { return [...]string{"young", "growing", "grown"}[min(m, Grown)] }

func (p *Profile) maturity(now *Moment) Maturity {
	switch {
	case float64(p.ticks) < now.model.perDay:
		return Young
	case p.cells.visits[now.slots.cells[halfHour]] < 3:
		return Growing
	}
	return Grown
}
