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
	low, differ := p.low[:len(from)], uint64(0)
	for i := range from {
		low[i] = from[i].Lo
		differ |= from[i].Hi ^ from[0].Hi
	}
	if differ == 0 { // IPv4, or one network
		return packColumn(appendColumn(dst, id, 0, from[0].Hi), id+1, low)
	}
	high := p.high[:len(from)]
	for i := range from {
		high[i] = from[i].Hi
	}
	return packColumn(packColumn(dst, id, high), id+1, low)
}

func (u *Unpacker) addresses(to []IP, high, low packedColumn) {
	if high.width == 0 && low.width == 0 {
		fill(to, IP{Hi: high.base, Lo: low.base})
		return
	}
	his, los := u.high[:len(to)], u.low[:len(to)]
	unpackColumn(los, low)
	if high.width == 0 {
		for i, lo := range los {
			to[i] = IP{Hi: high.base, Lo: lo}
		}
		return
	}
	unpackColumn(his, high)
	for i := range to {
		to[i] = IP{Hi: his[i], Lo: los[i]}
	}
}
