package tally

import "eagre/internal/sketch"

// doorkeeper decides who still gets in when the table is more than half full: keys
// that have shown some traffic for certain. A flood of addresses that are used once
// fills the table to a half and no further, and a victim that comes in the midst of
// it is still let in: of the newcomers, the doorkeeper remembers those with most
// traffic (space-saving, see sketch.TopK).
type doorkeeper struct{ newcomers *sketch.TopK[Key] }

const (
	// admission is how many packets a newcomer must show within a tick.
	admission = 32
	// waiting is how many newcomers are remembered.
	waiting = 512
)

func (d *doorkeeper) admits(k *Key, s *Sum) bool {
	if d.newcomers == nil {
		d.newcomers = sketch.NewTopK(waiting, sketch.Keys[Key]{Compare: Key.Compare})
	}
	d.newcomers.Insert(*k, max(1, s.Packets/Unit))
	return d.newcomers.Get(*k).AtLeast() >= admission
}

func (d *doorkeeper) reset() { d.newcomers = nil }
