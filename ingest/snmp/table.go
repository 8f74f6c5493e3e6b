package snmp

import (
	"slices"

	"github.com/gosnmp/gosnmp"
)

// table is what one poll reads of an agent: the rows of its interfaces, no more
// than a limit.
type table struct {
	limit     int
	rows      map[uint32]*reading
	truncated bool // there were more
}

func newTable(limit int) *table { return &table{limit: limit, rows: map[uint32]*reading{}} }

// lacking tells whether some interface lacks counters of 64 bits, or none is known.
func (t *table) lacking() bool {
	for _, r := range t.rows {
		if r.lacking() {
			return true
		}
	}
	return len(t.rows) == 0
}

// row is the row of an interface; nil where there is no room for another.
func (t *table) row(index uint32, at int64, uptime uint32) *reading {
	r := t.rows[index]
	switch {
	case r != nil:
		return r
	case len(t.rows) >= t.limit:
		t.truncated = true
		return nil
	}
	r = &reading{index: index, at: at, uptime: uptime}
	t.rows[index] = r
	return r
}

// inOrder are the rows by ifIndex.
func (t *table) inOrder() []*reading {
	out := make([]*reading, 0, len(t.rows))
	for _, r := range t.rows {
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b *reading) int { return int(int64(a.index) - int64(b.index)) })
	return out
}

// walk is one column on its way down the table.
type walk struct {
	column *column
	next   string // the object name after which the next is asked for
	last   uint32
	some   bool // a value was read
	over   bool
}

func walks(columns []column) []walk {
	out := make([]walk, len(columns))
	for i := range columns {
		out[i] = walk{column: &columns[i], next: columns[i].oid}
	}
	return out
}

// askedFor are the names of a request: sysUpTime, so that every reading has the
// uptime of its moment, and the next row of each column.
func askedFor(walks []walk) []string {
	out := make([]string, 0, 1+len(walks))
	out = append(out, sysUpTime)
	for i := range walks {
		out = append(out, walks[i].next)
	}
	return out
}

// take reads an answer to GETBULK with sysUpTime as the one name that is not
// repeated, and gives back the columns that go on. Names grow in every answer or
// columns end, so that a table of n rows ends after n answers for each column at
// the latest.
func (t *table) take(walks []walk, answer []gosnmp.SnmpPDU, at int64) ([]walk, *fault) {
	if len(answer) <= 1 {
		return nil, failed(garbage, "the answer holds no values")
	}
	uptime, ok := answer[0].Value.(uint32)
	if !ok || answer[0].Name != sysUpTime+".0" {
		return nil, noView()
	}
	for i, v := range answer[1:] {
		w := &walks[i%len(walks)]
		if !w.over && !t.step(w, v, at, uptime) {
			return nil, failed(notGrowing, "the agent answers with object names that do not grow, so its table has no end")
		}
	}
	return slices.DeleteFunc(walks, func(w walk) bool { return w.over }), nil
}

// step takes one value of a column; false where it does not come after the one
// before.
func (t *table) step(w *walk, v gosnmp.SnmpPDU, at int64, uptime uint32) bool {
	index, inside := w.column.row(v.Name)
	if !inside || v.Type == gosnmp.EndOfMibView {
		w.over = true
		return true
	}
	if w.some && index <= w.last {
		return false
	}
	r := t.row(index, at, uptime)
	if r == nil {
		w.over = true
		return true
	}
	w.column.take(r, v)
	w.next, w.last, w.some = v.Name, index, true
	return true
}
