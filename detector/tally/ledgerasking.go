package tally

import (
	"slices"
	"time"

	"eagre/flow"
)

// Minute is one minute of one interface in one direction.
type Minute struct {
	At time.Time // its beginning
	Sum
}

// Minutes lists the minutes that lie in a span of time, oldest first, those without
// traffic included.
func (l *Ledger) Minutes(exporter flow.IP, index uint32, side Side, from, to time.Time) []Minute {
	l.mu.Lock()
	defer l.mu.Unlock()
	first, last := tickAfter(from), floorDiv(to.UnixMilli(), TickLength)
	first, last = max(first, l.oldest*ticksPerHour), min(last, l.settled+1)
	var out []Minute
	line := l.lines[interfaceKey(exporter, index, side)]
	if line == nil {
		return nil
	}
	line.each(l.oldest, last, func(tick int64, s Sum) {
		if tick >= first {
			out = append(out, Minute{At: time.UnixMilli(tick * TickLength).UTC(), Sum: s})
		}
	})
	return out
}

func tickAfter(t time.Time) int64 { return floorDiv(t.UnixMilli()+TickLength-1, TickLength) }

// Between sums a span of time, parts of minutes in proportion. It is complete when
// the ledger holds all of it and its last minute has settled; later flows may still
// add to it.
func (l *Ledger) Between(exporter flow.IP, index uint32, side Side, from, to time.Time) (sum Sum, complete bool) {
	begin, end := from.UnixMilli(), to.UnixMilli()
	l.mu.Lock()
	defer l.mu.Unlock()
	complete = begin >= l.oldest*ticksPerHour*TickLength && end <= (l.settled+1)*TickLength
	line := l.lines[interfaceKey(exporter, index, side)]
	if line == nil {
		return Sum{}, complete
	}
	line.each(l.oldest, min(tickAfter(to), l.settled+1), func(tick int64, s Sum) {
		within := min(end, (tick+1)*TickLength) - max(begin, tick*TickLength)
		if within > 0 {
			sum.Add(s.share(uint64(within), TickLength))
		}
	})
	return sum, complete
}

// Lines lists the interfaces held, of one exporter, by index and side.
func (l *Ledger) Lines(exporter flow.IP) []Key {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []Key
	for k := range l.lines {
		if k.Addr == exporter {
			out = append(out, k)
		}
	}
	slices.SortFunc(out, Key.Compare)
	return out
}

// Counts says how full the ledger is.
func (l *Ledger) Counts() LedgerCounts {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.counts
	c.Lines, c.Pages = len(l.lines), l.pages
	if c.Lines > 0 {
		c.Hours = int(floorDiv(l.settled, ticksPerHour) - l.oldest + 1)
	}
	return c
}
