package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"eagre/anomaly"
	"eagre/ingest"
	"eagre/ingest/ipfix"
	"eagre/ingest/sflow"
)

// details is a paragraph for each exporter.
func (l exporterList) details(w io.Writer) error {
	for i := range l.Exporters {
		s := &l.Exporters[i]
		fmt.Fprintf(w, "%s\n", s.called())
		p := paragraph{tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)}
		s.traffic(p)
		s.announced(p)
		s.trusted(p)
		s.Crosscheck.compared(p)
		if err := p.Flush(); err != nil {
			return err
		}
		if err := s.Ledger.table(w); err != nil {
			return err
		}
	}
	l.Ledger.tell(w)
	return l.missing(w)
}

// paragraph is lines that begin with a name.
type paragraph struct{ *tabwriter.Writer }

func (p paragraph) line(name, format string, args ...any) {
	fmt.Fprintf(p, "  %s\t%s\n", name, fmt.Sprintf(format, args...))
}

// traffic is what came from the exporter and what became of it.
func (s *exporterStatus) traffic(p paragraph) {
	p.line("formats", "%s", listed(s.Formats))
	p.line("heard", "%s", s.span())
	p.line("last minute", "%s", minuteText(s.Minute))
	p.line("datagrams", "%d: %s", s.Datagrams, counted(s.Became))
	if s.Frames > 0 {
		p.line("packets", "%d metered", s.Frames)
	}
	p.line("records", "%d decoded, %d shed, %d lost on the way", s.Records, s.Shed, s.Lost)
	p.line("restarts", "%s", s.restarts())
	p.line("books", "%s", map[bool]string{true: "balanced", false: "DO NOT BALANCE: a defect of eagre"}[s.Balanced])
	p.line("malformed", "%s", counted(s.Malformed))
	p.line("noted", "%s", counted(s.Noted))
}

// announced is what the exporter says of itself, and what that is good for.
func (s *exporterStatus) announced(p paragraph) {
	p.line("sampling", "%s", s.sampling())
	for _, m := range s.Samplers {
		p.line("", "%s", samplerText(m))
	}
	for i := range s.Sources {
		p.line("", "%s", sourceText(&s.Sources[i]))
	}
	p.line("templates", "%d in %d domains, counters of %d interfaces", s.Templates, s.Domains, s.Counters)
	p.line("clock", "%s", s.clockText())
	p.line("feeds", "%s", listed(s.Feeds))
	p.line("lacks fields for", "%s", listed(s.Lacks))
}

// restarts is how often it began anew, and since when it has not.
func (s *exporterStatus) restarts() string {
	text := fmt.Sprint(s.Restarts)
	if s.Boot != nil {
		text += ", up since " + s.Boot.Format(time.RFC3339)
	}
	if s.Renumbered > 0 {
		text += fmt.Sprintf("; its sequence numbers began anew %d times", s.Renumbered)
	}
	return text
}

// clockText is how far the clock is from ours, and how often it was set.
func (s *exporterStatus) clockText() string {
	if s.ClockSteps == 0 {
		return s.clock()
	}
	return fmt.Sprintf("%s; it jumped %d times", s.clock(), s.ClockSteps)
}

func (s *exporterStatus) span() string {
	if s.First == nil {
		return "not since the engine started"
	}
	return s.First.Format(time.RFC3339) + " to " + s.Last.Format(time.RFC3339)
}

func minuteText(m ingest.Minute) string {
	return fmt.Sprintf("%d datagrams, %d records (%s), %d lost, %d malformed, %d duplicates, %d waiting for a template, %d shed",
		m.Datagrams, m.Records, anomaly.FPS.Human(m.FlowsPerSecond), m.Lost, m.Malformed, m.Duplicates, m.Waiting, m.Shed)
}

func listed(words []string) string {
	if len(words) == 0 {
		return "none"
	}
	return strings.Join(words, ", ")
}

// counted prints what is above zero, the largest first.
func counted(counts map[string]uint64) string {
	var names []string
	for name, n := range counts {
		if n > 0 {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(a, b))
	})
	for i, name := range names {
		names[i] = fmt.Sprintf("%s %d", name, counts[name])
	}
	return listed(names)
}

// samplerText is what an exporter announced of one sampler.
func samplerText(m ipfix.Sampler) string {
	text := fmt.Sprintf("domain %d", m.Domain)
	if m.ID != 0 {
		text += fmt.Sprintf(", sampler %d", m.ID)
	}
	if m.Interface != 0 {
		text += fmt.Sprintf(", interface %d", m.Interface)
	}
	if !m.Known {
		return text + ": named by records, but never announced"
	}
	return text + fmt.Sprintf(": 1:%d", m.Rate)
}

// sourceText is how a data source of an sFlow agent samples, by its word and by
// its totals.
func sourceText(s *sflow.SourceSampling) string {
	text := fmt.Sprintf("source %d:%d announces 1:%d", s.Source.Class, s.Source.Index, s.Announced)
	if s.Samples > 0 {
		text += fmt.Sprintf(", totals say 1:%.0f over %d samples, %.1f%% of samples dropped", s.Effective, s.Samples, 100*s.Dropped)
	}
	if !s.Consistent() {
		text += " (they do not agree)"
	}
	return text
}
