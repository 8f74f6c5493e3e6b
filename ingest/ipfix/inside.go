package ipfix

import (
	"encoding/binary"

	"eagre/flow"
	"eagre/ingest/header"
	"eagre/ingest/wire"
)

// lookInside reads what gather found besides columns: sections of packets and
// lists. It returns which columns the template and its lists fill, and how many
// records turned out to be about no IP packet.
func (m *Message) lookInside(r *rows, t *template, report *wire.Report) (has columns, notIP int) {
	has = t.has
	if !t.has.any(extras) {
		return has, 0
	}
	m.blankAside(r, has)
	packed, counted := len(m.packed), m.Counted
	for at := 0; at < len(m.found); {
		row, filled := m.found[at].row, t.has
		for ; at < len(m.found) && m.found[at].row == row; at++ {
			if e := m.found[at]; e.to == ipSection || e.to == linkSection {
				notIP += m.section(r, t, e, report)
			} else {
				m.list(r, e, &filled, 1, report)
			}
		}
		has |= filled
		m.packed = m.packed[:packed]
	}
	m.Counted = counted // what is wrong inside a record does not hide how many there are
	return has, notIP
}

// blankAside clears the columns kept aside that only some records may fill.
func (m *Message) blankAside(r *rows, has columns) {
	none(m.revOctets[:r.n], has, revOctets)
	none(m.revPackets[:r.n], has, revPackets)
	none(m.revFlags[:r.n], has, revFlags)
	none(m.revTOS[:r.n], has, revTOS)
}

// fromLists are the columns that records inside lists may fill.
var fromLists = batch&^set(start, end) | set(revFlags, revTOS)

// inner is a record inside a list: its fields fill the columns of the row that
// nothing has filled before.
func (m *Message) inner(r *rows, row int, t *template, record []byte, filled *columns) {
	one := rows{b: r.b, from: r.from + row, n: 1, bytes: record, stride: int(t.packed), at: r.at}
	taken := columns(0)
	for _, o := range t.ops {
		m.steps++
		if !fromLists.has(o.to) || filled.has(o.to) {
			continue
		}
		taken.add(o.to)
		if o.to < batchColumns {
			m.run(&one, o)
			continue
		}
		v := uint8(integer(record[o.offset:][:o.length]))
		if o.to == revFlags {
			m.revFlags[row] |= v
		} else {
			m.revTOS[row] = v
		}
	}
	*filled |= taken
}

// linkTypes are the values of dataLinkFrameType (element 408) that are parsed.
const (
	frameEthernet = 1
	frameNotSaid  = 0
)

// section reads a packet report (RFC 5477 §8.5): a row of one packet. Counters
// and addresses that the record has itself are left as they are. It returns 1
// where there is no IP packet.
func (m *Message) section(r *rows, t *template, e extra, report *wire.Report) int {
	h := &m.parsed
	if m.frameOther(t, e) || !m.parse(t, e, h) {
		if t.has.has(octets) || t.has.has(packets) {
			return 0
		}
		report.Add(wire.Note{Finding: wire.NoIPPacket})
		report.Understood++
		return 1
	}
	if h.Partial {
		report.Add(wire.Note{Finding: wire.HeaderCut})
	}
	b, row := r.b, r.from+e.row
	if !t.has.any(set(srcAddr, dstAddr)) {
		b.SrcAddr[row], b.DstAddr[row], b.SrcPort[row], b.DstPort[row] = h.Src, h.Dst, h.SrcPort, h.DstPort
		b.Proto[row], b.TCPFlags[row], b.TOS[row] = h.Proto, h.TCPFlags, h.TOS
		if h.Fragment {
			b.Quality[row] |= flow.Fragment
		}
	}
	if !t.has.any(counters) {
		b.Packets[row], b.Bytes[row] = 1, uint64(h.IPBytes)
	}
	return 0
}

// frameOther tells whether a frame is of a kind that is not parsed.
func (m *Message) frameOther(t *template, e extra) bool {
	if e.to == ipSection || !t.has.has(frameType) {
		return false
	}
	kind := m.frameType[e.row]
	return kind != frameEthernet && kind != frameNotSaid
}

// parse reads the packet of a section. Where the size on the wire is not told,
// the packet is as long as its IP header says.
func (m *Message) parse(t *template, e extra, h *header.Header) bool {
	if e.to == ipSection {
		return header.Parse(header.Raw, e.data, ipLength(e.data), h)
	}
	if t.has.has(frameSize) {
		return header.Parse(header.Ethernet, e.data, int(min(m.frame[e.row], longestFrame)), h)
	}
	known := header.Parse(header.Ethernet, e.data, longestFrame, h)
	if h.IPBytes > longestFrame-linkRoom {
		known = header.Parse(header.Ethernet, e.data, len(e.data), h) // its header does not say how long it is
	}
	return known
}

// longestFrame is longer than any packet with its link header.
const longestFrame = 1<<16 + linkRoom

// linkRoom is room for a link header, VLAN tags and labels.
const linkRoom = 64

// ipLength is the length of a packet as its header says; 0 where it has none.
func ipLength(b []byte) int {
	const ipv6Header = 40
	switch {
	case len(b) < 6:
		return 0
	case b[0]>>4 == 4:
		return int(binary.BigEndian.Uint16(b[2:]))
	case b[0]>>4 == 6:
		return int(binary.BigEndian.Uint16(b[4:])) + ipv6Header
	}
	return 0
}
