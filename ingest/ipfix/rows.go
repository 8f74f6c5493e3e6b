package ipfix

import (
	"eagre/flow"
	"eagre/ingest/wire"
)

// records decodes the set at hand and tells whether it is done; if not, the
// batch is full.
func (m *Message) records(b *flow.Batch, report *wire.Report) (done bool) {
	t := m.work.template
	if m.aside == nil {
		m.aside = new(aside)
	}
	for len(m.work.data) >= int(t.size) {
		if m.left == 0 {
			m.full(report)
			return true
		}
		room := b.Room()
		if t.has.any(reversed) {
			room /= 2 // each record may become two rows
		}
		if room == 0 {
			return false
		}
		r := rows{b: b, from: b.N, at: &m.work.at}
		m.take(&r, t, min(room, m.left, together), report)
		if r.n > 0 {
			m.left -= r.n
			m.count(m.work.own, r.n)
			m.decode(&r, t, report)
		}
	}
	m.leftover(t, m.work.data, report)
	return true
}

// together is how many records are decoded at a time: so many that a column is
// worth its loop, and so few that all of them stay in the nearest cache.
const together = 64

// take takes up to n records of the set.
func (m *Message) take(r *rows, t *template, n int, report *wire.Report) {
	if t.walked() {
		c := wire.NewCursor(m.work.data)
		r.n = m.gather(t, &c, n, report)
		r.bytes, r.stride, m.work.data = m.packed, int(t.packed), c.Rest()
		return
	}
	r.stride = int(t.size)
	r.n = min(n, len(m.work.data)/r.stride)
	r.bytes, m.work.data = m.work.data[:r.n*r.stride], m.work.data[r.n*r.stride:]
}

// decode makes rows of records. Columns that the template does not fill are
// cleared, as rows hold rubbish from earlier use.
func (m *Message) decode(r *rows, t *template, report *wire.Report) {
	m.identity(r)
	blank(r, t.has)
	m.runAll(r, t.ops)
	has, notIP := m.lookInside(r, t, report)
	m.repair(r, has, report)
	m.times(r, t, report)
	m.mark(r, t)
	m.resolve(r, t, report)
	if t.is(totals) && t.has.has(event) {
		m.updates(r)
	}
	turned := 0
	if has.any(reversed) {
		turned = m.turn(r, t, has)
	}
	last := r.from + r.n + turned
	if empty := m.judge(r, t, turned, report); empty > 0 {
		m.unseen(r, turned, notIP, empty, report)
		last = compact(r, last)
	}
	m.keep(r, last, report)
}

// identity fills the columns that are the same for all rows.
func (m *Message) identity(r *rows) {
	b, from, to := r.b, r.from, r.from+r.n
	fill(b.Exporter[from:to], m.source.Exporter)
	fill(b.Domain[from:to], m.Domain)
	fill(b.Version[from:to], m.Version)
	clear(b.RTT[from:to])
	clear(b.Quality[from:to])
}

func fill[T any](column []T, v T) {
	for i := range column {
		column[i] = v
	}
}

// blank clears the columns that are not in a set, one line for each.
func blank(r *rows, has columns) {
	b, from, to := r.b, r.from, r.from+r.n
	none(b.SrcAddr[from:to], has, srcAddr)
	none(b.DstAddr[from:to], has, dstAddr)
	none(b.NextHop[from:to], has, nextHop)
	none(b.Bytes[from:to], has, octets)
	none(b.Packets[from:to], has, packets)
	none(b.InIf[from:to], has, inIf)
	none(b.OutIf[from:to], has, outIf)
	none(b.SrcAS[from:to], has, srcAS)
	none(b.DstAS[from:to], has, dstAS)
	none(b.SrcPort[from:to], has, srcPort)
	none(b.DstPort[from:to], has, dstPort)
	none(b.Proto[from:to], has, proto)
	none(b.TCPFlags[from:to], has, flags)
	none(b.TOS[from:to], has, tos)
	none(b.SrcMask[from:to], has, srcMask)
	none(b.DstMask[from:to], has, dstMask)
	none(b.Forwarding[from:to], has, forwarding)
	none(b.Direction[from:to], has, direction)
	none(b.App[from:to], has, app)
	none(b.Start[from:to], has, start)
	none(b.End[from:to], has, end)
}

func none[T any](column []T, has columns, c column) {
	if !has.has(c) {
		clear(column)
	}
}

// keep closes the batch behind the rows of the records.
func (m *Message) keep(r *rows, last int, report *wire.Report) {
	r.b.N = last
	report.Decoded += last - r.from
	if m.work.released {
		report.Released += last - r.from
	}
	if last > r.from {
		m.rate, m.sampling = r.b.SamplingRate[last-1], r.b.Sampling[last-1]
	}
}

// compact leaves out the rows that describe no traffic and returns where the
// others end.
func compact(r *rows, last int) (to int) {
	to = r.from
	for i := r.from; i < last; i++ {
		if r.b.Bytes[i]|r.b.Packets[i] == 0 {
			continue
		}
		if to != i {
			move(r.b, to, i)
		}
		to++
	}
	return to
}

// unseen accounts for records that have no row, in either direction. Of
// them, notIP have been accounted for.
func (m *Message) unseen(r *rows, turned, notIP, empty int, report *wire.Report) {
	if turned > 0 { // an empty row may be one of a record that has another
		empty = 0
		for _, counted := range m.counted[:r.n] {
			if !counted {
				empty++
			}
		}
	}
	if empty -= notIP; empty > 0 {
		report.Add(wire.Note{Finding: wire.NoCounters, Times: uint32(empty)})
		report.Understood += empty
	}
}

// move copies a row to another place.
func move(b *flow.Batch, to, from int) {
	b.Exporter[to], b.Domain[to], b.Version[to] = b.Exporter[from], b.Domain[from], b.Version[from]
	b.SrcAddr[to], b.DstAddr[to], b.NextHop[to] = b.SrcAddr[from], b.DstAddr[from], b.NextHop[from]
	b.Start[to], b.End[to], b.Bytes[to], b.Packets[to] = b.Start[from], b.End[from], b.Bytes[from], b.Packets[from]
	b.InIf[to], b.OutIf[to], b.SrcAS[to], b.DstAS[to] = b.InIf[from], b.OutIf[from], b.SrcAS[from], b.DstAS[from]
	b.SrcPort[to], b.DstPort[to], b.Proto[to], b.TCPFlags[to] = b.SrcPort[from], b.DstPort[from], b.Proto[from], b.TCPFlags[from]
	b.TOS[to], b.SrcMask[to], b.DstMask[to] = b.TOS[from], b.SrcMask[from], b.DstMask[from]
	b.Forwarding[to], b.Direction[to], b.App[to], b.RTT[to] = b.Forwarding[from], b.Direction[from], b.App[from], b.RTT[from]
	b.SamplingRate[to], b.Sampling[to], b.Quality[to] = b.SamplingRate[from], b.Sampling[from], b.Quality[from]
}
