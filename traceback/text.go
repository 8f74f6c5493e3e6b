package traceback

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"

	"eagre/anomaly"
)

// Text writes the report as it is read on a terminal or in a mail: at most 100
// columns, times in UTC, units decimal. What others named (interfaces, titles)
// is escaped. now is the end of an anomaly that goes on.
func (r Report) Text(w io.Writer, now time.Time) error {
	p := &page{anomaly: r.Anomaly}
	p.header(now)
	p.rates()
	p.evidence()
	p.elements()
	summary := r.Summary()
	p.characterization(summary.Total)
	if summary.Seconds > 0 {
		p.summary(summary, r.Merged+len(r.Snapshots))
		p.lists(summary.Total)
	}
	if _, err := w.Write(p.out.Bytes()); err != nil {
		return fmt.Errorf("traceback: report of %s: %w", printable(r.Anomaly.ID), err)
	}
	return nil
}

// page is a report being written.
type page struct {
	anomaly anomaly.Event
	out     bytes.Buffer
}

func (p *page) line(s string) { p.out.WriteString(s + "\n") }

// section writes a heading and the lines under it.
func (p *page) section(title string, lines ...string) {
	p.line("")
	p.line(title)
	p.line(strings.Repeat("-", width(title)))
	for _, l := range lines {
		p.line(l)
	}
}

func (p *page) header(now time.Time) {
	a := p.anomaly
	p.line(cut(strings.TrimSuffix("Anomaly "+printable(a.ID)+": "+printable(a.Title), ": "), pageWidth))
	p.line("")
	top := table{header: []string{"ID", "Importance", "Severity", "Duration", "Direction"}, left: allLeft}
	top.add(printable(a.ID), capital(a.Importance.String()), p.severity(), p.duration(now), capital(a.Direction))
	bottom := table{header: []string{"Class", "Subclass", "Resource", "Start (UTC)", "End (UTC)"}, left: allLeft}
	bottom.add(capital(string(a.Class)), printable(a.Subclass), p.resource(), stamp(a.Start), p.end())
	for _, l := range top.lines() {
		p.line(l)
	}
	p.line("")
	for _, l := range bottom.lines() {
		p.line(l)
	}
	if who := p.who(); who != "" {
		p.line("")
		p.line(who)
	}
}

var allLeft = []bool{true, true, true, true, true}

func (p *page) duration(now time.Time) string {
	d := p.anomaly.Duration(now).Round(time.Second)
	text := fmt.Sprintf("%02dh %02dm %02ds", int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60)
	if p.anomaly.Ongoing {
		text += ", ongoing"
	}
	return text
}

func (p *page) severity() string {
	if p.anomaly.Threshold.Value <= 0 {
		return "-" // no rate was needed to find it
	}
	return p.anomaly.SeverityText()
}

func (p *page) resource() string {
	name, prefix := printable(p.anomaly.Resource.Name), printable(p.anomaly.Resource.Prefix)
	if name == prefix {
		return name
	}
	return strings.TrimSpace(name + " " + prefix)
}

func (p *page) end() string {
	if p.anomaly.End == nil {
		return "ongoing"
	}
	return stamp(*p.anomaly.End)
}

// who is the attacked or the offending side.
func (p *page) who() string {
	a, parts := p.anomaly, []string{}
	if a.Victim != nil {
		parts = append(parts, "Victim "+a.Victim.String())
	}
	if a.Source != nil {
		parts = append(parts, "Source "+a.Source.String())
	}
	if a.Breadth != nil {
		parts = append(parts, printable(*a.Breadth))
	}
	if a.Provisional {
		parts = append(parts, "provisional: an unknown sampling rate, or counters that disagree")
	}
	return cut(strings.Join(parts, ", "), pageWidth)
}

func (p *page) rates() {
	a := p.anomaly
	t := table{header: []string{"", "Triggering", "Expected", "Difference", "Maximum", "Mean"}}
	row := func(name string, u anomaly.Unit, of func(anomaly.Rates) float64, more ...string) {
		cells := []string{
			name, rate(u, of(a.Triggering)), rate(u, of(a.Expected)), rate(u, of(a.Difference)),
			p.peak(rate(u, of(a.Maximum.Rates))), rate(u, of(a.Mean)),
		}
		t.add(append(cells, more...)...)
	}
	row("Bitrate", anomaly.BPS, func(r anomaly.Rates) float64 { return r.BPS })
	row("Packet Rate", anomaly.PPS, func(r anomaly.Rates) float64 { return r.PPS }, samplingError(a.SamplingErrorPercent)...)
	p.line("")
	for _, l := range t.lines() {
		p.line(l)
	}
}

// samplingError is a cell for how far packet rates may be from the truth through sampling;
// none where that does not matter. Bit rates vary more.
func samplingError(percent float64) []string {
	if off := anomaly.Within(percent); off != "" {
		return []string{off}
	}
	return nil
}

// peak adds when it was: "105.26 Mbps @ 03:00", with the day if it is another.
func (p *page) peak(value string) string {
	at := p.anomaly.Maximum.At.UTC()
	switch {
	case at.IsZero() || value == "-":
		return value
	case at.YearDay() == p.anomaly.Start.UTC().YearDay():
		return value + at.Format(" @ 15:04")
	}
	return value + at.Format(" @ 2 Jan 15:04")
}

// rate is a rate with its unit, "-" where nothing is known.
func rate(u anomaly.Unit, v float64) string {
	switch {
	case v == 0:
		return "-"
	case v < 0:
		return "-" + u.Human(-v)
	}
	return u.Human(v)
}

func (p *page) evidence() {
	if p.anomaly.Evidence.Sentence != "" {
		p.line("")
	}
	for _, l := range wrap(printable(p.anomaly.Evidence.Sentence), pageWidth) {
		p.line(l)
	}
	if again := p.anomaly.Evidence.Reproduce; again != "" {
		p.line("To see it again: " + printable(again)) // not cut: it is there to be copied
	}
}

// stamp is a time in UTC, which the words around it say.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

func capital(s string) string {
	s = printable(s)
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return string(s[0]-'a'+'A') + s[1:]
}
