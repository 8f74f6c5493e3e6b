package main

import (
	"strings"
	"unicode/utf8"
)

// grid is rows of cells in columns that line up from the first row to the last, over
// headings and empty lines between them.
type grid struct {
	right []bool // columns that end at one edge, as numbers do
	rows  [][]string
}

const gutter = "  "

// add puts a row below the others; without cells it is an empty line.
func (g *grid) add(cells ...string) { g.rows = append(g.rows, cells) }

// narrowest is how far the first column gives way to the others.
const narrowest = 12

// lines lays the rows out. Where they would be wider than width, the first column
// gives way, and then they are cut; a width of 0 is any.
func (g *grid) lines(width int) []string {
	widths := g.widths()
	if len(widths) == 0 {
		return nil
	}
	whole := len(gutter) * (len(widths) - 1)
	for _, w := range widths {
		whole += w
	}
	if width > 0 && whole > width {
		widths[0] = max(min(widths[0], narrowest), widths[0]-(whole-width))
	}
	out := make([]string, len(g.rows))
	for i, row := range g.rows {
		out[i] = cut(g.line(row, widths), width)
	}
	return out
}

func (g *grid) widths() []int {
	var widths []int
	for _, row := range g.rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	return widths
}

func (g *grid) line(cells []string, widths []int) string {
	var b strings.Builder
	for i, cell := range cells {
		if i > 0 {
			b.WriteString(gutter)
		}
		cell = cut(cell, widths[i])
		pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
		if i < len(g.right) && g.right[i] {
			cell, pad = pad, cell
		}
		b.WriteString(cell + pad)
	}
	return strings.TrimRight(b.String(), " ")
}

// cut shortens text to so many runes, "…" at its end; 0 is any number.
func cut(s string, width int) string {
	if width <= 0 || utf8.RuneCountInString(s) <= width {
		return s
	}
	return string([]rune(s)[:width-1]) + "…"
}
