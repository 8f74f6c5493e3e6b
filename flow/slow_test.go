package flow

import (
	"cmp"
	"encoding/binary"
	"hash/crc32"
	"slices"
)

// slowPack and slowUnpack are the packed form as its description reads: every
// value is a 64-bit word, every byte is moved by itself.

// words are the columns of a batch by id, widened to 64 bits.
func words(b *Batch) [columnCount][]uint64 {
	var all [columnCount][]uint64
	for i := range b.N {
		r := [columnCount]uint64{
			b.Exporter[i].Hi, b.Exporter[i].Lo, b.SrcAddr[i].Hi, b.SrcAddr[i].Lo,
			b.DstAddr[i].Hi, b.DstAddr[i].Lo, b.NextHop[i].Hi, b.NextHop[i].Lo,
			uint64(b.Start[i]), uint64(b.End[i]), b.Bytes[i], b.Packets[i],
			uint64(b.Domain[i]), uint64(b.InIf[i]), uint64(b.OutIf[i]),
			uint64(b.SrcAS[i]), uint64(b.DstAS[i]), uint64(b.SamplingRate[i]),
			uint64(b.SrcPort[i]), uint64(b.DstPort[i]),
			uint64(b.Proto[i]), uint64(b.TCPFlags[i]), uint64(b.TOS[i]),
			uint64(b.SrcMask[i]), uint64(b.DstMask[i]),
			uint64(b.Version[i]), uint64(b.Sampling[i]), uint64(b.Quality[i]),
			uint64(b.Direction[i]), uint64(b.Forwarding[i]), b.App[i], uint64(b.RTT[i]),
		}
		for id, v := range r {
			all[id] = append(all[id], v)
		}
	}
	return all
}

// fromWords sets the rows of a batch; a column without values is zero.
func fromWords(b *Batch, rows int, all [columnCount][]uint64) {
	at := func(id, i int) uint64 {
		if len(all[id]) == 0 {
			return 0
		}
		return all[id][i]
	}
	ip := func(id, i int) IP { return IP{at(id, i), at(id+1, i)} }
	for i := range rows {
		b.Exporter[i], b.SrcAddr[i], b.DstAddr[i], b.NextHop[i] = ip(0, i), ip(2, i), ip(4, i), ip(6, i)
		b.Start[i], b.End[i], b.Bytes[i], b.Packets[i] = int64(at(8, i)), int64(at(9, i)), at(10, i), at(11, i)
		b.Domain[i], b.InIf[i], b.OutIf[i] = uint32(at(12, i)), uint32(at(13, i)), uint32(at(14, i))
		b.SrcAS[i], b.DstAS[i], b.SamplingRate[i] = uint32(at(15, i)), uint32(at(16, i)), uint32(at(17, i))
		b.SrcPort[i], b.DstPort[i] = uint16(at(18, i)), uint16(at(19, i))
		b.Proto[i], b.TCPFlags[i], b.TOS[i] = uint8(at(20, i)), uint8(at(21, i)), uint8(at(22, i))
		b.SrcMask[i], b.DstMask[i] = uint8(at(23, i)), uint8(at(24, i))
		b.Version[i], b.Sampling[i], b.Quality[i] = Version(at(25, i)), Sampling(at(26, i)), Quality(at(27, i))
		b.Direction[i], b.Forwarding[i] = Direction(at(28, i)), uint8(at(29, i))
		b.App[i], b.RTT[i] = at(30, i), uint32(at(31, i))
	}
	b.N = rows
}

// slowColumn is one column as it stands in a message.
type slowColumn struct {
	id, width uint8
	base      uint64
	values    []uint64
}

func (c slowColumn) append(dst []byte) []byte {
	dst = append(dst, c.id, c.width)
	dst = binary.LittleEndian.AppendUint64(dst, c.base)
	for _, v := range c.values {
		for i := range c.width {
			dst = append(dst, byte((v-c.base)>>(8*i)))
		}
	}
	return dst
}

// slowMessage puts a message together out of any columns.
func slowMessage(b *Batch, columns ...slowColumn) []byte {
	dst := append([]byte("eagF"), 1, 0)
	if b.Complete {
		dst[5] = 1
	}
	dst = binary.LittleEndian.AppendUint16(dst, b.Partition)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(b.Step))
	dst = binary.LittleEndian.AppendUint16(dst, uint16(b.N))
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(columns)))
	for _, c := range columns {
		dst = c.append(dst)
	}
	return sign(append(dst, 0, 0, 0, 0))
}

// sign makes the checksum right.
func sign(packed []byte) []byte {
	body := len(packed) - 4
	binary.LittleEndian.PutUint32(packed[body:], crc32.Checksum(packed[:body], crc32.MakeTable(crc32.Castagnoli)))
	return packed
}

func slowPack(b *Batch) []byte {
	var columns []slowColumn
	for id, values := range words(b) {
		if b.N > 0 {
			columns = append(columns, narrowest(uint8(id), values))
		}
	}
	return slowMessage(b, columns...)
}

func narrowest(id uint8, values []uint64) slowColumn {
	c := slowColumn{id: id, base: slices.Min(values), values: values}
	if id == colStart || id == colEnd { // times are signed
		c.base = slices.MinFunc(values, func(a, b uint64) int { return cmp.Compare(int64(a), int64(b)) })
	}
	for _, v := range values {
		for c.width < 8 && (v-c.base)>>(8*c.width) != 0 {
			c.width++
		}
	}
	return c
}

// slowUnpack reads what is known to be well formed.
func slowUnpack(packed []byte) *Batch {
	b := NewBatch()
	b.Reset(binary.LittleEndian.Uint16(packed[6:]), int64(binary.LittleEndian.Uint64(packed[8:])))
	b.Complete = packed[5]&1 != 0
	rows := int(binary.LittleEndian.Uint16(packed[16:]))
	var all [columnCount][]uint64
	at := 20
	for range binary.LittleEndian.Uint16(packed[18:]) {
		id, width, base := packed[at], int(packed[at+1]), binary.LittleEndian.Uint64(packed[at+2:])
		at += 10
		var values []uint64
		for range rows {
			v := base
			for i := range width {
				v += uint64(packed[at+i]) << (8 * i)
			}
			values, at = append(values, v), at+width
		}
		if int(id) < columnCount {
			all[id] = values
		}
	}
	fromWords(b, rows, all)
	return b
}
