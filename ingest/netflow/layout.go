package netflow

import (
	"encoding/binary"

	"eagre/flow"
	"eagre/ingest/wire"
)

// layout is where things stand in the datagrams of one version, or of one
// aggregation scheme of version 8.
type layout struct {
	number  uint32 // the version on the wire
	version flow.Version
	header  int // bytes
	record  int // bytes
	limit   int // records that the format allows; more are decoded all the same
	// moves shape a record like one of version 5; none: it has that shape.
	moves []move

	sampled    bool // the header has a sampling word
	lacks      lack
	aggregated bool // rows are no single flows of hosts
	twoMasks   bool // the masks of both prefixes, in an order that is disputed
}

// move copies a field of a record to where version 5 has it.
type move struct{ from, to, bytes int }

// lack is which addresses a layout does not have.
type lack uint8

const (
	noSource lack = 1 << iota
	noDestination
	noNextHop
)

// Headers, in bytes.
const (
	headerV1 = 16 // ends before the sequence number
	headerV5 = 24
	headerV8 = 28
)

// The layouts by version number. Version 1 has no sequence numbers; version 6 adds
// sizes of the encapsulation and a next hop within the peer, version 7 the router
// that the switch bypasses: there is no column for either.
var layouts = [...]layout{
	1: version1(48, 24),
	5: {number: 5, version: flow.NetFlowV5, header: headerV5, record: recordLength, limit: 30, sampled: true},
	6: {number: 6, version: flow.NetFlowV6, header: headerV5, record: 52, limit: 27, sampled: true, moves: []move{{0, 0, 46}}},
	7: {number: 7, version: flow.NetFlowV7, header: headerV5, record: 52, limit: 27, moves: []move{{0, 0, 46}}},
}

// v1Wide is version 1 with four more bytes of padding, as Extreme Networks describes
// it (Packet over SONET module, table 3-12).
var v1Wide = version1(52, 25)

func version1(record, limit int) layout {
	return layout{
		number: 1, version: flow.NetFlowV1, header: headerV1, record: record, limit: limit,
		moves: []move{{0, 0, offFlags - 1}, {38, offProto, 2}, {40, offFlags, 1}},
	}
}

// choose finds the layout of a datagram, or says why there is none.
func choose(payload []byte, report *wire.Report) *layout {
	c := wire.NewCursor(payload)
	version, count := int(c.U16()), int(c.U16())
	switch {
	case version == 8:
		return chooseScheme(payload, report)
	case version >= len(layouts) || layouts[version].number == 0:
		report.Add(wire.Note{Finding: wire.UnknownVersion, A: uint32(version)})
		return nil
	case version == 1 && count > 0 && len(payload) == v1Wide.header+count*v1Wide.record:
		return &v1Wide
	}
	return headed(payload, &layouts[version], report)
}

func chooseScheme(payload []byte, report *wire.Report) *layout {
	l := headed(payload, &schemes[0], report)
	if l == nil {
		return nil
	}
	scheme := int(payload[offScheme])
	if scheme == 0 || scheme >= len(schemes) {
		report.Add(wire.Note{Finding: wire.V8Scheme, A: uint32(scheme)})
		return nil
	}
	return &schemes[scheme]
}

// headed checks that the whole header is there.
func headed(payload []byte, l *layout, report *wire.Report) *layout {
	if len(payload) < l.header {
		report.Add(wire.Note{Finding: wire.FixedShort, A: l.number, B: uint32(l.header), C: uint32(len(payload))})
		return nil
	}
	return l
}

// fits tells whether a body that should hold so many records may be read as
// records of this layout. Where exactly as many records of another scheme's length
// are there instead, the scheme and the records do not belong together, and what
// would be read is rubbish.
func (l *layout) fits(said, body int) bool {
	if l.version != flow.NetFlowV8 || said == 0 || body == said*l.record {
		return true
	}
	for i := range schemes {
		if schemes[i].record > 0 && body == said*schemes[i].record {
			return false
		}
	}
	return true
}

// orderMasks puts the masks of both prefixes of a shaped record in order. They are
// read as flow-tools does, the destination's first; other descriptions have them the
// other way round, and routers do both. A prefix has no bits beyond its mask, which
// decides where only one order is possible.
func orderMasks(r *record) {
	src, dst := be.Uint32(r[offSrc:]), be.Uint32(r[offDst:])
	first, second := r[offSrcMask], r[offSrcMask+1] // as they stand on the wire
	if isPrefix(src, first) && isPrefix(dst, second) && !(isPrefix(dst, first) && isPrefix(src, second)) {
		return
	}
	r[offSrcMask], r[offSrcMask+1] = second, first
}

func isPrefix(address uint32, mask uint8) bool { return uint64(address)<<mask&(1<<32-1) == 0 }

var be = binary.BigEndian
