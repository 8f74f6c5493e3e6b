package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"eagre/anomaly"
)

// table is one line for each exporter.
func (l exporterList) table(w io.Writer, now time.Time) error {
	if len(l.Exporters) == 0 {
		fmt.Fprintln(w, "no exporter has been heard yet")
	} else {
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "EXPORTER\tFORMATS\tFLOWS/S\tLOSS\tSAMPLING\tCLOCK\tON TIME\tCOUNTERS\tMALFORMED\tLAST HEARD\tFEEDS")
		for i := range l.Exporters {
			s := &l.Exporters[i]
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", s.called(), strings.Join(s.Formats, ","),
				anomaly.FPS.Human(s.Minute.FlowsPerSecond), s.loss(), s.sampling(), s.clock(), s.onTime(), s.Crosscheck.short(), s.malformed(), s.heard(now), s.feeds())
		}
		if err := t.Flush(); err != nil {
			return err
		}
	}
	return l.missing(w)
}

// missing is what the kernel dropped, and what the ledger had no room for.
func (l exporterList) missing(w io.Writer) error {
	for _, s := range l.Sockets {
		if s.Drops > 0 {
			fmt.Fprintf(w, "%s: the kernel dropped %d, its buffer was full\n", s.Socket, s.Drops)
		}
	}
	if x := l.Ledger; x.Refused > 0 {
		fmt.Fprintf(w, "ledger: %d sums of interfaces found no room\n", x.Refused)
	}
	if x := l.Ledger; x.TooOld > 0 {
		fmt.Fprintf(w, "ledger: %d packets were from before what it holds\n", x.TooOld)
	}
	return nil
}

func (s *exporterStatus) called() string { return calledBy(s.Name, s.Exporter) }

// onTime is how much of its packets came while their minute was open, and whether that
// is not what it was.
func (s *exporterStatus) onTime() string {
	switch {
	case s.Trust == nil:
		return "-"
	case s.Trust.Jumped:
		return portion(s.Trust.OnTime) + " JUMPED"
	}
	return portion(s.Trust.OnTime)
}

// loss is the share of what the exporter numbered that did not come.
func (s *exporterStatus) loss() string {
	switch percent := s.Minute.LostPercent; {
	case s.Minute.Lost == 0:
		return "0"
	case percent < 0.1:
		return "<0.1%"
	default:
		return fmt.Sprintf("%.1f%%", percent)
	}
}

func (s *exporterStatus) sampling() string {
	if s.SamplingRate == 0 {
		return "unknown"
	}
	return fmt.Sprintf("1:%d %s", s.SamplingRate, s.Sampling)
}

// clock is how far the exporter's clock is from ours; below a second nobody minds.
func (s *exporterStatus) clock() string {
	switch {
	case !s.ClockKnown:
		return "-"
	case s.ClockOffset.Abs() < time.Second:
		return "ok"
	}
	return fmt.Sprintf("%+ds", int(s.ClockOffset.Round(time.Second).Seconds()))
}

func (s *exporterStatus) malformed() string {
	var most string
	var sum uint64
	for why, n := range s.Malformed {
		sum += n
		if most == "" || n > s.Malformed[most] || n == s.Malformed[most] && why < most {
			most = why
		}
	}
	if sum == 0 {
		return "0"
	}
	return fmt.Sprintf("%d (%s)", sum, most)
}

// heard is when the exporter sent last; the day is named when it is another.
func (s *exporterStatus) heard(now time.Time) string {
	if s.Last == nil {
		return "not since start"
	}
	form := time.TimeOnly
	if s.Last.Format(time.DateOnly) != now.UTC().Format(time.DateOnly) {
		form = time.DateTime
	}
	at := s.Last.Format(form)
	if s.Silent {
		at += " SILENT"
	}
	return at
}

// feeds is what the exporter's flows are good for, or what they lack where that
// is shorter.
func (s *exporterStatus) feeds() string {
	switch {
	case len(s.Lacks) == 0:
		return "all"
	case len(s.Feeds) == 0:
		return "nothing yet"
	case len(s.Lacks) < len(s.Feeds):
		return "all but " + strings.Join(s.Lacks, ", ")
	}
	return strings.Join(s.Feeds, ", ")
}
