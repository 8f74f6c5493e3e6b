package flow

// Column ids of the packed form. They are written to disk: never reuse or
// renumber one, only append. An address is two columns, the high one first.
const (
	colExporterHi = iota
	colExporterLo
	colSrcAddrHi
	colSrcAddrLo
	colDstAddrHi
	colDstAddrLo
	colNextHopHi
	colNextHopLo
	colStart
	colEnd
	colBytes
	colPackets
	colDomain
	colInIf
	colOutIf
	colSrcAS
	colDstAS
	colSamplingRate
	colSrcPort
	colDstPort
	colProto
	colTCPFlags
	colTOS
	colSrcMask
	colDstMask
	colVersion
	colSampling
	colQuality
	colDirection
	colForwarding
	colApp
	colRTT
	columnCount
)

// field is one field of a batch and how it crosses into packed bytes and back.
// It owns one column id, or two where it holds addresses.
type field struct {
	pack   func(p *Packer, dst []byte, b *Batch) []byte
	unpack func(u *Unpacker, b *Batch, rows int)
}

var fields = [...]field{
	addresses(colExporterHi, func(b *Batch) []IP { return b.Exporter }),
	addresses(colSrcAddrHi, func(b *Batch) []IP { return b.SrcAddr }),
	addresses(colDstAddrHi, func(b *Batch) []IP { return b.DstAddr }),
	addresses(colNextHopHi, func(b *Batch) []IP { return b.NextHop }),
	integers(colStart, func(b *Batch) []int64 { return b.Start }),
	integers(colEnd, func(b *Batch) []int64 { return b.End }),
	integers(colBytes, func(b *Batch) []uint64 { return b.Bytes }),
	integers(colPackets, func(b *Batch) []uint64 { return b.Packets }),
	integers(colDomain, func(b *Batch) []uint32 { return b.Domain }),
	integers(colInIf, func(b *Batch) []uint32 { return b.InIf }),
	integers(colOutIf, func(b *Batch) []uint32 { return b.OutIf }),
	integers(colSrcAS, func(b *Batch) []uint32 { return b.SrcAS }),
	integers(colDstAS, func(b *Batch) []uint32 { return b.DstAS }),
	integers(colSamplingRate, func(b *Batch) []uint32 { return b.SamplingRate }),
	integers(colSrcPort, func(b *Batch) []uint16 { return b.SrcPort }),
	integers(colDstPort, func(b *Batch) []uint16 { return b.DstPort }),
	integers(colProto, func(b *Batch) []uint8 { return b.Proto }),
	integers(colTCPFlags, func(b *Batch) []uint8 { return b.TCPFlags }),
	integers(colTOS, func(b *Batch) []uint8 { return b.TOS }),
	integers(colSrcMask, func(b *Batch) []uint8 { return b.SrcMask }),
	integers(colDstMask, func(b *Batch) []uint8 { return b.DstMask }),
	integers(colVersion, func(b *Batch) []Version { return b.Version }),
	integers(colSampling, func(b *Batch) []Sampling { return b.Sampling }),
	integers(colQuality, func(b *Batch) []Quality { return b.Quality }),
	integers(colDirection, func(b *Batch) []Direction { return b.Direction }),
	integers(colForwarding, func(b *Batch) []uint8 { return b.Forwarding }),
	integers(colApp, func(b *Batch) []uint64 { return b.App }),
	integers(colRTT, func(b *Batch) []uint32 { return b.RTT }),
}

// integers is a field of plain numbers.
func integers[T integer](id uint8, of func(*Batch) []T) field {
	return field{
		pack: func(_ *Packer, dst []byte, b *Batch) []byte {
			return packColumn(dst, id, of(b)[:b.N])
		},
		unpack: func(u *Unpacker, b *Batch, rows int) {
			unpackColumn(of(b)[:rows], u.found[id])
		},
	}
}

// addresses is a field of addresses: two columns of 64-bit words, the high one
// of which costs next to nothing while all addresses are IPv4.
func addresses(id uint8, of func(*Batch) []IP) field {
	return field{
		pack: func(p *Packer, dst []byte, b *Batch) []byte {
			return p.addresses(dst, id, of(b)[:b.N])
		},
		unpack: func(u *Unpacker, b *Batch, rows int) {
			u.addresses(of(b)[:rows], u.found[id], u.found[id+1])
		},
	}
}

func (p *Packer) addresses(dst []byte, id uint8, from []IP) []byte {
	if constant(from) {
		dst = appendColumn(dst, id, 0, from[0].Hi)
		return appendColumn(dst, id+1, 0, from[0].Lo)
	}
	low := p.low[:len(from)]
	if !lows(low, from) { // IPv4, or one network
		return packColumn(appendColumn(dst, id, 0, from[0].Hi), id+1, low)
	}
	high := p.high[:len(from)]
	for i := range from {
		high[i] = from[i].Hi
	}
	return packColumn(packColumn(dst, id, high), id+1, low)
}

// lows copies the low words of addresses and tells whether the high ones differ.
func lows(low []uint64, from []IP) (differ bool) {
	high, bits := from[0].Hi, uint64(0)
	for ; len(from) >= 4 && len(low) >= 4; from, low = from[4:], low[4:] {
		f, l := (*[4]IP)(from), (*[4]uint64)(low)
		l[0], l[1], l[2], l[3] = f[0].Lo, f[1].Lo, f[2].Lo, f[3].Lo
		bits |= (f[0].Hi ^ high) | (f[1].Hi ^ high) | (f[2].Hi ^ high) | (f[3].Hi ^ high)
	}
	for i, a := range from {
		low[i] = a.Lo
		bits |= a.Hi ^ high
	}
	return bits != 0
}

func (u *Unpacker) addresses(to []IP, high, low packedColumn) {
	if high.width == 0 && low.width == 0 {
		fill(to, IP{Hi: high.base, Lo: low.base})
		return
	}
	his, los := u.high[:len(to)], u.low[:len(to)]
	unpackColumn(los, low)
	if high.width == 0 {
		join(to, high.base, los)
		return
	}
	unpackColumn(his, high)
	for i := range to {
		to[i] = IP{Hi: his[i], Lo: los[i]}
	}
}

// join makes addresses of one high word and their low words.
func join(to []IP, high uint64, lows []uint64) {
	for ; len(to) >= 4 && len(lows) >= 4; to, lows = to[4:], lows[4:] {
		t, l := (*[4]IP)(to), (*[4]uint64)(lows)
		t[0], t[1], t[2], t[3] = IP{high, l[0]}, IP{high, l[1]}, IP{high, l[2]}, IP{high, l[3]}
	}
	for i, lo := range lows {
		to[i] = IP{high, lo}
	}
}
