package signatures

import (
	"math"

	"eagre/flow"
)

// filter shrinks a selection of row numbers, in place, to the rows that pass.
type filter func(b *flow.Batch, rows []uint16) []uint16

// column is a number that every flow has, under its name in the language. The
// names are those of goflow2's FlowMessage, but for the last four and app.
type column struct {
	name string
	all  span // every value it can have
	// read is the value of one row.
	read func(b *flow.Batch, row int) int64
	// keep is the filter for a set of values.
	keep func(s spans) filter
}

// columnID is the place of a column in the table of columns.
type columnID uint8

const (
	srcPort columnID = iota
	dstPort
	proto
	tcpFlags
	ipTOS
	inIf
	outIf
	srcAS
	dstAS
	srcNet
	dstNet
	byteCount
	packetCount
	samplingRate
	domain
	direction
	forwarding
	app
	rtt
	fragment
	packetSize
	columnCount
)

// packet_size is bytes ÷ packets as a ratio. To keep it exact it is stored
// doubled: the whole size N is 2N, anything between N and N+1 is 2N+1, and
// a flow without packets, which has no size, is noSize. So "== 404" is true only
// for bytes = 404 × packets, and "!=" is its exact opposite.
const (
	noSize  = -1
	maxSize = math.MaxInt64 / 4
)

// columns is the table of numbers, by columnID. It is read only.
var columns = [columnCount]column{
	srcPort:      stored("src_port", math.MaxUint16, func(b *flow.Batch) []uint16 { return b.SrcPort }),
	dstPort:      stored("dst_port", math.MaxUint16, func(b *flow.Batch) []uint16 { return b.DstPort }),
	proto:        stored("proto", math.MaxUint8, func(b *flow.Batch) []uint8 { return b.Proto }),
	tcpFlags:     stored("tcp_flags", math.MaxUint8, func(b *flow.Batch) []uint8 { return b.TCPFlags }),
	ipTOS:        stored("ip_tos", math.MaxUint8, func(b *flow.Batch) []uint8 { return b.TOS }),
	inIf:         stored("in_if", math.MaxUint32, func(b *flow.Batch) []uint32 { return b.InIf }),
	outIf:        stored("out_if", math.MaxUint32, func(b *flow.Batch) []uint32 { return b.OutIf }),
	srcAS:        stored("src_as", math.MaxUint32, func(b *flow.Batch) []uint32 { return b.SrcAS }),
	dstAS:        stored("dst_as", math.MaxUint32, func(b *flow.Batch) []uint32 { return b.DstAS }),
	srcNet:       stored("src_net", math.MaxUint8, func(b *flow.Batch) []uint8 { return b.SrcMask }),
	dstNet:       stored("dst_net", math.MaxUint8, func(b *flow.Batch) []uint8 { return b.DstMask }),
	byteCount:    stored("bytes", math.MaxInt64, func(b *flow.Batch) []uint64 { return b.Bytes }),
	packetCount:  stored("packets", math.MaxInt64, func(b *flow.Batch) []uint64 { return b.Packets }),
	samplingRate: stored("sampling_rate", math.MaxUint32, func(b *flow.Batch) []uint32 { return b.SamplingRate }),
	domain:       stored("observation_domain_id", math.MaxUint32, func(b *flow.Batch) []uint32 { return b.Domain }),
	direction:    stored("flow_direction", math.MaxUint8, func(b *flow.Batch) []flow.Direction { return b.Direction }),
	forwarding:   stored("forwarding_status", math.MaxUint8, func(b *flow.Batch) []uint8 { return b.Forwarding }),
	app:          stored("app", math.MaxInt64, func(b *flow.Batch) []uint64 { return b.App }),
	rtt:          stored("rtt_us", math.MaxUint32, func(b *flow.Batch) []uint32 { return b.RTT }),
	fragment:     {name: "fragment", all: span{0, 1}, read: readFragment, keep: keepRead(readFragment)},
	packetSize:   {name: "packet_size", all: span{noSize, 2 * maxSize}, read: readSize, keep: keepSize},
}

type unsigned interface {
	~uint8 | ~uint16 | ~uint32 | ~uint64
}

// stored is a column that a batch holds as it is.
func stored[T unsigned](name string, most int64, values func(*flow.Batch) []T) column {
	return column{
		name: name, all: span{0, most},
		read: func(b *flow.Batch, row int) int64 { return saturate(uint64(values(b)[row])) },
		keep: func(s spans) filter { return keepStored(values, s, span{0, most}) },
	}
}

// keepStored chooses the loop for a set: one span, all but one span, or a list.
func keepStored[T unsigned](values func(*flow.Batch) []T, s spans, all span) filter {
	if len(s) == 1 {
		return keepInside(values, s[0])
	}
	if others := s.not(all); len(others) == 1 {
		return keepOutside(values, others[0])
	}
	return func(b *flow.Batch, rows []uint16) []uint16 {
		column, n := values(b), 0
		for _, row := range rows {
			rows[n] = row
			if s.has(saturate(uint64(column[row]))) {
				n++
			}
		}
		return rows[:n]
	}
}

// keepInside keeps the rows inside a span: a value below it wraps around to a
// large distance, so that one comparison is enough.
func keepInside[T unsigned](values func(*flow.Batch) []T, s span) filter {
	lo, width := distances[T](s)
	return func(b *flow.Batch, rows []uint16) []uint16 {
		column, n := values(b), 0
		for _, row := range rows {
			rows[n] = row
			if column[row]-lo <= width {
				n++
			}
		}
		return rows[:n]
	}
}

func keepOutside[T unsigned](values func(*flow.Batch) []T, s span) filter {
	lo, width := distances[T](s)
	return func(b *flow.Batch, rows []uint16) []uint16 {
		column, n := values(b), 0
		for _, row := range rows {
			rows[n] = row
			if column[row]-lo > width {
				n++
			}
		}
		return rows[:n]
	}
}

// distances is where a span starts and how far it reaches. What is read as the
// largest signed number may be any larger counter.
func distances[T unsigned](s span) (lo, width T) {
	if lo = T(s.lo); s.hi == math.MaxInt64 {
		return lo, ^T(0) - lo
	}
	return lo, T(s.hi) - lo
}

// keepRead is the filter of a column that must be worked out row by row.
func keepRead(read func(*flow.Batch, int) int64) func(spans) filter {
	return func(s spans) filter {
		return func(b *flow.Batch, rows []uint16) []uint16 {
			n := 0
			for _, row := range rows {
				rows[n] = row
				if s.has(read(b, int(row))) {
					n++
				}
			}
			return rows[:n]
		}
	}
}

// keepSize multiplies where one exact size is asked for, and divides otherwise.
func keepSize(s spans) filter {
	if len(s) != 1 || s[0].lo != s[0].hi || s[0].lo < 0 || s[0].lo%2 != 0 || s[0].lo/2 > math.MaxUint32 {
		return keepRead(readSize)(s)
	}
	size := uint64(s[0].lo / 2)
	return func(b *flow.Batch, rows []uint16) []uint16 {
		n := 0
		for _, row := range rows {
			rows[n] = row
			p := b.Packets[row]
			exact := uint64(saturate(b.Bytes[row])) == size*p
			if p > math.MaxUint32 { // size × packets might not fit
				exact = readSize(b, int(row)) == int64(2*size)
			}
			if exact && p > 0 {
				n++
			}
		}
		return rows[:n]
	}
}

func readSize(b *flow.Batch, row int) int64 {
	bytes, packets := saturate(b.Bytes[row]), saturate(b.Packets[row])
	if packets == 0 {
		return noSize
	}
	size, rest := bytes/packets, bytes%packets
	if size >= maxSize {
		return 2 * maxSize
	}
	return 2*size + min(rest, 1)
}

func readFragment(b *flow.Batch, row int) int64 {
	return int64(b.Quality[row]&flow.Fragment) / int64(flow.Fragment)
}

// saturate reads a counter as the signed number that the language reckons with.
func saturate(v uint64) int64 { return int64(min(v, math.MaxInt64)) }

// columnNamed finds a column by its name in the language.
func columnNamed(name string) (columnID, bool) {
	for id := range columns {
		if columns[id].name == name {
			return columnID(id), true
		}
	}
	return 0, false
}
