package baseline

import "math"

// Evidence is what others found out about a tick.
type Evidence struct {
	// Corroborated: not this profile alone says that it is an attack (misuse, a
	// signature, the class of traffic). It then teaches nothing for much longer.
	Corroborated bool
	// MixMoved: the shares of classes or sources are not what they were four weeks
	// ago. Growth with another mix is a drift.
	MixMoved bool
}

// Notice is what a tick changed about normal itself.
type Notice uint8

// A tick is Taught as most are, or Quarantined: it was too rare to teach anything.
// NewNormal: what lasted has become normal; said once, when the level has arrived.
// OldNormal: it has not, as the level before it is back. SlowDrift: the level
// crept away from that of 28 days while the mix of traffic moved; said once.
const (
	Taught Notice = iota
	Quarantined
	NewNormal
	OldNormal
	SlowDrift
)

func (n Notice) String() string {
	return [...]string{"taught", "quarantined", "new normal", "old normal", "slow drift"}[min(n, SlowDrift)]
}

// Learn takes in a tick that was scored. Ticks come in the order of time; one that
// was learned already changes nothing, ones that were missed weaken what is
// remembered for minutes.
func (p *Profile) Learn(e *Expectation, seen Observation, s *Score, ev Evidence) Notice {
	now := e.now
	switch {
	case !p.is(begun):
		p.first(e, seen)
		return Taught
	case p.last == now.minute:
		return Taught
	}
	p.arrive(e)
	notice := p.take(e, seen, s, ev)
	p.packets.remember(now.model, &s.Packets)
	p.bits.remember(now.model, &s.Bits)
	p.last = now.minute
	return notice
}

// first begins a series with what was seen of it.
func (p *Profile) first(e *Expectation, seen Observation) {
	packets := sane(seen.Packets)
	calendar := e.before[len(e.before)-1]
	p.start(log(max(packets, e.offset/offsetSamples/2)) - calendar)
	p.learnSize(e, seen, 1)
	p.last = e.now.minute
	p.ticks = 1
}

// arrive ends the visits that are over, and lets pass what was missed.
func (p *Profile) arrive(e *Expectation) {
	now := e.now
	if !sameVisit(now.minute, p.last, fiveMinutes) {
		p.fold(now.model, now.minute, e.given.Minutes)
	}
	if missed := int64(now.minute) - int64(p.last); missed != int64(now.model.tick) {
		p.packets.forget()
		p.bits.forget()
		p.short = float32(float64(p.short) * exp(-ln2/staleMinutes*math.Abs(float64(missed))))
	}
}

// fold teaches each cell whose visit is over.
func (p *Profile) fold(m *Model, minute uint32, five *Minutes) {
	was := slotsOf(p.last)
	if mean, whole := p.five.end(fiveMinutes / m.tick); whole && five != nil {
		five.fold(was.five, mean)
	}
	if sameVisit(minute, p.last, 30) {
		return
	}
	if !sameVisit(minute, p.last, 60) {
		p.foldHour(was.hour, p.visit[hourOfWeek].n)
	}
	for i, length := range minutesOf {
		if sameVisit(minute, p.last, length) {
			continue
		}
		if mean, whole := p.visit[i].end(length / m.tick); whole {
			p.cells.fold(i, was.cells[i], mean)
		}
	}
	if !sameVisit(minute, p.last, dayMinutes) {
		for i := range tables[:bucketCount] {
			p.level += float32(p.cells.centre(m, i))
		}
	}
}

// foldHour teaches an hour of the day its variance.
func (p *Profile) foldHour(hour uint8, ticks uint32) {
	own := float64(p.packets.own)
	if ticks > 0 && own > leastSpread*leastSpread {
		ratio := max(1/mostHour, min(float64(p.hourSum)/float64(ticks)/own, mostHour))
		before := float64(p.hours[hour]) / hourUnit
		if before == 0 {
			before = 1
		}
		p.hours[hour] = uint16(math.RoundToEven(toward(before, ratio, hourVisit) * hourUnit))
	}
	p.hourSum = 0
}

// take learns from the tick, or does not.
func (p *Profile) take(e *Expectation, seen Observation, s *Score, ev Evidence) Notice {
	slow := winsorised(s.Packets.slow, e.packets.slow)
	teaches := s.rarest <= quarantine
	for i := range p.trails {
		p.trails[i].learn(e.now.model, i, p.ticks, clip(s.Packets.slow, mostTrailed), teaches)
	}
	p.learnSpecial(e, slow)
	if p.comesHome(s) {
		return OldNormal
	}
	if !teaches {
		return p.detain(e, s, ev)
	}
	p.learnSpread(e, s)
	p.learnCells(e, slow)
	p.learnLevel(e, s, slow)
	p.learnSize(e, seen, e.now.model.size)
	p.ticks = min(p.ticks, math.MaxUint32-1) + 1
	if p.release(e.now) {
		return NewNormal
	}
	return p.watchDrift(e.now.model, ev)
}

// learnSpread teaches both metrics how they spread.
func (p *Profile) learnSpread(e *Expectation, s *Score) {
	part := max(e.now.model.spread, 1/(float64(p.ticks)+priorTicks))
	own := p.packets.learn(&s.Packets, &e.packets, e.sampling, e.hour, part)
	p.hourSum += float32(own)
	if p.size != 0 {
		p.bits.learn(&s.Bits, &e.bits, float64(e.given.SizesVary*e.sampling), e.hour, part)
	}
}

// learnCells adds to each visit what the buckets before it left over.
func (p *Profile) learnCells(e *Expectation, slow float64) {
	if p.is(guarded) {
		return
	}
	all := e.before[len(e.before)-1]
	for i := range p.visit {
		p.visit[i].add(slow + all - e.before[i])
	}
	p.five.add(slow + all - e.before[bucketCount])
}

// learnSpecial follows what part of the parent's special days a child keeps, by
// normalised least mean squares (Widrow and Hoff 1960). It may learn from what is in
// quarantine: all that an attack on a holiday can teach it is a usual day.
func (p *Profile) learnSpecial(e *Expectation, slow float64) {
	special := e.given.Special
	if math.Abs(special) < leastSpecial {
		return
	}
	step := float64(slow*special) / (float64(special*special) + leastSpecial)
	gain := float64(p.special) + float64(step*float64(e.now.model.tick)/specialMinutes)
	p.special = float32(max(0, min(gain, 1)))
}

const (
	leastSpecial   = 0.05
	specialMinutes = 60. // memory of an hour
)

// learnLevel moves both memories of the level. While a drift is guarded against it
// may only fall.
func (p *Profile) learnLevel(e *Expectation, s *Score, slow float64) {
	m := e.now.model
	off := winsorised(s.Packets.e, e.packets.fast)
	p.short += float32(m.cfg.ShortMemory * off)
	if p.is(guarded) && slow > 0 {
		return
	}
	p.level += float32(max(m.level, 1/(float64(p.ticks)+2)) * slow)
	if float64(p.ticks) < m.perDay {
		p.guard = p.level
		return
	}
	p.guard += float32(clip(m.guard*float64(p.level-p.guard), m.growth))
}

// learnSize follows the bits per packet.
func (p *Profile) learnSize(e *Expectation, seen Observation, part float64) {
	packets, bits := sane(seen.Packets), sane(seen.Bits)
	if packets > 0 && bits > 0 {
		size := log(bits) - log(packets)
		if p.size == 0 {
			p.size = float32(size)
		}
		step := winsorised(size-float64(p.size), e.bits.fast)
		p.size += float32(part * step)
	}
}
