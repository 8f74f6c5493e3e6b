package crosscheck

import (
	"cmp"
	"slices"
	"time"

	"eagre/detector/tally"
	"eagre/flow"
	"eagre/network/counters"
)

// Ledger answers what flows said of an interface: tally.To is what went into it,
// tally.From what went out of it. It is complete when no flows are expected any more
// but late ones. A tally.Ledger is one.
type Ledger interface {
	Between(exporter flow.IP, index uint32, side tally.Side, from, to time.Time) (sum tally.Sum, complete bool)
}

// Check compares flows with counters. One goroutine at a time may use it.
type Check struct {
	cfg       Config
	ledger    Ledger
	lines     []*line // by key
	exporters map[flow.IP]*exporter
	waiting   int
	counts    Counts
}

// exporter is what is known of a router as a whole.
type exporter struct {
	lines int
	rate  float64 // of sampling: one packet in so many, as its flows tell
}

// Counts say what became of movements, each direction for itself, and how much is
// held.
type Counts struct {
	Judged, OutOfBand uint64 // intervals
	Opened, Ended     uint64 // mismatches
	Quiet             uint64 // intervals with too few packets to judge
	Uncertain         uint64 // whose sampling error is too large to say that they are in band
	Short             uint64 // shorter than ten seconds, and nothing to join them with
	Incomplete        uint64 // of which the ledger never knew the flows
	Shared            uint64 // movements of an interface number that two agents have
	Disordered        uint64 // that end before they begin, or before what is there
	RefusedExporters  uint64 // movements for which one of the bounds had no room
	RefusedInterfaces uint64
	RefusedWaiting    uint64
	Forgotten         uint64 // interfaces not heard of any more

	Exporters, Lines, Waiting, Open int // held now; a line is an interface in one direction
}

// New makes a check. The configuration must be valid.
func New(c Config, l Ledger) *Check {
	return &Check{cfg: c, ledger: l, exporters: map[flow.IP]*exporter{}}
}

// Counts says what became of all that came in.
func (c *Check) Counts() Counts {
	out := c.counts
	out.Exporters, out.Lines, out.Waiting = len(c.exporters), len(c.lines), c.waiting
	for _, l := range c.lines {
		if l.open {
			out.Open++
		}
	}
	return out
}

// Observe takes in how far the counters of an interface moved. It waits until the
// flows are known.
func (c *Check) Observe(m counters.Movement) {
	into := c.line(key{m.Exporter, m.Index, tally.To})
	if into == nil {
		return
	}
	out := c.line(key{m.Exporter, m.Index, tally.From})
	if out == nil {
		return
	}
	switch both := (pair{into, out}); {
	case both.shared(&m):
		c.counts.Shared++
		c.waiting -= both.clear()
	case m.To <= m.From || m.To <= into.heard:
		c.counts.Disordered++
	case c.waiting+len(both) > c.cfg.Waiting:
		c.counts.RefusedWaiting++
	default:
		c.waiting += both.add(&m, c.cfg.Span)
	}
}

// line finds or makes the line of an interface in one direction; nil where there is
// no room.
func (c *Check) line(k key) *line {
	at, found := slices.BinarySearchFunc(c.lines, k, func(l *line, k key) int { return l.key.compare(k) })
	if found {
		return c.lines[at]
	}
	x := c.exporters[k.exporter]
	switch {
	case len(c.lines) >= 2*c.cfg.Interfaces:
		c.counts.RefusedInterfaces++
		return nil
	case x == nil && len(c.exporters) >= c.cfg.Exporters:
		c.counts.RefusedExporters++
		return nil
	case x == nil:
		x = &exporter{}
		c.exporters[k.exporter] = x
	}
	x.lines++
	l := &line{key: k}
	c.lines = slices.Insert(c.lines, at, l)
	return l
}

// Settle judges all intervals whose flows are known at this time, and gives the
// verdicts by exporter, interface, direction and time. Time never goes back.
func (c *Check) Settle(until time.Time) []Verdict {
	var out []Verdict
	for _, l := range c.lines {
		out = c.settle(l, until, out)
		if v, lapsed := l.lapse(until, c.cfg.Forget); lapsed {
			c.counts.Ended++
			out = append(out, v)
		}
	}
	c.forget(until)
	return out
}

// settle judges the intervals of one line in their order.
func (c *Check) settle(l *line, until time.Time, out []Verdict) []Verdict {
	for i := l.head(until, c.cfg); i != nil; i = l.head(until, c.cfg) {
		v, done := c.judge(l, i, until)
		if !done {
			break
		}
		l.pop()
		c.waiting--
		if v != nil {
			out = append(out, *v)
		}
	}
	return out
}

// judge judges an interval. It is not done where flows are still expected; there is
// no verdict on one of which nothing can be said.
func (c *Check) judge(l *line, i *interval, until time.Time) (v *Verdict, done bool) {
	last := !until.Before(i.end().Add(c.cfg.Patience))
	switch {
	case i.Span() < shortest:
		c.counts.Short++
		return nil, true
	case !i.loud(c.cfg.Packets):
		c.counts.Quiet++
		return nil, true
	case l.low && !last:
		return nil, false
	}
	sum, complete := c.ledger.Between(l.exporter, l.index, l.side, i.begin(), i.end())
	if !complete {
		if last {
			c.counts.Incomplete++
		}
		return nil, last
	}
	compared := i.compare(sum, c.rate(l, sum)).judge(c.cfg)
	if l.low = compared.band == Below && !last; l.low {
		return nil, false
	}
	return c.pronounce(l, i, compared), true
}

// pronounce notes a judgement and makes a verdict of it; nil where it is none.
func (c *Check) pronounce(l *line, i *interval, found comparison) *Verdict {
	if found.band == Unsure {
		c.counts.Uncertain++
		return nil
	}
	v := l.pronounce(i, found)
	c.counts.Judged++
	if v.Band != Inside {
		c.counts.OutOfBand++
	}
	if v.Opened {
		c.counts.Opened++
	}
	if v.Ended {
		c.counts.Ended++
	}
	return &v
}

// rate is the sampling rate of a sum. One without packets tells none: then it is the
// one that was seen last, of the interface or at least of the exporter.
func (c *Check) rate(l *line, sum tally.Sum) float64 {
	x := c.exporters[l.exporter]
	if sum.Packets > 0 {
		l.rate = 1 + float64(sum.Variance)/sum.PacketCount()
		if l.rate > 1 {
			x.rate = l.rate
		}
	}
	return max(cmp.Or(l.rate, x.rate), 1)
}

// forget lets go of interfaces that are not heard of any more.
func (c *Check) forget(until time.Time) {
	c.lines = slices.DeleteFunc(c.lines, func(l *line) bool {
		if !l.gone(until, c.cfg.Forget) {
			return false
		}
		c.counts.Forgotten++
		if x := c.exporters[l.exporter]; x.lines == 1 {
			delete(c.exporters, l.exporter)
		} else {
			x.lines--
		}
		return true
	})
}
