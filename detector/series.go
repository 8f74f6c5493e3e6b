package detector

import (
	"cmp"
	"slices"

	"eagre/detector/tally"
	"eagre/internal/sketch"
)

// series is what the judge knows of one hot key: the merged sums of all
// partitions over the last minutes of event time.
type series struct {
	key    tally.Key
	panes  tally.Panes
	peers  []tally.PeerSum // by term and second
	minute []tally.PeerSum // by term and tick: Second holds the tick's number
	before tally.Sum       // the last full tick before it became hot
	lo, hi int64           // panes that this step changed
	dirty  bool
	vector *vector // that it currently feeds
	denied int     // peer cells that were refused for lack of room
}

// maxPeerSeconds bounds the distinct counts of one series: the open ticks, for
// every term of a rule.
const maxPeerSeconds = 2 * tally.MaxElements * 2 * tally.TickLength / 1000

func (s *series) merge(sum *tally.SeriesSum) {
	if sum.Before != nil {
		s.before.Add(*sum.Before)
	}
	for _, p := range sum.Panes {
		s.touch(p.At, p.At)
		s.panes.Add(p.At, p.Sum)
	}
	for i := range sum.Peers {
		p := &sum.Peers[i]
		s.touch(p.Second*panesPerSec, p.Second*panesPerSec+panesPerSec-1)
		s.peers = mergePeers(s.peers, p.Term, p.Second, &p.Distinct, &s.denied)
		s.minute = mergePeers(s.minute, p.Term, p.Second*1000/tally.TickLength, &p.Distinct, &s.denied)
	}
}

func (s *series) touch(lo, hi int64) {
	if !s.dirty {
		s.lo, s.hi, s.dirty = lo, hi, true
		return
	}
	s.lo, s.hi = min(s.lo, lo), max(s.hi, hi)
}

func mergePeers(list []tally.PeerSum, term uint8, cell int64, d *sketch.Distinct, denied *int) []tally.PeerSum {
	i, found := findPeers(list, term, cell)
	if !found {
		if len(list) >= maxPeerSeconds {
			*denied++
			return list
		}
		list = slices.Insert(list, i, tally.PeerSum{Term: term, Second: cell})
	}
	list[i].Merge(d)
	return list
}

func findPeers(list []tally.PeerSum, term uint8, cell int64) (int, bool) {
	return slices.BinarySearchFunc(list, cell, func(p tally.PeerSum, cell int64) int {
		return cmp.Or(cmp.Compare(p.Term, term), cmp.Compare(p.Second, cell))
	})
}

// distinct unites the whole seconds that a window ends with.
func (s *series) distinct(term uint8, w window) *sketch.Distinct {
	last := w.last / panesPerSec
	seconds := max(1, w.panes/panesPerSec)
	var d sketch.Distinct
	i, _ := findPeers(s.peers, term, last-seconds+1)
	for ; i < len(s.peers) && s.peers[i].Term == term && s.peers[i].Second <= last; i++ {
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

// forget drops what lies before a pane; the sum feeds the totals of an open
// anomaly.
func (s *series) forget(before int64) {
	dropped := s.panes.DropBefore(before)
	if s.vector != nil && s.vector.series == s {
		s.vector.settled.Add(dropped)
	}
	s.peers = slices.DeleteFunc(s.peers, func(p tally.PeerSum) bool { return (p.Second+1)*panesPerSec <= before })
	s.minute = slices.DeleteFunc(s.minute, func(p tally.PeerSum) bool { return (p.Second+1)*panesPerTick <= before })
}
