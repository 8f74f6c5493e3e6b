package network

import (
	"net/netip"

	"github.com/gaissmai/bart"
)

// quickTable answers for most IPv4 addresses with one load: per /16 it holds
// either the one object that owns all of it (or none), or a note that a longer
// prefix lies inside and the trie must be asked.
type quickTable [1 << 16]Object

const askTrie = ^Object(0)

func newQuickTable(prefixes *bart.Table[Object], managed []ManagedObject) *quickTable {
	t := new(quickTable)
	for _, o := range managed {
		for _, p := range o.Prefixes {
			if p.Addr().Is4() {
				t.mark(p.Masked())
			}
		}
	}
	for i := range t {
		if t[i] != askTrie {
			t[i], _ = prefixes.Lookup(netip.AddrFrom4([4]byte{byte(i >> 8), byte(i)}))
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

func (t *quickTable) look(v4 uint32) (o Object, sure bool) {
	o = t[v4>>16]
	return o, o != askTrie
}
