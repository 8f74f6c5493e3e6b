package signatures

import (
	"cmp"
	"fmt"
	"math/bits"
	"net/netip"
	"slices"

	"eagre/flow"
)

// addressColumn is an address that every flow has, under its name in the language.
type addressColumn struct {
	name   string
	values func(*flow.Batch) []flow.IP
}

// addresses is the table of addresses. It is read only.
var addresses = []addressColumn{
	{"src_addr", func(b *flow.Batch) []flow.IP { return b.SrcAddr }},
	{"dst_addr", func(b *flow.Batch) []flow.IP { return b.DstAddr }},
	{"next_hop", func(b *flow.Batch) []flow.IP { return b.NextHop }},
	{"sampler_address", func(b *flow.Batch) []flow.IP { return b.Exporter }},
}

func addressNamed(name string) (addressColumn, bool) {
	i := slices.IndexFunc(addresses, func(a addressColumn) bool { return a.name == name })
	if i < 0 {
		return addressColumn{}, false
	}
	return addresses[i], true
}

// networks is a set of prefixes of both families. A prefix holds addresses of
// its own family only, so ::/0 holds no IPv4 address; and a flow without an
// address is in no prefix.
type networks struct {
	prefixes []netip.Prefix
	v4, v6   []ipRange // sorted and apart
}

// ipRange is the addresses from lo to hi, both included.
type ipRange struct{ lo, hi flow.IP }

func newNetworks(prefixes []netip.Prefix) *networks {
	n := &networks{prefixes: prefixes}
	for _, p := range prefixes {
		lo := flow.FromAddr(p.Addr())
		if p.Addr().Is4() {
			n.v4 = append(n.v4, ipRange{lo, lastOf(lo, 96+p.Bits())})
		} else {
			n.v6 = append(n.v6, ipRange{lo, lastOf(lo, p.Bits())})
		}
	}
	n.v4, n.v6 = merge(n.v4), merge(n.v6)
	return n
}

// lastOf sets all but the first bits of an address.
func lastOf(ip flow.IP, bits int) flow.IP {
	switch {
	case bits >= 64:
		ip.Lo |= ^uint64(0) >> (bits - 64)
	default:
		ip.Hi |= ^uint64(0) >> bits
		ip.Lo = ^uint64(0)
	}
	return ip
}

// merge sorts ranges and drops those that lie in another: prefixes nest or are
// apart, so nothing overlaps afterwards.
func merge(ranges []ipRange) []ipRange {
	slices.SortFunc(ranges, func(a, b ipRange) int {
		return cmp.Or(a.lo.Compare(b.lo), b.hi.Compare(a.hi))
	})
	var kept []ipRange
	for _, r := range ranges {
		if last := len(kept) - 1; last < 0 || kept[last].hi.Compare(r.lo) < 0 {
			kept = append(kept, r)
		}
	}
	return kept
}

// has tells whether an address is in one of the networks.
func (n *networks) has(ip flow.IP) bool {
	switch {
	case ip.Is4():
		return rangesHave(n.v4, ip)
	case ip.IsZero():
		return false
	}
	return rangesHave(n.v6, ip)
}

func rangesHave(ranges []ipRange, ip flow.IP) bool {
	for len(ranges) > 8 { // halve until a walk is quicker
		middle := len(ranges) / 2
		if ip.Compare(ranges[middle].lo) < 0 {
			ranges = ranges[:middle]
		} else {
			ranges = ranges[middle:]
		}
	}
	for i := range ranges {
		if ranges[i].has(ip) {
			return true
		}
	}
	return false
}

// has compares 128-bit numbers by subtraction.
func (r *ipRange) has(ip flow.IP) bool {
	_, below := bits.Sub64(ip.Lo, r.lo.Lo, 0)
	_, below = bits.Sub64(ip.Hi, r.lo.Hi, below)
	_, above := bits.Sub64(r.hi.Lo, ip.Lo, 0)
	_, above = bits.Sub64(r.hi.Hi, ip.Hi, above)
	return below|above == 0
}

// parsePrefix reads an address or a prefix. Bits behind the mask are cleared;
// moved tells that there were some.
func parsePrefix(s string) (p netip.Prefix, moved bool, err error) {
	if a, err := netip.ParseAddr(s); err == nil {
		p = netip.PrefixFrom(a, a.BitLen())
	} else if p, err = netip.ParsePrefix(s); err != nil {
		return netip.Prefix{}, false, fmt.Errorf("%s is no address and no prefix", short(s))
	}
	if p.Addr().Zone() != "" {
		return netip.Prefix{}, false, fmt.Errorf("%s has a zone; flows carry none", short(s))
	}
	if p.Addr().Is4In6() {
		return netip.Prefix{}, false, fmt.Errorf("%s is IPv4 inside IPv6; write it as IPv4", short(s))
	}
	return p.Masked(), p != p.Masked(), nil
}
