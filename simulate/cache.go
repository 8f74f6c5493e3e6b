package simulate

import (
	"net/netip"
	"time"

	"eagre/flow"
)

// maxCachedFlows bounds a router's flow cache. A full cache is exported at once.
const maxCachedFlows = 1 << 16

// TCP flags that end a flow in the cache.
const finOrRst = 0x05

// cache is the flow cache of a NetFlow v5 router: packets of one key are one
// flow until it is silent for the inactive timeout, has run for the active
// timeout, or TCP says that it ended.
type cache struct {
	router   *router
	flows    []flow.Record // in order of their first packet
	index    map[flowKey]int
	due      []flow.Record // expired, waiting for a datagram
	sequence uint32
	buffer   []byte
}

// flowKey is what makes packets one flow.
type flowKey struct {
	src, dst         netip.Addr
	srcPort, dstPort uint16
	proto, tos       uint8
	in               uint32
}

func newCache(r *router) *cache { return &cache{router: r, index: map[flowKey]int{}} }

func keyOf(f *flow.Record, in uint32) flowKey {
	return flowKey{f.SrcAddr, f.DstAddr, f.SrcPort, f.DstPort, f.Proto, f.TOS, in}
}

func (c *cache) observe(b *Burst, hop Hop, n int) {
	if n == 0 {
		return
	}
	if !b.Flow.SrcAddr.Unmap().Is4() || !b.Flow.DstAddr.Unmap().Is4() {
		c.router.Unexportable += uint64(n)
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

func (c *cache) open(b *Burst, hop Hop) int {
	if len(c.flows) == maxCachedFlows {
		c.router.CacheFlushes++
		c.expire(func(*flow.Record) bool { return true })
	}
	f := b.Flow
	f.InIf, f.OutIf, f.Start, f.Packets, f.Bytes = hop.In, hop.Out, b.At, 0, 0
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

func (c *cache) export(now time.Time, all bool, emit func([]byte)) {
	c.expire(func(f *flow.Record) bool {
		ended := f.Proto == protoTCP && f.TCPFlags&finOrRst != 0
		return all || ended || now.Sub(f.Start) >= c.router.Active || now.Sub(f.End) >= c.router.Inactive
	})
	for len(c.due) > 0 {
		n := min(len(c.due), MaxV5Records)
		c.send(now, c.due[:n], emit)
		c.due = c.due[n:]
	}
	c.due = nil
}

func (c *cache) send(now time.Time, records []flow.Record, emit func([]byte)) {
	h := V5Header{Time: now, Uptime: c.router.uptime(now), Sequence: c.sequence, EngineID: c.router.Domain}
	if c.router.Sampling > 1 {
		h.SamplingMode, h.SamplingInterval = 2, uint16(c.router.Sampling)
	}
	c.buffer = AppendV5(c.buffer[:0], h, records)
	c.sequence += uint32(len(records))
	for i := range records {
		c.router.Exported += records[i].Packets
		c.router.ExportedBytes += records[i].Bytes
	}
	c.router.sent(len(records))
	emit(c.buffer)
}
