package packets

import (
	"eagre/flow"
	"eagre/ingest/header"
)

// Meter turns packets into flows. One goroutine at a time may use it.
//
// With Config.Pair a row has the round-trip time of its TCP handshake, in
// microseconds: from the first SYN to the SYN-ACK, plus from there to the
// acknowledgement if that was seen. Two halves make the round-trip time between
// the ends wherever the packets were captured; the first half alone is that to
// the server. A lost and repeated SYN is part of the wait and counts. It is 0,
// unknown, where no SYN-ACK was seen to answer a SYN, and in the later parts of a
// connection that the active timeout divides.
type Meter struct {
	exporter         flow.IP
	active, inactive int64 // milliseconds
	endTCP           bool
	now              int64 // the latest packet time, Unix milliseconds
	micros           int64 // the same in microseconds
	cache            *cache
	room             func() *flow.Batch
	evicted          uint64
}

// New makes a meter. Each time a flow leaves, room is asked for a batch with
// room for one more row, and the meter appends that row before it returns. A
// pair of directions asks twice.
func New(c Config, room func() *flow.Batch) *Meter {
	return &Meter{
		exporter: flow.FromAddr(c.Exporter),
		active:   c.Active.Milliseconds(),
		inactive: c.Inactive.Milliseconds(),
		endTCP:   c.EndTCP,
		cache:    newCache(c.Flows, c.Pair),
		room:     room,
	}
}

// Evicted is how many flows (with Pair: connections) left early because the cache
// was full.
func (m *Meter) Evicted() uint64 { return m.evicted }

// Len is how many flows (with Pair: connections) the cache holds.
func (m *Meter) Len() int { return len(m.cache.index) }

// Packet counts one IP packet that was seen at a time (Unix milliseconds) on an
// interface (0 is unknown). Flows that have expired by then leave first. Time
// that goes back counts as the latest time known.
func (m *Meter) Packet(at int64, inIf uint32, h *header.Header) {
	m.packet(at, at*microsPerMilli, inIf, h)
}

// PacketMicros is Packet with a time in Unix microseconds, for round-trip times
// that are better than to the millisecond.
func (m *Meter) PacketMicros(at int64, inIf uint32, h *header.Header) {
	m.packet((at-(at%microsPerMilli+microsPerMilli)%microsPerMilli)/microsPerMilli, at, inIf, h)
}

const microsPerMilli = 1000

func (m *Meter) packet(at, micros int64, inIf uint32, h *header.Header) {
	m.Expire(at)
	m.micros = max(m.micros, micros, m.now*microsPerMilli)
	k, swapped := keyOf(inIf, h), false
	if m.cache.paired && k.descends() {
		k, swapped = k.reverse(), true
	}
	i := m.entry(k, h, swapped)
	if swapped != m.cache.entries[i].turned {
		m.cache.backs[i].count(m.now, h)
	} else {
		m.cache.entries[i].forward.count(m.now, h)
	}
	if h.Proto == protoTCP && !h.Fragment {
		m.tcp(i, h.TCPFlags, swapped)
	}
}

// entry finds or makes the flow of a packet and puts it last in the idle queue.
func (m *Meter) entry(k key, h *header.Header, turned bool) int32 {
	if i, ok := m.cache.index[k]; ok {
		if !m.begins(i, h) {
			m.cache.touch(i)
			return i
		}
		m.emit(i)
	}
	if m.cache.full() {
		m.evicted++
		m.emit(m.cache.queues[byIdle].head)
	}
	i := m.cache.add(k)
	m.cache.entries[i].turned = turned
	if m.cache.paired {
		m.cache.backs[i] = back{}
	}
	return i
}

// begins tells whether a packet opens a new connection where one has just ended.
func (m *Meter) begins(i int32, h *header.Header) bool {
	return m.cache.entries[i].closing && h.TCPFlags&(syn|ack) == syn
}

// tcp keeps up with the opening and the end of a connection.
func (m *Meter) tcp(i int32, flags uint8, swapped bool) {
	e, both := &m.cache.entries[i], true
	if m.cache.paired {
		b := &m.cache.backs[i]
		b.handshake.see(m.micros, flags, swapped != e.turned)
		both = e.forward.flags&b.flags&fin != 0
	}
	if m.endTCP && !e.closing && (flags&rst != 0 || flags&fin != 0 && both) {
		m.cache.end(i, m.now)
	}
}
