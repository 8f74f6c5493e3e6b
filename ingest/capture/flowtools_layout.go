package capture

import (
	"encoding/binary"
	"net/netip"

	"eagre/flow"
)

// layout says where the fields of a flow-tools record stand (ftlib.h, struct
// fts3rec_*). An offset of 0 means that a record has no such field. The first
// eight bytes are always the router's clock, as seconds and nanoseconds.
type layout struct {
	size              int
	version           flow.Version
	scheme            uint32 // of aggregation, with version 8
	uptime, exporter  uint8
	src, dst, nextHop uint8
	in, out           uint8
	packets           uint8 // then come octets, first and last
	srcPort, dstPort  uint8
	proto, tos, flags uint8
	engine            uint8 // type, then id
	srcMask, dstMask  uint8
	srcAS, dstAS      uint8
	aggregated        bool
}

// taggedV5 is the number that flow-tools gives to records of version 5 with tags
// of its own behind them.
const taggedV5 = 1005

// layoutOf tells whether records of a version, and of a scheme with version 8, are
// known.
func layoutOf(version, scheme uint32) (layout, bool) {
	if version != 8 {
		l, ok := versions[version]
		return l, ok
	}
	if scheme >= uint32(len(schemes)) {
		return layout{}, false
	}
	l := schemes[scheme]
	l.version, l.scheme = flow.NetFlowV8, scheme
	return l, l.size > 0
}

var versions = map[uint32]layout{
	1:        router(flow.NetFlowV1, 60, false),
	5:        router(flow.NetFlowV5, 64, true),
	6:        router(flow.NetFlowV6, 72, true),
	7:        router(flow.NetFlowV7, 68, true),
	taggedV5: router(flow.NetFlowV5, 72, true),
}

// router is the layout of records that are not aggregated. All begin alike; from
// version 5 on there is an engine, and masks and systems behind it.
func router(v flow.Version, size int, engine bool) layout {
	l := layout{
		size: size, version: v, uptime: 8, exporter: 12, src: 16, dst: 20, nextHop: 24, in: 28, out: 30,
		packets: 32, srcPort: 48, dstPort: 50, proto: 52, tos: 53, flags: 54,
	}
	if engine {
		l.engine, l.srcMask, l.dstMask, l.srcAS, l.dstAS = 56, 58, 59, 60, 62
	}
	return l
}

// schemes are the aggregations of version 8 by number. In three of them uptime and
// exporter have changed places.
var schemes = [...]layout{
	1:  prefixes(layout{size: 48, uptime: 8, srcAS: 36, dstAS: 38, in: 40, out: 42, engine: 44}),
	2:  prefixes(layout{size: 48, uptime: 8, proto: 36, srcPort: 40, dstPort: 42, engine: 44}),
	3:  prefixes(layout{size: 48, uptime: 12, src: 36, srcMask: 40, srcAS: 42, in: 44, engine: 46}),
	4:  prefixes(layout{size: 48, uptime: 8, dst: 36, dstMask: 40, engine: 42, dstAS: 44, out: 46}),
	5:  prefixes(layout{size: 56, uptime: 8, src: 36, dst: 40, dstMask: 44, srcMask: 45, engine: 46, srcAS: 48, dstAS: 50, in: 52, out: 54}),
	6:  catalyst(layout{size: 52, dst: 32, out: 44, tos: 48, engine: 50, aggregated: true}),
	7:  catalyst(layout{size: 56, dst: 32, src: 36, out: 48, in: 50, tos: 52, engine: 54}),
	8:  catalyst(layout{size: 64, dst: 32, src: 36, dstPort: 48, srcPort: 50, out: 52, in: 54, tos: 56, engine: 58, proto: 60}),
	9:  prefixes(layout{size: 48, uptime: 8, srcAS: 36, dstAS: 38, in: 40, out: 42, engine: 44, tos: 46}),
	10: prefixes(layout{size: 48, uptime: 8, srcPort: 36, dstPort: 38, in: 40, out: 42, engine: 44, proto: 46, tos: 47}),
	11: prefixes(layout{size: 48, uptime: 12, src: 36, srcMask: 40, tos: 41, srcAS: 42, in: 44, engine: 46}),
	12: prefixes(layout{size: 48, uptime: 12, dst: 36, out: 40, dstAS: 42, dstMask: 44, tos: 45, engine: 46}),
	13: prefixes(layout{size: 60, uptime: 8, src: 36, dst: 40, srcAS: 44, dstAS: 46, in: 48, out: 50, dstMask: 52, srcMask: 53, engine: 54, tos: 56}),
	14: prefixes(layout{size: 60, uptime: 8, src: 36, dst: 40, srcPort: 44, dstPort: 46, in: 48, out: 50, dstMask: 52, srcMask: 53, engine: 54, tos: 56, proto: 57}),
}

// prefixes are the schemes of routers, whose records are about many flows.
func prefixes(l layout) layout {
	l.exporter, l.packets, l.aggregated = 8+12-l.uptime, 20, true
	return l
}

// catalyst are the flow masks of the Catalyst, whose records do not count flows.
func catalyst(l layout) layout {
	l.uptime, l.exporter, l.packets = 8, 12, 16
	return l
}

// fields reads a record with a layout.
type fields struct {
	b     []byte
	order binary.ByteOrder
}

func (f fields) u8(at uint8) uint8 {
	if at == 0 {
		return 0
	}
	return f.b[at]
}

func (f fields) u16(at uint8) uint16 {
	if at == 0 {
		return 0
	}
	return f.order.Uint16(f.b[at:])
}

func (f fields) u32(at uint8) uint32 { return f.order.Uint32(f.b[at:]) }

func (f fields) addr(at uint8) netip.Addr {
	if at == 0 {
		return netip.Addr{}
	}
	return flow.V4(f.u32(at)).Addr()
}

// mask is a prefix length, 0 where it is none.
func (f fields) mask(at uint8) uint8 {
	if m := f.u8(at); m <= longestMask {
		return m
	}
	return 0
}

const longestMask = 32
