package sflow

import (
	"eagre/flow"
	"eagre/ingest/wire"
)

// block is how many rows are made at a time.
const block = 8

// same is what is the same in all plain rows of a datagram, a block of it, so
// that filling a column is one copy of fixed size.
type same struct {
	exporter [block]flow.IP
	arrival  [block]int64
	packets  [block]uint64
	domain   [block]uint32
	version  [block]flow.Version
	sampling [block]flow.Sampling
}

// set prepares the rows of a datagram. Most datagrams have what the one before had.
func (s *same) set(from *wire.Source, domain uint32) {
	sampling := flow.SamplingSample
	if from.SamplingRate > 0 {
		sampling = flow.SamplingOperator
	}
	if s.exporter[0] == from.Exporter && s.arrival[0] == from.Arrival && s.domain[0] == domain && s.sampling[0] == sampling {
		return
	}
	for i := range block {
		s.exporter[i], s.arrival[i], s.domain[i] = from.Exporter, from.Arrival, domain
		s.packets[i], s.version[i], s.sampling[i] = 1, flow.SFlowV5, sampling
	}
}

// fill writes a block of rows from row i on, for which there must be room.
func (s *same) fill(b *flow.Batch, i int) {
	to := i + block
	*(*[block]flow.IP)(b.Exporter[i:to]) = s.exporter
	*(*[block]flow.IP)(b.NextHop[i:to]) = [block]flow.IP{}
	*(*[block]int64)(b.Start[i:to]) = s.arrival
	*(*[block]int64)(b.End[i:to]) = s.arrival
	*(*[block]uint64)(b.Packets[i:to]) = s.packets
	*(*[block]uint64)(b.App[i:to]) = [block]uint64{}
	*(*[block]uint32)(b.Domain[i:to]) = s.domain
	*(*[block]uint32)(b.SrcAS[i:to]) = [block]uint32{}
	*(*[block]uint32)(b.DstAS[i:to]) = [block]uint32{}
	*(*[block]uint32)(b.RTT[i:to]) = [block]uint32{}
	*(*[block]uint8)(b.SrcMask[i:to]) = [block]uint8{}
	*(*[block]uint8)(b.DstMask[i:to]) = [block]uint8{}
	*(*[block]uint8)(b.Forwarding[i:to]) = [block]uint8{}
	*(*[block]flow.Direction)(b.Direction[i:to]) = [block]flow.Direction{}
	*(*[block]flow.Version)(b.Version[i:to]) = s.version
	*(*[block]flow.Sampling)(b.Sampling[i:to]) = s.sampling
	*(*[block]flow.Quality)(b.Quality[i:to]) = [block]flow.Quality{}
}
