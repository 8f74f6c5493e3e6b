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
	suspectOctets = uint64(fastestBits / 8) // scaled bytes in one second, below which no flow is too fast
)

// judge marks records whose counters or masks are impossible. They are kept.
func (d *V5) judge(b *flow.Batch, n int, report *wire.Report) {
	from := b.N
	bytes, packets := b.Bytes[from:from+n], b.Packets[from:from+n]
	packets = packets[:len(bytes)]
	limit := suspectOctets / uint64(max(d.rate, 1))
	for i := range bytes {
		if bytes[i] < packets[i]*ipHeader || bytes[i] > limit || packets[i] == 0 && bytes[i] > 0 {
			d.doubt(b, from+i, report)
		}
	}
	srcMask, dstMask := b.SrcMask[from:from+n], b.DstMask[from:from+n]
	dstMask = dstMask[:len(srcMask)]
	for i := range srcMask {
		if max(srcMask[i], dstMask[i]) > longestMask {
			unmask(b, from+i, report)
		}
	}
}

func (d *V5) doubt(b *flow.Batch, i int, report *wire.Report) {
	bits := float64(b.Bytes[i]) * float64(max(d.rate, 1)) * 8
	ms := float64(max(b.End[i]-b.Start[i], shortestMS))
	tooFast := bits/ms*1000 > fastestBits
	tooSmall := b.Bytes[i] < b.Packets[i]*ipHeader
	if tooFast || tooSmall || b.Packets[i] == 0 && b.Bytes[i] > 0 {
		b.Quality[i] |= flow.Implausible
		report.Add(wire.Note{Finding: wire.Impossible})
	}
}

func unmask(b *flow.Batch, i int, report *wire.Report) {
	for _, mask := range []*uint8{&b.SrcMask[i], &b.DstMask[i]} {
		if *mask > longestMask {
			report.Add(wire.Note{Finding: wire.MaskTooLong, A: uint32(*mask), B: 4})
			*mask = 0
		}
	}
}
