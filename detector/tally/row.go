package tally

import (
	"eagre/flow"
	"eagre/internal/sketch"
	"eagre/network"
)

// row is what is known about the flow at hand, worked out once.
type row struct {
	start, end int64 // Unix milliseconds, without what is late
	delay      int64 // from its end to the end of the step that brought it
	tick       int64 // in which the flow ends
	oneTick    bool  // and in which it also starts
	sum        Sum
	parts      [2]Sum // of the sum, by parity of the tick; unused when all is in one tick
	late       Sum    // what was cut off
	lateFrom   int64  // and when that began and ended
	lateTo     int64
	isLate     bool // something was cut off
	isLong     bool // its exporter says that it lasted for more than a minute
	unknown    bool // nobody has said for how many packets each of its packets stands
	again      bool // the exporter has shown these packets before: nothing counts
	exporter   *exporter
	place      network.Place
	observer   uint32
	class      Class
	src, dst   flow.IP
	port       *[2]portCell // of its service
}

// describe works out row i. Of a row that is late altogether nothing is left to
// count.
func (c *Counter) describe(b *flow.Batch, i int, r *row) {
	x := c.exporter(b.Exporter[i])
	r.exporter, r.again, r.unknown = x, c.secondView(b, i, x), b.Sampling[i] == flow.SamplingUnknown
	role := c.role(b.Exporter[i], b.InIf[i])
	r.end = min(b.End[i], c.latest)
	r.delay = c.latest - r.end
	r.start, r.src, r.dst = min(b.Start[i], r.end), b.SrcAddr[i], b.DstAddr[i]
	r.sum.estimate(b.Packets[i], b.Bytes[i], b.SamplingRate[i])
	r.place = c.network.Place(r.src, r.dst, role)
	r.class = ClassOf(b.Proto[i], b.TCPFlags[i], b.SrcPort[i], b.DstPort[i], b.Bytes[i], b.Packets[i])
	r.observer = 0
	if !r.place.Boundary {
		r.observer = x.number
	}
	if b.Quality[i]&flow.BadDuration != 0 {
		r.start = max(r.start, r.end-longFlow) // how long it lasted is not known
	}
	if r.isLong = r.end-r.start > longFlow; r.isLong {
		c.recall(b, i, r, x)
	}
	c.cutLate(r)
	r.tick = c.tickOf(r.end)
	if r.oneTick = r.start >= r.tick*TickLength; !r.oneTick {
		r.split()
	}
}

// split spreads the flow over the two open ticks, once for all that count it.
func (r *row) split() {
	r.parts = [2]Sum{}
	Spread(r.sum, r.start, r.end, TickLength, func(tick int64, part Sum) { r.parts[tick&1] = part })
}

// addTicks counts the flow into the ticks of a series.
func (r *row) addTicks(ticks *[2]Sum) {
	if r.oneTick {
		ticks[r.tick&1].add(&r.sum)
		return
	}
	ticks[0].add(&r.parts[0])
	ticks[1].add(&r.parts[1])
}

// cutLate takes away the part of the flow that falls into settled ticks: it
// belongs to the ledger. No sum above the truth can come of it.
func (c *Counter) cutLate(r *row) {
	open := (c.settled + 1) * TickLength
	if r.isLate = r.start < open; !r.isLate {
		return
	}
	r.late, r.lateFrom, r.lateTo = r.sum, r.start, r.end
	if r.end >= open {
		r.late, r.lateTo = r.sum.share(uint64(open-r.start), uint64(r.end-r.start)), open-1
	}
	r.sum = r.sum.minus(r.late)
	r.start, r.end = open, max(r.end, open)
}

// tickOf is the tick of a time no earlier than the open ones: one of two.
func (c *Counter) tickOf(ms int64) int64 {
	if second := c.settled + 2; ms >= second*TickLength {
		return second
	}
	return c.settled + 1
}

// countMatches counts the groups of signatures.
func (c *Counter) countMatches(b *flow.Batch) {
	var r row
	for _, m := range c.matcher.Match(b) {
		if b.Quality[m.Row]&(flow.Implausible|flow.Aggregated) != 0 {
			continue
		}
		if c.describe(b, m.Row, &r); !r.again && !r.place.Core && !r.sum.IsZero() {
			m.Group.Observer = r.observer
			c.addGroup(&r, &m)
		}
	}
}

// addGroup counts a signature's match; groups are always hot.
func (c *Counter) addGroup(r *row, m *Match) {
	e := c.entry(&m.Group, m.Group.Hash(c.cfg.Seed), &r.sum)
	if e == nil {
		return
	}
	r.addTicks(&e.ticks)
	if e.hot == 0 && !c.watch(e) { // from its very first row, so nothing is missing
		return
	}
	h := c.hot[e.hot-1]
	h.epoch = c.epoch
	h.addPanes(r)
	for term := range m.Terms {
		h.meet(term, r.end, sketch.Mix(m.Elements[term], c.cfg.Seed))
	}
}

// entry finds or admits a key.
func (c *Counter) entry(k *Key, hash uint64, s *Sum) *entry {
	if e := c.table.find(k, hash); e != nil {
		return e
	}
	if ref := c.admit(k, hash, s); ref != 0 {
		return c.table.at(ref)
	}
	return nil
}

// admit lets a new key in while there is room for it; otherwise it returns 0.
func (c *Counter) admit(k *Key, hash uint64, s *Sum) uint32 {
	if c.table.n >= c.cfg.MaxKeys || 2*c.table.n >= c.cfg.MaxKeys && !c.door.admits(k, s) {
		c.partial.KeysRefused++
		return 0
	}
	return c.table.insert(k, hash)
}

func (h *hotSeries) addPanes(r *row) {
	if pane := floorDiv(r.end, PaneLength); r.start >= pane*PaneLength {
		h.panes.add(pane, &r.sum)
		return
	}
	p := spreadOver(r.sum, r.start, r.end, PaneLength)
	h.panes.addSpread(&p)
}
