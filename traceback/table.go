package traceback

import "strings"

// pageWidth is the widest line of a report, in columns.
const pageWidth = 100

// table is rows of cells under a header, aligned. The first column stands to the
// left, the others to the right unless left says otherwise. Where the whole is
// too wide, the widest column on the left is shortened.
type table struct {
	header []string
	left   []bool // beyond its end: right-aligned, but column 0 always left
	rows   [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) isLeft(column int) bool {
	return column == 0 || column < len(t.left) && t.left[column]
}

const gutter = "  "

// lines lays the table out.
func (t *table) lines() []string {
	widths := t.widths()
	out := make([]string, 0, len(t.rows)+1)
	if len(t.header) > 0 {
		out = append(out, t.line(t.header, widths))
	}
	for _, row := range t.rows {
		out = append(out, t.line(row, widths))
	}
	return out
}

func (t *table) widths() []int {
	var widths []int
	for _, row := range append([][]string{t.header}, t.rows...) {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], width(cell))
		}
	}
	t.shrink(widths)
	return widths
}

func (t *table) shrink(widths []int) {
	whole := len(gutter) * (len(widths) - 1)
	for _, w := range widths {
		whole += w
	}
	for ; whole > pageWidth; whole-- {
		widest := 0
		for i := range widths {
			if t.isLeft(i) && widths[i] > widths[widest] {
				widest = i
			}
		}
		if widths[widest] <= 1 {
			return
		}
		widths[widest]--
	}
}

func (t *table) line(cells []string, widths []int) string {
	var out strings.Builder
	for i, cell := range cells {
		if i > 0 {
			out.WriteString(gutter)
		}
		cell = cut(cell, widths[i])
		pad := strings.Repeat(" ", widths[i]-width(cell))
		if t.isLeft(i) {
			out.WriteString(cell + pad)
		} else {
			out.WriteString(pad + cell)
		}
	}
	return strings.TrimRight(out.String(), " ")
}
