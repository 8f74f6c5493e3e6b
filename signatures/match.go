package signatures

import (
	"slices"

	"eagre/flow"
)

// Matches is which rows of a batch match which rules: pair i is row Row[i] and
// the rule at Rule[i] of Set.Rules. Pairs are sorted by rule, then by row. The
// zero value is ready; it belongs to one goroutine and is reused, so that
// matching does not allocate once it has grown to the set.
type Matches struct {
	Row  []uint16
	Rule []uint32

	pairs   []uint64 // rule << 16 | row
	first   []uint16 // of each slot: its first row, or none
	touched []int32  // slots that have rows
	next    [3][flow.MaxRows]uint16
	rows    [flow.MaxRows]uint16
	work    [flow.MaxRows]uint16
}

// Len is how many pairs there are.
func (m *Matches) Len() int { return len(m.Row) }

const none = 0xffff // is above every row number

// The chains of next: a row is in at most one slot of each.
const (
	byDst = iota
	bySrc
	byProto
)

// Match finds every row of the batch that matches a rule of the set. What m held
// before is gone afterwards. Sets may be shared by goroutines; b and m may not.
func (s *Set) Match(b *flow.Batch, m *Matches) {
	m.reset(s)
	if s == nil {
		return
	}
	m.chainPorts(byDst, b.DstPort[:b.N], &s.index.dst)
	s.askTouched(b, m, byDst)
	m.chainPorts(bySrc, b.SrcPort[:b.N], &s.index.src)
	s.askTouched(b, m, bySrc)
	if s.index.byProto {
		m.chainProtocols(b.Proto[:b.N], &s.index.proto)
		s.askTouched(b, m, byProto)
	}
	if len(s.index.rest.rules) > 0 || len(s.index.rest.sized) > 0 {
		s.ask(&s.index.rest, b, m, m.everyRow(b.N))
	}
	m.finish()
}

func (m *Matches) reset(s *Set) {
	m.Row, m.Rule, m.pairs, m.touched = m.Row[:0], m.Rule[:0], m.pairs[:0], m.touched[:0]
	if s == nil {
		return
	}
	for len(m.first) < len(s.index.slots) {
		m.first = append(m.first, none)
	}
}

// chainPorts links the rows whose port has a slot, from the last to the first, so
// that each chain runs upwards.
func (m *Matches) chainPorts(chain int, column []uint16, p *ports) {
	if p.present == nil {
		return
	}
	for i := len(column) - 1; i >= 0; i-- {
		port := column[i]
		if p.present[port>>6]>>(port&63)&1 != 0 {
			m.link(chain, p.slot[port]-1, uint16(i))
		}
	}
}

func (m *Matches) chainProtocols(column []uint8, slots *[256]int32) {
	for i := len(column) - 1; i >= 0; i-- {
		if at := slots[column[i]]; at != 0 {
			m.link(byProto, at-1, uint16(i))
		}
	}
}

func (m *Matches) link(chain int, slot int32, row uint16) {
	head := m.first[slot]
	if head == none {
		m.touched = append(m.touched, slot)
	}
	m.next[chain][row] = head
	m.first[slot] = row
}

// askTouched asks the rules of each slot about the slot's rows.
func (s *Set) askTouched(b *flow.Batch, m *Matches, chain int) {
	for _, at := range m.touched {
		s.ask(&s.index.slots[at], b, m, m.chained(chain, at))
		m.first[at] = none
	}
	m.touched = m.touched[:0]
}

// chained is the rows of a slot, in order.
func (m *Matches) chained(chain int, at int32) []uint16 {
	n := 0
	for row := m.first[at]; row != none; row = m.next[chain][row] {
		m.rows[n] = row
		n++
	}
	return m.rows[:n]
}

func (m *Matches) everyRow(n int) []uint16 {
	for i := range n {
		m.rows[i] = uint16(i)
	}
	return m.rows[:n]
}

// ask puts a slot's questions to a selection of rows.
func (s *Set) ask(at *slot, b *flow.Batch, m *Matches, rows []uint16) {
	for _, rule := range at.rules {
		s.run(rule, b, m, m.work[:copy(m.work[:], rows)])
	}
	if len(at.sized) == 0 {
		return
	}
	for _, row := range rows {
		s.askSized(at.sized, b, m, row)
	}
}

// askSized asks the rules that fix the packet size of this one row.
func (s *Set) askSized(sized []sizedRule, b *flow.Batch, m *Matches, row uint16) {
	doubled := readSize(b, int(row))
	if doubled < 0 || doubled%2 != 0 {
		return
	}
	size := uint64(doubled / 2)
	for i := firstOfSize(sized, size); i < len(sized) && sized[i].size == size; i++ {
		m.work[0] = row
		s.run(sized[i].rule, b, m, m.work[:1])
	}
}

// firstOfSize is where the rules of a size start, or would.
func firstOfSize(sized []sizedRule, size uint64) int {
	lo, hi := 0, len(sized)
	for lo < hi {
		if mid := (lo + hi) / 2; sized[mid].size < size {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

func (s *Set) run(rule uint32, b *flow.Batch, m *Matches, rows []uint16) {
	for _, row := range s.programs[rule].filter(b, rows) {
		m.pairs = append(m.pairs, uint64(rule)<<16|uint64(row))
	}
}

// finish sorts the pairs, which are in order already unless several slots had some.
func (m *Matches) finish() {
	if !slices.IsSorted(m.pairs) {
		slices.Sort(m.pairs)
	}
	for _, pair := range m.pairs {
		m.Rule = append(m.Rule, uint32(pair>>16))
		m.Row = append(m.Row, uint16(pair))
	}
}
