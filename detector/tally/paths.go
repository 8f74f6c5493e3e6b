package tally

import (
	"eagre/flow"
	"eagre/network"
)

// path is what flows of one exporter have in common that pass the same two
// interfaces between the same two managed objects. Nearly all flows of a batch
// share a few paths, so a flow is added to its path, and only the sums of a
// batch go to the keys of the path's interfaces and objects.
type path struct {
	exporter flow.IP
	in, out  uint32
	observer uint32
	place    network.Place
	used     bool
	ticks    [2]Sum    // by parity of the tick
	late     lateCells // what came too late for them
}

// paths are those of the batch at hand; where two meet in one place, the older
// is poured out.
type paths [128]path

// countPath adds a flow to its path.
func (c *Counter) countPath(b *flow.Batch, i int, r *row) {
	in, out := b.InIf[i], b.OutIf[i]
	p := &c.paths[(in*8+out+uint32(r.place.DstSite)*64+uint32(b.Exporter[i].Lo)*31)%uint32(len(c.paths))]
	if p.in != in || p.out != out || p.place != r.place || p.exporter != b.Exporter[i] || !p.used {
		c.pourPath(p)
		p.exporter, p.in, p.out, p.place, p.observer, p.used = b.Exporter[i], in, out, r.place, r.observer, true
	}
	if !r.sum.IsZero() {
		r.addTicks(&p.ticks)
	}
	if r.isLate {
		p.late.add(r.late, r.lateFrom, r.lateTo, c.settled-lateTicks)
	}
}

// pourPath moves the sums of a path to its interfaces and, unless a router of
// ours counted the flows before, to the managed objects around its ends.
func (c *Counter) pourPath(p *path) {
	if !p.used {
		return
	}
	c.pourInterface(p, To, p.in)
	c.pourInterface(p, From, p.out)
	if !p.place.Core {
		c.pourObjects(p, To, p.place.DstSite)
		c.pourObjects(p, From, p.place.SrcSite)
	}
	*p = path{late: p.late[:0]}
}

// pourInterface moves the sums of a path to an interface of it, and what was late to
// the same interface in the ledger.
func (c *Counter) pourInterface(p *path, side Side, index uint32) {
	k := interfaceKey(p.exporter, index, side)
	c.pour(k, &p.ticks)
	if len(p.late) > 0 {
		c.late.add(k, p.late)
	}
}

// pourObjects moves the sums of a path to the managed object at one end, and to those
// around it: in each it counts once.
func (c *Counter) pourObjects(p *path, side Side, site network.Site) {
	for _, object := range c.network.Chain(site) {
		c.pour(Key{Kind: Object, Side: side, Index: uint32(object), Observer: p.observer}, &p.ticks)
	}
}

func (c *Counter) pour(k Key, sums *[2]Sum) {
	total := sums[0]
	if total.add(&sums[1]); total.IsZero() {
		return
	}
	if e := c.entry(&k, k.Hash(c.cfg.Seed), &total); e != nil {
		e.ticks[0].add(&sums[0])
		e.ticks[1].add(&sums[1])
	}
}

func (c *Counter) pourAll() {
	for i := range c.paths {
		c.pourPath(&c.paths[i])
	}
	c.pourSystems()
}

// roles remembers the roles of the interfaces seen last.
type roles [64]struct {
	exporter flow.IP
	index    uint32
	known    bool
	role     network.Role
}

func (c *Counter) role(exporter flow.IP, index uint32) network.Role {
	r := &c.roles[(exporter.Lo*8+uint64(index))%uint64(len(c.roles))]
	if r.index != index || r.exporter != exporter || !r.known {
		r.exporter, r.index, r.known = exporter, index, true
		r.role = c.network.Role(exporter, index)
	}
	return r.role
}
