package terminal

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"eagre/alert"
	"eagre/anomaly"
)

const (
	longest = 80 // runes of a string from outside
	entries = 4  // entry points that are named
)

// block is the text of an anomaly that opened:
//
//	HIGH    SQL Slammer worm from 192.168.20.217          2003-01-27 16:51:07 UTC
//	        udp to port 1434 with 404-byte packets: 22.20 Kpps from 192.168.20.217, limit 3.40 Kpps
//
//	  source      192.168.20.217 (campus, outgoing)
//	  triggering    71.69 Mbps    22.20 Kpps
//	  …
//	  next: eagre traceback a-5k2q
func (n *Notifier) block(e anomaly.Event) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s  %s\n", n.tag(e), n.headline(e))
	if e.Evidence.Sentence != "" {
		fmt.Fprintf(&b, "%s%s\n", indent, alert.Inert(e.Evidence.Sentence, 3*longest))
	}
	b.WriteByte('\n')
	n.who(&b, e)
	if e.Class != anomaly.Operation {
		n.rates(&b, e)
	}
	n.list(&b, "entered at", alert.Entries(e.Anomaly, entries))
	n.list(&b, "pattern", nonEmpty(alert.Pattern(e.Fingerprint)))
	n.list(&b, "with", vectors(e.Vectors))
	n.list(&b, "note", notes(e))
	n.list(&b, "id", []string{alert.Inert(e.ID, longest)})
	if next := n.next(e); next != "" {
		fmt.Fprintf(&b, "\n  next: %s\n", n.paint.in(n.paint.bold, next))
	}
	b.WriteByte('\n')
	return b.String()
}

// next is the command that says more: of what is wrong with the watch itself
// there are no flows to trace.
func (n *Notifier) next(e anomaly.Event) string {
	switch {
	case n.ask == "":
		return ""
	case e.Class == anomaly.Operation:
		return alert.Inert(e.Evidence.Reproduce, longest)
	}
	return n.ask + " " + alert.Inert(e.ID, longest)
}

// most is the largest rates of an anomaly that has any.
func most(e anomaly.Event) string {
	if e.Class == anomaly.Operation {
		return ""
	}
	return ": maximum " + alert.Extent(e.Anomaly) + within(e)
}

// within is how far packet rates may be from the truth through sampling, to stand
// behind them; empty where that does not matter.
func within(e anomaly.Event) string {
	if off := anomaly.Within(e.SamplingErrorPercent); off != "" {
		return " " + off
	}
	return ""
}

// update is the line of an anomaly that goes on.
func (n *Notifier) update(e anomaly.Event) string {
	return fmt.Sprintf("%s  %s %s goes on after %s%s  %s\n", n.tag(e), title(e), alert.Whom(e.Anomaly), alert.Lasted(e), most(e), n.id(e))
}

// end is the line of an anomaly that is over.
func (n *Notifier) end(e anomaly.Event) string {
	return fmt.Sprintf("%s  %s %s ended after %s%s  %s\n", n.paint.in(n.paint.ended, "ENDED "), title(e), alert.Whom(e.Anomaly), alert.Lasted(e), most(e), n.id(e))
}

func (n *Notifier) id(e anomaly.Event) string {
	return n.paint.in(n.paint.faint, alert.Inert(e.ID, longest))
}

const indent = "        "

// tag is the importance in capitals, as wide as every other tag.
func (n *Notifier) tag(e anomaly.Event) string {
	return n.paint.in(n.paint.rank(e.Importance), fmt.Sprintf("%-6s", strings.ToUpper(e.Importance.String())))
}

func title(e anomaly.Event) string { return alert.Inert(e.Title, longest) }

// headline has the time of the finding at the right, if there is room.
func (n *Notifier) headline(e anomaly.Event) string {
	text := title(e) + " " + alert.Whom(e.Anomaly)
	gap := max(2, 48-utf8.RuneCountInString(text))
	return n.paint.in(n.paint.bold, text) + strings.Repeat(" ", gap) + n.paint.in(n.paint.faint, e.At.UTC().Format("2006-01-02 15:04:05 UTC"))
}

func (n *Notifier) who(b *strings.Builder, e anomaly.Event) {
	about := nonEmpty(alert.Inert(e.Resource.Name, longest))
	if e.Direction != "" && e.Direction != "unknown" {
		about = append(about, alert.Inert(e.Direction, longest))
	}
	detail := ""
	if len(about) > 0 {
		detail = " (" + strings.Join(about, ", ") + ")"
	}
	switch {
	case e.Victim != nil:
		n.row(b, "victim", alert.Where(e.Victim)+detail)
	case e.Source == nil:
		n.row(b, "about", strings.Trim(detail, " ()"))
	}
	if e.Source != nil {
		if e.Victim != nil {
			detail = ""
		}
		n.row(b, "source", alert.Where(e.Source)+detail)
	}
	if e.Breadth != nil {
		n.row(b, "breadth", alert.Inert(*e.Breadth, longest))
	}
}

// rates lines the numbers up, since they are compared with each other. What is not
// about traffic has none.
func (n *Notifier) rates(b *strings.Builder, e anomaly.Event) {
	if e.Maximum.Rates == (anomaly.Rates{}) && e.Expected == (anomaly.Rates{}) {
		return
	}
	line := func(r anomaly.Rates) string {
		return fmt.Sprintf("%12s  %12s", anomaly.BPS.Human(r.BPS), anomaly.PPS.Human(r.PPS))
	}
	n.row(b, "triggering", line(e.Triggering)+within(e))
	n.row(b, "expected", line(e.Expected))
	n.row(b, "maximum", strings.TrimRight(line(e.Maximum.Rates)+within(e)+"   "+alert.Severe(e.Anomaly), " "))
}

func vectors(vs []anomaly.Vector) []string {
	var out []string
	for _, v := range vs {
		out = append(out, fmt.Sprintf("%s, at most %s", alert.Inert(v.Subclass, longest), alert.Rates(v.Maximum)))
	}
	return out
}

// notes say how far the numbers can be trusted.
func notes(e anomaly.Event) []string {
	var out []string
	if within(e) != "" {
		out = append(out, fmt.Sprintf("sampled: packet rates are within %.1f %% with 95 %% confidence, bit rates vary more", e.SamplingErrorPercent))
	}
	if e.Provisional {
		out = append(out, "part of the numbers rests on an unknown sampling rate, or on an exporter whose counters disagree")
	}
	return out
}

// list writes values under each other, the name before the first; nothing for none.
func (n *Notifier) list(b *strings.Builder, name string, values []string) {
	for i, v := range values {
		if i > 0 {
			name = ""
		}
		n.row(b, name, v)
	}
}

func (n *Notifier) row(b *strings.Builder, name, value string) {
	fmt.Fprintf(b, "  %s  %s\n", n.paint.in(n.paint.faint, fmt.Sprintf("%-10s", name)), value)
}

func nonEmpty(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}
