package simulate

import (
	"net/netip"
	"time"

	"eagre/flow"
)

// maxCachedFlows bounds a router's flow cache. A full cache is exported at once.
const maxCachedFlows = 1 << 16

// fillTime is how long a datagram may wait to be full where flows come from a Load.
// Metered flows do not wait.
const fillTime = 500 * time.Millisecond

// TCP flags that end a flow in the cache.
const finOrRst = 0x05

// cache is the flow cache of a router: packets of one key are one flow until it is
// silent for the inactive timeout, has run for the active timeout, or TCP says that
// it ended. With packet reports each packet is one of its own.
type cache struct {
	router   *router
	exporter exporter
	flows    []flow.Record // in order of their first packet
	index    map[flowKey]int
	due      []flow.Record // expired
	flushed  time.Time
}

// flowKey is what makes packets one flow.
type flowKey struct {
	src, dst         netip.Addr
	srcPort, dstPort uint16
	proto, tos       uint8
	in               uint32
}

func newCache(r *router, e exporter) *cache {
	return &cache{router: r, exporter: e, index: map[flowKey]int{}}
}

func keyOf(f *flow.Record, in uint32) flowKey {
	return flowKey{f.SrcAddr, f.DstAddr, f.SrcPort, f.DstPort, f.Proto, f.TOS, in}
}

func (c *cache) observe(b *Burst, hop Hop, n int) {
	if n == 0 {
		return
	}
	if !c.exporter.carries(!b.Flow.SrcAddr.Unmap().Is4() || !b.Flow.DstAddr.Unmap().Is4()) {
		c.router.Unexportable += uint64(n)
		return
	}
	if c.router.PacketReports {
		c.report(b, hop, n)
		return
	}
	i, known := c.index[keyOf(&b.Flow, hop.In)]
	if !known {
		i = c.open(b, hop)
	}
	f := &c.flows[i]
	f.Packets += uint64(n)
	f.Bytes += uint64(n) * uint64(b.Length)
	f.TCPFlags |= b.Flow.TCPFlags
	f.End = b.At
}

// report makes n packets flows of their own.
func (c *cache) report(b *Burst, hop Hop, n int) {
	f := b.Flow
	f.InIf, f.OutIf, f.Start, f.End, f.Packets, f.Bytes = hop.In, hop.Out, b.At, b.At, 1, uint64(b.Length)
	f.SamplingRate = c.router.rate()
	for range n {
		c.due = append(c.due, f)
	}
}

func (c *cache) open(b *Burst, hop Hop) int {
	if len(c.flows) == maxCachedFlows {
		c.router.CacheFlushes++
		c.expire(func(*flow.Record) bool { return true })
	}
	f := b.Flow
	f.InIf, f.OutIf, f.Start, f.Packets, f.Bytes = hop.In, hop.Out, b.At, 0, 0
	f.SamplingRate = c.router.rate()
	c.index[keyOf(&f, hop.In)] = len(c.flows)
	c.flows = append(c.flows, f)
	return len(c.flows) - 1
}

// expire moves flows to where they wait for a datagram, in order.
func (c *cache) expire(when func(*flow.Record) bool) {
	kept := c.flows[:0]
	for i := range c.flows {
		f := &c.flows[i]
		if when(f) {
			delete(c.index, keyOf(f, f.InIf))
			c.due = append(c.due, *f)
			continue
		}
		c.index[keyOf(f, f.InIf)] = len(kept)
		kept = append(kept, *f)
	}
	c.flows = kept
}

func (c *cache) load(flows []flow.Record) {
	if c.exporter.carries(true) {
		c.exporter.queue(flows)
		return
	}
	for i := range flows {
		if flows[i].SrcAddr.Is6() {
			c.router.Unexportable += flows[i].Packets
			continue
		}
		c.exporter.queue(flows[i : i+1])
	}
}

func (c *cache) export(now time.Time, all bool, emit emitter) {
	c.expire(func(f *flow.Record) bool {
		ended := f.Proto == protoTCP && f.TCPFlags&finOrRst != 0
		return all || ended || now.Sub(f.Start) >= c.router.Active || now.Sub(f.End) >= c.router.Inactive
	})
	flush := all || len(c.due) > 0 || now.Sub(c.flushed) >= fillTime
	if flush {
		c.flushed = now
	}
	c.exporter.queue(c.due)
	c.due = c.due[:0]
	c.exporter.send(now, flush, emit)
}

func (c *cache) restart() (packets uint64) {
	for i := range c.flows {
		packets += c.flows[i].Packets
	}
	clear(c.index)
	c.flows = c.flows[:0]
	return packets + c.exporter.restart()
}
