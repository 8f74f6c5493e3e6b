package tally

// doorkeeper decides who still gets in when the table is more than half full:
// keys that have shown some traffic, so that a flood of addresses used once
// cannot push out what is established. Counters are shared by chance, which
// lets in too many rather than too few.
type doorkeeper struct{ seen [1 << 14]uint16 }

// admission is how many packets a newcomer must show within a tick.
const admission = 32

func (d *doorkeeper) admits(hash uint64, s *Sum) bool {
	n := &d.seen[hash>>50]
	*n = uint16(min(uint64(*n)+max(1, s.Packets/Unit), 1<<15))
	return *n >= admission
}

func (d *doorkeeper) reset() { clear(d.seen[:]) }
