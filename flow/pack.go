package flow

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// The packed form of a batch, all integers little-endian:
//
//	0  magic "eagF"            4 bytes
//	4  format version          1 byte
//	5  flags (1 = complete)    1 byte
//	6  partition               2 bytes
//	8  step                    8 bytes
//	16 rows                    2 bytes
//	18 columns                 2 bytes
//	20 columns, each: id 1 byte, width 1 byte (0–8), base 8 bytes, rows × width bytes
//	   CRC-32C of all before   4 bytes
//
// A value is base + its width-byte offset, so a column that never changes costs
// ten bytes. Readers skip column ids they do not know and leave columns that are
// missing at zero: columns are only ever added.
const (
	packMagic      = "eagF"
	packVersion    = 1
	packHeader     = 20
	packColumnHead = 10
	packTrailer    = 4
	flagComplete   = 1
	slack          = 8 // eight-byte loads and stores may touch this much past a column
	maxPackedWidth = 8
)

// MaxPacked bounds the packed form of any batch, in bytes.
const MaxPacked = packHeader + columnCount*(packColumnHead+8*MaxRows) + packTrailer + slack

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Packer turns batches into packed bytes. It keeps scratch space, so one
// goroutine at a time may use it; the zero value is ready.
type Packer struct{ high, low [MaxRows]uint64 }

// Append appends the packed form of b to dst and returns the result. It does
// not allocate when dst has room for MaxPacked more bytes.
func (p *Packer) Append(dst []byte, b *Batch) []byte {
	start := len(dst)
	dst = append(dst, packMagic...)
	dst = append(dst, packVersion, flags(b))
	dst = binary.LittleEndian.AppendUint16(dst, b.Partition)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(b.Step))
	dst = binary.LittleEndian.AppendUint16(dst, uint16(b.N))
	if b.N == 0 {
		dst = binary.LittleEndian.AppendUint16(dst, 0)
	} else {
		dst = binary.LittleEndian.AppendUint16(dst, columnCount)
		for i := range fields {
			dst = fields[i].pack(p, dst, b)
		}
	}
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[start:], castagnoli))
}

func flags(b *Batch) byte {
	if b.Complete {
		return flagComplete
	}
	return 0
}

// Unpacker turns packed bytes back into batches. It keeps scratch space, so one
// goroutine at a time may use it; the zero value is ready.
type Unpacker struct {
	found     [columnCount]packedColumn
	high, low [MaxRows]uint64
}

// packedColumn is where the bytes of one column lie. The zero value is a column
// of zeros, which is what a missing column means.
type packedColumn struct {
	src   []byte // from the first value to the end of the message
	width int
	base  uint64
}

// Unpack reads one packed batch into b, whose old content is lost. Every claim
// of the bytes is checked against their length before it is believed; on error
// b holds no rows. It does not allocate unless it fails.
func (u *Unpacker) Unpack(src []byte, b *Batch) error {
	b.N = 0
	body, rows, err := checkHeader(src)
	if err != nil {
		return err
	}
	if err := u.find(src, body, rows); err != nil {
		return err
	}
	b.Reset(binary.LittleEndian.Uint16(src[6:]), int64(binary.LittleEndian.Uint64(src[8:])))
	b.Complete = src[5]&flagComplete != 0
	if rows > 0 {
		for i := range fields {
			fields[i].unpack(u, b, rows)
		}
	}
	b.N = rows
	return nil
}

// checkHeader returns where the columns end and how many rows they have.
func checkHeader(src []byte) (body, rows int, err error) {
	if len(src) < packHeader+packTrailer {
		return 0, 0, fmt.Errorf("packed batch: %d bytes, shorter than a header", len(src))
	}
	if string(src[:4]) != packMagic {
		return 0, 0, fmt.Errorf("packed batch: starts with %q, want %q", src[:4], packMagic)
	}
	if src[4] != packVersion {
		return 0, 0, fmt.Errorf("packed batch: format version %d, this program reads %d", src[4], packVersion)
	}
	body = len(src) - packTrailer
	if got, want := crc32.Checksum(src[:body], castagnoli), binary.LittleEndian.Uint32(src[body:]); got != want {
		return 0, 0, fmt.Errorf("packed batch: checksum %08x, its trailer says %08x", got, want)
	}
	rows = int(binary.LittleEndian.Uint16(src[16:]))
	if rows > MaxRows {
		return 0, 0, fmt.Errorf("packed batch: claims %d rows, limit %d", rows, MaxRows)
	}
	return body, rows, nil
}

// find notes where each known column lies and checks that all of them fit.
func (u *Unpacker) find(src []byte, body, rows int) error {
	u.found = [columnCount]packedColumn{}
	at := packHeader
	for left := int(binary.LittleEndian.Uint16(src[18:])); left > 0; left-- {
		if body-at < packColumnHead {
			return fmt.Errorf("packed batch: column header at byte %d overruns %d bytes", at, body)
		}
		id, width := src[at], int(src[at+1])
		base := binary.LittleEndian.Uint64(src[at+2:])
		at += packColumnHead
		if width > maxPackedWidth || rows*width > body-at {
			return fmt.Errorf("packed batch: column %d: %d rows of %d bytes overrun the %d bytes left", id, rows, width, body-at)
		}
		if int(id) < columnCount {
			u.found[id] = packedColumn{src: src[at:], width: width, base: base}
		}
		at += rows * width
	}
	if at != body {
		return fmt.Errorf("packed batch: %d bytes after the last column", body-at)
	}
	return nil
}
