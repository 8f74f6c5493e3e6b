package tally

import (
	"slices"

	"eagre/flow"
	"eagre/network"
)

// Matcher names the rows of a batch that signatures match. The detector hands
// one in; it is owned by the Counter. The result is valid until the next call,
// in an order that depends on the batch alone.
type Matcher interface {
	Match(b *flow.Batch) []Match
}

// Match is one row that one signature matches.
type Match struct {
	Row   int
	Group Key // Kind Group, Index the rule; the observer is filled in by the Counter
	// Elements are the values whose distinct number the rule's condition asks for.
	Elements [MaxElements]uint64
	Terms    uint8 // how many of Elements are in use
}

// MaxElements is how many distinct counts one rule may ask for.
const MaxElements = 2

// Counter counts one partition. One goroutine owns it; its result depends only
// on the batches it is given, in their order.
type Counter struct {
	cfg     Config
	network *network.Map
	warmth  Warmth
	matcher Matcher

	table     *table
	door      doorkeeper
	hot       []*hotSeries // by entry.hot-1; nil where free
	room      []uint32     // free places in hot
	groups    int          // hot groups among them
	fresh     int          // became hot in the open step
	roles     roles
	exporters exporters
	longFlows []seenFlow  // nil before the first
	voters    []*exporter // whose long flows voted in the open step
	late      late        // of the open step
	ports     ports
	// companions are the prefixes whose whole traffic is counted for now.
	companions keyFilter
	paths      paths
	systems    systems
	rows       [blockRows]row
	plans      [blockRows * plansPerRow]plan
	planned    int    // plans in use
	served     []*row // rows of the block that count for a port

	touched uint64 // keeps the compiler from dropping the touches

	partition uint16
	step      int64 // open step
	began     int64 // the first step
	latest    int64 // last millisecond of it: no flow ends after it was reported
	epoch     uint16
	settled   int64 // newest settled tick
	partial   *Partial
}

// New makes the counter of one partition. A nil matcher matches nothing.
func New(cfg Config, partition uint16, nw *network.Map, warmth Warmth, matcher Matcher) *Counter {
	c := &Counter{
		cfg: cfg, network: nw, warmth: warmth, matcher: matcher, partition: partition,
		table: newTable(cfg.Seed), step: -1, partial: &Partial{Partition: partition},
	}
	c.ports.memory = c.table.memory
	return c
}

// Count takes in one batch. It does not allocate per row; new keys and new hot
// series cost memory within their bounds.
func (c *Counter) Count(b *flow.Batch) {
	c.advance(b.Step)
	c.partial.Rows += uint64(b.N)
	for from := 0; from < b.N; from += blockRows {
		c.countBlock(b, from, min(from+blockRows, b.N))
	}
	c.pourAll()
	if c.matcher != nil {
		c.countMatches(b)
	}
}

// Again shows the batches of the open step once more, in any order.
type Again func(count func(*flow.Batch))

// EndStep closes a step and returns what it brought. The Partial belongs to the
// caller. again is called when series became hot in this step.
func (c *Counter) EndStep(step int64, again Again) *Partial {
	c.countFresh(again)
	c.judgeRepeats()
	c.advance(step)
	p := c.partial
	p.Late = c.late.take()
	p.Step = c.step // a step from before joins the newest
	for _, h := range c.hot {
		if h != nil {
			c.handOn(h)
		}
	}
	slices.SortFunc(p.Series, func(a, b SeriesSum) int { return a.Key.Compare(b.Key) })
	p.Keys, p.Hot = c.table.n, len(c.hot)-len(c.room)
	c.partial = &Partial{Partition: c.partition}
	return p
}

// handOn moves what a hot series gathered into the partial, and ends the watch
// over one that has long been quiet.
func (c *Counter) handOn(h *hotSeries) {
	if h.touched() {
		c.partial.Series = append(c.partial.Series, SeriesSum{Key: h.entry.key, Panes: h.panes.take(), Peers: h.peers, Minutes: h.minutes, Before: h.before})
		h.peers, h.minutes, h.before = nil, nil, nil
	}
	if h.quiet(c.epoch) > coolEpochs {
		c.cool(h)
	}
}
