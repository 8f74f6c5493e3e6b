package traceback

import (
	"slices"
	"time"

	"eagre/flow"
)

// Bounds of one call of Trace.
const (
	minBound       = 256     // distinct values that a list may always count
	maxBound       = 1 << 14 // and the most it ever may
	listsPerTrace  = 8       // about how many long lists a trace fills
	history        = time.Minute
	enoughHistory  = 10 * time.Second
	latestBelieved = 1 << 45 // Unix milliseconds, the year 3084
)

// tracing is what is gathered for one pattern.
type tracing struct {
	window
	groups map[interfaceKey]*group
	limit  int // groups
	bound  int // distinct values in a list
	over   bool
	guess  bool // part of it rests on an unknown sampling rate

	counted map[interfaceKey]bool // the elements whose packets are counted once, see view
	verdict verdict
}

// window is the event time of a trace in Unix milliseconds, whole seconds.
type window struct {
	from, to    int64
	historyFrom int64 // start of the time before from that is held
	first, last int64 // first and end of the last second in which anything matched
	clipped     bool
}

// group is what one network element carried.
type group struct {
	key       interfaceKey
	total     count
	before    count // in the held time before the window
	firstSeen int64
	seconds   []count // one for each second of the window
	votes     votes
	parts     *breakdown
}

func newWindow(p Pattern, heldFrom, heldTo time.Time) window {
	if p.To.IsZero() {
		p.To = heldTo
	}
	to := second(p.To.Add(time.Second - time.Nanosecond))
	earliest := to - MaxSpan.Milliseconds()
	w := window{from: earliest, to: to}
	if !p.From.IsZero() {
		w.clipped = second(p.From) < earliest
		w.from = max(earliest, second(p.From))
		w.to = max(to, w.from+1000)
	}
	w.historyFrom = max(w.from-history.Milliseconds(), second(heldFrom))
	if w.from-w.historyFrom < enoughHistory.Milliseconds() {
		w.historyFrom = w.from
	}
	return w
}

// second is the start of the second that holds t, in Unix milliseconds.
func second(t time.Time) int64 { return t.Unix() * 1000 }

func (t *tracing) count(b *flow.Batch, row int) {
	start, end, all := b.Start[row], b.End[row], scaled(b, row)
	if end < t.historyFrom || start >= t.to {
		return
	}
	before, inside := all.within(start, end, t.historyFrom, t.from), all.within(start, end, t.from, t.to)
	if before == (count{}) && inside == (count{}) {
		return
	}
	g := t.group(interfaceKey{b.Exporter[row], b.InIf[row]})
	g.before.add(before)
	if inside == (count{}) {
		return
	}
	t.guess = t.guess || b.SamplingRate[row] == 0
	g.total.add(inside)
	g.firstSeen = min(g.firstSeen, max(start, t.from))
	g.votes.add(fieldsOf(b, row), inside.packets)
	g.parts.add(b, row, inside)
	t.spread(g, start, end, all)
}

// spread puts a flow into the seconds in which it ran.
func (t *tracing) spread(g *group, start, end int64, all count) {
	first := max(start, t.from) / 1000 * 1000
	last := min(end, t.to-1) / 1000 * 1000
	t.first, t.last = min(t.first, first), max(t.last, last+1000)
	for s := first; s <= last; s += 1000 {
		g.seconds[(s-t.from)/1000].add(all.within(start, end, s, s+1000))
	}
}

// group finds or makes the element's group. Beyond the limit those with the
// lowest address and ifIndex are kept, which does not depend on the order.
func (t *tracing) group(key interfaceKey) *group {
	if g, ok := t.groups[key]; ok {
		return g
	}
	if len(t.groups) >= 2*t.limit {
		t.prune()
	}
	if len(t.groups) == 0 {
		t.first, t.last = t.to, t.from
	}
	g := &group{key: key, firstSeen: t.to, seconds: make([]count, (t.to-t.from)/1000), parts: newBreakdown(t.bound)}
	t.groups[key] = g
	return g
}

func (t *tracing) prune() {
	for _, key := range t.keys()[min(t.limit, len(t.groups)):] {
		delete(t.groups, key)
		t.over = true
	}
}

// keys are the elements in their fixed order.
func (t *tracing) keys() []interfaceKey {
	keys := make([]interfaceKey, 0, len(t.groups))
	for key := range t.groups {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, interfaceKey.compare)
	return keys
}
