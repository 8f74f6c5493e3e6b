package netflow

import "eagre/flow"

// record is one record in the shape of version 5. Its fields, as offsets:
const (
	recordLength = 48

	offSrc     = 0
	offDst     = 4
	offNextHop = 8
	offInput   = 12
	offOutput  = 14
	offPackets = 16 // octets follow
	offFirst   = 24 // last follows
	offSrcPort = 32
	offDstPort = 34
	offFlags   = 37 // after a byte of padding
	offProto   = 38
	offTOS     = 39
	offSrcAS   = 40
	offDstAS   = 42
	offSrcMask = 44
	offDstMask = 45
)

type record = [recordLength]byte

// constants fills the columns that are the same for all records of a datagram.
func (d *Datagram) constants(b *flow.Batch, n int) {
	from, to := b.N, b.N+n
	fill(b.Exporter[from:to], d.source.Exporter)
	fill(b.Domain[from:to], d.Domain)
	fill(b.Version[from:to], d.Version)
	fill(b.SamplingRate[from:to], d.rate)
	fill(b.Sampling[from:to], d.sampling)
	clear(b.Direction[from:to])
	clear(b.Forwarding[from:to])
	clear(b.App[from:to])
	clear(b.RTT[from:to])
	clear(b.Quality[from:to])
}

// fill is unrolled, as two stores to neighbours cost what one costs.
func fill[T any](column []T, v T) {
	for ; len(column) >= 8; column = column[8:] {
		eight := (*[8]T)(column)
		eight[0], eight[1], eight[2], eight[3] = v, v, v, v
		eight[4], eight[5], eight[6], eight[7] = v, v, v, v
	}
	for i := range column {
		column[i] = v
	}
}

// plain copies the fields of records into the other columns, one record at a
// time and all of it at once: six loads serve the 22 columns. The next hop 0.0.0.0
// stays an address; interfaces and autonomous systems that are zero are unknown, as
// the format has it.
//
// It tells whether some record is odd, so that its times, counters or masks cannot
// be taken as they are. That is the sign of a number that falls below zero for each
// of the odd records, so it costs no branch; judge looks closer.
func (d *Datagram) plain(b *flow.Batch, records []byte) (odd bool) {
	n := len(records) / recordLength
	d.constants(b, n)
	from, to := b.N, b.N+n
	src := b.SrcAddr[from:to]
	dst, hop := b.DstAddr[from:to][:len(src)], b.NextHop[from:to][:len(src)]
	in, out := b.InIf[from:to][:len(src)], b.OutIf[from:to][:len(src)]
	packets, bytes := b.Packets[from:to][:len(src)], b.Bytes[from:to][:len(src)]
	start, end := b.Start[from:to][:len(src)], b.End[from:to][:len(src)]
	srcPort, dstPort := b.SrcPort[from:to][:len(src)], b.DstPort[from:to][:len(src)]
	flags, proto, tos := b.TCPFlags[from:to][:len(src)], b.Proto[from:to][:len(src)], b.TOS[from:to][:len(src)]
	srcAS, dstAS := b.SrcAS[from:to][:len(src)], b.DstAS[from:to][:len(src)]
	srcMask, dstMask := b.SrcMask[from:to][:len(src)], b.DstMask[from:to][:len(src)]
	uptime, arrival, below := d.Uptime, d.source.Arrival, int64(0)
	for i := range src {
		if len(records) < recordLength {
			break // never; it tells the compiler that no record is read beyond the end
		}
		r := (*record)(records)
		records = records[recordLength:]
		w := be.Uint64(r[offSrc:])
		src[i], dst[i] = flow.V4(uint32(w>>32)), flow.V4(uint32(w))
		w = be.Uint64(r[offNextHop:])
		hop[i], in[i], out[i] = flow.V4(uint32(w>>32)), uint32(w>>16)&0xffff, uint32(w)&0xffff
		w = be.Uint64(r[offPackets:])
		p, o := int64(w>>32), int64(w&0xffffffff)
		packets[i], bytes[i] = uint64(p), uint64(o)
		w = be.Uint64(r[offFirst:])
		age, duration := int64(uptime-uint32(w)), int64(uint32(w)-uint32(w>>32))
		end[i], start[i] = arrival-age, arrival-age-duration
		w = be.Uint64(r[offSrcPort:])
		srcPort[i], dstPort[i] = uint16(w>>48), uint16(w>>32)
		flags[i], proto[i], tos[i] = uint8(w>>16), uint8(w>>8), uint8(w)
		w = be.Uint64(r[offSrcAS:])
		srcAS[i], dstAS[i] = uint32(w>>48), uint32(w>>32)&0xffff
		srcMask[i], dstMask[i] = uint8(w>>24), uint8(w>>16)
		below |= (believed - age - duration) | (o - p*ipHeader) | (p - 1) | (d.mostOctets - o)
		below |= (longestMask - int64(w>>24&0xff)) | (longestMask - int64(w>>16&0xff))
	}
	return below < 0
}
