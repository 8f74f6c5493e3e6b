package tally

import (
	"eagre/flow"
	"eagre/network"
)

// A block of rows is counted in three passes: plan every addition, touch the
// memory of all of them, then add. The touches do not depend on each other, so
// the processor waits for many cache misses at once instead of one by one; at
// a hundred thousand hosts that is the difference between the memory's latency
// and its bandwidth.
const (
	blockRows   = 128
	plansPerRow = 6 // at most: at either end the host and its class, and the prefix and its class
)

// plan is one addition to come.
type plan struct {
	key   Key
	hash  uint64
	row   *row
	bound *Heat // of a watched series, otherwise nil
	ref   uint32
}

func (c *Counter) countBlock(b *flow.Batch, from, to int) {
	c.planBlock(b, from, to, true)
	c.touch()
	for i := range c.planned {
		c.apply(&c.plans[i])
	}
	for _, r := range c.served {
		c.countPort(r)
	}
}

// planBlock plans the additions of some rows; account is false when they have
// been accounted for before.
func (c *Counter) planBlock(b *flow.Batch, from, to int, account bool) {
	c.planned, c.served = 0, c.served[:0]
	for i := from; i < to; i++ {
		r := &c.rows[i-from]
		implausible := b.Quality[i]&flow.Implausible != 0
		var late Sum
		if !implausible {
			late = c.describe(b, i, r)
		}
		if account {
			c.account(r, late, implausible)
		}
		if implausible || r.sum.IsZero() {
			continue
		}
		if account {
			c.countPlaces(b, i, r)
		}
		if r.place.Core {
			continue
		}
		c.planEnds(r)
		if account {
			c.served = append(c.served, r)
		}
	}
}

func (c *Counter) account(r *row, late Sum, implausible bool) {
	switch {
	case implausible:
		c.partial.Implausible++
		return
	case r.place.Core:
		c.partial.Unplaced++
	}
	if !late.IsZero() {
		c.partial.LateRows++
		c.partial.LatePackets = addSaturating(c.partial.LatePackets, late.Packets)
	}
}

// planEnds plans what is watched at either end of the flow.
func (c *Counter) planEnds(r *row) {
	unmapped := r.place.Direction == network.DirectionUnknown
	if r.place.Dst != 0 || unmapped {
		c.planHost(r, To, r.place.Dst, r.dst)
		c.planPrefix(r)
	}
	if r.place.Src != 0 {
		c.planHost(r, From, r.place.Src, r.src)
	} else if r.class == DNSQuery && unmapped {
		c.planClass(r, From, 0, r.src)
	}
}

func (c *Counter) planHost(r *row, side Side, object network.Object, host flow.IP) {
	bound := &c.heats(object)[side][Total]
	c.plan(r, bound).key = Key{Kind: Host, Side: side, Addr: host, Bits: hostBits(host), Observer: r.observer}
	if r.class != None {
		c.planClass(r, side, object, host)
	}
}

func (c *Counter) planClass(r *row, side Side, object network.Object, host flow.IP) {
	bound := &c.heats(object)[side][r.class]
	c.plan(r, bound).key = Key{Kind: Host, Class: r.class, Side: side, Addr: host, Bits: hostBits(host), Observer: r.observer}
}

// neverAlone is the heat of series that are hot only as another's companion. The
// whole traffic of a prefix is counted only then: a busy neighbourhood is no
// attack.
var neverAlone Heat

func (c *Counter) planPrefix(r *row) {
	bits, bounds := prefixBits(r.dst), c.heats(0)
	prefix := r.dst.Mask(int(bits))
	if c.companions.has(prefix.Hash(c.cfg.Seed)) {
		c.plan(r, &neverAlone).key = Key{Kind: Prefix, Addr: prefix, Bits: bits, Observer: r.observer}
	}
	if r.class != None {
		c.plan(r, &bounds[To][r.class]).key = Key{Kind: Prefix, Class: r.class, Addr: prefix, Bits: bits, Observer: r.observer}
	}
}

// plan takes the next free plan; the caller sets its key.
func (c *Counter) plan(r *row, bound *Heat) *plan {
	p := &c.plans[c.planned]
	c.planned++
	p.row, p.bound = r, bound
	return p
}

// touch looks up all plans: first the cache lines of the slots, then the slots,
// then the lines of the entries. The first and the last pass take no decision
// that waits for memory.
func (c *Counter) touch() {
	var sum uint64
	for i := range c.planned {
		p := &c.plans[i]
		p.hash = p.key.Hash(c.cfg.Seed)
		sum += uint64(c.table.home(p.hash))
	}
	for i := range c.planned {
		c.plans[i].ref = c.table.candidate(c.plans[i].hash)
	}
	for i := range c.planned {
		if ref := c.plans[i].ref; ref != 0 {
			e := c.table.at(ref)
			sum += e.key.Addr.Lo + e.ticks[0].Packets
		}
	}
	for _, r := range c.served {
		if r.port != nil {
			sum += r.port[0].Packets
		}
	}
	c.touched = sum
}

func (c *Counter) apply(p *plan) {
	e := c.resolve(p)
	if e == nil {
		return
	}
	e.addTicks(p.row)
	if p.bound == nil {
		return
	}
	e.heat.warm(c.epoch, &p.row.sum)
	if e.hot == 0 && !(e.heat.reaches(p.bound, 1) && c.ignite(e)) {
		return
	}
	if h := c.hot[e.hot-1]; !h.fresh { // fresh ones are counted at the end of the step
		c.addHot(p, h)
	}
}

func (c *Counter) resolve(p *plan) *entry {
	if p.ref != 0 {
		if e := c.table.at(p.ref); e.key.same(&p.key) {
			return e
		}
	}
	return c.entry(&p.key, p.hash, &p.row.sum)
}

// addHot counts into the panes, and the peer into the second in which the flow
// ended.
func (c *Counter) addHot(p *plan, h *hotSeries) {
	if h.entry.heat.reaches(p.bound, 4) {
		h.epoch = c.epoch
	}
	h.addPanes(p.row)
	if p.key.Kind == Prefix && p.key.Class != SYN && p.key.Class != DNSReply {
		return // nothing is concluded from how many they are
	}
	peer := p.row.src
	if p.key.Side == From {
		peer = p.row.dst
	}
	h.peers = addPeer(h.peers, 0, floorDiv(p.row.end, 1000), peer.Hash(c.cfg.Seed))
}

func (c *Counter) heats(object network.Object) *Heats {
	if int(object) < len(c.warmth) && c.warmth[object] != nil {
		return c.warmth[object]
	}
	return c.warmth[0]
}

// servicePort guesses which port names the service: the lower one.
func servicePort(src, dst uint16) uint16 {
	if src != 0 && src < dst {
		return src
	}
	return dst
}

func hostBits(ip flow.IP) uint8 {
	if ip.Is4() {
		return 32
	}
	return 128
}

// prefixBits is the size of the neighbourhood that is watched around a host.
func prefixBits(ip flow.IP) uint8 {
	if ip.Is4() {
		return 24
	}
	return 48
}
