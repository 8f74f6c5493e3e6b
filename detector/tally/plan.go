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
	plansPerRow = 6 // at most: the host at either end, and of two neighbourhoods the whole and a class
)

// plan is one addition to come, or two: to a host's whole traffic and to the
// class beside it.
type plan struct {
	key        Key
	hash       uint64
	row        *row
	bound      *Heat // nil: the series is never hot
	class      Class // beside a host; Total: none
	classBound *Heat
	ref        uint32
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
		if !implausible {
			c.describe(b, i, r)
		}
		if account {
			c.account(r, implausible)
		}
		if implausible || r.again {
			continue
		}
		if account {
			c.countPath(b, i, r)
		}
		if r.place.Core || r.sum.IsZero() {
			continue
		}
		if b.Quality[i]&flow.Aggregated == 0 {
			c.planEnds(r)
		} else if account {
			c.countSystems(r, b.SrcAS[i], b.DstAS[i])
		}
		if account {
			r.port = c.ports.cells(r.observer, b.Proto[i], servicePort(b.SrcPort[i], b.DstPort[i]))
			c.served = append(c.served, r)
		}
	}
}

func (c *Counter) account(r *row, implausible bool) {
	if !implausible && r.exporter == &c.exporters.spare {
		c.partial.ExportersRefused++
	}
	switch {
	case implausible:
		c.partial.Implausible++
		return
	case r.again:
		c.partial.SecondViews++
		r.exporter.told.Again++
		return
	case r.place.Core:
		c.partial.Unplaced++
	}
	if r.isLate {
		c.partial.LateRows++
		c.partial.LatePackets = addSaturating(c.partial.LatePackets, r.late.Packets)
	}
	r.exporter.account(r)
}

// planEnds plans what is watched at either end of the flow.
func (c *Counter) planEnds(r *row) {
	unmapped := r.place.Direction == network.DirectionUnknown
	if r.place.Dst != 0 || unmapped {
		c.planHost(r, To, r.place.Dst, r.dst)
		lengths, n := network.Neighbourhoods(r.dst)
		for _, bits := range lengths[:n] {
			c.planPrefix(r, bits, unmapped)
		}
	}
	if r.place.Src != 0 {
		c.planHost(r, From, r.place.Src, r.src)
	} else if r.class == DNSQuery && unmapped {
		c.planClass(r, From, 0, r.src)
	}
}

func (c *Counter) planHost(r *row, side Side, object network.Object, host flow.IP) {
	heats := &c.heats(object)[side]
	p := c.plan(r, &heats[Total])
	p.key = Key{Kind: Host, Side: side, Addr: host, Bits: hostBits(host), Observer: r.observer}
	if r.class != None && (side == From || r.class != DNSQuery) { // who is asked is held against nothing
		p.class, p.classBound = r.class, &heats[r.class]
	}
}

// planClass plans a class of a host's traffic where the whole is not counted.
func (c *Counter) planClass(r *row, side Side, object network.Object, host flow.IP) {
	c.plan(r, &c.heats(object)[side][r.class]).key = Key{
		Kind: Host, Class: r.class, Side: side, Addr: host, Bits: hostBits(host), Observer: r.observer,
	}
}

// neverAlone is the heat of series that are hot only as another's companion: a
// busy neighbourhood is no attack.
var neverAlone Heat

// planPrefix plans a neighbourhood of the destination: all its traffic where
// no managed object stands for it, and the classes of which an ordinary
// neighbourhood sees little. Much udp is no more than video.
func (c *Counter) planPrefix(r *row, bits uint8, unmapped bool) {
	bounds := c.heats(0)
	prefix := r.dst.Mask(int(bits))
	if unmapped || c.companions.has(prefix.Hash(c.cfg.Seed)) {
		c.plan(r, &neverAlone).key = Key{Kind: Prefix, Addr: prefix, Bits: bits, Observer: r.observer}
	}
	switch r.class {
	case SYN, ICMP, DNSReply:
		c.plan(r, &bounds[To][r.class]).key = Key{Kind: Prefix, Class: r.class, Addr: prefix, Bits: bits, Observer: r.observer}
	}
}

// plan takes the next free plan; the caller sets its key.
func (c *Counter) plan(r *row, bound *Heat) *plan {
	p := &c.plans[c.planned]
	c.planned++
	p.row, p.bound, p.class = r, bound, Total
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
			if c.plans[i].class != Total {
				e = c.table.at(neighbour(ref)) // the candidate may be a prefix
				sum += e.key.Addr.Lo + e.ticks[0].Packets
			}
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
	ref := c.resolve(p)
	if ref == 0 {
		return
	}
	c.add(p.row, c.table.at(ref), p.bound)
	if p.class == Total {
		return
	}
	e := c.table.beside(ref, p.class)
	if e == nil {
		k := p.classKey()
		if e = c.entry(&k, k.Hash(c.cfg.Seed), &p.row.sum); e == nil {
			return
		}
	}
	c.add(p.row, e, p.classBound)
}

// classKey is the key of the class that the plan counts beside the host.
func (p *plan) classKey() Key {
	k := p.key
	k.Class = p.class
	return k
}

// resolve is the number of the plan's entry, 0 if there is no room for it.
func (c *Counter) resolve(p *plan) uint32 {
	if p.ref != 0 && c.table.at(p.ref).key.same(&p.key) {
		return p.ref
	}
	if ref := c.table.lookUp(&p.key, p.hash); ref != 0 {
		return ref
	}
	return c.admit(&p.key, p.hash, &p.row.sum)
}

// add counts a flow into a series: into its ticks, and where it is hot into its
// panes.
func (c *Counter) add(r *row, e *entry, bound *Heat) {
	r.addTicks(&e.ticks)
	if bound == nil {
		return
	}
	e.heat.warm(c.epoch, &r.sum)
	if e.hot == 0 && !(e.heat.reaches(bound, 1) && c.ignite(e)) {
		return
	}
	if h := c.hot[e.hot-1]; !h.fresh { // fresh ones are counted at the end of the step
		c.addHot(r, h, bound)
	}
}

// addHot counts into the panes, and the peer.
func (c *Counter) addHot(r *row, h *hotSeries, bound *Heat) {
	if h.entry.heat.reaches(bound, 4) {
		h.epoch = c.epoch
	}
	h.addPanes(r)
	peer := r.src
	if h.entry.key.Side == From {
		peer = r.dst
	}
	h.meet(0, r.end, peer.Hash(c.cfg.Seed))
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
