package traceback

import (
	"math/bits"
	"net/netip"
	"slices"

	"eagre/flow"
)

// How addresses are collapsed to prefixes, so that ten rows tell who it was:
//
//  1. Up to ten distinct addresses: each is a row.
//  2. Otherwise, from long prefixes to short ones, a prefix is a row as soon as
//     it holds a twentieth of all bytes that no longer row holds already. (These
//     are the hierarchical heavy hitters of Cormode, Korn, Muthukrishnan and
//     Srivastava, VLDB 2003, with discounted counts.) Rows never overlap in what
//     they count, so they add up. Nothing shorter than /8 (IPv6: /16) is a row:
//     spoofed sources are "others" and not a list of eighths of the internet.
//  3. Where two rows fill the two halves of a prefix about evenly, the prefix is
//     one row instead: a busy /24 is one /24 and not sixteen /28. "About evenly":
//     each reaches within two bits of its half and neither has more than four
//     times the other's bytes per address. A row that is a single address always
//     stays its own.
const (
	rowsShown  = 10
	rowDivisor = 20 // a row holds at least 1/20 of the bytes
	minBits4   = 8
	minBits6   = 16
	nearHalf   = 2
	evenFactor = 4
)

// block is a prefix and what was counted in it.
type block struct {
	ip   flow.IP
	bits int // of 128: an IPv4 prefix counts from 96
	count
}

// coarserIP is the block of an address at a level of its tally.
func coarserIP(ip flow.IP, level int) flow.IP { return ip.Mask(levelBits(ip, level)) }

// levelBits is the prefix length, in the address's family, that a level counts.
func levelBits(ip flow.IP, level int) int {
	v4, v6 := [...]int{32, 24, 16, 8, 0}, [...]int{128, 64, 48, 32, 0}
	level = min(level, len(v4)-1)
	if ip.Is4() {
		return v4[level]
	}
	return v6[level]
}

// collapse turns the counts per address into rows. What is in no row is not in
// the result.
func collapse(t *tally[flow.IP]) []block {
	leaves := make([]block, len(t.cells))
	var total uint64
	for i, c := range t.cells {
		leaves[i] = block{ip: c.key, bits: offset(c.key) + levelBits(c.key, t.level), count: c.count}
		total = plus(total, c.bytes)
	}
	if len(leaves) <= rowsShown {
		return leaves
	}
	slices.SortFunc(leaves, func(a, b block) int { return a.ip.Compare(b.ip) })
	c := collapser{enough: max(1, total/rowDivisor)}
	v4, v6 := families(leaves)
	_, rows4 := c.node(v4)
	_, rows6 := c.node(v6)
	return append(rows4, rows6...)
}

// families takes IPv4 and IPv6 apart: they have no prefix in common.
func families(leaves []block) (v4, v6 []block) {
	for _, l := range leaves {
		if l.ip.Is4() {
			v4 = append(v4, l)
		} else {
			v6 = append(v6, l)
		}
	}
	return v4, v6
}

type collapser struct{ enough uint64 }

// node looks at the longest prefix that holds all the given leaves, which are
// sorted. It returns what no row holds, and the rows.
func (c collapser) node(leaves []block) (rest count, rows []block) {
	switch len(leaves) {
	case 0:
		return count{}, nil
	case 1:
		return c.claim(leaves[0], nil)
	}
	at := block{ip: leaves[0].ip, bits: commonBits(leaves[0].ip, leaves[len(leaves)-1].ip)}
	split, _ := slices.BinarySearchFunc(leaves, true, func(l block, _ bool) int {
		if bitAt(l.ip, at.bits) {
			return 0
		}
		return -1
	})
	restL, left := c.node(leaves[:split])
	restR, right := c.node(leaves[split:])
	at.count = restL
	at.add(restR)
	if rows, ok := at.join(left, right); ok {
		return count{}, rows
	}
	return c.claim(at, append(left, right...))
}

// claim makes the node a row if what it still holds is enough.
func (c collapser) claim(at block, rows []block) (count, []block) {
	if at.bytes < c.enough || at.bits < minBits(at.ip) {
		return at.count, rows
	}
	at.ip = maskBits(at.ip, at.bits)
	return count{}, append(rows, at)
}

// join replaces the two rows that fill the halves of a node by the node.
func (b block) join(left, right []block) ([]block, bool) {
	l, hostsL, okL := oneWide(left)
	r, hostsR, okR := oneWide(right)
	if !okL || !okR || b.bits < minBits(b.ip) || max(l.bits, r.bits) > b.bits+1+nearHalf || !even(l, r) {
		return nil, false
	}
	b.ip = maskBits(b.ip, b.bits)
	b.add(l.count)
	b.add(r.count)
	return append(append(hostsL, hostsR...), b), true
}

// oneWide finds the only row that is more than a single address.
func oneWide(rows []block) (wide block, hosts []block, ok bool) {
	for _, r := range rows {
		switch {
		case r.bits == 128:
			hosts = append(hosts, r)
		case ok:
			return block{}, nil, false
		default:
			wide, ok = r, true
		}
	}
	return wide, hosts, ok
}

// even compares bytes per address.
func even(a, b block) bool {
	longest := max(a.bits, b.bits)
	perA := float64(a.bytes) / float64(uint64(1)<<(longest-a.bits))
	perB := float64(b.bytes) / float64(uint64(1)<<(longest-b.bits))
	return perA <= evenFactor*perB && perB <= evenFactor*perA
}

func minBits(ip flow.IP) int {
	if ip.Is4() {
		return 96 + minBits4
	}
	return minBits6
}

// offset is where prefix lengths of the address's family count from.
func offset(ip flow.IP) int {
	if ip.Is4() {
		return 96
	}
	return 0
}

func maskBits(ip flow.IP, n int) flow.IP { return ip.Mask(n - offset(ip)) }

func commonBits(a, b flow.IP) int {
	if a.Hi != b.Hi {
		return bits.LeadingZeros64(a.Hi ^ b.Hi)
	}
	return 64 + bits.LeadingZeros64(a.Lo^b.Lo)
}

// bitAt is bit n of the address, the highest being 0.
func bitAt(ip flow.IP, n int) bool {
	if n < 64 {
		return ip.Hi>>(63-n)&1 == 1
	}
	return ip.Lo>>(127-n)&1 == 1
}

// String is the prefix; a flow without an address gives "-".
func (b block) String() string {
	switch {
	case !b.ip.IsZero():
		return b.ip.Prefix(b.bits - offset(b.ip)).String()
	case b.bits == 128:
		return "-"
	}
	return netip.PrefixFrom(netip.IPv6Unspecified(), b.bits).String()
}
