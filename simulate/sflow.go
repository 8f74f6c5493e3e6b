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

// SFlowSamplesPerDatagram keeps a datagram of full samples below 1500 bytes, as long
// as they have no extensions.
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

	Expanded   bool             // the form for ifIndex above 2^24 (format 3)
	Envelope   *Envelope        // what the packet is wrapped in; nil is Ethernet alone
	Extensions []SFlowExtension // further records, behind the packet
}

// Numbers of the sFlow version 5 structures (sflow.org, "sFlow Version 5", §5).
const (
	sflowVersion          = 5
	sflowAddressV4        = 1
	sflowAddressV6        = 2
	sflowFlowSample       = 1
	sflowCounterSample    = 2
	sflowExpandedSample   = 3
	sflowExpandedCounters = 4
	sflowRawHeader        = 1
	sflowEthernet         = 1
)

// AppendSFlow appends one sFlow version 5 datagram to dst: flow samples, then
// samples of counters. Each flow sample holds the start of its packet as an Ethernet
// frame of at most MaxSFlowHeader bytes. Callers keep to SFlowSamplesPerDatagram if
// the datagram is to fit an Ethernet frame.
func AppendSFlow(dst []byte, h SFlowHeader, samples []SFlowSample, counters ...SFlowCounters) []byte {
	be := binary.BigEndian
	dst = be.AppendUint32(dst, sflowVersion)
	dst = appendSFlowAddress(dst, h.Agent)
	dst = be.AppendUint32(dst, h.SubAgent)
	dst = be.AppendUint32(dst, h.Sequence)
	dst = be.AppendUint32(dst, milliseconds(h.Uptime))
	dst = be.AppendUint32(dst, uint32(len(samples)+len(counters)))
	for i := range samples {
		dst = appendSFlowSample(dst, &samples[i])
	}
	for i := range counters {
		dst = counters[i].append(dst)
	}
	return dst
}

func appendSFlowAddress(dst []byte, a netip.Addr) []byte {
	if a.Unmap().Is6() {
		return appendV6(binary.BigEndian.AppendUint32(dst, sflowAddressV6), a)
	}
	return appendV4(binary.BigEndian.AppendUint32(dst, sflowAddressV4), a)
}

// appendWords writes XDR unsigned integers.
func appendWords(dst []byte, words ...uint32) []byte {
	for _, w := range words {
		dst = binary.BigEndian.AppendUint32(dst, w)
	}
	return dst
}

// beginStructure writes a format and leaves room for the length that endStructure
// fills in.
func beginStructure(dst []byte, format uint32) (out []byte, start int) {
	dst = appendWords(dst, format, 0)
	return dst, len(dst)
}

func endStructure(dst []byte, start int) []byte {
	dst = appendZeros(dst, (4-(len(dst)-start)%4)%4)
	binary.BigEndian.PutUint32(dst[start-4:], uint32(len(dst)-start))
	return dst
}

func appendSFlowSample(dst []byte, s *SFlowSample) []byte {
	format := uint32(sflowFlowSample)
	if s.Expanded {
		format = sflowExpandedSample
	}
	dst, start := beginStructure(dst, format)
	dst = s.appendHead(dst)
	dst = appendWords(dst, uint32(1+len(s.Extensions)))
	dst = s.appendPacket(dst)
	for _, e := range s.Extensions {
		dst = e.append(dst)
	}
	return endStructure(dst, start)
}

// appendHead writes what stands before the records. The data source is the ifIndex
// of the input.
func (s *SFlowSample) appendHead(dst []byte) []byte {
	r := &s.Record
	if s.Expanded {
		dst = appendWords(dst, s.Sequence, 0, r.InIf, r.SamplingRate, s.Pool, s.Drops)
		return appendWords(dst, 0, r.InIf, 0, r.OutIf)
	}
	return appendWords(dst, s.Sequence, r.InIf, r.SamplingRate, s.Pool, s.Drops, r.InIf, r.OutIf)
}

// appendPacket writes the raw packet header (format 1).
func (s *SFlowSample) appendPacket(dst []byte) []byte {
	length := int(min(s.Record.Bytes, 0xffff))
	dst, start := beginStructure(dst, sflowRawHeader)
	var scratch [MaxSFlowHeader]byte
	header, frame := scratch[:0], wireLength(length)
	if s.Envelope == nil {
		header = appendFrame(header, &s.Record, length, MaxSFlowHeader)
	} else {
		header, frame = AppendFrame(header, &s.Record, length, *s.Envelope, MaxSFlowHeader)
	}
	dst = appendWords(dst, sflowEthernet, uint32(frame), ethernetFCS, uint32(len(header)))
	return endStructure(append(dst, header...), start)
}
