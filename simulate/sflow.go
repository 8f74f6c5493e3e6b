package simulate

import (
	"encoding/binary"
	"net/netip"
	"time"

	"eagre/flow"
)

// MaxSFlowHeader is how much of a sampled frame goes into a sample, the usual
// setting of agents.
const MaxSFlowHeader = 128

// SFlowSamplesPerDatagram keeps a datagram of full samples below 1500 bytes.
const SFlowSamplesPerDatagram = 7

// SFlowHeader is the header of an sFlow version 5 datagram.
type SFlowHeader struct {
	Agent    netip.Addr    // IPv4 or IPv6
	SubAgent uint32        // the observation domain
	Sequence uint32        // datagrams of this sub-agent before this one
	Uptime   time.Duration // millisecond resolution; wraps after 49.7 days
}

// SFlowSample is one sampled packet: the record says which. Record.Bytes is the
// packet's IP length, Record.SamplingRate the configured rate, Record.InIf and
// OutIf the interfaces; Packets and times do not go out.
type SFlowSample struct {
	Sequence uint32 // samples of this data source before this one
	Pool     uint32 // packets that could have been sampled so far
	Drops    uint32 // samples lost inside the agent so far
	Record   flow.Record
}

// Numbers of the sFlow version 5 structures (sflow.org, "sFlow Version 5", §5).
const (
	sflowVersion        = 5
	sflowAddressV4      = 1
	sflowAddressV6      = 2
	sflowFlowSample     = 1
	sflowRawHeader      = 1
	sflowEthernet       = 1
	sflowSampleFixed    = 32 // bytes of a flow sample before its records
	sflowRecordFixed    = 8
	sflowRawHeaderFixed = 16
)

// AppendSFlow appends one sFlow version 5 datagram of flow samples to dst. Each
// sample holds the start of its packet as an Ethernet frame of at most
// MaxSFlowHeader bytes. Callers keep to SFlowSamplesPerDatagram if the datagram
// is to fit an Ethernet frame.
func AppendSFlow(dst []byte, h SFlowHeader, samples []SFlowSample) []byte {
	be := binary.BigEndian
	dst = be.AppendUint32(dst, sflowVersion)
	dst = appendSFlowAddress(dst, h.Agent)
	dst = be.AppendUint32(dst, h.SubAgent)
	dst = be.AppendUint32(dst, h.Sequence)
	dst = be.AppendUint32(dst, milliseconds(h.Uptime))
	dst = be.AppendUint32(dst, uint32(len(samples)))
	for i := range samples {
		dst = appendSFlowSample(dst, &samples[i])
	}
	return dst
}

func appendSFlowAddress(dst []byte, a netip.Addr) []byte {
	if a.Unmap().Is6() {
		return appendV6(binary.BigEndian.AppendUint32(dst, sflowAddressV6), a)
	}
	return appendV4(binary.BigEndian.AppendUint32(dst, sflowAddressV4), a)
}

func appendSFlowSample(dst []byte, s *SFlowSample) []byte {
	length := int(min(s.Record.Bytes, 0xffff))
	var scratch [MaxSFlowHeader]byte
	header := appendFrame(scratch[:0], &s.Record, length, MaxSFlowHeader)
	padded := (len(header) + 3) / 4 * 4
	be := binary.BigEndian
	dst = be.AppendUint32(dst, sflowFlowSample)
	dst = be.AppendUint32(dst, uint32(sflowSampleFixed+sflowRecordFixed+sflowRawHeaderFixed+padded))
	for _, v := range []uint32{s.Sequence, s.Record.InIf, s.Record.SamplingRate, s.Pool, s.Drops, s.Record.InIf, s.Record.OutIf, 1} {
		dst = be.AppendUint32(dst, v) // the data source is the input's ifIndex; one record follows
	}
	frame := max(ethernetMin, ethernetHeader+length+ethernetFCS)
	for _, v := range []int{sflowRawHeader, sflowRawHeaderFixed + padded, sflowEthernet, frame, ethernetFCS, len(header)} {
		dst = be.AppendUint32(dst, uint32(v))
	}
	dst = append(dst, header...)
	return append(dst, make([]byte, padded-len(header))...)
}
