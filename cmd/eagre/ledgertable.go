package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"eagre/alert"
	"eagre/anomaly"
)

// trusted is how far the numbers of an exporter can be trusted.
func (s *exporterStatus) trusted(p paragraph) {
	if s.Ledger != nil {
		p.line("ledger", "%s", s.Ledger.span())
	}
	t := s.Trust
	if t == nil {
		p.line("on time", "no minute of it has settled yet")
		return
	}
	p.line("on time", "%s", onTimeText(t))
	p.line("delay", "half of the records come within %.1f s of the end of their flow, 99 %% within %.1f s", t.DelayMedian, t.DelayMost)
	p.line("start times", "%s", t.startTimes())
	if t.Again > 0 {
		p.line("second views", "%d records showed packets a second time: not counted", t.Again)
	}
}

func onTimeText(t *exporterHealth) string {
	text := portion(t.OnTime) + " of its packets came while their minute was open; the ledger has all"
	if t.Jumped {
		text += ". That is NOT WHAT IT WAS: a timeout was changed, or flows come late"
	}
	return text
}

// span is from when to when the ledger tells of an exporter.
func (l *exporterLedger) span() string {
	if !l.Until.After(l.Since) {
		return "no minute has settled yet"
	}
	return stretch(l.Since, l.Until)
}

func stretch(from, to time.Time) string {
	return fmt.Sprintf("%s to %s UTC, %s", clockOf(from), clockOf(to), lasted(to.Sub(from)))
}

func clockOf(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }

// lasted is a span of whole minutes.
func lasted(d time.Duration) string {
	if d < time.Hour {
		return fmt.Sprintf("%d min", int(d.Minutes()))
	}
	return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
}

// table is a row for each interface and direction; nothing where there is none.
func (l *exporterLedger) table(w io.Writer) error {
	if l == nil || len(l.Interfaces) == 0 {
		return nil
	}
	g := &grid{right: []bool{false, false, false, true, false, true, false, true, false}}
	g.add("  INTERFACE", "", "", "LAST MINUTE", "", "LAST HOUR", "", "LAST DAY", "")
	for i := range l.Interfaces {
		f := &l.Interfaces[i]
		f.row(g, "  "+f.called(), "in", &f.In)
		f.row(g, "", "out", &f.Out)
	}
	return printed(w, g.lines(0))
}

// row is the means in one direction, bits above packets.
func (f *interfaceLedger) row(g *grid, name, direction string, m *meanRates) {
	bits, packets := []string{name, direction, "bits/s"}, []string{"", "", "packets/s"}
	for _, r := range []*measured{&m.Minute, &m.Hour, &m.Day} {
		bits = append(bits, anomaly.BPS.Human(r.BPS), anomaly.Within(r.BPSErrorPercent))
		packets = append(packets, anomaly.PPS.Human(r.PPS), anomaly.Within(r.PPSErrorPercent))
	}
	g.add(bits...)
	g.add(packets...)
}

// called is the number of an interface and its name.
func (f *interfaceLedger) called() string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", f.Index, alert.Inert(f.Name, named)))
}

// minutes is the table of one interface, minute by minute.
func (l *exporterLedger) minutes(w io.Writer) error {
	if len(l.Interfaces) != 1 || len(l.Interfaces[0].Minutes) == 0 {
		fmt.Fprintln(w, "no minute has settled yet")
		return nil
	}
	f := &l.Interfaces[0]
	fmt.Fprintf(w, "%s interface %s\n", calledBy(l.Name, l.Exporter), f.called())
	g := &grid{right: []bool{false, true, false, true, false, true, false, true, false}}
	g.add("MINUTE (UTC)", "IN BITS/S", "", "PACKETS/S", "", "OUT BITS/S", "", "PACKETS/S", "")
	for i := range f.Minutes {
		m := &f.Minutes[i]
		g.add(clockOf(m.At), anomaly.BPS.Human(m.In.BPS), anomaly.Within(m.In.BPSErrorPercent), anomaly.PPS.Human(m.In.PPS), anomaly.Within(m.In.PPSErrorPercent),
			anomaly.BPS.Human(m.Out.BPS), anomaly.Within(m.Out.BPSErrorPercent), anomaly.PPS.Human(m.Out.PPS), anomaly.Within(m.Out.PPSErrorPercent))
	}
	return printed(w, g.lines(0))
}

// tell says how much the ledger of the engine holds.
func (x ledgerExtent) tell(w io.Writer) {
	if x.Since == nil || x.Until == nil {
		fmt.Fprintln(w, "ledger: no minute has settled yet")
		return
	}
	fmt.Fprintf(w, "ledger: %s; %d interfaces (each direction for itself) on %d pages of an hour\n", stretch(*x.Since, *x.Until), x.Lines, x.Pages)
}

func printed(w io.Writer, lines []string) error {
	_, err := fmt.Fprintln(w, strings.Join(lines, "\n"))
	return err
}
