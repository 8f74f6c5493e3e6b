package simulate

import (
	"encoding/binary"
	"fmt"
	"time"

	"eagre/flow"
)

// V8Scheme is by what a NetFlow v8 router adds flows up.
type V8Scheme uint8

// The aggregation schemes, by their numbers on the wire.
const (
	V8AS                   V8Scheme = 1 + iota // source and destination AS
	V8ProtocolPort                             // protocol and ports
	V8SourcePrefix                             // source prefix
	V8DestinationPrefix                        // destination prefix
	V8Prefix                                   // source and destination prefix
	V8Destination                              // Catalyst: destination address
	V8SourceDestination                        // Catalyst: both addresses
	V8FullFlow                                 // Catalyst: addresses, ports and protocol
	V8ASTOS                                    // the first five, and the type of service …
	V8ProtocolPortTOS                          //
	V8SourcePrefixTOS                          //
	V8DestinationPrefixTOS                     //
	V8PrefixTOS                                //
	V8PrefixPort                               // prefixes, type of service, protocol and ports
	v8Schemes
)

var v8Names = [v8Schemes]string{
	"", "as", "protocol-port", "source-prefix", "destination-prefix", "prefix", "destination", "source-destination", "full-flow",
	"as-tos", "protocol-port-tos", "source-prefix-tos", "destination-prefix-tos", "prefix-tos", "prefix-port",
}

// String is the scheme's name, or its number where there is no such scheme.
func (s V8Scheme) String() string {
	if s == 0 || s >= v8Schemes {
		return fmt.Sprintf("scheme %d", uint8(s))
	}
	return v8Names[s]
}

// V8SchemeNames are the names of all schemes, in the order of their numbers.
func V8SchemeNames() []string { return v8Names[1:] }

// ParseV8Scheme is the scheme of a name.
func ParseV8Scheme(name string) (V8Scheme, error) {
	for i, known := range v8Names[1:] {
		if name == known {
			return V8Scheme(i + 1), nil
		}
	}
	return 0, fmt.Errorf("no NetFlow v8 scheme is called %q", name)
}

// V8Header is the header of a NetFlow v8 datagram (Cisco, "NetFlow ToS-Based Router
// Aggregation", figure 1).
type V8Header struct {
	Time     time.Time
	Uptime   time.Duration // sysUptime at Time, millisecond resolution; wraps after 49.7 days
	Sequence uint32        // records exported before this datagram
	// EngineType and EngineID together are the observation domain.
	EngineType, EngineID uint8
	Scheme               V8Scheme
	SamplingInterval     uint16 // one packet in so many; 0 says nothing
}

// V8Record is flows added up. Which fields of the record go out depends on the
// scheme; addresses are the prefixes in those with a prefix.
type V8Record struct {
	flow.Record
	Flows uint32
}

const (
	v8AggregationVersion = 2
	v8MostBytes          = 1464 // a datagram of the reference exporters
	v8HeaderBytes        = 28
)

// v8Field appends one field of a record.
type v8Field func(dst []byte, c clock, r *V8Record) []byte

func word(of func(clock, *V8Record) uint32) v8Field {
	return func(dst []byte, c clock, r *V8Record) []byte { return binary.BigEndian.AppendUint32(dst, of(c, r)) }
}

func half(of func(*V8Record) uint16) v8Field {
	return func(dst []byte, _ clock, r *V8Record) []byte { return binary.BigEndian.AppendUint16(dst, of(r)) }
}

func octet(of func(*V8Record) uint8) v8Field {
	return func(dst []byte, _ clock, r *V8Record) []byte { return append(dst, of(r)) }
}

var (
	v8Flows   = word(func(_ clock, r *V8Record) uint32 { return r.Flows })
	v8Packets = word(func(_ clock, r *V8Record) uint32 { return clamp32(r.Packets) })
	v8Bytes   = word(func(_ clock, r *V8Record) uint32 { return clamp32(r.Bytes) })
	v8First   = word(func(c clock, r *V8Record) uint32 { return c.sysUptime(r.Start) })
	v8Last    = word(func(c clock, r *V8Record) uint32 { return c.sysUptime(r.End) })
	v8Src     = v8Field(func(dst []byte, _ clock, r *V8Record) []byte { return appendV4(dst, r.SrcAddr) })
	v8Dst     = v8Field(func(dst []byte, _ clock, r *V8Record) []byte { return appendV4(dst, r.DstAddr) })
	v8SrcMask = octet(func(r *V8Record) uint8 { return r.SrcMask })
	v8DstMask = octet(func(r *V8Record) uint8 { return r.DstMask })
	v8SrcAS   = half(func(r *V8Record) uint16 { return clamp16(r.SrcAS) })
	v8DstAS   = half(func(r *V8Record) uint16 { return clamp16(r.DstAS) })
	v8In      = half(func(r *V8Record) uint16 { return clamp16(r.InIf) })
	v8Out     = half(func(r *V8Record) uint16 { return clamp16(r.OutIf) })
	v8SrcPort = half(func(r *V8Record) uint16 { return r.SrcPort })
	v8DstPort = half(func(r *V8Record) uint16 { return r.DstPort })
	v8Proto   = octet(func(r *V8Record) uint8 { return r.Proto })
	v8TOS     = octet(func(r *V8Record) uint8 { return r.TOS })
	v8Pad1    = octet(func(*V8Record) uint8 { return 0 })
	v8Pad2    = half(func(*V8Record) uint16 { return 0 })
	// What exceeded the contract, and the router that is shortcut.
	v8Catalyst = v8Field(func(dst []byte, _ clock, _ *V8Record) []byte { return append(dst, 0, 0, 0, 0, 0, 0, 0, 0) })
)

// v8Layouts are the records of the schemes, field by field. Sources: Cisco, "NetFlow
// Aggregation" (IOS 12.0(3)T, schemes 1–5) and "NetFlow ToS-Based Router
// Aggregation" (12.2(4)T, schemes 9–14); for the Catalyst's own, 6–8, the structures
// that flow-tools and Wireshark read. Of the two masks in the schemes with both
// prefixes the source's stands first, as Wireshark has it; flow-tools has them the
// other way round.
var v8Layouts = [v8Schemes][]v8Field{
	V8AS:                   v8Head(v8SrcAS, v8DstAS, v8In, v8Out),
	V8ProtocolPort:         v8Head(v8Proto, v8Pad1, v8Pad2, v8SrcPort, v8DstPort),
	V8SourcePrefix:         v8Head(v8Src, v8SrcMask, v8Pad1, v8SrcAS, v8In, v8Pad2),
	V8DestinationPrefix:    v8Head(v8Dst, v8DstMask, v8Pad1, v8DstAS, v8Out, v8Pad2),
	V8Prefix:               v8Head(v8Src, v8Dst, v8SrcMask, v8DstMask, v8Pad2, v8SrcAS, v8DstAS, v8In, v8Out),
	V8Destination:          {v8Dst, v8Packets, v8Bytes, v8First, v8Last, v8Out, v8TOS, v8Pad1, v8Catalyst},
	V8SourceDestination:    {v8Dst, v8Src, v8Packets, v8Bytes, v8First, v8Last, v8Out, v8In, v8TOS, v8Pad1, v8Pad2, v8Catalyst},
	V8FullFlow:             {v8Dst, v8Src, v8DstPort, v8SrcPort, v8Packets, v8Bytes, v8First, v8Last, v8Out, v8In, v8TOS, v8Proto, v8Pad2, v8Catalyst},
	V8ASTOS:                v8Head(v8SrcAS, v8DstAS, v8In, v8Out, v8TOS, v8Pad1, v8Pad2),
	V8ProtocolPortTOS:      v8Head(v8Proto, v8TOS, v8Pad2, v8SrcPort, v8DstPort, v8In, v8Out),
	V8SourcePrefixTOS:      v8Head(v8Src, v8SrcMask, v8TOS, v8SrcAS, v8In, v8Pad2),
	V8DestinationPrefixTOS: v8Head(v8Dst, v8DstMask, v8TOS, v8DstAS, v8Out, v8Pad2),
	V8PrefixTOS:            v8Head(v8Src, v8Dst, v8SrcMask, v8DstMask, v8TOS, v8Pad1, v8SrcAS, v8DstAS, v8In, v8Out),
	V8PrefixPort:           v8Head(v8Src, v8Dst, v8SrcMask, v8DstMask, v8TOS, v8Proto, v8SrcPort, v8DstPort, v8In, v8Out),
}

// v8Head is what the records of routers begin with.
func v8Head(rest ...v8Field) []v8Field {
	return append([]v8Field{v8Flows, v8Packets, v8Bytes, v8First, v8Last}, rest...)
}

// RecordBytes is the length of the scheme's records.
func (s V8Scheme) RecordBytes() int {
	n := 0
	for _, field := range v8Layouts[s] {
		n += len(field(nil, clock{}, &V8Record{}))
	}
	return n
}

// MaxRecords is how many of the scheme's records a datagram holds.
func (s V8Scheme) MaxRecords() int { return (v8MostBytes - v8HeaderBytes) / s.RecordBytes() }

// AppendV8 appends one NetFlow v8 datagram to dst. It clamps as AppendV5 does, and
// panics on an unknown scheme, on more than the scheme's MaxRecords, and on an IPv6
// address.
func AppendV8(dst []byte, h V8Header, records []V8Record) []byte {
	if h.Scheme == 0 || h.Scheme >= v8Schemes {
		panic("netflow v8: no aggregation " + h.Scheme.String())
	}
	noMoreThan(h.Scheme.MaxRecords(), len(records), 8)
	c := clock{h.Time, h.Uptime}
	dst = c.appendHeader(dst, 8, len(records))
	dst = binary.BigEndian.AppendUint32(dst, h.Sequence)
	dst = append(dst, h.EngineType, h.EngineID, uint8(h.Scheme), v8AggregationVersion)
	dst = binary.BigEndian.AppendUint16(dst, h.SamplingInterval)
	dst = append(dst, 0, 0)
	for i := range records {
		for _, field := range v8Layouts[h.Scheme] {
			dst = field(dst, c, &records[i])
		}
	}
	return dst
}
