package tally

import (
	"cmp"
	"slices"

	"eagre/flow"
)

// Survey is what moved in one partition in the last minute, as far as it is known:
// all managed objects and interfaces, and the largest of the others. Sums of
// different partitions merge as those of settled ticks do.
type Survey struct {
	Question int64    // which it answers, as whoever asked numbers them
	Span     int64    // of how many milliseconds up to now the sums are
	Sums     []KeySum // sorted by key
}

// surveyed is how many series of a kind and side a partition tells of.
const surveyed = 1000

// Survey looks at every series. It reads, and takes as long as settling a tick.
func (c *Counter) Survey() *Survey {
	m := c.lastMinute()
	s := &Survey{Span: m.span}
	var ranks [KindCount][2]ranking
	see := func(k Key, ticks *[2]Sum) {
		sum := m.of(ticks)
		switch {
		case sum.IsZero() || k.Class != Total:
		case k.Kind == Object || k.Kind == Interface:
			s.Sums = append(s.Sums, KeySum{Key: k, Sum: sum})
		default:
			ranks[k.Kind][k.Side].offer(KeySum{Key: k, Sum: sum})
		}
	}
	c.table.each(func(e *entry) { see(e.key, &e.ticks) })
	c.ports.each(see)
	for kind := range ranks {
		for side := range ranks[kind] {
			s.Sums = append(s.Sums, ranks[kind][side].best()...)
		}
	}
	slices.SortFunc(s.Sums, func(a, b KeySum) int { return a.Key.Compare(b.Key) })
	return s
}

// minute says how the last minute is made of two ticks.
type minute struct {
	newest int64 // the running tick
	before int64 // milliseconds of the one before
	span   int64 // of both
}

// lastMinute is the running tick and as much of the one before as makes a minute;
// that is less where the one before has settled, or was not watched from its
// beginning: what flows tell of a time when nobody counted is no rate of that time.
func (c *Counter) lastMinute() minute {
	now, newest := c.latest+1, floorDiv(c.latest, TickLength)
	begun, before := now-newest*TickLength, newest-1
	if before <= c.settled || before*TickLength < flow.StepStart(c.began).UnixMilli() {
		return minute{newest, 0, begun}
	}
	return minute{newest, TickLength - begun, TickLength}
}

func (m minute) of(ticks *[2]Sum) Sum {
	sum := ticks[m.newest&1]
	if m.before > 0 {
		sum.Add(ticks[(m.newest-1)&1].share(uint64(m.before), TickLength))
	}
	return sum
}

// ranking keeps the largest sums it is offered: a list is sorted and cut whenever it
// is four times as long.
type ranking struct{ sums []KeySum }

func (r *ranking) offer(s KeySum) {
	if r.sums = append(r.sums, s); len(r.sums) >= 4*surveyed {
		r.cut()
	}
}

func (r *ranking) cut() {
	slices.SortFunc(r.sums, func(a, b KeySum) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(b.Packets, a.Packets), a.Key.Compare(b.Key))
	})
	r.sums = r.sums[:min(len(r.sums), surveyed)]
}

func (r *ranking) best() []KeySum {
	r.cut()
	return r.sums
}
