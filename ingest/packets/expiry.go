package packets

import "eagre/flow"

// linger is how long a flow stays after TCP has ended it, in milliseconds.
const linger = 1000

// NextExpiry is when the next flow will have expired if no packet comes, in
// Unix milliseconds; false when the cache is empty.
func (m *Meter) NextExpiry() (int64, bool) {
	if m.Len() == 0 {
		return 0, false
	}
	_, at := m.next()
	return at, true
}

// next is the flow that expires first. Where queues name the same time, the
// active timeout goes first, then the inactive one.
func (m *Meter) next() (int32, int64) {
	c := m.cache
	i, idle, ended := c.queues[byAge].head, c.queues[byIdle].head, c.queues[byEnd].head
	at := c.entries[i].forward.first + m.active
	if t := c.last(idle) + m.inactive; t < at {
		i, at = idle, t
	}
	if ended == nowhere {
		return i, at
	}
	if t := c.entries[ended].closed + linger; t < at {
		i, at = ended, t
	}
	return i, at
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

// emit lets a flow go, or both directions of a connection.
func (m *Meter) emit(i int32) {
	e := &m.cache.entries[i]
	there := e.key
	if e.turned {
		there = there.reverse()
	}
	if !m.cache.paired {
		m.row(there, &e.forward, 0)
	} else {
		b := &m.cache.backs[i]
		m.row(there, &e.forward, b.handshake.rtt)
		if b.packets > 0 {
			m.row(there.reverse(), &b.side, b.handshake.rtt)
		}
	}
	m.cache.remove(i)
}

func (m *Meter) row(k key, s *side, rtt uint32) {
	b := m.room()
	i := b.N
	b.Clear(i)
	b.Exporter[i], b.Version[i] = m.exporter, flow.Packets
	b.SrcAddr[i], b.DstAddr[i] = k.src, k.dst
	b.SrcPort[i], b.DstPort[i], b.Proto[i] = k.srcPort, k.dstPort, k.proto
	b.TCPFlags[i], b.TOS[i], b.InIf[i] = s.flags, s.tos, k.inIf
	b.Start[i], b.End[i] = s.first, s.last
	b.Bytes[i], b.Packets[i], b.RTT[i] = s.bytes, s.packets, rtt
	b.SamplingRate[i], b.Sampling[i] = 1, flow.SamplingAssumed
	if k.fragment {
		b.Quality[i] = flow.Fragment
	}
	b.N++
}
