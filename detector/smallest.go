package detector

import (
	"eagre/detector/tally"
	"eagre/network"
)

// insides are the series of the same traffic of smaller parts of each prefix, its hosts
// and longer prefixes: in a carpet bombing hundreds of prefixes ask for theirs in every
// step, and there are thousands of others.
type insides map[tally.Key]map[tally.Key]*series

func (in insides) add(s *series) {
	for prefix := range around(s.key) {
		if in[prefix] == nil {
			in[prefix] = map[tally.Key]*series{}
		}
		in[prefix][s.key] = s
	}
}

func (in insides) remove(k tally.Key) {
	for prefix := range around(k) {
		if delete(in[prefix], k); len(in[prefix]) == 0 {
			delete(in, prefix)
		}
	}
}

// around gives the prefixes around a host or prefix that are watched, as keys of the
// same traffic.
func around(k tally.Key) func(yield func(prefix tally.Key) bool) {
	return func(yield func(tally.Key) bool) {
		if k.Kind != tally.Host && k.Kind != tally.Prefix {
			return
		}
		lengths, n := network.Neighbourhoods(k.Addr)
		for _, bits := range lengths[:n] {
			prefix := k
			prefix.Kind, prefix.Bits, prefix.Addr = tally.Prefix, bits, k.Addr.Mask(int(bits))
			if bits < k.Bits && !yield(prefix) {
				return
			}
		}
	}
}

// smallerExplains tells whether a single host makes up half of what fired for its
// prefix, or a longer prefix nine tenths: then that is the victim.
func (j *judge) smallerExplains(p *series, w window) bool {
	for k, s := range j.inside[p.key] {
		enough := w.Packets / 2
		if k.Kind == tally.Prefix {
			enough = w.Packets - w.Packets/10
		}
		if s.panes.Between(w.first(), w.last+1).Packets >= enough {
			return true
		}
	}
	return false
}
