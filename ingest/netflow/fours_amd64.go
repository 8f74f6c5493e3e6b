package netflow

import (
	"unsafe"

	"golang.org/x/sys/cpu"

	"eagre/flow"
)

// vectors tells whether the processor has the instructions of fours.
var vectors = cpu.X86.HasAVX2

// common is what all records of a datagram share.
type common struct {
	exporter        flow.IP
	domain, rate    uint32
	version         uint32 // four times
	sampling        uint32 // four times
	uptime          uint64 // below 2^32
	arrival, oldest int64
	mostOctets      int64
}

// Where the columns stand in a batch.
//
//nolint:unused // fours_amd64.s reads them
const (
	columnN            = unsafe.Offsetof(flow.Batch{}.N) // not a column: how many rows there are
	columnExporter     = unsafe.Offsetof(flow.Batch{}.Exporter)
	columnSrcAddr      = unsafe.Offsetof(flow.Batch{}.SrcAddr)
	columnDstAddr      = unsafe.Offsetof(flow.Batch{}.DstAddr)
	columnNextHop      = unsafe.Offsetof(flow.Batch{}.NextHop)
	columnStart        = unsafe.Offsetof(flow.Batch{}.Start)
	columnEnd          = unsafe.Offsetof(flow.Batch{}.End)
	columnBytes        = unsafe.Offsetof(flow.Batch{}.Bytes)
	columnPackets      = unsafe.Offsetof(flow.Batch{}.Packets)
	columnDomain       = unsafe.Offsetof(flow.Batch{}.Domain)
	columnInIf         = unsafe.Offsetof(flow.Batch{}.InIf)
	columnOutIf        = unsafe.Offsetof(flow.Batch{}.OutIf)
	columnSrcAS        = unsafe.Offsetof(flow.Batch{}.SrcAS)
	columnDstAS        = unsafe.Offsetof(flow.Batch{}.DstAS)
	columnSamplingRate = unsafe.Offsetof(flow.Batch{}.SamplingRate)
	columnSrcPort      = unsafe.Offsetof(flow.Batch{}.SrcPort)
	columnDstPort      = unsafe.Offsetof(flow.Batch{}.DstPort)
	columnProto        = unsafe.Offsetof(flow.Batch{}.Proto)
	columnTCPFlags     = unsafe.Offsetof(flow.Batch{}.TCPFlags)
	columnTOS          = unsafe.Offsetof(flow.Batch{}.TOS)
	columnSrcMask      = unsafe.Offsetof(flow.Batch{}.SrcMask)
	columnDstMask      = unsafe.Offsetof(flow.Batch{}.DstMask)
	columnForwarding   = unsafe.Offsetof(flow.Batch{}.Forwarding)
	columnDirection    = unsafe.Offsetof(flow.Batch{}.Direction)
	columnApp          = unsafe.Offsetof(flow.Batch{}.App)
	columnRTT          = unsafe.Offsetof(flow.Batch{}.RTT)
	columnVersion      = unsafe.Offsetof(flow.Batch{}.Version)
	columnSampling     = unsafe.Offsetof(flow.Batch{}.Sampling)
	columnQuality      = unsafe.Offsetof(flow.Batch{}.Quality)
)

// fours does what Datagram.plain does for n records, of which there are at least
// four and no more than the batch, which must be whole, has room for. It takes four
// at a time, turned by shuffles into four neighbouring rows of each column; where
// the number is no multiple of four the last ones are done twice.
//
//go:noescape
func fours(b *flow.Batch, c *common, records *byte, n int) (odd bool)

// columns fills all columns of the rows that records become; see plain.
func (d *Datagram) columns(b *flow.Batch, records []byte) (odd bool) {
	n := len(records) / recordLength
	if !vectors || n < 4 || n > b.Room() || b.N < 0 || !whole(b) {
		return d.plain(b, records)
	}
	const four = 0x01010101
	c := common{
		exporter: d.source.Exporter, domain: d.Domain, rate: d.rate,
		version: uint32(d.Version) * four, sampling: uint32(d.sampling) * four,
		uptime: uint64(d.Uptime), arrival: d.source.Arrival, oldest: d.source.Arrival - believed, mostOctets: d.mostOctets,
	}
	return fours(b, &c, &records[0], n)
}

// whole tells whether all columns of a batch have as many rows as those of
// flow.NewBatch, so that nothing is written beside them.
func whole(b *flow.Batch) bool {
	addresses := min(len(b.Exporter), len(b.SrcAddr), len(b.DstAddr), len(b.NextHop))
	words := min(len(b.Start), len(b.End), len(b.Bytes), len(b.Packets), len(b.App))
	halves := min(len(b.Domain), len(b.InIf), len(b.OutIf), len(b.SrcAS), len(b.DstAS), len(b.SamplingRate), len(b.RTT))
	octets := min(len(b.Proto), len(b.TCPFlags), len(b.TOS), len(b.SrcMask), len(b.DstMask), len(b.Forwarding))
	marks := min(len(b.Direction), len(b.Version), len(b.Sampling), len(b.Quality))
	return min(addresses, words, halves, len(b.SrcPort), len(b.DstPort), octets, marks) >= flow.MaxRows
}
