package simulate

import (
	"encoding/binary"
	"fmt"
	"math"
	"net/netip"
	"time"

	"eagre/flow"
)

// MaxV5Records is how many records a NetFlow v5 datagram holds: 30 × 48 + 24
// bytes keep it below the Ethernet MTU.
const MaxV5Records = 30

// V5Header is the header of a NetFlow v5 datagram.
type V5Header struct {
	Time     time.Time     // when it is sent: unix_secs and unix_nsecs
	Uptime   time.Duration // sysUptime at Time, millisecond resolution; wraps after 49.7 days
	Sequence uint32        // flows exported before this datagram
	// EngineType and EngineID together are the observation domain.
	EngineType, EngineID uint8
	// SamplingMode is 0 for none, 1 for one packet in every SamplingInterval, 2
	// for random; only the low 2 and 14 bits go out.
	SamplingMode     uint8
	SamplingInterval uint16
}

// AppendV5 appends one NetFlow v5 datagram to dst. Times of flows become
// sysUptimes relative to the header; counters and AS numbers too large for their
// fields go out as the largest value. It panics on more than MaxV5Records
// records or an IPv6 address, which the format cannot say: both are mistakes of
// the caller. The layout is that of Cisco's "NetFlow Export Datagram Format",
// tables B-3 and B-4.
func AppendV5(dst []byte, h V5Header, records []flow.Record) []byte {
	noMoreThan(MaxV5Records, len(records), 5)
	dst = appendV5Header(dst, 5, h, len(records))
	for i := range records {
		dst = appendV5Record(dst, h.clock(), &records[i])
	}
	return dst
}

// noMoreThan panics when a datagram is given more records than it may hold.
func noMoreThan(limit, records, version int) {
	if records > limit {
		panic(fmt.Sprintf("netflow v%d: %d records in one datagram, limit %d", version, records, limit))
	}
}

func (h V5Header) clock() clock { return clock{h.Time, h.Uptime} }

func appendV5Header(dst []byte, version uint16, h V5Header, records int) []byte {
	be := binary.BigEndian
	dst = h.clock().appendHeader(dst, version, records)
	dst = be.AppendUint32(dst, h.Sequence)
	dst = append(dst, h.EngineType, h.EngineID)
	return be.AppendUint16(dst, uint16(h.SamplingMode&3)<<14|h.SamplingInterval&0x3fff)
}

func appendV5Record(dst []byte, c clock, r *flow.Record) []byte {
	dst = appendCommon(dst, c, r)
	dst = append(dst, 0, r.TCPFlags, r.Proto, r.TOS)
	dst = appendAS(dst, r)
	return append(dst, r.SrcMask, r.DstMask, 0, 0)
}

// appendCommon writes what the records of v1, v5, v6 and v7 begin with: addresses,
// interfaces, counters, times and ports.
func appendCommon(dst []byte, c clock, r *flow.Record) []byte {
	be := binary.BigEndian
	dst = appendV4(dst, r.SrcAddr)
	dst = appendV4(dst, r.DstAddr)
	dst = appendV4(dst, r.NextHop)
	dst = be.AppendUint16(dst, clamp16(r.InIf))
	dst = be.AppendUint16(dst, clamp16(r.OutIf))
	dst = be.AppendUint32(dst, clamp32(r.Packets))
	dst = be.AppendUint32(dst, clamp32(r.Bytes))
	dst = be.AppendUint32(dst, c.sysUptime(r.Start))
	dst = be.AppendUint32(dst, c.sysUptime(r.End))
	dst = be.AppendUint16(dst, r.SrcPort)
	return be.AppendUint16(dst, r.DstPort)
}

func appendAS(dst []byte, r *flow.Record) []byte {
	dst = binary.BigEndian.AppendUint16(dst, clamp16(r.SrcAS))
	return binary.BigEndian.AppendUint16(dst, clamp16(r.DstAS))
}

// clock is an exporter's idea of time as a header says it: the moment of export
// twice, on the calendar and since the exporter started.
type clock struct {
	time   time.Time
	uptime time.Duration
}

// sysUptime is t in milliseconds since the exporter started; it wraps after 49.7
// days, as a router's counter does.
func (c clock) sysUptime(t time.Time) uint32 { return milliseconds(c.uptime - c.time.Sub(t)) }

// boot is when the exporter started.
func (c clock) boot() time.Time { return c.time.Add(-c.uptime) }

// appendHeader writes what the headers of v1 to v8 begin with.
func (c clock) appendHeader(dst []byte, version uint16, records int) []byte {
	be := binary.BigEndian
	dst = be.AppendUint16(dst, version)
	dst = be.AppendUint16(dst, uint16(records))
	dst = be.AppendUint32(dst, milliseconds(c.uptime))
	dst = be.AppendUint32(dst, uint32(c.time.Unix()))
	return be.AppendUint32(dst, uint32(c.time.Nanosecond()))
}

// appendV4 writes an IPv4 address, 0.0.0.0 where there is none.
func appendV4(dst []byte, a netip.Addr) []byte {
	if !a.IsValid() {
		return append(dst, 0, 0, 0, 0)
	}
	b := a.Unmap()
	if !b.Is4() {
		panic("netflow: an IPv4 field cannot carry the IPv6 address " + a.String())
	}
	v4 := b.As4()
	return append(dst, v4[:]...)
}

// milliseconds wraps as a router's counter does.
func milliseconds(d time.Duration) uint32 { return uint32(d.Milliseconds()) }

func clamp16(v uint32) uint16 { return uint16(min(v, math.MaxUint16)) }

func clamp32(v uint64) uint32 { return uint32(min(v, math.MaxUint32)) }
