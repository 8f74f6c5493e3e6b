package netflow

import (
	"eagre/flow"
	"eagre/ingest/wire"
)

const (
	longestMask = 32
	ipHeader    = 20 // bytes that every IPv4 packet has

	// A flow above 100 Tb/s is not believed. Exporters round times to the second,
	// so a shorter duration counts as one second.
	fastestBits   = 100e12
	shortestMS    = 1000
	suspectOctets = int64(fastestBits / 8) // scaled bytes in one second, below which no flow is too fast
)

// judge gives times to the new rows that are not timely, marks impossible counters
// and takes away impossible masks. The rows are kept.
func (d *Datagram) judge(b *flow.Batch, records []byte, report *wire.Report) {
	for row := b.N; len(records) > 0; row++ {
		first, last := be.Uint32(records[offFirst:]), be.Uint32(records[offFirst+4:])
		if !d.timely(first, last) {
			b.Start[row], b.End[row], b.Quality[row] = d.span(first, last, report)
		}
		d.doubt(b, row, report)
		unmask(b, row, report)
		records = records[recordLength:]
	}
}

func (d *Datagram) doubt(b *flow.Batch, row int, report *wire.Report) {
	bytes, packets := b.Bytes[row], b.Packets[row]
	bits := float64(bytes) * float64(max(d.rate, 1)) * 8
	ms := float64(max(b.End[row]-b.Start[row], shortestMS))
	tooFast := bits/ms*1000 > fastestBits
	if tooFast || bytes < packets*ipHeader || packets == 0 && bytes > 0 {
		b.Quality[row] |= flow.Implausible
		report.Add(wire.Note{Finding: wire.Impossible})
	}
}

func unmask(b *flow.Batch, row int, report *wire.Report) {
	for _, mask := range [...]*uint8{&b.SrcMask[row], &b.DstMask[row]} {
		if *mask > longestMask {
			report.Add(wire.Note{Finding: wire.MaskTooLong, A: uint32(*mask), B: 4})
			*mask = 0
		}
	}
}
