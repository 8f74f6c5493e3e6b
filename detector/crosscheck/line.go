package crosscheck

import (
	"cmp"
	"time"

	"eagre/detector/tally"
	"eagre/flow"
	"eagre/network/counters"
)

// key names an interface in one direction.
type key struct {
	exporter flow.IP
	index    uint32
	side     tally.Side
}

func (k key) compare(o key) int {
	return cmp.Or(k.exporter.Compare(o.exporter), cmp.Compare(k.index, o.index), cmp.Compare(k.side, o.side))
}

// line is one interface in one direction: the intervals that wait, and how the last
// ones were judged.
type line struct {
	key
	agent  flow.IP // who counts; zero where nobody said
	shared bool    // two agents do
	heard  int64   // the end of the newest movement, Unix milliseconds
	queue  []interval
	low    bool // the first of them has too few flows so far

	judged  int64 // the end of the last interval that was judged; 0 where none counts
	last    Verdict
	inside  int     // judged in band, in a row
	outside int     // judged out of band, in a row
	open    bool    // there is a mismatch
	rate    float64 // of sampling, as seen last; 0 is unknown
}

// interval is what moved through a line between two readings.
type interval struct {
	counters.Movement
	side tally.Side
}

func (i *interval) begin() time.Time { return time.UnixMilli(i.From).UTC() }
func (i *interval) end() time.Time   { return time.UnixMilli(i.To).UTC() }

// moved is the direction that the line is about.
func (i *interval) moved() *counters.Moved {
	if i.side == tally.From {
		return &i.Out
	}
	return &i.In
}

// loud tells whether so many packets went through that flows must have seen some. Of
// packets that are not counted, the octets tell.
func (i *interval) loud(packets uint64) bool {
	m := i.moved()
	return m.Packets >= packets || m.Packets == 0 && m.Octets/shortestFrame >= packets
}

// add lets an interval wait, and tells by how many there are more: none, where it
// goes on with a short one before it.
func (l *line) add(m *counters.Movement, span time.Duration) int {
	l.heard = m.To
	if n := len(l.queue); n > 0 && l.queue[n-1].Span() < span && m.Follows(&l.queue[n-1].Movement) {
		l.queue[n-1].Join(m)
		return 0
	}
	l.queue = append(l.queue, interval{*m, l.side})
	return 1
}

// head is the first interval whose flows may be asked for; nil where there is none.
// A short one waits for what it can be joined with, as long as it has patience.
func (l *line) head(until time.Time, cfg Config) *interval {
	if len(l.queue) == 0 {
		return nil
	}
	i := &l.queue[0]
	age := until.Sub(i.end())
	if age < cfg.Settle || len(l.queue) == 1 && i.Span() < cfg.Span && age < cfg.Patience {
		return nil
	}
	return i
}

// pop takes away the first interval.
func (l *line) pop() {
	l.low = false
	if l.queue = l.queue[1:]; len(l.queue) == 0 {
		l.queue = nil
	}
}

// pronounce makes a verdict of what was found of an interval, and opens or ends a
// mismatch by it.
func (l *line) pronounce(i *interval, found comparison) Verdict {
	v := Verdict{
		Exporter: l.exporter, Index: l.index, Name: i.Name, Side: l.side, From: i.begin(), To: i.end(),
		Quantity: found.quantity, Flows: found.flows, Counted: found.counted,
		Ratio: found.ratio, Error: found.err, Rate: found.rate, Band: found.band,
	}
	if v.Band == Inside {
		l.inside, l.outside = l.inside+1, 0
	} else {
		l.inside, l.outside = 0, l.outside+1
	}
	v.Opened, v.Ended = !l.open && l.outside >= inARow, l.open && l.inside >= inARow
	l.open = (l.open || v.Opened) && !v.Ended
	v.Open = l.open
	l.judged, l.last = i.To, v
	return v
}

// inARow is how many intervals agree before something is said.
const inARow = 3

// lapse ends what was found where nothing could be judged for a while: an interface
// without traffic, or of which nobody tells any more.
func (l *line) lapse(until time.Time, forget time.Duration) (v Verdict, lapsed bool) {
	if l.judged == 0 || until.Sub(time.UnixMilli(l.judged)) < forget {
		return Verdict{}, false
	}
	v, lapsed = l.last, l.open
	v.Open, v.Opened, v.Ended, v.Lapsed = false, false, true, true
	l.open, l.inside, l.outside, l.judged = false, 0, 0, 0
	return v, lapsed
}

// gone tells whether the line is not heard of any more and has nothing to say.
func (l *line) gone(until time.Time, forget time.Duration) bool {
	return len(l.queue) == 0 && l.judged == 0 && until.Sub(time.UnixMilli(l.heard)) >= forget
}

// pair is an interface: what goes into it and what comes out of it.
type pair [2]*line

// shared tells whether two agents count under this number of this exporter, so that
// flows of both would be held against the counters of one.
func (p pair) shared(m *counters.Movement) bool {
	for _, l := range p {
		if l.agent.IsZero() {
			l.agent = m.Agent
		}
		if !m.Agent.IsZero() && l.agent != m.Agent {
			l.shared = true
		}
		if l.shared {
			l.heard = max(l.heard, m.To)
		}
	}
	return p[0].shared || p[1].shared
}

func (p pair) add(m *counters.Movement, span time.Duration) (more int) {
	return p[0].add(m, span) + p[1].add(m, span)
}

// clear lets go of all that waits, and tells how many intervals those were.
func (p pair) clear() (fewer int) {
	for _, l := range p {
		fewer += len(l.queue)
		l.queue, l.low = nil, false
	}
	return fewer
}
