package traceback

import (
	"net/netip"
	"slices"
	"time"

	"eagre/flow"
)

// MaxSpan bounds the event time that one trace may cover. A pattern that asks
// for more gets the last MaxSpan of it.
const MaxSpan = 5 * time.Minute

// Pattern is what an open anomaly looks like to someone who reads flows.
type Pattern struct {
	ID string // the anomaly's, for the caller's own use

	// Victim: only flows to it. Source: only flows from it. The zero Prefix asks
	// for nothing; with both zero, Match alone decides (a whole interface).
	Victim, Source netip.Prefix

	// Match is the predicate of the class or signature, on one row; nil matches
	// all. It must not keep b and must be a pure function of the row.
	Match func(b *flow.Batch, row int) bool

	// From and To bound the event time wanted, To excluded. Flows that overlap
	// it count with the part that lies inside, in whole seconds. A zero To is
	// the end of what is held, a zero From is MaxSpan before To.
	From, To time.Time
}

// index finds the patterns that a row may belong to by its addresses, so that
// many patterns cost about as much as one. Patterns with a victim stand under
// it, those with only a source under that, the others are always asked.
type index struct {
	patterns []Pattern
	victims  lengths
	sources  lengths
	always   []int
}

// lengths is one table for each prefix length in use.
type lengths []length

type length struct {
	bits   int // in the prefix's own family
	is4    bool
	byAddr map[flow.IP][]int
}

func newIndex(patterns []Pattern) *index {
	x := &index{patterns: slices.Clone(patterns)}
	for i := range x.patterns {
		p := &x.patterns[i]
		p.Victim, p.Source = unmap(p.Victim), unmap(p.Source)
		switch {
		case p.Victim.IsValid():
			x.victims.insert(p.Victim, i)
		case p.Source.IsValid():
			x.sources.insert(p.Source, i)
		default:
			x.always = append(x.always, i)
		}
	}
	return x
}

// unmap turns ::ffff:192.0.2.0/120 into 192.0.2.0/24 and clears the host bits.
func unmap(p netip.Prefix) netip.Prefix {
	if p.IsValid() && p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Masked()
}

func (l *lengths) insert(p netip.Prefix, pattern int) {
	ip, is4 := flow.FromAddr(p.Addr()), p.Addr().Is4()
	for _, t := range *l {
		if t.bits == p.Bits() && t.is4 == is4 {
			t.byAddr[ip] = append(t.byAddr[ip], pattern)
			return
		}
	}
	*l = append(*l, length{bits: p.Bits(), is4: is4, byAddr: map[flow.IP][]int{ip: {pattern}}})
}

// match calls hit for every pattern that row i belongs to.
func (x *index) match(b *flow.Batch, i int, hit func(pattern int)) {
	try := func(candidates []int) {
		for _, c := range candidates {
			if x.agrees(c, b, i) {
				hit(c)
			}
		}
	}
	x.victims.look(b.DstAddr[i], try)
	x.sources.look(b.SrcAddr[i], try)
	try(x.always)
}

func (l lengths) look(ip flow.IP, try func([]int)) {
	for _, t := range l {
		if t.is4 != ip.Is4() {
			continue
		}
		if found := t.byAddr[ip.Mask(t.bits)]; found != nil {
			try(found)
		}
	}
}

// agrees asks what the index did not: the source of a pattern that also has a
// victim, and the predicate.
func (x *index) agrees(pattern int, b *flow.Batch, i int) bool {
	p := &x.patterns[pattern]
	if p.Victim.IsValid() && p.Source.IsValid() && !p.Source.Contains(b.SrcAddr[i].Addr()) {
		return false
	}
	return p.Match == nil || p.Match(b, i)
}
