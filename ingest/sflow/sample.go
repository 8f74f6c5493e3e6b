package sflow

import (
	"eagre/flow"
	"eagre/ingest/header"
	"eagre/ingest/wire"
)

const (
	interfaceFormat  = 30         // the upper two bits of an interface say what the rest means
	interfaceUnknown = 0x3fffffff // an ifIndex that is not known, or the agent itself
	formatIfIndex    = 0
)

// sample is one flow sample as it is put together from its records.
type sample struct {
	rate      uint32
	in, out   uint32 // ifIndex, 0 unknown
	said      uint32 // records, as the sample counts them
	known     bool   // an IP packet was found in it
	raw       bool   // it was found in a packet header, which is the better source
	plausible bool   // its length can be
	src, dst  uint8  // prefix lengths
	srcAS     uint32
	dstAS     uint32
	nextHop   flow.IP
	packet    *header.Header // once known: one of those below
	parsed    header.Header  // out of a packet header
	stated    header.Header  // out of a sampled IPv4 or IPv6 record
}

// read reads the fields before the records: of a flow sample (§5, flow_sample)
// or an expanded one, which spells out what the other packs into bits.
func (s *sample) read(expanded bool, c *wire.Cursor) {
	s.known, s.raw, s.src, s.dst, s.srcAS, s.dstAS, s.nextHop = false, false, 0, 0, 0, 0, flow.IP{}
	if expanded {
		c.Skip(12) // sequence, source id type, source id index
		s.rate = c.U32()
		c.Skip(8) // pool, drops
		s.in = ifIndex(c.U32(), c.U32())
		s.out = ifIndex(c.U32(), c.U32())
	} else {
		c.Skip(8) // sequence, source id
		s.rate = c.U32()
		c.Skip(8)
		s.in, s.out = packedIfIndex(c.U32()), packedIfIndex(c.U32())
	}
	s.said = c.U32()
}

func packedIfIndex(v uint32) uint32 {
	return ifIndex(v>>interfaceFormat, v&interfaceUnknown)
}

// ifIndex is the interface's number where there is one. Dropped packets and
// those sent to several interfaces have none.
func ifIndex(format, value uint32) uint32 {
	if format != formatIfIndex || value >= interfaceUnknown {
		return 0
	}
	return value
}

// row writes the sample as row b.N.
func (s *sample) row(b *flow.Batch, source *wire.Source, domain, rate uint32, sampling flow.Sampling) {
	i, p := b.N, s.packet
	b.Exporter[i], b.Domain[i], b.Version[i] = source.Exporter, domain, flow.SFlowV5
	b.SrcAddr[i], b.DstAddr[i], b.NextHop[i] = p.Src, p.Dst, s.nextHop
	b.SrcPort[i], b.DstPort[i], b.Proto[i] = p.SrcPort, p.DstPort, p.Proto
	b.TCPFlags[i], b.TOS[i] = p.TCPFlags, p.TOS
	b.SrcMask[i], b.DstMask[i], b.SrcAS[i], b.DstAS[i] = s.src, s.dst, s.srcAS, s.dstAS
	b.InIf[i], b.OutIf[i] = s.in, s.out
	b.Start[i], b.End[i] = source.Arrival, source.Arrival
	b.Packets[i], b.Bytes[i] = 1, uint64(p.IPBytes)
	b.SamplingRate[i], b.Sampling[i], b.Quality[i] = rate, sampling, s.quality()
	b.N++
}

func (s *sample) quality() (q flow.Quality) {
	if s.packet.Fragment {
		q |= flow.Fragment
	}
	if !s.plausible {
		q |= flow.Implausible
	}
	return q
}
