package netflow

import (
	"encoding/binary"

	"eagre/flow"
)

var be = binary.BigEndian

// record is the layout of one record as offsets.
const (
	offSrc     = 0
	offDst     = 4
	offNextHop = 8
	offInput   = 12 // output follows
	offPackets = 16 // octets follow
	offFirst   = 24
	offLast    = 28
	offSrcPort = 32 // destination follows
	offFlags   = 37 // protocol and type of service follow
	offSrcAS   = 40 // destination follows
	offSrcMask = 44 // destination follows
)

// identity fills the columns that are the same for all records of a datagram.
func (d *V5) identity(b *flow.Batch, n int) {
	at := b.N
	fill(b.Exporter[at:at+n], d.source.Exporter)
	fill(b.Domain[at:at+n], d.Domain)
	fill(b.Version[at:at+n], flow.NetFlowV5)
	fill(b.SamplingRate[at:at+n], d.rate)
	fill(b.Sampling[at:at+n], d.sampling)
}

func fill[T any](column []T, v T) {
	for i := range column {
		column[i] = v
	}
}

// at is record i as an array, so that the offsets inside it need no checks.
func at(records []byte, i int) *[recordLength]byte {
	return (*[recordLength]byte)(records[i*recordLength:])
}

// columns copies the fields that are taken as they are, column by column with
// those together that stand together in a record, so that one load serves two.
// The next hop 0.0.0.0 stays an address; interfaces and autonomous systems that
// are zero are unknown, as the format has it.
func columns(b *flow.Batch, records []byte) {
	from, n := b.N, len(records)/recordLength
	to := from + n
	addresses(b.SrcAddr[from:to], b.DstAddr[from:to], b.NextHop[from:to], records)
	counters(b.Packets[from:to], b.Bytes[from:to], records)
	interfaces(b.InIf[from:to], b.OutIf[from:to], records)
	systems(b.SrcAS[from:to], b.DstAS[from:to], records)
	ports(b.SrcPort[from:to], b.DstPort[from:to], records)
	octets(b.Proto[from:to], b.TCPFlags[from:to], b.TOS[from:to], records)
	masks(b.SrcMask[from:to], b.DstMask[from:to], records)
}

func addresses(src, dst, hop []flow.IP, records []byte) {
	dst, hop = dst[:len(src)], hop[:len(src)]
	for i := range src {
		r := at(records, i)
		src[i] = flow.V4(be.Uint32(r[offSrc:]))
		dst[i] = flow.V4(be.Uint32(r[offDst:]))
		hop[i] = flow.V4(be.Uint32(r[offNextHop:]))
	}
}

func counters(packets, octets []uint64, records []byte) {
	octets = octets[:len(packets)]
	for i := range packets {
		both := be.Uint64(at(records, i)[offPackets:])
		packets[i], octets[i] = both>>32, both&0xffffffff
	}
}

func interfaces(in, out []uint32, records []byte) {
	out = out[:len(in)]
	for i := range in {
		both := be.Uint32(at(records, i)[offInput:])
		in[i], out[i] = both>>16, both&0xffff
	}
}

func systems(src, dst []uint32, records []byte) {
	dst = dst[:len(src)]
	for i := range src {
		both := be.Uint32(at(records, i)[offSrcAS:])
		src[i], dst[i] = both>>16, both&0xffff
	}
}

func ports(src, dst []uint16, records []byte) {
	dst = dst[:len(src)]
	for i := range src {
		both := be.Uint32(at(records, i)[offSrcPort:])
		src[i], dst[i] = uint16(both>>16), uint16(both)
	}
}

// octets fills the columns of flags, protocol and type of service, which follow
// a byte of padding.
func octets(proto, flags, tos []uint8, records []byte) {
	flags, tos = flags[:len(proto)], tos[:len(proto)]
	for i := range proto {
		four := be.Uint32(at(records, i)[offFlags-1:])
		flags[i], proto[i], tos[i] = uint8(four>>16), uint8(four>>8), uint8(four)
	}
}

func masks(src, dst []uint8, records []byte) {
	dst = dst[:len(src)]
	for i := range src {
		both := be.Uint16(at(records, i)[offSrcMask:])
		src[i], dst[i] = uint8(both>>8), uint8(both)
	}
}
