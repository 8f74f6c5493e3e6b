package score

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"eagre/quality"
)

// Column is what one detector did.
type Column struct {
	Name  string
	Sheet *Sheet
}

// Print writes all tables, in Markdown, with a column for each detector.
func Print(w io.Writer, columns ...Column) error {
	var b strings.Builder
	printRows(&b, columns)
	b.WriteString("\nAttacks found, by kind:\n\n")
	printGroups(&b, columns, attack, func(e *quality.Event) string { return label(e) }, found)
	b.WriteString("\nAttacks found, by (usual + attack) ÷ usual of the customer, in packets:\n\n")
	printGroups(&b, columns, multiplied, multipleBand, found)
	b.WriteString("\nAttacks found, by packets sampled in a tick:\n\n")
	printGroups(&b, columns, attack, sampleBand, found)
	b.WriteString("\nHonest surges, reported / of those High / all:\n\n")
	printGroups(&b, columns, surge, func(e *quality.Event) string { return e.Kind }, mentioned)
	printRest(&b, columns)
	_, err := io.WriteString(w, b.String())
	return err
}

func printRows(b *strings.Builder, columns []Column) {
	head(b, columns, "", "gate", "goal")
	rows := make([][]Row, len(columns))
	for c, column := range columns {
		rows[c] = column.Sheet.Rows()
	}
	for n, r := range rows[0] {
		cells := []string{r.Name, mark(r.Gate, r.Unit), mark(r.Goal, r.Unit)}
		for c := range columns {
			cells = append(cells, rows[c][n].String())
		}
		line(b, cells)
	}
	b.WriteString("\n★ goal reached, ✔ gate passed, ✘ below the gate, – nothing to measure\n")
}

func mark(v float64, unit string) string {
	if math.IsNaN(v) {
		return ""
	}
	return number(v, unit)
}

// printGroups writes a line for each group of outcomes.
func printGroups(b *strings.Builder, columns []Column, keep func(*Outcome) bool, group func(*quality.Event) string, cell func([]Outcome) string) {
	head(b, columns, "")
	grouped := make([]map[string][]Outcome, len(columns))
	var names []string
	for c, column := range columns {
		grouped[c] = map[string][]Outcome{}
		for _, o := range column.Sheet.where(keep) {
			name := group(&o.Event)
			grouped[c][name] = append(grouped[c][name], o)
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Compare(a, b) })
	for _, name := range slices.Compact(names) {
		cells := []string{strings.TrimLeft(name, "0123456789 ")}
		for c := range columns {
			cells = append(cells, cell(grouped[c][name]))
		}
		line(b, cells)
	}
}

// found is how many of all were found.
func found(all []Outcome) string {
	n := 0
	for _, o := range all {
		if o.Found {
			n++
		}
	}
	return fmt.Sprintf("%d / %d", n, len(all))
}

func mentioned(all []Outcome) string {
	reported, high := 0, 0
	for _, o := range all {
		if o.Found {
			reported++
		}
		if o.High {
			high++
		}
	}
	return fmt.Sprintf("%d / %d / %d", reported, high, len(all))
}

// multiplied: scans have no multiple.
func multiplied(o *Outcome) bool { return attack(o) && o.Event.Multiple > 1 }

// Names of bands begin with a number that puts them in order and is not printed.

func multipleBand(e *quality.Event) string {
	return band(e.Multiple, "×", 1.6, 2.5, 5, 10)
}

func sampleBand(e *quality.Event) string {
	return band(e.SamplesPerTick, "", 5, 10, 30, 100)
}

func band(v float64, sign string, edges ...float64) string {
	for n, edge := range edges {
		if v < edge && n == 0 {
			return fmt.Sprintf("%d below %s%v", n, sign, edge)
		}
		if v < edge {
			return fmt.Sprintf("%d from %s%v to %s%v", n, sign, edges[n-1], sign, edge)
		}
	}
	return fmt.Sprintf("%d above %s%v", len(edges), sign, edges[len(edges)-1])
}

func printRest(b *strings.Builder, columns []Column) {
	b.WriteByte('\n')
	for _, c := range columns {
		s := c.Sheet
		fmt.Fprintf(b, "%s: %d High without an attack, %d notices of nothing, %d findings about the watch itself, %d in shadow; %d attacks of fewer than %d samples were not asked for.\n\n",
			c.Name, s.FalseHigh, s.Notices, s.Operation, s.Shadow, s.Unaskable, fewest)
	}
}

func head(b *strings.Builder, columns []Column, names ...string) {
	cells := slices.Clone(names)
	for _, c := range columns {
		cells = append(cells, c.Name)
	}
	line(b, cells)
	for i := range cells {
		cells[i] = "---"
	}
	line(b, cells)
}

func line(b *strings.Builder, cells []string) {
	b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}
