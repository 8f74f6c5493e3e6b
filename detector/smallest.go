package detector

import "eagre/detector/tally"

// smallerExplains tells whether a single host makes up half of what fired for its
// prefix, or a longer prefix nine tenths: then that is the victim.
func (j *judge) smallerExplains(p *series, w window) bool {
	for k, s := range j.series {
		enough := w.Packets / 2
		if k.Kind == tally.Prefix {
			enough = w.Packets - w.Packets/10
		}
		if around(p.key, k) && s.panes.Between(w.first(), w.last+1).Packets >= enough {
			return true
		}
	}
	return false
}

// around tells whether a key is the same traffic of a smaller part of a prefix.
func around(prefix, k tally.Key) bool {
	inner := k
	inner.Kind, inner.Bits, inner.Addr = prefix.Kind, prefix.Bits, k.Addr.Mask(int(prefix.Bits))
	return (k.Kind == tally.Host || k.Kind == tally.Prefix) && k.Bits > prefix.Bits && inner == prefix
}
