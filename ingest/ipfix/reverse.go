package ipfix

import "eagre/flow"

// turn adds a row for the other direction of each record that counted some of it
// (RFC 5103; responderOctets and responderPackets of firewalls): the ends change
// places. What was observed of the forward direction alone is unknown there. It
// returns how many rows it added behind those of the records.
func (m *Message) turn(r *rows, t *template, has columns) (turned int) {
	b := r.b
	for i := range r.n {
		from, to := r.from+i, r.from+r.n+turned
		octets, packets := m.reverse(i, has)
		m.counted[i] = b.Bytes[from]|b.Packets[from]|octets|packets != 0
		if octets|packets == 0 {
			continue
		}
		move(b, to, from)
		b.SrcAddr[to], b.DstAddr[to] = b.DstAddr[from], b.SrcAddr[from]
		b.SrcPort[to], b.DstPort[to] = b.DstPort[from], b.SrcPort[from]
		b.InIf[to], b.OutIf[to] = b.OutIf[from], b.InIf[from]
		b.SrcAS[to], b.DstAS[to] = b.DstAS[from], b.SrcAS[from]
		b.SrcMask[to], b.DstMask[to] = b.DstMask[from], b.SrcMask[from]
		b.Bytes[to], b.Packets[to] = octets, packets
		b.Direction[to], b.Forwarding[to] = 0, 0
		m.observed(r, t, has, i, to)
		turned++
	}
	return turned
}

// reverse is what record i counted of the other direction.
func (m *Message) reverse(i int, has columns) (octets, packets uint64) {
	if has.has(revOctets) {
		octets = m.revOctets[i]
	}
	if has.has(revPackets) {
		packets = m.revPackets[i]
	}
	return octets, packets
}

// observed fills in what record i says of the other direction besides counters.
func (m *Message) observed(r *rows, t *template, has columns, i, to int) {
	b := r.b
	b.NextHop[to] = flow.IP{}
	b.TCPFlags[to], b.TOS[to] = 0, 0
	if has.has(revFlags) {
		b.TCPFlags[to] = m.revFlags[i]
	}
	if has.has(revTOS) {
		b.TOS[to] = m.revTOS[i]
	}
	if isICMP(b.Proto[to]) {
		b.SrcPort[to], b.DstPort[to] = 0, 0
		if has.has(revICMP) {
			b.DstPort[to] = m.revICMP[i]
		}
	}
	if has.has(revStart) && has.has(revEnd) && (r.at.booted || !t.is(startUp|endUp)) {
		b.Start[to], b.End[to], b.Quality[to] = believe(m.revStart[i], m.revEnd[i], m.slack(r, t), r.at.arrival)
	}
}
