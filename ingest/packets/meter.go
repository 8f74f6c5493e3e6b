package packets

import (
	"eagre/flow"
	"eagre/ingest/header"
)

// Meter turns packets into flows. One goroutine at a time may use it.
type Meter struct {
	exporter         flow.IP
	active, inactive int64 // milliseconds
	now              int64 // the latest packet time, Unix milliseconds
	cache            *cache
	room             func() *flow.Batch
	evicted          uint64
}

// New makes a meter. Each time a flow leaves, room is asked for a batch with
// room for one more row, and the meter appends that row before it returns.
func New(c Config, room func() *flow.Batch) *Meter {
	return &Meter{
		exporter: flow.FromAddr(c.Exporter),
		active:   c.Active.Milliseconds(),
		inactive: c.Inactive.Milliseconds(),
		cache:    newCache(c.Flows),
		room:     room,
	}
}

// Evicted is how many flows left early because the cache was full.
func (m *Meter) Evicted() uint64 { return m.evicted }

// Len is how many flows the cache holds.
func (m *Meter) Len() int { return len(m.cache.index) }

// Packet counts one IP packet that was seen at a time (Unix milliseconds) on an
// interface (0 is unknown). Flows that have expired by then leave first. Time
// that goes back counts as the latest time known.
func (m *Meter) Packet(at int64, inIf uint32, h *header.Header) {
	m.Expire(at)
	k := key{src: h.Src, dst: h.Dst, srcPort: h.SrcPort, dstPort: h.DstPort, proto: h.Proto, inIf: inIf, fragment: h.Fragment}
	m.entry(k).count(m.now, h)
}

// entry finds or makes the flow of a packet and puts it last in the idle queue.
func (m *Meter) entry(k key) *entry {
	if i, ok := m.cache.index[k]; ok {
		m.cache.touch(i)
		return &m.cache.entries[i]
	}
	if m.cache.full() {
		m.evicted++
		m.emit(m.cache.queues[byIdle].head)
	}
	e := m.cache.add(k)
	e.first = m.now
	return e
}

func (e *entry) count(now int64, h *header.Header) {
	if e.packets == 0 {
		e.tos = h.TOS
	}
	e.last = now
	e.packets++
	e.bytes += uint64(h.IPBytes)
	e.flags |= h.TCPFlags
}

// NextExpiry is when the next flow will have expired if no packet comes, in
// Unix milliseconds; false when the cache is empty.
func (m *Meter) NextExpiry() (int64, bool) {
	if m.Len() == 0 {
		return 0, false
	}
	_, at := m.next()
	return at, true
}

// next is the flow that expires first. Where both queues name the same time, the
// active timeout goes first.
func (m *Meter) next() (int32, int64) {
	old, idle := m.cache.queues[byAge].head, m.cache.queues[byIdle].head
	oldAt, idleAt := m.cache.entries[old].first+m.active, m.cache.entries[idle].last+m.inactive
	if oldAt <= idleAt {
		return old, oldAt
	}
	return idle, idleAt
}

// Expire lets go of all flows that have expired by a time (Unix milliseconds),
// in the order in which they expired; at equal times those that stand longer in
// the cache first.
func (m *Meter) Expire(until int64) {
	m.now = max(m.now, until)
	for m.Len() > 0 {
		i, at := m.next()
		if at > m.now {
			return
		}
		m.emit(i)
	}
}

// Drain lets go of everything, in the order in which it would expire.
func (m *Meter) Drain() {
	for m.Len() > 0 {
		i, _ := m.next()
		m.emit(i)
	}
}

func (m *Meter) emit(i int32) {
	e := &m.cache.entries[i]
	m.row(m.room(), e)
	m.cache.remove(i)
}

func (m *Meter) row(b *flow.Batch, e *entry) {
	i := b.N
	b.Clear(i)
	b.Exporter[i], b.Version[i] = m.exporter, flow.Packets
	b.SrcAddr[i], b.DstAddr[i] = e.src, e.dst
	b.SrcPort[i], b.DstPort[i], b.Proto[i] = e.srcPort, e.dstPort, e.proto
	b.TCPFlags[i], b.TOS[i], b.InIf[i] = e.flags, e.tos, e.inIf
	b.Start[i], b.End[i] = e.first, e.last
	b.Bytes[i], b.Packets[i] = e.bytes, e.packets
	b.SamplingRate[i], b.Sampling[i] = 1, flow.SamplingAssumed
	if e.fragment {
		b.Quality[i] = flow.Fragment
	}
	b.N++
}
