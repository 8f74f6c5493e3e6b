package network

import (
	"net/netip"

	"github.com/gaissmai/bart"
)

// quickTable answers for most IPv4 addresses with one load: per /16 it holds
// either the one site that all of it is at, or a note that the trie must be
// asked: because a longer prefix lies inside, or because the number of the site
// does not fit. Half as wide as a Site, the table stays in the second cache.
type quickTable [1 << 16]uint16

const askTrie = ^uint16(0)

func newQuickTable(prefixes *bart.Table[Site]) *quickTable {
	t := new(quickTable)
	for p := range prefixes.All4() {
		t.mark(p)
	}
	for i := range t {
		if t[i] != askTrie {
			n, _ := prefixes.Lookup(netip.AddrFrom4([4]byte{byte(i >> 8), byte(i)}))
			t[i] = uint16(min(n, Site(askTrie)))
		}
	}
	return t
}

// mark notes that a prefix longer than /16 splits its /16.
func (t *quickTable) mark(p netip.Prefix) {
	if p.Bits() > 16 {
		a := p.Addr().As4()
		t[int(a[0])<<8|int(a[1])] = askTrie
	}
}

func (t *quickTable) look(v4 uint32) (n Site, sure bool) {
	short := t[v4>>16]
	return Site(short), short != askTrie
}
