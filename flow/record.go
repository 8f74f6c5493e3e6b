package flow

import (
	"net/netip"
	"time"
)

// Record is one flow as a value: what an exporter said, with times in UTC and
// addresses unmapped. Packets and Bytes are as counted by the exporter; the
// true numbers are estimated by multiplying with SamplingRate.
//
// Records copy cheaply and compare with ==. The hot path uses Batch instead.
type Record struct {
	Exporter netip.Addr // the UDP source address of the exporter
	Domain   uint32     // observation domain: engine, sFlow sub-agent, v9 source id, IPFIX domain
	Version  Version

	SrcAddr, DstAddr, NextHop netip.Addr
	SrcPort, DstPort          uint16
	Proto                     uint8
	TCPFlags                  uint8 // OR of the flags of all packets
	TOS                       uint8
	SrcMask, DstMask          uint8
	SrcAS, DstAS              uint32
	InIf, OutIf               uint32 // ifIndex; 0 is unknown
	Direction                 Direction
	Forwarding                uint8  // forwarding status (RFC 7270 §4.12); 0 is unknown
	App                       uint64 // application label: engine<<56 | selector (RFC 6759); 0 is none

	Start, End     time.Time // first and last packet, millisecond resolution
	Bytes, Packets uint64    // IP bytes
	RTT            uint32    // round-trip time of the handshake in µs; 0 is unknown

	SamplingRate uint32 // one packet in N was seen; 0 is unknown and counts as 1
	Sampling     Sampling
	Quality      Quality
}

// Version names the export format a record came in.
type Version uint8

// The export formats; the numbers are ours and stable on the wire.
const (
	VersionUnknown Version = iota
	NetFlowV5
	SFlowV5
	Packets // metered by eagre itself from raw packets
	NetFlowV1
	NetFlowV6
	NetFlowV7
	NetFlowV8
	NetFlowV9
	IPFIX
	Imported // decoded by another collector
	versionCount
)

var versionNames = [versionCount]string{
	"unknown", "netflow-v5", "sflow-v5", "packets", "netflow-v1", "netflow-v6", "netflow-v7", "netflow-v8",
	"netflow-v9", "ipfix", "imported",
}

func (v Version) String() string {
	if v >= versionCount {
		v = VersionUnknown
	}
	return versionNames[v]
}

// Direction says at which side of the observation point a flow was metered
// (information element 61); it is not the direction in which it crosses the
// network's boundary.
type Direction uint8

// The directions of metering.
const (
	DirectionUnknown Direction = iota
	Ingress
	Egress
	directionCount
)

func (d Direction) String() string {
	if d >= directionCount {
		d = DirectionUnknown
	}
	return [directionCount]string{"unknown", "ingress", "egress"}[d]
}

// Sampling is the provenance of a sampling rate: who said it.
type Sampling uint8

// Where a sampling rate came from; the numbers are stable on the wire.
const (
	SamplingUnknown  Sampling = iota // a sampler without its rate: counts ×1, provisional
	SamplingAssumed                  // nothing announced: 1:1
	SamplingHeader                   // the header of a NetFlow datagram
	SamplingSample                   // the sFlow sample itself
	SamplingOperator                 // the operator's override
	SamplingOptions                  // the exporter's options data about its samplers
	SamplingRecord                   // an element of the flow record itself
	SamplingImported                 // the collector that decoded the record
	samplingCount
)

var samplingNames = [samplingCount]string{"unknown", "assumed", "header", "sample", "operator", "options", "record", "imported"}

func (s Sampling) String() string {
	if s >= samplingCount {
		s = SamplingUnknown
	}
	return samplingNames[s]
}

// Quality marks what is wrong with a record that is kept all the same.
type Quality uint8

// The marks of a record.
const (
	BadDuration  Quality = 1 << iota // the last packet before the first, in the future, or 24 days after the first: clamped
	Implausible                      // impossible counters: kept, not used for rates
	Fragment                         // a fragment without ports
	LateReceived                     // ended longer ago than is believed, so it counts as of its arrival; a long flow is not late
	Aggregated                       // many flows in one: addresses are prefixes, or missing; it is about no host
)
