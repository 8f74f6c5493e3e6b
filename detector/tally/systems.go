package tally

// system gathers what the flows of one batch moved from or to one autonomous
// system. A batch meets few of them again and again, so only its sums go to the
// keys.
type system struct {
	number, observer uint32
	side             Side
	used             bool
	ticks            [2]Sum // by parity of the tick
}

// systems are those of the batch at hand; where two meet in one place, the older
// is poured out.
type systems struct {
	places [256]system
	used   []uint8 // places
}

// countSystems adds what a router added up to the autonomous systems at its ends,
// as far as the router knows them. Single flows are not counted by system: they
// are about hosts, and counting them once more would cost a tenth of the engine.
func (c *Counter) countSystems(r *row, src, dst uint32) {
	if src != 0 {
		c.countSystem(r, From, src)
	}
	if dst != 0 {
		c.countSystem(r, To, dst)
	}
}

func (c *Counter) countSystem(r *row, side Side, number uint32) {
	at := uint8((number*2+uint32(side))*0x9e3779b1>>24) ^ uint8(r.observer)
	s := &c.systems.places[at]
	if s.number != number || s.observer != r.observer || s.side != side || !s.used {
		c.pourSystem(s)
		s.number, s.observer, s.side, s.used = number, r.observer, side, true
		c.systems.used = append(c.systems.used, at)
	}
	r.addTicks(&s.ticks)
}

func (c *Counter) pourSystem(s *system) {
	if s.used {
		c.pour(Key{Kind: System, Side: s.side, Index: s.number, Observer: s.observer}, &s.ticks)
		*s = system{}
	}
}

// pourSystems moves the sums of a batch to the keys.
func (c *Counter) pourSystems() {
	for _, at := range c.systems.used {
		c.pourSystem(&c.systems.places[at])
	}
	c.systems.used = c.systems.used[:0]
}
