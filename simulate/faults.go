package simulate

import "math/rand/v2"

// Faults are what a network does to export datagrams: shares of them, from 0 to 1.
// The zero value is a network that does nothing.
type Faults struct {
	Loss        float64
	Duplication float64
	Reordering  float64 // a datagram arrives behind the one that follows it
}

// faults are Faults at work, drawn from a stream of their own, so that a scenario
// without them stays what it is.
type faults struct {
	Faults
	rand *rand.Rand
	held []byte // overtaken; empty is none
	size int    // records in it
}

// faultStreams are the random streams of faults, beside those of dice.
const faultStreams = 1 << 33

func newFaults(f Faults, seed, stream uint64) *faults {
	return &faults{Faults: f, rand: rand.New(rand.NewPCG(seed, faultStreams+stream))}
}

func (f *faults) happens(share float64) bool { return share > 0 && f.rand.Float64() < share }

// carry brings a datagram to its place, or not.
func (f *faults) carry(c *Counters, payload []byte, records int, emit emitter) {
	if f.happens(f.Loss) {
		c.Lost++
		c.LostRecords += uint64(records)
		return
	}
	if len(f.held) == 0 && f.happens(f.Reordering) {
		f.held, f.size = append(f.held[:0], payload...), records
		c.Reordered++
		return
	}
	emit(payload, records)
	if f.happens(f.Duplication) {
		c.Duplicated++
		emit(payload, records)
	}
	f.release(emit)
}

// release lets the datagram through that was overtaken.
func (f *faults) release(emit emitter) {
	if len(f.held) > 0 {
		emit(f.held, f.size)
		f.held = f.held[:0]
	}
}
