package signatures

import (
	"cmp"
	"slices"
)

// index finds the rules that a flow may match by what nearly every rule fixes: a
// destination port, a source port, or a protocol. Rules that fix none of them
// are asked about every flow. Each rule is in exactly one of the four parts, so
// no flow meets a rule twice.
type index struct {
	dst, src ports
	proto    [256]int32 // the slot, plus one, of each protocol
	byProto  bool       // some protocol has a slot
	slots    []slot
	rest     slot
}

// ports tells which ports have a slot: a bitmap small enough for the first-level
// cache in front of the table of slots. Both are nil where no port has one.
type ports struct {
	present *[1 << 16 / 64]uint64
	slot    *[1 << 16]int32
}

// slot is the rules that share one port or protocol. The first are asked about
// all its flows together; the others fix packet sizes, and when there are many
// of them each flow looks up those of its own size.
type slot struct {
	rules []uint32
	sized []sizedRule // sorted by size, then rule
}

type sizedRule struct {
	size uint64
	rule uint32
}

const (
	maxIndexed = 64 // values of a column by which a rule is put into the index
	manySized  = 8  // rules with a fixed size from which looking up is cheaper
)

// indexBuilder puts rules into an index, one after the other.
type indexBuilder struct{ index }

// add places a rule and returns what is left to ask of it.
func (b *indexBuilder) add(rule uint32, p predicate) predicate {
	known := p.bounds()
	if known.never {
		return p
	}
	column, values := indexable(known)
	sizes := fixedSizes(known)
	for _, v := range values {
		b.slot(column, v).add(rule, sizes)
	}
	if values == nil {
		b.rest.add(rule, sizes)
		return p
	}
	return without(p, column)
}

// indexable chooses the column that tells most: of the ports the one with fewer
// values, else the protocol.
func indexable(known bounds) (columnID, []int64) {
	best, values := columnCount, []int64(nil)
	for _, column := range []columnID{dstPort, srcPort} {
		list, ok := fixed(known, column)
		if ok && (values == nil || len(list) < len(values)) {
			best, values = column, list
		}
	}
	if values == nil {
		if list, ok := fixed(known, proto); ok {
			return proto, list
		}
	}
	return best, values
}

// fixed is the few values that a column must have.
func fixed(known bounds, column columnID) ([]int64, bool) {
	if !known.known[column] {
		return nil, false
	}
	return known.set[column].list(maxIndexed)
}

// fixedSizes is the few exact packet sizes that a rule accepts, or none.
func fixedSizes(known bounds) []uint64 {
	doubled, ok := fixed(known, packetSize)
	if !ok {
		return nil
	}
	var sizes []uint64
	for _, d := range doubled {
		if d < 0 || d%2 != 0 {
			return nil
		}
		sizes = append(sizes, uint64(d/2))
	}
	return sizes
}

// slot is the slot of a value, made when it is new.
func (b *indexBuilder) slot(column columnID, value int64) *slot {
	at := &b.proto[uint8(value)]
	switch column {
	case dstPort:
		at = b.dst.at(uint16(value))
	case srcPort:
		at = b.src.at(uint16(value))
	default:
		b.byProto = true
	}
	if *at == 0 {
		b.slots = append(b.slots, slot{})
		*at = int32(len(b.slots))
	}
	return &b.slots[*at-1]
}

// at is the table entry of a port, which is marked as present.
func (p *ports) at(port uint16) *int32 {
	if p.present == nil {
		p.present, p.slot = new([1 << 16 / 64]uint64), new([1 << 16]int32)
	}
	p.present[port>>6] |= 1 << (port & 63)
	return &p.slot[port]
}

func (s *slot) add(rule uint32, sizes []uint64) {
	if sizes == nil {
		s.rules = append(s.rules, rule)
	}
	for _, size := range sizes {
		s.sized = append(s.sized, sizedRule{size, rule})
	}
}

// finish sorts the sized rules, and puts them with the others where they are few.
func (b *indexBuilder) finish() index {
	b.rest.settle()
	for i := range b.slots {
		b.slots[i].settle()
	}
	return b.index
}

func (s *slot) settle() {
	if len(s.sized) > manySized {
		slices.SortFunc(s.sized, func(a, b sizedRule) int {
			return cmp.Or(cmp.Compare(a.size, b.size), cmp.Compare(a.rule, b.rule))
		})
		return
	}
	for _, sized := range s.sized {
		s.rules = append(s.rules, sized.rule)
	}
	s.sized = nil
	slices.Sort(s.rules)
	s.rules = slices.Compact(s.rules)
}
