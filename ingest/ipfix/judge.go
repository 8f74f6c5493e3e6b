package ipfix

import (
	"eagre/flow"
	"eagre/ingest/wire"
)

const (
	ipHeader = 20 // bytes that every packet has

	// A flow above 100 Tb/s is not believed. Exporters round times to the second,
	// so a shorter duration counts as one second.
	fastestBits   = 100e12
	shortestMS    = 1000
	suspectOctets = uint64(fastestBits / 8) // scaled bytes in one second, below which no flow is too fast
)

// mark says what a row is not: one of an unfragmented packet stream, or one of
// two hosts.
func (m *Message) mark(r *rows, t *template) {
	quality := r.b.Quality[r.from : r.from+r.n]
	if t.has.has(fragment) {
		for i := range quality {
			if m.fragment[i] != 0 {
				quality[i] |= flow.Fragment
			}
		}
	}
	all := t.is(aggregated)
	if !all && t.has.has(srcAddr) && t.has.has(dstAddr) {
		return
	}
	for i := range quality {
		if all || r.b.SrcAddr[r.from+i].IsZero() || r.b.DstAddr[r.from+i].IsZero() {
			quality[i] |= flow.Aggregated
		}
	}
}

// updates takes the counters from a firewall's reports in between, where those
// count from the beginning of the connection.
func (m *Message) updates(r *rows) {
	const update = 5 // firewallEvent
	for i, e := range m.event[:r.n] {
		if e == update {
			r.b.Bytes[r.from+i], r.b.Packets[r.from+i] = 0, 0
		}
	}
}

// judge marks rows whose counters cannot be, which are kept, and counts those
// that describe no traffic, which are not. Counters that an exporter does not
// send are not held against it.
func (m *Message) judge(r *rows, t *template, turned int, report *wire.Report) (empty int) {
	b, to := r.b, r.from+r.n+turned
	bytes, counts := b.Bytes[r.from:to], b.Packets[r.from:to]
	counts = counts[:len(bytes)]
	both := t.has.has(octets) && t.has.has(packets) && !t.is(payload)
	limit := suspectOctets / uint64(highest(b.SamplingRate[r.from:to]))
	for i := range bytes {
		if p := counts[i]; p-1 >= bytes[i] || bytes[i] < p*ipHeader || bytes[i] > limit { // also without packets
			empty += m.doubt(b, r.from+i, both, report)
		}
	}
	return empty
}

// highest is the highest rate, at least 1. Mostly all are the same.
func highest(rates []uint32) uint32 {
	top := uint32(1)
	for _, rate := range rates {
		top = max(top, rate)
	}
	return top
}

// doubt looks at a suspicious row again, and returns 1 if it is empty.
func (m *Message) doubt(b *flow.Batch, i int, both bool, report *wire.Report) int {
	bytes, counted := b.Bytes[i], b.Packets[i]
	if bytes|counted == 0 {
		return 1
	}
	tooSmall := both && (bytes/ipHeader < counted || counted == 0)
	if tooSmall || tooFast(b, i) {
		b.Quality[i] |= flow.Implausible
		report.Add(wire.Note{Finding: wire.Impossible})
	}
	return 0
}

func tooFast(b *flow.Batch, i int) bool {
	bits := float64(b.Bytes[i]) * float64(max(b.SamplingRate[i], 1)) * 8
	ms := float64(max(b.End[i]-b.Start[i], shortestMS))
	return bits/ms*1000 > fastestBits
}
