package tally

import (
	"fmt"
	"maps"
	"slices"
	"sync"

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
