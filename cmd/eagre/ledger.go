package main

import (
	"maps"
	"net/netip"
	"slices"
	"time"

	"eagre/detector/tally"
	"eagre/flow"
)

// exporterLedger is the answer of the admin listener to what the interfaces of an
// exporter moved.
type exporterLedger struct {
	Name       string            `json:"name"`
	Exporter   netip.Addr        `json:"exporter"`
	Since      time.Time         `json:"since"` // what lies before was not watched, or is forgotten
	Until      time.Time         `json:"until"` // end of the newest minute that has settled
	Interfaces []interfaceLedger `json:"interfaces"`
}

// interfaceLedger is what one interface moved in and out.
type interfaceLedger struct {
	Index   uint32         `json:"index"`
	Name    string         `json:"name"`
	In      meanRates      `json:"in"`
	Out     meanRates      `json:"out"`
	Minutes []ledgerMinute `json:"minutes,omitempty"` // oldest first, where they were asked for
}

// meanRates are those of the last minute, hour and day that have settled, as far as
// they were watched.
type meanRates struct {
	Minute measured `json:"minute"`
	Hour   measured `json:"hour"`
	Day    measured `json:"day"`
}

// ledgerMinute is one minute of an interface.
type ledgerMinute struct {
	At  time.Time `json:"at"` // its beginning
	In  measured  `json:"in"`
	Out measured  `json:"out"`
}

// ledgerExtent is how much the ledger holds, and what it had no room for.
type ledgerExtent struct {
	Since   *time.Time `json:"since"` // nil: nothing has settled yet
	Until   *time.Time `json:"until"`
	Hours   int        `json:"hours"` // how far back it reaches, when the engine has run so long
	Lines   int        `json:"lines"` // interfaces, each direction for itself
	Pages   int        `json:"pages"` // hours of a line
	Refused uint64     `json:"refused"`
	TooOld  uint64     `json:"too_old_packets"`
}

// day is how far back the ledger reaches.
const day = 24 * time.Hour

// ledgerWindow is what of the ledger can be told.
type ledgerWindow struct {
	ledger       *tally.Ledger
	since, until time.Time // whole minutes, the same one while nothing has settled
}

// openLedger says what can be told now, event time, of a ledger that began with the
// engine.
func openLedger(l *tally.Ledger, began, now time.Time) ledgerWindow {
	w := ledgerWindow{ledger: l, since: began.Add(time.Minute - 1).Truncate(time.Minute).UTC()}
	w.until = settledUntil(l, w.since, now)
	if hours := l.Counts().Hours; hours > 0 {
		if held := w.until.Add(-time.Duration(hours) * time.Hour); held.After(w.since) {
			w.since = held.Add(time.Hour - 1).Truncate(time.Hour)
		}
	}
	return w
}

// stillness is how long after the newest minute that settled one may still be found: a
// detector that is further behind has nothing to tell.
const stillness = time.Hour

// settledUntil is the end of the newest minute that has settled.
func settledUntil(l *tally.Ledger, since, now time.Time) time.Time {
	for end := now.Truncate(time.Minute).UTC(); end.After(since) && now.Sub(end) < stillness; end = end.Add(-time.Minute) {
		if _, settled := l.Between(flow.IP{}, 0, tally.To, end.Add(-time.Minute), end); settled {
			return end
		}
	}
	return since
}

// settled tells whether there is anything to tell.
func (w ledgerWindow) settled() bool { return w.until.After(w.since) }

// extent is how much the ledger holds.
func (w ledgerWindow) extent() ledgerExtent {
	c := w.ledger.Counts()
	x := ledgerExtent{Hours: c.Hours, Lines: c.Lines, Pages: c.Pages, Refused: c.Refused, TooOld: c.TooOld / tally.Unit}
	if w.settled() {
		x.Since, x.Until = &w.since, &w.until
	}
	return x
}

// interfaces is what each interface of an exporter moved, by index.
func (w ledgerWindow) interfaces(exporter flow.IP, name func(index uint32) string) []interfaceLedger {
	held := map[uint32]bool{}
	for _, k := range w.lines(exporter) {
		held[k.Index] = true
	}
	out := []interfaceLedger{}
	for _, index := range slices.Sorted(maps.Keys(held)) {
		out = append(out, w.means(exporter, index, name(index)))
	}
	return out
}

// single is one interface, with so many of its newest minutes.
func (w ledgerWindow) single(exporter flow.IP, index uint32, name string, minutes int) interfaceLedger {
	out := w.means(exporter, index, name)
	out.Minutes = w.minutes(exporter, index, minutes)
	return out
}

// means is one interface with its mean rates.
func (w ledgerWindow) means(exporter flow.IP, index uint32, name string) interfaceLedger {
	return interfaceLedger{Index: index, Name: name, In: w.rates(exporter, index, tally.To), Out: w.rates(exporter, index, tally.From)}
}

// rates are the mean rates of an interface in one direction.
func (w ledgerWindow) rates(exporter flow.IP, index uint32, side tally.Side) meanRates {
	over := func(span time.Duration) measured {
		from := w.until.Add(-span)
		if from.Before(w.since) {
			from = w.since
		}
		sum, _ := w.ledger.Between(exporter, index, side, from, w.until)
		return measure(sum, w.until.Sub(from).Seconds())
	}
	return meanRates{Minute: over(time.Minute), Hour: over(time.Hour), Day: over(day)}
}

// minutes are the newest so many of an interface, oldest first.
func (w ledgerWindow) minutes(exporter flow.IP, index uint32, newest int) []ledgerMinute {
	from := w.until.Add(-time.Duration(newest) * time.Minute)
	if from.Before(w.since) {
		from = w.since
	}
	out := make([]ledgerMinute, int(w.until.Sub(from)/time.Minute))
	for i := range out {
		out[i].At = from.Add(time.Duration(i) * time.Minute)
	}
	fill := func(side tally.Side, rate func(*ledgerMinute) *measured) {
		for _, m := range w.ledger.Minutes(exporter, index, side, from, w.until) {
			*rate(&out[m.At.Sub(from)/time.Minute]) = measure(m.Sum, time.Minute.Seconds())
		}
	}
	fill(tally.To, func(m *ledgerMinute) *measured { return &m.In })
	fill(tally.From, func(m *ledgerMinute) *measured { return &m.Out })
	return out
}

// lines are the interfaces of an exporter, each direction for itself, once there is
// something to tell of them.
func (w ledgerWindow) lines(exporter flow.IP) []tally.Key {
	if !w.settled() {
		return nil
	}
	return w.ledger.Lines(exporter)
}

// holds tells whether the ledger has an interface of an exporter.
func (w ledgerWindow) holds(exporter flow.IP, index uint32) bool {
	return slices.ContainsFunc(w.lines(exporter), func(k tally.Key) bool { return k.Index == index })
}
