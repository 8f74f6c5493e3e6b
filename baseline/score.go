package baseline

// Observation is what was counted in a tick that has settled.
type Observation struct {
	Packets, Bits float64 // estimates of the truth, renormalised; never below zero
}

// Score says how far a tick is from normal.
type Score struct {
	// S is the larger of the two metrics'. It is an alarm where it reaches the bar of
	// the budget.
	S             float64
	Packets, Bits Test
	// Trails are tests of their own, for slow attacks, each with its own budget.
	Trails   [trailCount]Trail
	Maturity Maturity
	// Releasing says that the level is on its way to a new normal: what led to it was
	// an alarm already, and is none again.
	Releasing bool
	// Rest is what the tick leaves to special days, as a log ratio (Calendar.Learn).
	Rest float64

	rarest float64 // of the tick alone, above or below, for the quarantine
}

// Test is the verdict on one metric. It takes two keys: what happens must be rare,
// and it must be large. Each counts half over two ticks, and 60 % of what the tick
// says alone if that is more.
type Test struct {
	S      float64 // the smaller key, less the bar
	Z      float64 // deviations from the expectation
	Slow   float64 // deviations from level and calendar alone
	Rarity float64 // first key: -log10 of the chance of it
	Size   float64 // second key: SizeKey times the log ratio of observed to expected
	Bar    float64 // the profile's own

	once  float64 // rarity and log ratio of this tick alone
	ratio float64
	e     float64 // log ratios to the expectation, and to level and calendar
	slow  float64
}

// Score holds an observation against an expectation. It changes nothing. Of a
// series of which nothing is known, nothing is unusual.
func (p *Profile) Score(e *Expectation, seen Observation) (s Score) {
	s.Maturity, s.Releasing = e.Maturity, p.is(releasing)
	if !p.is(begun) {
		return s
	}
	p.packets.judge(&s.Packets, e, sane(seen.Packets), &e.packets)
	if s.S = s.Packets.S; p.size != 0 { // otherwise no packet has had a size yet
		p.bits.judge(&s.Bits, e, sane(seen.Bits)*e.bitScale, &e.bits)
		s.S = max(s.S, s.Bits.S)
	}
	s.rarest = max(s.Packets.once, s.Bits.once, p.packets.rarityOf(-s.Packets.Z), p.bits.rarityOf(-s.Bits.Z))
	s.Rest = p.rest(e, &s.Packets)
	slow := clip(s.Packets.slow, mostTrailed)
	for i := range s.Trails {
		p.trails[i].judge(&s.Trails[i], e.now.model, i, p.ticks, slow)
	}
	return s
}

// rest is what the tick has above all that is known without special days. If the
// level is on its way to a new normal, that of before counts: it may be the special
// day that moves it.
func (p *Profile) rest(e *Expectation, t *Test) float64 {
	rest := t.slow + e.before[bucketCount+2] - e.before[bucketCount+1]
	if p.is(moved) {
		rest += float64(p.level - p.former)
	}
	return rest
}

// judge is the score of one metric. Bits come in the packets that they are usually
// good for, so that one expectation serves both.
func (y *yardstick) judge(t *Test, e *Expectation, seen float64, by *deviations) {
	at := log(seen + e.offset)
	t.e, t.slow, t.Bar = at-e.fast, at-e.slow, float64(y.bar)
	t.Z = t.e / by.fast
	t.Slow = t.slow / by.slow
	t.once = y.rarityOf(t.Z)
	t.once = max(t.once, min(t.once+1, y.rarityOf(t.Slow)))
	t.ratio = min(t.e, t.slow)
	t.Rarity = twoTicks(t.once, float64(y.rarity))
	t.Size = e.now.model.cfg.SizeKey * twoTicks(t.ratio, float64(y.ratio))
	t.S = min(t.Rarity, t.Size) - t.Bar
}

// twoTicks is the evidence of this tick and the one before.
func twoTicks(now, before float64) float64 { return max(0.6*now, (now+before)/2) }

// winsorised counts what is beyond three deviations as at them.
func winsorised(error, deviation float64) float64 { return clip(error, winsor*deviation) }
