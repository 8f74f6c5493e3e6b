package sflow

import (
	"eagre/flow"
	"eagre/ingest/header"
	"eagre/ingest/wire"
)

// DataSource is the part of an agent that samples or counts (§4.2): for class 0
// the index is an ifIndex, for 1 a VLAN, for 2 a physical entity.
type DataSource struct{ Class, Index uint32 }

// sampleBody is the bytes of a flow sample, not expanded, before its records.
const sampleBody = 32

const sourceClass = 24 // a packed data source has its class in the upper eight bits

// readSource reads a data source, which expanded samples spell out.
func readSource(expanded bool, c *wire.Cursor) DataSource {
	if expanded {
		return DataSource{Class: c.U32(), Index: c.U32()}
	}
	return unpackSource(c.U32())
}

func unpackSource(v uint32) DataSource {
	return DataSource{Class: v >> sourceClass, Index: v & (1<<sourceClass - 1)}
}

// port is an interface as a flow sample names it (§5, interface): a format says
// what the value means.
type port struct{ format, value uint32 }

const (
	portFormat   = 30                  // the upper two bits of a packed interface are its format
	portUnknown  = 0x3fffffff          // an ifIndex that is not known, or the agent itself
	portFormats  = 0xc0000000_c0000000 // the formats of two packed interfaces
	portsUnknown = 0x00000001_00000001 // added to two that are unknown, sets bits there
	portNone     = 0xffffffff          // what some agents say for it where there are 32 bits

	formatIfIndex   = 0
	formatDiscarded = 1 // the value is the reason
)

func readPort(expanded bool, c *wire.Cursor) port {
	if expanded {
		return port{format: c.U32(), value: c.U32()}
	}
	return unpackPort(c.U32())
}

func unpackPort(v uint32) port { return port{format: v >> portFormat, value: v & portUnknown} }

// ifIndex is the interface's number where there is one. Dropped packets and
// those sent to several interfaces have none.
func (p port) ifIndex() uint32 {
	if p.format != formatIfIndex || p.value == portUnknown || p.value == portNone {
		return 0
	}
	return p.value
}

// forwarding is the forwarding status of a packet that went out here: 0 unless
// it was dropped.
func (p port) forwarding() uint8 {
	if p.format != formatDiscarded {
		return 0
	}
	return forwardingOf(p.value)
}

// sample is one sample as it is put together from its records.
type sample struct {
	parser     header.Parser
	source     DataSource
	sequence   uint32 // counts samples of the source
	rate       uint32
	pool       uint32 // packets that could have been sampled so far
	drops      uint32 // samples lost inside the agent so far
	in, out    uint32 // ifIndex, 0 unknown
	said       uint32 // records, as the sample counts them
	packets    uint64 // that the row counts
	known      bool   // an IP packet was found in it
	raw        bool   // it was found in a packet header, which is the better source
	plausible  bool   // its length can be
	routed     bool   // a router record said the next hop
	forwarding uint8
	src, dst   uint32 // prefix lengths as they were said
	srcAS      uint32
	dstAS      uint32
	nextHop    flow.IP
	packet     *header.Header // once known: one of those below
	parsed     header.Header  // out of a packet header
	stated     header.Header  // out of a sampled IPv4 or IPv6 record
}

// reset forgets the sample before.
func (s *sample) reset() {
	s.known, s.raw, s.plausible, s.routed, s.forwarding = false, false, false, false, 0
	s.src, s.dst, s.srcAS, s.dstAS, s.nextHop = 0, 0, 0, 0, flow.IP{}
}

// read reads the fields before the records: of a flow sample (§5, flow_sample)
// or an expanded one, which spells out what the other packs into bits.
func (s *sample) read(expanded bool, c *wire.Cursor) {
	s.reset()
	s.sequence, s.source = c.U32(), readSource(expanded, c)
	s.rate, s.pool, s.drops = c.U32(), c.U32(), c.U32()
	in, out := readPort(expanded, c), readPort(expanded, c)
	s.in, s.out, s.forwarding = in.ifIndex(), out.ifIndex(), out.forwarding()
	s.said = c.U32()
}

// row writes the sample as row b.N.
func (d *Datagram) row(b *flow.Batch, rate uint32, sampling flow.Sampling) {
	i, s := b.N, &d.decoder
	p := s.packet
	b.Exporter[i], b.Domain[i], b.Version[i] = d.source.Exporter, d.SubAgent, flow.SFlowV5
	b.SrcAddr[i], b.DstAddr[i], b.NextHop[i] = p.Src, p.Dst, s.nextHop
	b.SrcPort[i], b.DstPort[i], b.Proto[i] = p.SrcPort, p.DstPort, p.Proto
	b.TCPFlags[i], b.TOS[i] = p.TCPFlags, p.TOS
	b.SrcMask[i], b.DstMask[i], b.SrcAS[i], b.DstAS[i] = uint8(s.src), uint8(s.dst), s.srcAS, s.dstAS
	b.InIf[i], b.OutIf[i], b.Forwarding[i] = s.in, s.out, s.forwarding
	b.Start[i], b.End[i] = d.source.Arrival, d.source.Arrival
	b.Packets[i], b.Bytes[i] = s.packets, s.packets*uint64(p.IPBytes)
	b.SamplingRate[i], b.Sampling[i], b.Quality[i] = rate, sampling, s.quality()
	b.Direction[i], b.App[i], b.RTT[i] = 0, 0, 0
	b.N++
}

// quality marks the row. One that counts no packet is shown and not weighed.
func (s *sample) quality() (q flow.Quality) {
	if s.packet.Fragment {
		q |= flow.Fragment
	}
	if !s.plausible || s.packets == 0 {
		q |= flow.Implausible
	}
	return q
}
