package tally

import (
	"eagre/flow"
)

// watch keeps the panes of a series from now on, while there is room.
func (c *Counter) watch(e *entry) bool {
	place, ok := c.makeRoom(e.key.Kind)
	if !ok {
		c.partial.HotRefused++
		return false
	}
	c.hot[place] = &hotSeries{entry: e, epoch: c.epoch}
	e.hot = uint32(place + 1)
	return true
}

// ignite makes a series hot: its panes are kept from the beginning of the step.
func (c *Counter) ignite(e *entry) bool {
	if !c.watch(e) {
		return false
	}
	c.hot[e.hot-1].fresh = true
	c.fresh++
	return true
}

// makeRoom finds a place for a hot series within the bounds.
func (c *Counter) makeRoom(kind Kind) (place int, ok bool) {
	used := len(c.hot) - len(c.room)
	if kind == Group {
		if c.groups >= c.cfg.MaxGroups {
			return 0, false
		}
		c.groups++
	} else if used-c.groups >= c.cfg.MaxHot {
		return 0, false
	}
	if n := len(c.room); n > 0 {
		place = int(c.room[n-1])
		c.room = c.room[:n-1]
		return place, true
	}
	c.hot = append(c.hot, nil)
	return len(c.hot) - 1, true
}

// cool ends the watch over a series.
func (c *Counter) cool(h *hotSeries) {
	place := h.entry.hot - 1
	if h.entry.key.Kind == Group {
		c.groups--
	}
	c.hot[place], h.entry.hot = nil, 0
	c.room = append(c.room, place)
}

// countFresh counts the step's rows again for the series that became hot in it,
// and for the series that these are held against.
func (c *Counter) countFresh(again Again) {
	c.companions = keyFilter{}
	for _, h := range c.hot {
		if h != nil && (h.fresh || h.touched() || h.quiet(c.epoch) < coolEpochs) {
			c.keepCompanion(h)
		}
	}
	if c.fresh == 0 {
		return
	}
	var filter keyFilter
	for _, h := range c.hot {
		if h != nil && h.fresh {
			filter.add(h.entry.key.Hash(c.cfg.Seed))
		}
	}
	again(func(b *flow.Batch) { c.recount(b, &filter) })
	for _, h := range c.hot {
		if h != nil && h.fresh {
			h.fresh, h.before = false, c.before(h.entry)
		}
	}
	c.fresh = 0
}

func (c *Counter) recount(b *flow.Batch, filter *keyFilter) {
	for from := 0; from < b.N; from += blockRows {
		c.planBlock(b, from, min(from+blockRows, b.N), false)
		for i := range c.planned {
			p := &c.plans[i]
			c.addFresh(p.row, &p.key, p.bound, filter)
			if p.class != Total {
				k := p.classKey()
				c.addFresh(p.row, &k, p.classBound, filter)
			}
		}
	}
}

// addFresh counts a flow into the panes of a series if that is fresh.
func (c *Counter) addFresh(r *row, k *Key, bound *Heat, filter *keyFilter) {
	if bound == nil {
		return
	}
	hash := k.Hash(c.cfg.Seed)
	if !filter.has(hash) {
		return
	}
	e := c.table.find(k, hash)
	if e == nil || e.hot == 0 {
		return
	}
	if h := c.hot[e.hot-1]; h.fresh {
		c.addHot(r, h, bound)
	}
}

// keyFilter passes over most keys that are not meant, without a look-up.
type keyFilter [1024]bool

func (f *keyFilter) add(hash uint64)      { f[hash>>54] = true }
func (f *keyFilter) has(hash uint64) bool { return f[hash>>54] }

// keepCompanion keeps hot, as long as a series is, the one that its findings
// are held against.
func (c *Counter) keepCompanion(h *hotSeries) {
	k, has := companionOf(h.entry.key)
	if !has {
		return
	}
	e := c.table.find(&k, k.Hash(c.cfg.Seed))
	if e == nil {
		if k.Kind != Prefix {
			return // nothing was seen of it
		}
		if e = c.entry(&k, k.Hash(c.cfg.Seed), &Sum{Packets: admission * Unit}); e == nil {
			return
		}
	}
	if e.hot == 0 && !c.ignite(e) {
		return
	}
	c.companions.add(k.Addr.Hash(c.cfg.Seed))
	c.hot[e.hot-1].epoch = c.epoch
}

// companionOf is the series that a finding by structure is held against: the
// whole traffic of a host beside its SYNs, its own queries beside DNS answers.
func companionOf(k Key) (Key, bool) {
	switch k.Class {
	case SYN:
		k.Class = Total
		return k, true
	case DNSReply:
		if k.Kind == Host && k.Side == To {
			k.Class, k.Side = DNSQuery, From
			return k, true
		}
	}
	return Key{}, false
}

// before is the series' sum in the tick before the running one, while that is
// still open; nil where it is gone.
func (c *Counter) before(e *entry) *Sum {
	previous := floorDiv(flow.StepStart(c.step).UnixMilli(), TickLength) - 1
	if previous <= c.settled {
		return nil
	}
	s := e.ticks[previous&1]
	return &s
}
