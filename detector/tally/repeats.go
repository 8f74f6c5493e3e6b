package tally

import (
	"math/bits"

	"eagre/flow"
)

// Repeats says that the start times of an exporter's long flows cannot be used as
// they are: it exports a flow again and again while that lasts, and each record
// begins where the flow began, not where the record before ended.
type Repeats uint8

// What is known of an exporter's start times.
const (
	Honest     Repeats = iota
	Stuck              // the start never moves; counters are of the time since the record before
	Cumulative         // the start never moves, and the counters hold the whole past
	Frozen             // one start, long ago, for all flows
)

var repeatsNames = [...]string{"honest", "stuck", "cumulative", "frozen"}

func (r Repeats) String() string { return repeatsNames[min(int(r), len(repeatsNames)-1)] }

// longFlows is what an exporter's long flows have shown. A record that belongs to a
// flow seen before is a vote; what the votes say holds from the next step on, so that
// the order inside a step does not matter.
type longFlows struct {
	Repeats
	period int64 // milliseconds from one record of a flow to the next

	stuck, moved      uint32 // votes: the start stayed, or went on from the end before
	cumulative, since uint32 // votes of those that stayed: what the counters hold
	same, other       uint32 // long flows in a row with the same start; others
	brief             uint32 // flows that were not long: each has a start of its own
	strange           uint32 // long flows that were not seen before
	start             int64  // of the long flow seen last
	gap               int64  // the period as it will be
	voted             bool
}

const (
	// longFlow is from how long a flow is worth remembering, in milliseconds.
	longFlow = TickLength
	// jitter is how far a start may seem to move by the way datagrams travel.
	jitter = 2000
	// enough votes decide, and many are halved so that what was long ago fades.
	enough, many = 8, 64
	// frozenAge is how old a start that all flows share must be: after a restart of the
	// router all long flows are equally old, but few are older than an active timeout,
	// and most flows are not long.
	frozenAge = 3_600_000
)

// seenFlow remembers the newest record of one long flow.
type seenFlow struct {
	hash           uint64
	start, end     int64
	packets, bytes uint64 // estimated, in 1/256
	samples        uint32
	before         flowPart // of the record before it
}

// flowPart is what earlier records of a flow told.
type flowPart struct {
	end            int64
	packets, bytes uint64
	samples        uint32
}

// seenFlows is how many long flows a partition remembers. Two that meet in one place
// push each other out: then less is recognised, nothing is wrong.
const seenFlows = 1 << 14

// recall holds a long row against the record before of the same flow, and takes away
// what that told already where the exporter is known to repeat it.
func (c *Counter) recall(b *flow.Batch, i int, r *row, x *exporter) {
	l := &x.long
	f, known := c.remembered(b, i, r, x)
	switch {
	case l.Repeats == Honest:
		return
	case f.before.end == 0 || !known:
		l.shorten(r)
		return
	case l.Repeats == Cumulative:
		r.sum.forget(&f.before)
	}
	r.start = max(r.start, f.before.end)
}

// remembered finds the memory of a row's flow and moves it on; known tells whether an
// earlier record of it began at the same time. To be asked twice about one record
// changes nothing.
func (c *Counter) remembered(b *flow.Batch, i int, r *row, x *exporter) (f *seenFlow, known bool) {
	if c.longFlows == nil {
		c.longFlows = room[seenFlow](c.table.memory, seenFlows)
	}
	hash := c.flowHash(b, i)
	f = &c.longFlows[hash%seenFlows]
	if f.hash == hash && r.end <= f.end { // the same once more, or one that was overtaken
		return f, r.end == f.end
	}
	c.voter(x).compareStarts(r)
	now := seenFlow{hash: hash, start: r.start, end: r.end, packets: r.sum.Packets, bytes: r.sum.Bytes, samples: r.sum.Samples}
	if f.hash != hash {
		x.long.strange++
		*f = now
		return f, false
	}
	x.long.vote(f, &now)
	if known = now.start-f.start <= jitter; known {
		now.before = flowPart{f.end, f.packets, f.bytes, f.samples}
	}
	*f = now
	return f, known
}

// voter is an exporter's long flows, which are to be judged when the step ends.
func (c *Counter) voter(x *exporter) *longFlows {
	if !x.long.voted {
		x.long.voted, c.voters = true, append(c.voters, x)
	}
	return &x.long
}

// flowHash tells flows of all exporters of the partition apart.
func (c *Counter) flowHash(b *flow.Batch, i int) uint64 {
	k := Key{
		Addr: b.SrcAddr[i], Peer: b.DstAddr[i], Index: b.InIf[i], Observer: uint32(b.Exporter[i].Hash(observerSeed)),
		SrcPort: b.SrcPort[i], DstPort: b.DstPort[i], Bits: b.Proto[i], Kind: Kind(b.Direction[i]),
	}
	return k.Hash(bits.RotateLeft64(c.cfg.Seed, 32)) | 1
}

// vote takes in two records of one flow.
func (l *longFlows) vote(was, now *seenFlow) {
	switch gap := now.end - was.end; {
	case now.start-was.start <= jitter && gap > jitter:
		l.stuck++
		l.gap += (gap - l.gap) / int64(min(l.stuck, 8))
		l.voteCounters(was, now)
	case now.start >= was.end-jitter:
		l.moved++
	}
}

// voteCounters asks whether the counters of a flow that never moves hold its whole
// past. Those that do cannot fall, and grow as its age does; those that do not stay
// what they were while the records come at the same pace. Of how much time the first
// record that was seen told is not known: a flow may be older than our memory of it.
func (l *longFlows) voteCounters(was, now *seenFlow) {
	age, before, gap := float64(now.end-now.start), float64(was.end-was.start), float64(now.end-was.end)
	told := min(before, gap)
	if was.before.end != 0 {
		told = float64(was.end - max(was.start, was.before.end))
	}
	whole, part := float64(was.packets)*age/before, float64(was.packets)*gap/told
	if seen := float64(now.packets); now.packets >= was.packets && ratio(seen, whole) <= ratio(seen, part) {
		l.cumulative++
	} else {
		l.since++
	}
}

// ratio is by what factor two numbers differ.
func ratio(a, b float64) float64 { return max(a, b) / max(1, min(a, b)) }

// compareStarts counts long flows that all began at the same time, long ago.
func (l *longFlows) compareStarts(r *row) {
	if r.end-r.start < frozenAge {
		l.other++
	} else if d := r.start - l.start; -jitter <= d && d <= jitter {
		l.same++
	} else {
		l.other++
		l.start = r.start
	}
}

// shorten gives a span to a record of a flow that is not remembered: no more than
// what usually lies between two records, of which it tells only the last.
func (l *longFlows) shorten(r *row) {
	if r.end-r.start <= l.period {
		return
	}
	if l.Repeats == Cumulative {
		flows := r.sum.Flows
		r.sum = r.sum.share(uint64(l.period), uint64(r.end-r.start))
		r.sum.Flows = flows
	}
	r.start = r.end - l.period
}

// judgeRepeats decides at the end of a step what its long flows have shown.
func (c *Counter) judgeRepeats() {
	for _, x := range c.voters {
		x.long.judge()
	}
	c.voters = c.voters[:0]
}

// judge decides from the votes what holds from now on.
func (l *longFlows) judge() {
	l.voted = false
	l.other, l.brief = add32(l.other, l.brief), 0
	l.period = max(l.gap, longFlow)
	votes := l.stuck + l.moved
	switch {
	case l.same+l.other >= many && l.same >= 9*l.other && l.strange > l.stuck: // a flow that comes again is another one
		l.Repeats, l.period = Frozen, longFlow
	case votes >= enough && l.stuck >= 3*l.moved:
		l.Repeats = Stuck
		if l.cumulative >= 3*l.since { // what tells the time since the record before grows half of the time
			l.Repeats = Cumulative
		}
	case l.moved > l.stuck, l.Repeats == Frozen && l.other > l.same:
		l.Repeats = Honest
	}
	fade(&l.stuck, &l.moved, &l.strange)
	fade(&l.cumulative, &l.since)
	fade(&l.same, &l.other)
}

// fade halves counts of votes when they have become many.
func fade(votes ...*uint32) {
	var sum uint32
	for _, v := range votes {
		sum += *v
	}
	if sum <= 2*many {
		return
	}
	for _, v := range votes {
		*v /= 2
	}
}

// forget takes away what earlier records of a flow told, as far as the sum holds it.
func (s *Sum) forget(p *flowPart) {
	whole := s.Packets
	s.Packets -= min(s.Packets, p.packets)
	s.Bytes -= min(s.Bytes, p.bytes)
	s.Samples -= min(s.Samples, p.samples)
	if whole > 0 {
		s.Variance = part(s.Variance, s.Packets, whole)
	}
}
