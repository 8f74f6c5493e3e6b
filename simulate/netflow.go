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
// the caller.
func AppendV5(dst []byte, h V5Header, records []flow.Record) []byte {
	if len(records) > MaxV5Records {
		panic(fmt.Sprintf("netflow v5: %d records in one datagram, limit %d", len(records), MaxV5Records))
	}
	be := binary.BigEndian
	dst = be.AppendUint16(dst, 5)
	dst = be.AppendUint16(dst, uint16(len(records)))
	dst = be.AppendUint32(dst, milliseconds(h.Uptime))
	dst = be.AppendUint32(dst, uint32(h.Time.Unix()))
	dst = be.AppendUint32(dst, uint32(h.Time.Nanosecond()))
	dst = be.AppendUint32(dst, h.Sequence)
	dst = append(dst, h.EngineType, h.EngineID)
	dst = be.AppendUint16(dst, uint16(h.SamplingMode&3)<<14|h.SamplingInterval&0x3fff)
	for i := range records {
		dst = appendV5Record(dst, h, &records[i])
	}
	return dst
}

func appendV5Record(dst []byte, h V5Header, r *flow.Record) []byte {
	be := binary.BigEndian
	dst = appendV4(dst, r.SrcAddr)
	dst = appendV4(dst, r.DstAddr)
	dst = appendV4(dst, r.NextHop)
	dst = be.AppendUint16(dst, clamp16(r.InIf))
	dst = be.AppendUint16(dst, clamp16(r.OutIf))
	dst = be.AppendUint32(dst, clamp32(r.Packets))
	dst = be.AppendUint32(dst, clamp32(r.Bytes))
	dst = be.AppendUint32(dst, milliseconds(h.Uptime-h.Time.Sub(r.Start)))
	dst = be.AppendUint32(dst, milliseconds(h.Uptime-h.Time.Sub(r.End)))
	dst = be.AppendUint16(dst, r.SrcPort)
	dst = be.AppendUint16(dst, r.DstPort)
	dst = append(dst, 0, r.TCPFlags, r.Proto, r.TOS)
	dst = be.AppendUint16(dst, clamp16(r.SrcAS))
	dst = be.AppendUint16(dst, clamp16(r.DstAS))
	return append(dst, r.SrcMask, r.DstMask, 0, 0)
}

// appendV4 writes an IPv4 address, 0.0.0.0 where there is none.
func appendV4(dst []byte, a netip.Addr) []byte {
	if !a.IsValid() {
		return append(dst, 0, 0, 0, 0)
	}
	b := a.Unmap()
	if !b.Is4() {
		panic("netflow v5: cannot carry the IPv6 address " + a.String())
	}
	v4 := b.As4()
	return append(dst, v4[:]...)
}

// milliseconds wraps as a router's counter does.
func milliseconds(d time.Duration) uint32 { return uint32(d.Milliseconds()) }

func clamp16(v uint32) uint16 { return uint16(min(v, math.MaxUint16)) }

func clamp32(v uint64) uint32 { return uint32(min(v, math.MaxUint32)) }
