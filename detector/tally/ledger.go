package tally

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"eagre/flow"
)

// Ledger holds what every interface of every exporter moved in and out, minute by
// minute over the last day: what came in time and what came late. Its rates are
// those of the flows, exact within the error of sampling, where those of an open tick
// are only what is known so far.
//
// Any number of goroutines may ask while one settles.
type Ledger struct {
	mu      sync.Mutex
	cfg     LedgerConfig
	lines   map[Key]*ledgerLine
	lineOf  map[flow.IP]int // lines of an exporter
	pages   int
	oldest  int64 // the first hour that is held
	settled int64 // the newest minute that is
	counts  LedgerCounts
}

// LedgerConfig bounds a Ledger.
type LedgerConfig struct {
	// Pages is how many hours of one interface in one direction are held, of all
	// together: 2 KiB each, or 6 KiB where flows lasted for minutes. When there is no
	// room, the oldest hour goes from every interface.
	Pages int
	// Lines is how many interfaces of one exporter are held, each direction for itself.
	Lines int
}

// DefaultLedgerConfig is a day of about 680 interfaces in both directions, in 64 MiB.
func DefaultLedgerConfig() LedgerConfig { return LedgerConfig{Pages: 1 << 15, Lines: 8192} }

// Validate reports everything that is wrong.
func (c LedgerConfig) Validate() []error {
	var errs []error
	if c.Pages < 1 || c.Pages > 1<<22 {
		errs = append(errs, fmt.Errorf("ledger.pages: %d out of 1–4194304", c.Pages))
	}
	if c.Lines < 1 {
		errs = append(errs, fmt.Errorf("ledger.lines: %d, want at least 1", c.Lines))
	}
	return errs
}

// LedgerCounts say how much a Ledger holds and what it had no room for.
type LedgerCounts struct {
	Lines, Pages int
	Hours        int    // how far back it reaches
	Refused      uint64 // sums of interfaces that found no room
	TooOld       uint64 // packets from before what the ledger held when they came, in 1/256
}

const (
	ticksPerHour = 60
	hoursPerDay  = 24
)

// ledgerLine is one interface in one direction.
type ledgerLine struct {
	pages         map[int64]*ledgerPage // by hour since the Unix epoch
	risen, fallen Sum                   // before the oldest hour
}

type ledgerPage struct {
	once  [ticksPerHour]Sum
	slope *ledgerSlope // nil where no late flow lasted for minutes
}

type ledgerSlope struct{ rise, fall [ticksPerHour]Sum }

// NewLedger makes an empty ledger.
func NewLedger(cfg LedgerConfig) *Ledger {
	return &Ledger{cfg: cfg, lines: map[Key]*ledgerLine{}, lineOf: map[flow.IP]int{}}
}

// Settle takes in the interfaces of a minute that has settled, merged over all
// partitions.
func (l *Ledger) Settle(tick int64, sums map[Key]Sum) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.settled = max(l.settled, tick)
	l.drop(floorDiv(tick, ticksPerHour) - hoursPerDay)
	for _, k := range slices.SortedFunc(maps.Keys(sums), Key.Compare) { // who finds room does not depend on chance
		if k.Kind != Interface {
			continue
		}
		if line := l.line(k); line != nil {
			s := sums[k]
			l.page(line, tick).once[tickOfHour(tick)].add(&s)
		}
	}
}

// Late takes in what came too late for its minute, in the minute with a number.
func (l *Ledger) Late(tick int64, sums []LateSum) {
	if len(sums) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drop(floorDiv(tick, ticksPerHour) - hoursPerDay)
	for i := range sums {
		line := l.line(sums[i].Key)
		if line == nil {
			continue
		}
		for j := range sums[i].Cells {
			l.lateCell(line, &sums[i].Cells[j])
		}
	}
}

func (l *Ledger) lateCell(line *ledgerLine, c *LateCell) {
	if lost := l.oldest*ticksPerHour - c.At; lost > 0 {
		l.counts.TooOld += c.Once.Packets + uint64(lost)*(c.Rise.Packets-c.Fall.Packets)
		line.risen.add(&c.Rise)
		line.fallen.add(&c.Fall)
		return
	}
	p := l.page(line, c.At)
	at := tickOfHour(c.At)
	p.once[at].add(&c.Once)
	if c.Rise.IsZero() && c.Fall.IsZero() {
		return
	}
	if p.slope == nil {
		p.slope = &ledgerSlope{}
	}
	p.slope.rise[at].add(&c.Rise)
	p.slope.fall[at].add(&c.Fall)
}

func tickOfHour(tick int64) int64 { return tick - floorDiv(tick, ticksPerHour)*ticksPerHour }

// line finds or makes the line of a key; nil where there is no room.
func (l *Ledger) line(k Key) *ledgerLine {
	line := l.lines[k]
	if line == nil {
		line = l.open(k)
	}
	if line == nil {
		l.counts.Refused++
	}
	return line
}

// page finds or makes the hour of a line that holds a tick.
func (l *Ledger) page(line *ledgerLine, tick int64) *ledgerPage {
	hour := floorDiv(tick, ticksPerHour)
	if p := line.pages[hour]; p != nil {
		return p
	}
	p := &ledgerPage{}
	line.pages[hour] = p
	l.pages++
	for l.pages > l.cfg.Pages && l.oldest < hour {
		l.drop(l.oldest + 1)
	}
	return p
}

// open begins the line of an interface. Newcomers get no more than three quarters of
// the room, so that interfaces nobody has cannot shorten the memory of all.
func (l *Ledger) open(k Key) *ledgerLine {
	if l.lineOf[k.Addr] >= l.cfg.Lines || 4*l.pages >= 3*l.cfg.Pages {
		return nil
	}
	line := &ledgerLine{pages: map[int64]*ledgerPage{}}
	l.lines[k] = line
	l.lineOf[k.Addr]++
	return line
}

// drop forgets what lies before an hour.
func (l *Ledger) drop(before int64) {
	if before <= l.oldest {
		return
	}
	for k, line := range l.lines {
		l.pages -= line.drop(before)
		if len(line.pages) == 0 && line.risen == line.fallen {
			delete(l.lines, k)
			if l.lineOf[k.Addr]--; l.lineOf[k.Addr] == 0 {
				delete(l.lineOf, k.Addr)
			}
		}
	}
	l.oldest = before
}

// drop forgets the pages before an hour and tells how many those were. What rose or
// fell in them goes on.
func (line *ledgerLine) drop(before int64) (pages int) {
	for hour, p := range line.pages {
		if hour >= before {
			continue
		}
		if p.slope != nil {
			for i := range ticksPerHour {
				line.risen.add(&p.slope.rise[i])
				line.fallen.add(&p.slope.fall[i])
			}
		}
		delete(line.pages, hour)
		pages++
	}
	return pages
}

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
	line := l.lines[Key{Kind: Interface, Side: side, Addr: exporter, Index: index}]
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

// each visits the ticks from the beginning of an hour up to, not including, a tick.
func (line *ledgerLine) each(oldest, before int64, visit func(tick int64, s Sum)) {
	risen, fallen := line.risen, line.fallen
	for hour := oldest; hour*ticksPerHour < before; hour++ {
		p := line.pages[hour]
		for i := range min(ticksPerHour, before-hour*ticksPerHour) {
			var s Sum
			if p != nil {
				s = p.once[i]
			}
			if p != nil && p.slope != nil {
				risen.add(&p.slope.rise[i])
				fallen.add(&p.slope.fall[i])
			}
			s.Add(risen.less(fallen))
			visit(hour*ticksPerHour+i, s)
		}
	}
}

// Between sums a span of time, parts of minutes in proportion. It is complete when
// the ledger holds all of it and its last minute has settled; later flows may still
// add to it.
func (l *Ledger) Between(exporter flow.IP, index uint32, side Side, from, to time.Time) (sum Sum, complete bool) {
	begin, end := from.UnixMilli(), to.UnixMilli()
	l.mu.Lock()
	defer l.mu.Unlock()
	complete = begin >= l.oldest*ticksPerHour*TickLength && end <= (l.settled+1)*TickLength
	line := l.lines[Key{Kind: Interface, Side: side, Addr: exporter, Index: index}]
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
