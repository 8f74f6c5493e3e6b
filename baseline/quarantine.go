package baseline

import "math"

// What is too rare teaches nothing: learning through anomalies lets an attack hide
// the next one. But normal does change, and what was in quarantine for long enough
// becomes normal by itself, unless others confirmed that it is an attack.

// detain lets a tick teach nothing. The short memory of what came before it goes
// stale. When quarantine is over the level begins to move.
func (p *Profile) detain(e *Expectation, s *Score, ev Evidence) Notice {
	m := e.now.model
	p.short = float32(float64(p.short) * m.stale)
	p.held, p.calm = min(p.held, math.MaxUint16-1)+1, 0
	if ev.Corroborated {
		p.state |= confirmed
	}
	limit := m.cfg.QuarantineTicks
	if p.is(confirmed) {
		limit = m.cfg.HoldTicks
	}
	if int(p.held) <= limit || p.is(guarded) {
		return Quarantined
	}
	p.leave(e.now)
	p.level += float32(releasePart * s.Packets.slow)
	return Quarantined
}

// leave remembers the level that is being left.
func (p *Profile) leave(now *Moment) {
	if !p.is(moved) {
		p.former, p.since = p.level, now.minute
	}
	p.home = 0
	p.state |= releasing | moved
}

// release counts quiet ticks; enough of them end the quarantine. It tells whether a
// new normal worth a word has begun.
func (p *Profile) release(now *Moment) bool {
	if p.is(moved) && now.minute-p.since > formerMinutes {
		p.state &^= moved
	}
	if p.held == 0 {
		return false
	}
	if p.calm++; p.calm < calmTicks {
		return false
	}
	news := p.is(releasing) && math.Abs(float64(p.level-p.former)) >= leastNewNews
	if p.is(releasing) {
		p.guard = p.level // it was told, and is no drift
	}
	p.held, p.calm = 0, 0
	p.state &^= releasing | confirmed
	return news
}

// formerMinutes is for how long a level is remembered that was left.
const formerMinutes = 7 * dayMinutes

// comesHome tells whether the level that was left is back: then it was no new
// normal, and nothing is kept of it.
func (p *Profile) comesHome(s *Score) bool {
	if !p.is(moved) {
		return false
	}
	away := float64(p.level - p.former)
	if math.Abs(away) < leastNewNews || math.Abs(s.Packets.slow+away) > math.Abs(away)/3 {
		p.home = 0
		return false
	}
	if p.home++; p.home < calmTicks {
		return false
	}
	p.level, p.guard, p.short = p.former, p.former, 0
	p.held, p.calm, p.home = 0, 0, 0
	p.state &^= releasing | confirmed | moved
	return true
}

// watchDrift compares the level with that of 28 days, and caps the expectation where
// it crept away together with the mix of traffic. The cap is lifted when most of the
// way is gone back.
func (p *Profile) watchDrift(m *Model, ev Evidence) Notice {
	ahead := float64(p.level - p.guard)
	switch {
	case p.is(guarded) && ahead <= 0.8*m.drift:
		p.state &^= guarded
	case !p.is(guarded) && ahead > m.drift && ev.MixMoved:
		p.state |= guarded
		return SlowDrift
	}
	return Taught
}
