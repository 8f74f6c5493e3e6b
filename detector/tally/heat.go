package tally

import (
	"math"

	"eagre/internal/sketch"
)

// heat is what a series gathered in the current two seconds of receive time.
type heat struct {
	packets uint32 // whole packets, saturating
	chunks  uint32 // of 64 bytes, begun ones included, saturating
	rows    uint16
	epoch   uint16
}

const (
	// stepsPerEpoch makes two seconds of the detector's 100 ms steps.
	stepsPerEpoch = 20
	chunkBytes    = 64
	// coolEpochs is how long a hot series may stay below a quarter of its heat.
	coolEpochs = 15
)

// warm counts into the current epoch.
func (h *heat) warm(epoch uint16, s *Sum) {
	if h.epoch != epoch {
		*h = heat{epoch: epoch}
	}
	h.packets = add32(h.packets, uint32(min(s.Packets/Unit, math.MaxUint32)))
	h.chunks = add32(h.chunks, uint32(min(s.Bytes/(Unit*chunkBytes)+1, math.MaxUint32)))
	if h.rows < math.MaxUint16 {
		h.rows++
	}
}

// reaches tells whether the heat is at least 1/divisor of a bound.
func (h *heat) reaches(bound *Heat, divisor uint64) bool {
	return bound.Packets != 0 && uint64(h.packets)*Unit >= bound.Packets/divisor ||
		bound.Bytes != 0 && uint64(h.chunks)*chunkBytes*Unit >= bound.Bytes/divisor ||
		bound.Rows != 0 && uint64(h.rows) >= max(1, uint64(bound.Rows)/divisor)
}

// hotSeries is what a partition keeps beside the entry of a hot series: what it
// gathered in the open step, and when it last was hot.
type hotSeries struct {
	entry   *entry
	panes   growing
	peers   []PeerSum // by second
	minutes []PeerSum // by tick
	before  *Sum      // the last full tick before it became hot, until handed on
	epoch   uint16
	// fresh: it became hot in the open step, whose rows are counted again for
	// it when the step ends, so that their order does not matter.
	fresh bool
}

func (h *hotSeries) touched() bool {
	return len(h.panes.cells) > 0 || len(h.peers) > 0 || h.before != nil
}

// quiet is for how many epochs the series has not been warm.
func (h *hotSeries) quiet(epoch uint16) uint16 { return epoch - h.epoch }

// meet counts a peer of a flow in the second and the tick in which the flow ended.
func (h *hotSeries) meet(term uint8, end int64, hash uint64) {
	h.peers = addPeer(h.peers, term, floorDiv(end, 1000), hash, sketch.Distinct{})
	h.minutes = addPeer(h.minutes, term, floorDiv(end, TickLength), hash, sketch.NewDistinct(sketch.Wide))
}
