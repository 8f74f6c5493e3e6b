package simulate

import (
	"net/netip"
	"time"

	"eagre/flow"
)

// Information elements (IANA, "IP Flow Information Export (IPFIX) Entities"); NetFlow
// v9 shares the numbers below 128 (RFC 3954 §8). These are the ones that a flow
// record has something to say about, and those of options data.
const (
	OctetDeltaCount             = 1
	PacketDeltaCount            = 2
	ProtocolIdentifier          = 4
	IPClassOfService            = 5
	TCPControlBits              = 6
	SourceTransportPort         = 7
	SourceIPv4Address           = 8
	SourceIPv4PrefixLength      = 9
	IngressInterface            = 10
	DestinationTransportPort    = 11
	DestinationIPv4Address      = 12
	DestinationIPv4PrefixLength = 13
	EgressInterface             = 14
	IPNextHopIPv4Address        = 15
	BGPSourceASNumber           = 16
	BGPDestinationASNumber      = 17
	FlowEndSysUpTime            = 21
	FlowStartSysUpTime          = 22
	PostOctetDeltaCount         = 23
	PostPacketDeltaCount        = 24
	SourceIPv6Address           = 27
	DestinationIPv6Address      = 28
	SourceIPv6PrefixLength      = 29
	DestinationIPv6PrefixLength = 30
	ICMPTypeCodeIPv4            = 32
	SamplingInterval            = 34
	SamplingAlgorithm           = 35
	SamplerID                   = 48
	SamplerMode                 = 49
	SamplerRandomInterval       = 50
	IPVersion                   = 60
	FlowDirection               = 61
	IPNextHopIPv6Address        = 62
	InterfaceName               = 82
	InterfaceDescription        = 83
	SamplerName                 = 84
	OctetTotalCount             = 85
	PacketTotalCount            = 86
	ForwardingStatus            = 89
	ApplicationDescription      = 94
	ApplicationID               = 95
	ApplicationName             = 96
	FlowEndReason               = 136
	ICMPTypeCodeIPv6            = 139
	ObservationDomainID         = 149
	FlowStartSeconds            = 150
	FlowEndSeconds              = 151
	FlowStartMilliseconds       = 152
	FlowEndMilliseconds         = 153
	FlowStartMicroseconds       = 154
	FlowEndMicroseconds         = 155
	FlowStartNanoseconds        = 156
	FlowEndNanoseconds          = 157
	FlowStartDeltaMicroseconds  = 158
	FlowEndDeltaMicroseconds    = 159
	SystemInitTimeMilliseconds  = 160
	FlowDurationMilliseconds    = 161
	FlowDurationMicroseconds    = 162
	PaddingOctets               = 210
	PostNATSourceIPv4Address    = 225
	PostNATDestinationIPv4      = 226
	PostNATSourceTransportPort  = 227
	PostNATDestinationPort      = 228
	InitiatorOctets             = 231
	ResponderOctets             = 232
	InitiatorPackets            = 298
	ResponderPackets            = 299
	SelectorID                  = 302
	SelectorAlgorithm           = 304
	SamplingPacketInterval      = 305
	SamplingPacketSpace         = 306
	SamplingSize                = 309
	SamplingPopulation          = 310
	DataLinkFrameSize           = 312
	IPHeaderPacketSection       = 313
	DataLinkFrameSection        = 315
	ObservationTimeSeconds      = 322
	ObservationTimeMilliseconds = 323
	ObservationTimeMicroseconds = 324
	ObservationTimeNanoseconds  = 325
	elements                    = 326
)

// Scopes of the options of NetFlow v9 (RFC 3954 §6.1), which stand in place of
// elements.
const (
	ScopeSystem    = 1
	ScopeInterface = 2
	ScopeLineCard  = 3
	ScopeCache     = 4
	ScopeTemplate  = 5
)

// reverseEnterprise is the private enterprise number of RFC 5103 §6.1.
const reverseEnterprise = 29305

// moment is what the value of an element depends on besides the record.
type moment struct {
	clock    clock
	template *Template
}

// numbers are the elements that are numbers, and times as whole units.
var numbers = [elements]func(m *moment, r *flow.Record) uint64{
	OctetDeltaCount:             func(_ *moment, r *flow.Record) uint64 { return r.Bytes },
	PacketDeltaCount:            func(_ *moment, r *flow.Record) uint64 { return r.Packets },
	ProtocolIdentifier:          func(_ *moment, r *flow.Record) uint64 { return uint64(r.Proto) },
	IPClassOfService:            func(_ *moment, r *flow.Record) uint64 { return uint64(r.TOS) },
	TCPControlBits:              func(_ *moment, r *flow.Record) uint64 { return uint64(r.TCPFlags) },
	SourceTransportPort:         sourcePort,
	SourceIPv4PrefixLength:      func(_ *moment, r *flow.Record) uint64 { return uint64(r.SrcMask) },
	IngressInterface:            func(_ *moment, r *flow.Record) uint64 { return uint64(r.InIf) },
	DestinationTransportPort:    destinationPort,
	DestinationIPv4PrefixLength: func(_ *moment, r *flow.Record) uint64 { return uint64(r.DstMask) },
	EgressInterface:             func(_ *moment, r *flow.Record) uint64 { return uint64(r.OutIf) },
	BGPSourceASNumber:           func(_ *moment, r *flow.Record) uint64 { return uint64(r.SrcAS) },
	BGPDestinationASNumber:      func(_ *moment, r *flow.Record) uint64 { return uint64(r.DstAS) },
	FlowEndSysUpTime:            func(m *moment, r *flow.Record) uint64 { return uint64(m.clock.sysUptime(r.End)) },
	FlowStartSysUpTime:          func(m *moment, r *flow.Record) uint64 { return uint64(m.clock.sysUptime(r.Start)) },
	PostOctetDeltaCount:         func(_ *moment, r *flow.Record) uint64 { return r.Bytes },
	PostPacketDeltaCount:        func(_ *moment, r *flow.Record) uint64 { return r.Packets },
	SourceIPv6PrefixLength:      func(_ *moment, r *flow.Record) uint64 { return uint64(r.SrcMask) },
	DestinationIPv6PrefixLength: func(_ *moment, r *flow.Record) uint64 { return uint64(r.DstMask) },
	ICMPTypeCodeIPv4:            icmpType(protoICMP),
	ICMPTypeCodeIPv6:            icmpType(protoICMPv6),
	SamplingInterval:            samplingRate,
	SamplingAlgorithm:           func(*moment, *flow.Record) uint64 { return v9RandomSampling },
	SamplerID:                   func(m *moment, _ *flow.Record) uint64 { return uint64(m.template.Sampler) },
	IPVersion:                   ipVersion,
	FlowDirection:               func(_ *moment, r *flow.Record) uint64 { return uint64(max(r.Direction, flow.Ingress) - flow.Ingress) },
	OctetTotalCount:             func(_ *moment, r *flow.Record) uint64 { return r.Bytes },
	PacketTotalCount:            func(_ *moment, r *flow.Record) uint64 { return r.Packets },
	ForwardingStatus:            func(_ *moment, r *flow.Record) uint64 { return uint64(r.Forwarding) },
	FlowEndReason:               endReason,
	FlowStartSeconds:            func(_ *moment, r *flow.Record) uint64 { return uint64(r.Start.Unix()) },
	FlowEndSeconds:              func(_ *moment, r *flow.Record) uint64 { return uint64(r.End.Unix()) },
	FlowStartMilliseconds:       func(_ *moment, r *flow.Record) uint64 { return uint64(r.Start.UnixMilli()) },
	FlowEndMilliseconds:         func(_ *moment, r *flow.Record) uint64 { return uint64(r.End.UnixMilli()) },
	FlowStartMicroseconds:       func(_ *moment, r *flow.Record) uint64 { return ntpMicroseconds(r.Start) },
	FlowEndMicroseconds:         func(_ *moment, r *flow.Record) uint64 { return ntpMicroseconds(r.End) },
	FlowStartNanoseconds:        func(_ *moment, r *flow.Record) uint64 { return ntp(r.Start) },
	FlowEndNanoseconds:          func(_ *moment, r *flow.Record) uint64 { return ntp(r.End) },
	FlowStartDeltaMicroseconds:  func(m *moment, r *flow.Record) uint64 { return before(m, r.Start) },
	FlowEndDeltaMicroseconds:    func(m *moment, r *flow.Record) uint64 { return before(m, r.End) },
	SystemInitTimeMilliseconds:  func(m *moment, _ *flow.Record) uint64 { return uint64(m.clock.boot().UnixMilli()) },
	FlowDurationMilliseconds:    func(_ *moment, r *flow.Record) uint64 { return uint64(r.End.Sub(r.Start).Milliseconds()) },
	FlowDurationMicroseconds:    func(_ *moment, r *flow.Record) uint64 { return uint64(r.End.Sub(r.Start).Microseconds()) },
	PostNATSourceTransportPort:  sourcePort,
	PostNATDestinationPort:      destinationPort,
	InitiatorOctets:             func(_ *moment, r *flow.Record) uint64 { return r.Bytes },
	InitiatorPackets:            func(_ *moment, r *flow.Record) uint64 { return r.Packets },
	SelectorID:                  func(m *moment, _ *flow.Record) uint64 { return uint64(m.template.Sampler) },
	SelectorAlgorithm:           func(*moment, *flow.Record) uint64 { return randomSelection },
	SamplingPacketInterval:      func(*moment, *flow.Record) uint64 { return 1 },
	SamplingPacketSpace:         func(m *moment, r *flow.Record) uint64 { return samplingRate(m, r) - 1 },
	SamplingSize:                func(*moment, *flow.Record) uint64 { return 1 },
	SamplingPopulation:          samplingRate,
	DataLinkFrameSize:           func(_ *moment, r *flow.Record) uint64 { return uint64(wireLength(int(r.Bytes))) },
	ObservationTimeSeconds:      func(_ *moment, r *flow.Record) uint64 { return uint64(r.End.Unix()) },
	ObservationTimeMilliseconds: func(_ *moment, r *flow.Record) uint64 { return uint64(r.End.UnixMilli()) },
	ObservationTimeMicroseconds: func(_ *moment, r *flow.Record) uint64 { return ntpMicroseconds(r.End) },
	ObservationTimeNanoseconds:  func(_ *moment, r *flow.Record) uint64 { return ntp(r.End) },
}

// addresses are the elements that are addresses. Their length says the family.
var addresses = [elements]func(*flow.Record) netip.Addr{
	SourceIPv4Address:        func(r *flow.Record) netip.Addr { return r.SrcAddr },
	DestinationIPv4Address:   func(r *flow.Record) netip.Addr { return r.DstAddr },
	IPNextHopIPv4Address:     func(r *flow.Record) netip.Addr { return r.NextHop },
	SourceIPv6Address:        func(r *flow.Record) netip.Addr { return r.SrcAddr },
	DestinationIPv6Address:   func(r *flow.Record) netip.Addr { return r.DstAddr },
	IPNextHopIPv6Address:     func(r *flow.Record) netip.Addr { return r.NextHop },
	PostNATSourceIPv4Address: func(r *flow.Record) netip.Addr { return r.SrcAddr },
	PostNATDestinationIPv4:   func(r *flow.Record) netip.Addr { return r.DstAddr },
}

// Numbers with which exporters say how they sample.
const (
	v9Deterministic        = 1 // RFC 3954 §8, SAMPLING_ALGORITHM and FLOW_SAMPLER_MODE
	v9RandomSampling       = 2
	systematicCount        = 1 // RFC 5477 §8.2.1, selectorAlgorithm
	randomSelection        = 3 // random n-out-of-N
	endedByTCP       uint8 = 3 // RFC 5102 §5.11.3, flowEndReason
	endedByTimeout   uint8 = 1
)

func sourcePort(_ *moment, r *flow.Record) uint64 { return uint64(r.SrcPort) }

func destinationPort(_ *moment, r *flow.Record) uint64 { return uint64(r.DstPort) }

func samplingRate(_ *moment, r *flow.Record) uint64 { return uint64(max(1, r.SamplingRate)) }

// icmpType is type × 256 + code, which a record keeps in its destination port.
func icmpType(proto uint8) func(*moment, *flow.Record) uint64 {
	return func(_ *moment, r *flow.Record) uint64 {
		if r.Proto != proto {
			return 0
		}
		return uint64(r.DstPort)
	}
}

func ipVersion(_ *moment, r *flow.Record) uint64 {
	if r.SrcAddr.Unmap().Is6() {
		return 6
	}
	return 4
}

func endReason(_ *moment, r *flow.Record) uint64 {
	if r.Proto == protoTCP && r.TCPFlags&finOrRst != 0 {
		return uint64(endedByTCP)
	}
	return uint64(endedByTimeout)
}

// ntpEpoch is the start of NTP's first era, 1900, in seconds before 1970.
const ntpEpoch = 2_208_988_800

// ntp is a time as a 64-bit NTP timestamp (RFC 7011 §6.1.10), rounded up, so that
// whoever cuts it off at milliseconds finds those that went in.
func ntp(t time.Time) uint64 {
	return uint64(t.Unix()+ntpEpoch)<<32 + (uint64(t.Nanosecond())<<32+1e9-1)/1e9
}

// ntpMicroseconds is the same with the low 11 bits of the fraction zero (§6.1.9).
func ntpMicroseconds(t time.Time) uint64 { return (ntp(t) + 0x7ff) &^ 0x7ff }

// before is how many microseconds t lies before the export time of the message,
// which has whole seconds; 0 where it does not.
func before(m *moment, t time.Time) uint64 {
	return uint64(max(0, time.Unix(m.clock.time.Unix(), 0).Sub(t).Microseconds()))
}

// wireLength is the length of an Ethernet frame for an IP packet, padding and FCS
// included.
func wireLength(ip int) int { return max(ethernetMin, ethernetHeader+ip+ethernetFCS) }
