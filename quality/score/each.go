package score

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// PrintEach writes a line for each event and what became of it, what was missed first:
// for whoever works on a detector.
func PrintEach(w io.Writer, s *Sheet) error {
	all := slices.Clone(s.Outcomes)
	slices.SortStableFunc(all, func(a, b Outcome) int { return cmp.Compare(rank(a.Found), rank(b.Found)) })
	var b strings.Builder
	line(&b, []string{"id", "event", "start", "×", "samples a tick", "found after", "wrong", "entries F1", "end off by"})
	line(&b, slices.Repeat([]string{"---"}, 9))
	for i := range all {
		line(&b, all[i].cells())
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (o *Outcome) cells() []string {
	e := &o.Event
	cells := []string{fmt.Sprint(e.ID), label(e), e.Start.Format("Jan 2 15:04:05"), fmt.Sprintf("%.2f", e.Multiple), fmt.Sprintf("%.1f", e.SamplesPerTick)}
	if !o.Found {
		return append(cells, "–", "", "", "")
	}
	return append(cells, o.After.Truncate(time.Second).String(), o.wrong(), fmt.Sprintf("%.2f", o.F1), o.EndError.Truncate(time.Second).String())
}

// wrong is what was said wrongly.
func (o *Outcome) wrong() string {
	var out []string
	for _, said := range []struct {
		what  string
		right bool
	}{{"who", o.Who}, {"class", o.Class}, {"fingerprint", o.Print}} {
		if !said.right && attack(o) {
			out = append(out, said.what)
		}
	}
	if o.Extra > 0 {
		out = append(out, fmt.Sprintf("%d extra", o.Extra))
	}
	return strings.Join(out, ", ")
}
