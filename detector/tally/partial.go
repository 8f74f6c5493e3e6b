package tally

import (
	"cmp"
	"slices"

	"eagre/internal/sketch"
)

// Partial is what one partition counted in one step (or in several without
// traffic): the only thing that passes from the first stage to the second.
// Partials of different partitions and steps merge by addition.
type Partial struct {
	Partition uint16
	Step      int64
	Series    []SeriesSum // sorted by key
	Settled   []Tick      // ticks that settled with this step, oldest first
	Late      []LateSum   // what came too late for its ticks, sorted by key
	Survey    *Survey     // nil unless one was asked for
	Counters
}

// SeriesSum is the growth of one series.
type SeriesSum struct {
	Key   Key
	Panes Panes
	Peers []PeerSum // by second
	// Minutes are the same peers by tick, counted finely: what a finding tells.
	Minutes []PeerSum
	// Before is the series' last full tick before it became hot: what was
	// normal a minute ago. Given once.
	Before *Sum
}

// PeerSum counts the different peers of one second of event time, or of one tick:
// sources of what comes to a host, destinations of what leaves it, the values that a
// signature's condition counts (told apart by Term).
type PeerSum struct {
	Term uint8
	At   int64 // number of the second, or of the tick, since the Unix epoch
	sketch.Distinct
}

// Tick is one settled minute: the sums of every key large enough to matter.
type Tick struct {
	At        int64 // number of the tick since the Unix epoch
	Sums      []KeySum
	Exporters []ExporterTick // what came while the tick was the one to settle next
}

// KeySum is the sum of one key, sorted by key within a Tick.
type KeySum struct {
	Key Key
	Sum
}

// Counters account for every row and say which bounds were hit.
type Counters struct {
	Rows        uint64 // flow records seen
	Implausible uint64 // rows not counted because their counters cannot be true
	Unplaced    uint64 // rows seen on core interfaces: counted per interface only
	SecondViews uint64 // rows that showed packets which their exporter had shown before
	LateRows    uint64 // rows of which a part fell into settled ticks
	LatePackets uint64 // packets of those parts, in 1/256: for the ledger only
	KeysRefused uint64 // rows whose key a full table did not admit
	HotRefused  uint64 // rows whose series did not become hot for lack of room
	// ExportersRefused is rows of exporters of which nothing is remembered for lack of
	// room.
	ExportersRefused uint64
	Keys             int // series held at the end of the step
	Hot              int // hot series at the end of the step
}

// Add sums what happened; the gauges are summed too, over partitions.
func (c *Counters) Add(o Counters) {
	c.Rows += o.Rows
	c.Implausible += o.Implausible
	c.Unplaced += o.Unplaced
	c.SecondViews += o.SecondViews
	c.ExportersRefused += o.ExportersRefused
	c.LateRows += o.LateRows
	c.LatePackets = addSaturating(c.LatePackets, o.LatePackets)
	c.KeysRefused += o.KeysRefused
	c.HotRefused += o.HotRefused
	c.Keys += o.Keys
	c.Hot += o.Hot
}

// addPeer counts one hashed peer in a second or tick; fresh is what such a count
// begins with.
func addPeer(list []PeerSum, term uint8, at int64, hash uint64, fresh sketch.Distinct) []PeerSum {
	if n := len(list); n > 0 && list[n-1].Term == term && list[n-1].At == at {
		list[n-1].Insert(hash)
		return list
	}
	i, found := slices.BinarySearchFunc(list, PeerSum{Term: term, At: at}, comparePeers)
	if !found {
		list = slices.Insert(list, i, PeerSum{Term: term, At: at, Distinct: fresh})
	}
	list[i].Insert(hash)
	return list
}

func comparePeers(a, b PeerSum) int {
	return cmp.Or(cmp.Compare(a.Term, b.Term), cmp.Compare(a.At, b.At))
}
