package netflow

import (
	"bytes"
	"encoding/binary"

	"eagre/flow"
)

// The layouts as the descriptions of the formats have them, for encoding/binary:
// field after field in wire order.

type clock struct {
	Version, Count            uint16
	Uptime, Seconds, NanoSecs uint32
}

type v5Header struct {
	Version, Count            uint16
	Uptime, Seconds, NanoSecs uint32
	Sequence                  uint32
	EngineType, EngineID      uint8
	Sampling                  uint16
}

// traffic is what version 8 has in common with all others.
type traffic struct{ Packets, Octets, First, Last uint32 }

type v1Record struct {
	Src, Dst, NextHop uint32
	Input, Output     uint16
	traffic
	SrcPort, DstPort                    uint16
	_                                   uint16
	Proto, TOS, Flags                   uint8
	RetxCount, RetxSeconds, MissedCount uint8
	_                                   uint32
}

type v1WideRecord struct {
	v1Record
	_ uint32
}

type v5Record struct {
	Src, Dst, NextHop            uint32
	Input, Output                uint16
	Packets, Octets, First, Last uint32
	SrcPort, DstPort             uint16
	FieldFlags                   uint8 // version 7; padding in others
	Flags, Proto, TOS            uint8
	SrcAS, DstAS                 uint16
	SrcMask, DstMask             uint8
	FlowFlags                    uint16 // version 7; padding or drops in others
}

type v6Record struct {
	v5Record    // the flow flags are two sizes of encapsulation
	PeerNextHop uint32
}

type v7Record struct {
	v5Record
	RouterSC uint32
}

type (
	v8AS struct {
		Flows uint32
		traffic
		SrcAS, DstAS, Input, Output uint16
	}
	v8ProtocolPort struct {
		Flows uint32
		traffic
		Proto            uint8
		_                uint8
		_                uint16
		SrcPort, DstPort uint16
	}
	v8SourcePrefix struct {
		Flows uint32
		traffic
		Src          uint32
		SrcMask      uint8
		_            uint8
		SrcAS, Input uint16
		_            uint16
	}
	v8DestinationPrefix struct {
		Flows uint32
		traffic
		Dst           uint32
		DstMask       uint8
		_             uint8
		DstAS, Output uint16
		_             uint16
	}
	v8Prefix struct {
		Flows uint32
		traffic
		Src, Dst                    uint32
		Masks                       [2]uint8
		_                           uint16
		SrcAS, DstAS, Input, Output uint16
	}
	v8DestOnly struct {
		Dst uint32
		traffic
		Output         uint16
		TOS, MarkedTOS uint8
		Extra, Router  uint32
	}
	v8SourceDest struct {
		Dst, Src uint32
		traffic
		Output, Input  uint16
		TOS, MarkedTOS uint8
		_              uint16
		Extra, Router  uint32
	}
	v8FullFlow struct {
		Dst, Src         uint32
		DstPort, SrcPort uint16
		traffic
		Output, Input         uint16
		TOS, Proto, MarkedTOS uint8
		_                     uint8
		Extra, Router         uint32
	}
	v8ToSAS struct {
		v8AS
		TOS uint8
		_   uint8
		_   uint16
	}
	v8ToSProtocolPort struct {
		Flows uint32
		traffic
		Proto, TOS                      uint8
		_                               uint16
		SrcPort, DstPort, Input, Output uint16
	}
	v8ToSSourcePrefix struct {
		Flows uint32
		traffic
		Src          uint32
		SrcMask, TOS uint8
		SrcAS, Input uint16
		_            uint16
	}
	v8ToSDestinationPrefix struct {
		Flows uint32
		traffic
		Dst           uint32
		DstMask, TOS  uint8
		DstAS, Output uint16
		_             uint16
	}
	v8ToSPrefix struct {
		Flows uint32
		traffic
		Src, Dst                    uint32
		Masks                       [2]uint8
		TOS                         uint8
		_                           uint8
		SrcAS, DstAS, Input, Output uint16
	}
	v8PrePortProtocol struct {
		Flows uint32
		traffic
		Src, Dst                        uint32
		Masks                           [2]uint8
		TOS, Proto                      uint8
		SrcPort, DstPort, Input, Output uint16
	}
)

// seen is what a record says, in the words of version 5, and which addresses it has.
type seen struct {
	v5Record
	noSrc, noDst, noHop bool
	aggregated          bool
}

func (t traffic) record() v5Record {
	return v5Record{Packets: t.Packets, Octets: t.Octets, First: t.First, Last: t.Last}
}

func (r v1Record) seen() seen {
	v := r.record()
	v.Src, v.Dst, v.NextHop, v.Input, v.Output, v.SrcPort, v.DstPort = r.Src, r.Dst, r.NextHop, r.Input, r.Output, r.SrcPort, r.DstPort
	v.Proto, v.TOS, v.Flags = r.Proto, r.TOS, r.Flags
	return seen{v5Record: v}
}

func (r v5Record) seen() seen { return seen{v5Record: r} }

func (r v7Record) seen() seen {
	s := seen{v5Record: r.v5Record}
	if r.FieldFlags != 0 || r.FlowFlags != 0 {
		s.noSrc, s.noDst, s.noHop = r.Src == 0, r.Dst == 0, r.NextHop == 0
		s.aggregated = s.noSrc || s.noDst
	}
	return s
}

func (r v8AS) seen() seen {
	v := r.record()
	v.SrcAS, v.DstAS, v.Input, v.Output = r.SrcAS, r.DstAS, r.Input, r.Output
	return seen{v, true, true, true, true}
}

func (r v8ProtocolPort) seen() seen {
	v := r.record()
	v.Proto, v.SrcPort, v.DstPort = r.Proto, r.SrcPort, r.DstPort
	return seen{v, true, true, true, true}
}

func (r v8SourcePrefix) seen() seen {
	v := r.record()
	v.Src, v.SrcMask, v.SrcAS, v.Input = r.Src, r.SrcMask, r.SrcAS, r.Input
	return seen{v, false, true, true, true}
}

func (r v8DestinationPrefix) seen() seen {
	v := r.record()
	v.Dst, v.DstMask, v.DstAS, v.Output = r.Dst, r.DstMask, r.DstAS, r.Output
	return seen{v, true, false, true, true}
}

func (r v8Prefix) seen() seen {
	v := r.record()
	v.Src, v.Dst, v.SrcAS, v.DstAS, v.Input, v.Output = r.Src, r.Dst, r.SrcAS, r.DstAS, r.Input, r.Output
	v.DstMask, v.SrcMask = twinMasks(r.Src, r.Dst, r.Masks)
	return seen{v, false, false, true, true}
}

func (r v8DestOnly) seen() seen {
	v := r.record()
	v.Dst, v.Output, v.TOS = r.Dst, r.Output, r.TOS
	return seen{v, true, false, true, true}
}

func (r v8SourceDest) seen() seen {
	v := r.record()
	v.Src, v.Dst, v.Input, v.Output, v.TOS = r.Src, r.Dst, r.Input, r.Output, r.TOS
	return seen{v5Record: v, noHop: true}
}

func (r v8FullFlow) seen() seen {
	v := r.record()
	v.Src, v.Dst, v.SrcPort, v.DstPort, v.Input, v.Output = r.Src, r.Dst, r.SrcPort, r.DstPort, r.Input, r.Output
	v.TOS, v.Proto = r.TOS, r.Proto
	return seen{v5Record: v, noHop: true}
}

func (r v8ToSAS) seen() seen {
	s := r.v8AS.seen()
	s.TOS = r.TOS
	return s
}

func (r v8ToSProtocolPort) seen() seen {
	v := r.record()
	v.Proto, v.TOS, v.SrcPort, v.DstPort, v.Input, v.Output = r.Proto, r.TOS, r.SrcPort, r.DstPort, r.Input, r.Output
	return seen{v, true, true, true, true}
}

func (r v8ToSSourcePrefix) seen() seen {
	v := r.record()
	v.Src, v.SrcMask, v.TOS, v.SrcAS, v.Input = r.Src, r.SrcMask, r.TOS, r.SrcAS, r.Input
	return seen{v, false, true, true, true}
}

func (r v8ToSDestinationPrefix) seen() seen {
	v := r.record()
	v.Dst, v.DstMask, v.TOS, v.DstAS, v.Output = r.Dst, r.DstMask, r.TOS, r.DstAS, r.Output
	return seen{v, true, false, true, true}
}

func (r v8ToSPrefix) seen() seen {
	v := r.record()
	v.Src, v.Dst, v.TOS, v.SrcAS, v.DstAS, v.Input, v.Output = r.Src, r.Dst, r.TOS, r.SrcAS, r.DstAS, r.Input, r.Output
	v.DstMask, v.SrcMask = twinMasks(r.Src, r.Dst, r.Masks)
	return seen{v, false, false, true, true}
}

func (r v8PrePortProtocol) seen() seen {
	v := r.record()
	v.Src, v.Dst, v.TOS, v.Proto = r.Src, r.Dst, r.TOS, r.Proto
	v.SrcPort, v.DstPort, v.Input, v.Output = r.SrcPort, r.DstPort, r.Input, r.Output
	v.DstMask, v.SrcMask = twinMasks(r.Src, r.Dst, r.Masks)
	return seen{v, false, false, true, true}
}

// twinMasks takes the destination's mask as the first, unless only the other order
// leaves no bit of the prefixes outside their masks.
func twinMasks(src, dst uint32, masks [2]uint8) (dstMask, srcMask uint8) {
	whole := func(address uint32, mask uint8) bool {
		for bit := range 32 {
			if bit >= int(mask) && address>>(31-bit)&1 == 1 {
				return false
			}
		}
		return true
	}
	usual, other := whole(dst, masks[0]) && whole(src, masks[1]), whole(dst, masks[1]) && whole(src, masks[0])
	if other && !usual {
		return masks[1], masks[0]
	}
	return masks[0], masks[1]
}

// kind is one layout for tests: how to read a record, and how long it is.
type kind struct {
	name    string
	version uint16
	scheme  uint8
	record  int
	read    func(*bytes.Reader) (seen, bool)
}

func reads[T interface{ seen() seen }](name string, version uint16, scheme uint8) kind {
	var r T
	return kind{name, version, scheme, binary.Size(r), func(from *bytes.Reader) (seen, bool) {
		var r T
		if binary.Read(from, binary.BigEndian, &r) != nil {
			return seen{}, false
		}
		return r.seen(), true
	}}
}

var kinds = []kind{
	reads[v1Record]("v1", 1, 0), reads[v1WideRecord]("v1 wide", 1, 0),
	reads[v5Record]("v5", 5, 0), reads[v6Record]("v6", 6, 0), reads[v7Record]("v7", 7, 0),
	reads[v8AS]("v8 AS", 8, 1), reads[v8ProtocolPort]("v8 ProtocolPort", 8, 2),
	reads[v8SourcePrefix]("v8 SourcePrefix", 8, 3), reads[v8DestinationPrefix]("v8 DestinationPrefix", 8, 4), reads[v8Prefix]("v8 Prefix", 8, 5),
	reads[v8DestOnly]("v8 DestOnly", 8, 6), reads[v8SourceDest]("v8 SourceDest", 8, 7), reads[v8FullFlow]("v8 FullFlow", 8, 8),
	reads[v8ToSAS]("v8 ToSAS", 8, 9), reads[v8ToSProtocolPort]("v8 ToSProtocolPort", 8, 10),
	reads[v8ToSSourcePrefix]("v8 ToSSourcePrefix", 8, 11), reads[v8ToSDestinationPrefix]("v8 ToSDestinationPrefix", 8, 12),
	reads[v8ToSPrefix]("v8 ToSPrefix", 8, 13), reads[v8PrePortProtocol]("v8 PrePortProtocol", 8, 14),
}

func (k kind) header() int {
	return map[uint16]int{1: 16, 5: 24, 6: 24, 7: 24, 8: 28}[k.version]
}

// traffic is where the counters and times stand in a record.
func (k kind) traffic() int {
	switch {
	case k.version != 8:
		return 16
	case k.scheme == 7:
		return 8
	case k.scheme == 8:
		return 12
	}
	return 4
}

func (k kind) format() flow.Version {
	return map[uint16]flow.Version{1: flow.NetFlowV1, 5: flow.NetFlowV5, 6: flow.NetFlowV6, 7: flow.NetFlowV7, 8: flow.NetFlowV8}[k.version]
}

// datagram is a datagram of the kind with an ordinary header before any records.
func (k kind) datagram(records ...any) []byte {
	var b bytes.Buffer
	if k.version == 1 {
		_ = binary.Write(&b, binary.BigEndian, clock{1, uint16(len(records)), uptime, sentAt, 0})
	} else {
		h := header(uint16(len(records)))
		h.Version = k.version
		_ = binary.Write(&b, binary.BigEndian, h)
	}
	payload := b.Bytes()
	if k.version == 8 {
		payload = append(payload, 0, 0, 0, 0)
		payload[offScheme], payload[offScheme+1] = k.scheme, 2
	}
	b = *bytes.NewBuffer(payload)
	for _, r := range records {
		_ = binary.Write(&b, binary.BigEndian, r)
	}
	return b.Bytes()
}
