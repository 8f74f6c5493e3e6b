package detector

import (
	"cmp"
	"slices"

	"eagre/anomaly"
	"eagre/detector/tally"
	"eagre/internal/sketch"
)

// series is what the judge knows of one hot key: the merged sums of all
// partitions over the last minutes of event time.
type series struct {
	key    tally.Key
	panes  tally.Panes
	peers  []tally.PeerSum // by term and second
	minute []tally.PeerSum // by term and tick
	// before is, by partition, the last full tick before it became hot there.
	before map[uint16]tally.Sum
	lo, hi int64 // panes that this step changed
	dirty  bool
	denied int // peer cells that were refused for lack of room

	vector *vector   // that it feeds or fed
	since  int64     // first pane that it counts for the vector
	passed tally.Sum // of its panes since then, those that were dropped
}

// maxPeerSeconds bounds the distinct counts of one series: the open ticks, for
// every term of a rule.
const maxPeerSeconds = 2 * tally.MaxElements * 2 * tally.TickLength / 1000

func (s *series) merge(partition uint16, sum *tally.SeriesSum) {
	if sum.Before != nil {
		s.keepBefore(partition, *sum.Before)
	}
	if n := len(sum.Panes); n > 0 {
		s.touch(sum.Panes[0].At, sum.Panes[n-1].At)
		s.panes.Merge(sum.Panes)
	}
	for i := range sum.Peers {
		p := &sum.Peers[i]
		s.touch(p.At*panesPerSec, p.At*panesPerSec+panesPerSec-1)
		s.peers = mergePeers(s.peers, p, &s.denied)
	}
	for i := range sum.Minutes {
		s.minute = mergePeers(s.minute, &sum.Minutes[i], &s.denied)
	}
}

// keepBefore remembers what a partition counted before the series became hot.
// When it has cooled and is hot again, that is newer; but while an anomaly runs,
// what came before stays what came before it.
func (s *series) keepBefore(partition uint16, sum tally.Sum) {
	if _, known := s.before[partition]; known && s.feeds() {
		return
	}
	if s.before == nil {
		s.before = map[uint16]tally.Sum{}
	}
	s.before[partition] = sum
}

// expected is the rate before the series became hot.
func (s *series) expected() anomaly.Rates {
	var sum tally.Sum
	for _, part := range s.before {
		sum.Add(part)
	}
	const seconds = float64(tally.TickLength) / 1000
	return rates(8*sum.ByteCount()/seconds, sum.PacketCount()/seconds)
}

func (s *series) touch(lo, hi int64) {
	if !s.dirty {
		s.lo, s.hi, s.dirty = lo, hi, true
		return
	}
	s.lo, s.hi = min(s.lo, lo), max(s.hi, hi)
}

func mergePeers(list []tally.PeerSum, p *tally.PeerSum, denied *int) []tally.PeerSum {
	i, found := findPeers(list, p.Term, p.At)
	if !found {
		if len(list) >= maxPeerSeconds {
			*denied++
			return list
		}
		list = slices.Insert(list, i, tally.PeerSum{Term: p.Term, At: p.At})
	}
	list[i].Merge(&p.Distinct)
	return list
}

func findPeers(list []tally.PeerSum, term uint8, cell int64) (int, bool) {
	return slices.BinarySearchFunc(list, cell, func(p tally.PeerSum, cell int64) int {
		return cmp.Or(cmp.Compare(p.Term, term), cmp.Compare(p.At, cell))
	})
}

// distinct unites the whole seconds that a window ends with.
func (s *series) distinct(term uint8, w window) *sketch.Distinct {
	last := w.last / panesPerSec
	seconds := max(1, w.panes/panesPerSec)
	var d sketch.Distinct
	i, _ := findPeers(s.peers, term, last-seconds+1)
	for ; i < len(s.peers) && s.peers[i].Term == term && s.peers[i].At <= last; i++ {
		d.Merge(&s.peers[i].Distinct)
	}
	return &d
}

// distinctMinute is the distinct count of the tick in which a window ends.
func (s *series) distinctMinute(term uint8, w window) *sketch.Distinct {
	if i, found := findPeers(s.minute, term, w.last/panesPerTick); found {
		return &s.minute[i].Distinct
	}
	return &sketch.Distinct{}
}

// feeds tells whether an open anomaly counts the series.
func (s *series) feeds() bool { return s.vector != nil && !s.vector.ended }

// feed makes the series count for a vector, from where that counts.
func (s *series) feed(v *vector) {
	if s.vector != v || s.since != v.since {
		s.vector, s.since, s.passed = v, v.since, tally.Sum{}
	}
}

// total is what the series counted for its vector, up to a pane.
func (s *series) total(last int64) tally.Sum {
	sum := s.passed
	sum.Add(s.panes.Between(s.since, last+1))
	return sum
}

// forget drops what lies before a pane; what counts for a vector is kept as a sum.
func (s *series) forget(before int64) {
	if s.vector != nil {
		s.passed.Add(s.panes.Between(s.since, before))
	}
	s.panes.DropBefore(before)
	s.peers = slices.DeleteFunc(s.peers, func(p tally.PeerSum) bool { return (p.At+1)*panesPerSec <= before })
	s.minute = slices.DeleteFunc(s.minute, func(p tally.PeerSum) bool { return (p.At+1)*panesPerTick <= before })
}
