package simulate

import (
	"encoding/binary"
	"net/netip"
	"time"

	"eagre/flow"
)

// How many records a datagram of the older versions holds, so that it stays below
// the Ethernet MTU.
const (
	MaxV1Records = 24 // of 48 bytes
	MaxV6Records = 27 // of 52 bytes
	MaxV7Records = 27 // of 52 bytes
)

// V1Header is the header of a NetFlow v1 datagram. It has no sequence number and
// no sampling rate.
type V1Header struct {
	Time   time.Time
	Uptime time.Duration // sysUptime at Time, millisecond resolution; wraps after 49.7 days
}

// AppendV1 appends one NetFlow v1 datagram to dst. Masks and AS numbers do not go
// out; otherwise it clamps and panics as AppendV5 does, on more than MaxV1Records.
// The layout is that of Cisco's "NetFlow Export Datagram Format", tables B-1 and
// B-2: records of 48 bytes.
func AppendV1(dst []byte, h V1Header, records []flow.Record) []byte {
	noMoreThan(MaxV1Records, len(records), 1)
	c := clock{h.Time, h.Uptime}
	dst = c.appendHeader(dst, 1, len(records))
	for i := range records {
		r := &records[i]
		dst = appendCommon(dst, c, r)
		dst = append(dst, 0, 0, r.Proto, r.TOS, r.TCPFlags)
		dst = append(dst, 0, 0, 0, 0, 0, 0, 0) // counts of retransmissions, reserved
	}
	return dst
}

// AppendV6 appends one NetFlow v6 datagram to dst: v5 with the sizes of the
// encapsulation and the next hop within the peer, both of which go out as zero.
// It clamps and panics as AppendV5 does, on more than MaxV6Records. No document of
// Cisco's describes the version; the layout is the one that flow-tools reads.
func AppendV6(dst []byte, h V5Header, records []flow.Record) []byte {
	noMoreThan(MaxV6Records, len(records), 6)
	dst = appendV5Header(dst, 6, h, len(records))
	for i := range records {
		dst = appendV5Record(dst, h.clock(), &records[i])
		dst = append(dst, 0, 0, 0, 0)
	}
	return dst
}

// V7Header is the header of a NetFlow v7 datagram, which a Catalyst 5000 sends for
// the router whose path it shortcuts. It has no engine and no sampling rate.
type V7Header struct {
	Time     time.Time
	Uptime   time.Duration // sysUptime at Time, millisecond resolution; wraps after 49.7 days
	Sequence uint32        // flows exported before this datagram
	Shortcut netip.Addr    // the router whose path is shortcut
	// FieldFlags and FlowFlags go out in each record: which fields, and which flows,
	// are invalid. Cisco does not say which bit is which.
	FieldFlags uint8
	FlowFlags  uint16
}

// Where the flags stand in a v7 record.
const (
	v7FieldFlags = 36
	v7FlowFlags  = 46
)

// AppendV7 appends one NetFlow v7 datagram to dst. It clamps and panics as AppendV5
// does, on more than MaxV7Records. The layout is that of Cisco's "NetFlow Export
// Datagram Format", tables B-5 and B-6.
func AppendV7(dst []byte, h V7Header, records []flow.Record) []byte {
	noMoreThan(MaxV7Records, len(records), 7)
	c := clock{h.Time, h.Uptime}
	dst = c.appendHeader(dst, 7, len(records))
	dst = binary.BigEndian.AppendUint32(dst, h.Sequence)
	dst = append(dst, 0, 0, 0, 0)
	for i := range records {
		start := len(dst)
		dst = appendV5Record(dst, c, &records[i])
		dst[start+v7FieldFlags] = h.FieldFlags
		binary.BigEndian.PutUint16(dst[start+v7FlowFlags:], h.FlowFlags)
		dst = appendV4(dst, h.Shortcut)
	}
	return dst
}
