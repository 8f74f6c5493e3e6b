package baseline

// The order of each state on paper. What is added later gets a new version.

// mostLog bounds logarithms of counts, and mostVariance their variances: nothing that
// was learned from counts is beyond.
const (
	mostLog      = 100
	mostVariance = 1e4
	mostRarity   = 1e6
	mostCount    = 1e30
)

func (p *Profile) walk(f *form) {
	f.int16s(p.cells.wide[:])
	f.int8s(p.cells.narrow[:])
	f.uint8s(p.cells.visits[:])
	for i := range p.hours {
		f.uint16(&p.hours[i])
	}
	for i := range p.visit {
		p.visit[i].walk(f)
	}
	p.five.walk(f)
	f.float32("variance of the hour", &p.hourSum, 0, mostCount)
	p.packets.walk(f)
	p.bits.walk(f)
	for i := range p.trails {
		f.float32("mean of a trail", &p.trails[i].mean, -mostLog, mostLog)
		f.float32("square of a trail", &p.trails[i].square, 0, mostVariance)
	}
	p.walkLevel(f)
}

func (p *Profile) walkLevel(f *form) {
	f.float32("level", &p.level, -mostLog, mostLog)
	f.float32("short memory", &p.short, -mostLog, mostLog)
	f.float32("level of 28 days", &p.guard, -mostLog, mostLog)
	f.float32("former level", &p.former, -mostLog, mostLog)
	f.float32("bits per packet", &p.size, -mostLog, mostLog)
	f.float32("part of special days", &p.special, 0, 1)
	f.uint32(&p.ticks)
	f.uint32(&p.last)
	f.uint32(&p.since)
	f.uint16(&p.held)
	f.uint8(&p.calm)
	f.uint8(&p.home)
	f.uint8((*uint8)(&p.state))
	if all := begun | releasing | confirmed | guarded | moved; p.state&^all != 0 {
		f.fail("state %#x", uint8(p.state))
	}
	if learned := p.ticks > 0 || p.state != 0; learned && !p.is(begun) {
		f.fail("state %#x after %d ticks", uint8(p.state), p.ticks)
	}
	for _, y := range []*yardstick{&p.packets, &p.bits} {
		if p.is(begun) && (y.u < leastU || y.excess < leastExcess) {
			f.fail("tail from %v on, by %v", y.u, y.excess)
		}
	}
}

func (v *visit) walk(f *form) {
	f.float32("sum of a visit", &v.sum, -mostCount, mostCount)
	f.uint32(&v.n)
}

func (y *yardstick) walk(f *form) {
	f.float32("variance", &y.own, 0, mostVariance)
	f.float32("variance around the calendar", &y.ownSlow, 0, mostVariance)
	f.float32("quantile", &y.u, 0, mostU)
	f.float32("excess", &y.excess, 0, mostRarity)
	f.float32("square of the excess", &y.square, 0, mostCount)
	f.float32("bar", &y.bar, 0, highestBar)
	f.float32("rarity", &y.rarity, 0, mostRarity)
	f.float32("ratio", &y.ratio, -mostLog, mostLog)
}

func (m *Minutes) walk(f *form) {
	f.int8s(m.means[:])
	f.uint8s(m.visits[:])
}

func (c *Calendar) walk(f *form) {
	f.int16s(c.month[:])
	f.int16s(c.year[:])
	f.uint8s(c.monthVisits[:])
	f.uint8s(c.yearVisits[:])
	c.monthSum.walk(f)
	c.yearSum.walk(f)
	f.uint32(&c.last)
	f.uint8(&c.month0)
	f.uint16(&c.year0)
	if int(c.month0) >= len(c.month) || int(c.year0) >= len(c.year) {
		f.fail("day %d of the month, %d of the year", c.month0, c.year0)
	}
}

func (c *Cold) walk(f *form) {
	f.float32("samples", &c.samples, 0, mostCount)
	f.float32("exposure", &c.exposure, 0, mostCount)
	f.float32("rarity", &c.rarity, 0, mostRarity)
	f.float32("ratio", &c.ratio, -mostLog, mostLog)
	f.float32("bar", &c.bar, 0, highestBar)
	f.uint32(&c.last)
	f.uint32(&c.ticks)
	f.uint16(&c.held)
	f.bool("seen", &c.whole)
}

func (s *Sparse) walk(f *form) {
	for i := range s.counts {
		f.float32("count", &s.counts[i], 0, mostCount)
	}
	f.float32("mean", &s.mean, 0, mostCount)
	f.uint32(&s.ticks)
	f.uint16(&s.held)
	f.uint8(&s.next)
	if s.next >= sparseTicks {
		f.fail("tick %d of %d", s.next, sparseTicks)
	}
}

func (h *Habit) walk(f *form) {
	f.float32("mean", &h.mean, 0, mostCount)
	f.uint32(&h.ticks)
	f.uint16(&h.held)
	f.bool("tick before", &h.before)
}

func (d *Drop) walk(f *form) {
	f.uint8(&d.ticks)
	if d.ticks > dropTicks {
		f.fail("%d ticks, at most %d", d.ticks, dropTicks)
	}
}
