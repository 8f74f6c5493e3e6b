package main

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"eagre/alert"
	"eagre/anomaly"
	"eagre/detector/tally"
)

// view is how a standing is looked at.
type view struct {
	limit         int    // of each kind
	columns, rows int    // of the screen; 0 is any number
	trouble       string // what is wrong with the asking
}

// named is how much of a name from outside is shown.
const named = 60

// page is a standing as people read it: what time it is and whom not to trust, then
// kind by kind what moves most. Where there are too few rows, each kind shows fewer.
func (s standing) page(v view) []string {
	head, limit := s.head(v), v.limit
	if v.rows > 0 {
		limit = max(1, min(limit, v.rows)) // more than there are rows cannot fit
	}
	for ; ; limit-- {
		lines := slices.Concat(head, s.table(limit).lines(v.columns))
		if v.rows == 0 || len(lines) <= v.rows {
			return lines
		}
		if limit == 1 {
			return lines[:v.rows]
		}
	}
}

// head is what stands above the table, an empty line at its end.
func (s standing) head(v view) []string {
	var lines []string
	add := func(format string, args ...any) {
		lines = append(lines, cut(fmt.Sprintf(format, args...), v.columns))
	}
	if v.trouble != "" {
		add("NOT UP TO DATE: %s", alert.Inert(v.trouble, 4*named))
	}
	add("%s  rates of the last %.0f s  %s", s.At.UTC().Format("2006-01-02 15:04:05 UTC"), s.Span, s.punctuality())
	for i, h := range s.Doubtful {
		if i == mostDoubts {
			add("and %d other exporters: eagre exporters --detail", len(s.Doubtful)-i)
			break
		}
		add("%s: %s", calledBy(h.Name, h.Exporter), h.doubts())
	}
	return append(lines, "")
}

// punctuality is how much of the traffic is known this soon.
func (s standing) punctuality() string {
	if s.OnTime >= 1 {
		return "all on time"
	}
	return "at least " + portion(s.OnTime) + " on time"
}

// mostDoubts is how many exporters are named above the table.
const mostDoubts = 4

// headings name the kinds, each above its rows.
var headings = map[string]string{
	tally.Object.String(): "MANAGED OBJECT", tally.Host.String(): "HOST", tally.Prefix.String(): "PREFIX",
	tally.Interface.String(): "INTERFACE", tally.Port.String(): "PORT", tally.System.String(): "AS",
}

// table is up to so many talkers of each kind.
func (s standing) table(limit int) *grid {
	g := &grid{right: []bool{false, false, true, false, true, false, true}}
	if len(s.Talkers) == 0 {
		g.add("nothing moves")
	}
	for rest := s.Talkers; len(rest) > 0; {
		kind := rest[0].Kind
		n := 1
		for n < len(rest) && rest[n].Kind == kind {
			n++
		}
		s.section(g, rest[:n], limit)
		rest = rest[n:]
	}
	return g
}

// section is the talkers of one kind.
func (s standing) section(g *grid, talkers []talker, limit int) {
	if len(g.rows) > 0 {
		g.add()
	}
	kind := talkers[0].Kind
	told := talkers[:min(len(talkers), limit)]
	g.add(headings[kind], "", "BITS/S", "", "PACKETS/S", "", "ON TIME")
	for i := range told {
		t := &told[i]
		g.add(t.called(), alert.Inert(t.Direction, named), anomaly.BPS.Human(t.BPS), anomaly.Within(t.BPSErrorPercent),
			anomaly.PPS.Human(t.PPS), anomaly.Within(t.PPSErrorPercent), portion(t.OnTime))
	}
	if more := s.More[kind] + len(talkers) - len(told); more > 0 {
		g.add(fmt.Sprintf("and %d more", more))
	}
}

// called is what a talker is called: an address with whose it is, or its name.
func (t *talker) called() string {
	name := alert.Inert(t.Resource.Name, named)
	if t.Kind != tally.Host.String() && t.Kind != tally.Prefix.String() {
		return name
	}
	prefix, err := netip.ParsePrefix(t.Resource.Prefix)
	if err != nil {
		return name
	}
	where := alert.Where(&prefix)
	if name == where || name == "" {
		return where
	}
	return fmt.Sprintf("%s (%s)", where, name)
}

// calledBy is a name and its address, or the address alone where that is the name.
func calledBy(name string, address netip.Addr) string {
	if name = alert.Inert(name, named); name != address.String() {
		return fmt.Sprintf("%s (%s)", name, address)
	}
	return name
}

// doubts are why an exporter's rates of this moment want care.
func (h exporterHealth) doubts() string {
	var why []string
	if h.Jumped {
		why = append(why, fmt.Sprintf("%s on time, not what it was: a timeout was changed, or flows come late", portion(h.OnTime)))
	}
	if h.StartTimes != tally.Honest.String() {
		why = append(why, "start times "+h.startTimes())
	}
	if h.Unknown {
		why = append(why, "sampling rate unknown: at least so much")
	}
	return strings.Join(why, "; ")
}

// startTimes says what is wrong with the start times of long flows, and what is done
// about it.
func (h exporterHealth) startTimes() string {
	switch h.StartTimes {
	case tally.Honest.String():
		return "good"
	case tally.Stuck.String():
		return "never move: each record counts from the end of the one before"
	case tally.Cumulative.String():
		return "never move, counters hold the whole past: only what is new counts"
	case tally.Frozen.String():
		return "one for all flows, long ago: each record counts from the end of the one before"
	}
	return alert.Inert(h.StartTimes, named)
}
