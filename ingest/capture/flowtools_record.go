package capture

import (
	"encoding/binary"
	"time"

	"eagre/flow"
)

// read turns a record into a flow and tells when the router sent it, in Unix
// milliseconds. Nothing says how the router sampled.
func (l *layout) read(b []byte, order binary.ByteOrder, r *flow.Record) int64 {
	f := fields{b: b, order: order}
	*r = flow.Record{
		Exporter: f.addr(l.exporter), Domain: l.scheme<<16 | uint32(f.u8(l.engine))<<8, Version: l.version,
		SrcAddr: f.addr(l.src), DstAddr: f.addr(l.dst), NextHop: f.addr(l.nextHop),
		SrcPort: f.u16(l.srcPort), DstPort: f.u16(l.dstPort), Proto: f.u8(l.proto), TCPFlags: f.u8(l.flags), TOS: f.u8(l.tos),
		SrcMask: f.mask(l.srcMask), DstMask: f.mask(l.dstMask), SrcAS: uint32(f.u16(l.srcAS)), DstAS: uint32(f.u16(l.dstAS)),
		InIf: uint32(f.u16(l.in)), OutIf: uint32(f.u16(l.out)),
		Packets: uint64(f.u32(l.packets)), Bytes: uint64(f.u32(l.packets + 4)),
		SamplingRate: 1, Sampling: flow.SamplingAssumed,
	}
	if l.engine != 0 {
		r.Domain |= uint32(f.u8(l.engine + 1))
	}
	if l.aggregated {
		r.Quality |= flow.Aggregated
	}
	sent := clock(order.Uint32(b), order.Uint32(b[4:]))
	span(r, sent, f.u32(l.uptime), f.u32(l.packets+8), f.u32(l.packets+12))
	judge(r)
	return sent
}

// clock is the router's clock in Unix milliseconds. Nanoseconds that are more than
// a second are rubbish.
func clock(seconds, nanos uint32) int64 {
	if nanos >= 1e9 {
		nanos = 0
	}
	return int64(seconds)*1000 + int64(nanos)/1e6
}

// believed is how long ago a record may have ended, and longest how long before it
// was sent it may have begun, in milliseconds: 2 h and 24 days.
const (
	believed = 2 * 60 * 60 * 1000
	longest  = 24 * 24 * 60 * 60 * 1000
)

// span fills Start and End from the router's uptime at the first and last packet
// and when it sent the record. Uptime wraps every 49.7 days: differences are taken
// in 32 bits and read as signed. What cannot be is clamped as in a datagram.
func span(r *flow.Record, sent int64, uptime, first, last uint32) {
	firstAge, lastAge := int64(int32(uptime-first)), int64(int32(uptime-last))
	if lastAge < 0 || firstAge < lastAge {
		r.Quality |= flow.BadDuration
	}
	lastAge = max(lastAge, 0)
	firstAge = max(firstAge, lastAge)
	switch {
	case lastAge > believed:
		r.Quality |= flow.LateReceived
		firstAge, lastAge = 0, 0
	case firstAge > longest:
		r.Quality |= flow.BadDuration
		firstAge = longest
	}
	r.Start, r.End = time.UnixMilli(sent-firstAge).UTC(), time.UnixMilli(sent-lastAge).UTC()
}

const (
	ipHeader    = 20     // bytes that every IP packet has
	fastestBits = 100e12 // bit/s; a flow above is not believed
)

// judge marks impossible counters. A flow shorter than a second counts as one.
func judge(r *flow.Record) {
	seconds := max(r.End.Sub(r.Start), time.Second).Seconds()
	if r.Bytes < r.Packets*ipHeader || r.Packets == 0 && r.Bytes > 0 || float64(r.Bytes)*8/seconds > fastestBits {
		r.Quality |= flow.Implausible
	}
}
