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
	Domain   uint32     // observation domain: v5 engine, sFlow sub-agent, v9 source id
	Version  Version

	SrcAddr, DstAddr, NextHop netip.Addr
	SrcPort, DstPort          uint16
	Proto                     uint8
	TCPFlags                  uint8 // OR of the flags of all packets
	TOS                       uint8
	SrcMask, DstMask          uint8
	SrcAS, DstAS              uint32
	InIf, OutIf               uint32 // ifIndex; 0 is unknown

	Start, End     time.Time // first and last packet, millisecond resolution
	Bytes, Packets uint64    // IP bytes

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
)

func (v Version) String() string {
	return [...]string{"unknown", "netflow-v5", "sflow-v5", "packets"}[min(int(v), 3)]
}

// Sampling is the provenance of a sampling rate: who said it.
type Sampling uint8

// Where a sampling rate came from, in rising order of trust.
const (
	SamplingUnknown  Sampling = iota // a mode is set without an interval: counts ×1, provisional
	SamplingAssumed                  // nothing announced: 1:1
	SamplingHeader                   // the NetFlow v5 header
	SamplingSample                   // the sFlow sample itself
	SamplingOperator                 // the operator's override
)

func (s Sampling) String() string {
	return [...]string{"unknown", "assumed", "header", "sample", "operator"}[min(int(s), 4)]
}

// Quality marks what is wrong with a record that is kept all the same.
type Quality uint8

// The marks of a record.
const (
	BadDuration  Quality = 1 << iota // the last packet before the first, or in the future: clamped
	Implausible                      // impossible counters: kept, not used for rates
	Fragment                         // a fragment without ports
	LateReceived                     // older than the time span that is believed: clamped
)
