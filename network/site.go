package network

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/gaissmai/bart"

	"eagre/flow"
)

// Site is the number of a place in its Map: all addresses of a site lie in the
// same managed objects, nested in the same order, and all are dark or none is.
// Site 0 is the rest of the world. There are never more sites than managed and
// dark prefixes together, and Site 0.
type Site uint32

// sites answers where an address is. The tables are by number of the site.
type sites struct {
	prefixes bart.Table[Site]
	quick    *quickTable
	ends     []end      // all that the hot path reads of a site
	chains   [][]Object // from the longest prefix to the shortest
}

// end is what a Place says of one end of a flow besides its site.
type end struct {
	object Object // the first of the chain
	dark   bool
}

// unused stands for dark space among the owners of prefixes.
const unused = ^Object(0)

// newSites finds the site of every prefix of a configuration that is valid.
func newSites(c Config) *sites {
	s := &sites{ends: make([]end, 1), chains: make([][]Object, 1)} // with Site 0
	numbers, owners := map[string]Site{}, ownersOf(c)
	place := func(p netip.Prefix) {
		chain, dark := chainOf(owners, p)
		s.prefixes.Insert(p, s.number(numbers, chain, dark))
	}
	for _, o := range c.Managed {
		each(o.Prefixes, place)
	}
	each(c.Dark, place)
	s.quick = newQuickTable(&s.prefixes)
	return s
}

func each(prefixes []netip.Prefix, do func(netip.Prefix)) {
	for _, p := range prefixes {
		do(p.Masked())
	}
}

// ownersOf is whose each prefix is.
func ownersOf(c Config) *bart.Table[Object] {
	owners := new(bart.Table[Object])
	for i, o := range c.Managed {
		each(o.Prefixes, func(p netip.Prefix) { owners.Insert(p, Object(i+1)) })
	}
	each(c.Dark, func(p netip.Prefix) { owners.Insert(p, unused) })
	return owners
}

// chainOf collects the objects around a prefix, from its own outwards. The
// prefix is dark if it is itself unused space: what lies around it has a say
// only in the chain.
func chainOf(owners *bart.Table[Object], p netip.Prefix) (chain []Object, dark bool) {
	own, _ := owners.Get(p)
	for _, o := range owners.Supernets(p) {
		if o != unused && !slices.Contains(chain, o) {
			chain = append(chain, o)
		}
	}
	return slices.Clip(chain), own == unused
}

// number is the site of a chain, a new one where the chain is new.
func (s *sites) number(numbers map[string]Site, chain []Object, dark bool) Site {
	key := fmt.Sprint(chain, dark)
	if known, ok := numbers[key]; ok {
		return known
	}
	n := Site(len(s.chains))
	numbers[key] = n
	e := end{dark: dark}
	if len(chain) > 0 {
		e.object = chain[0]
	}
	s.ends, s.chains = append(s.ends, e), append(s.chains, chain)
	return n
}

// at finds the site of an address.
func (s *sites) at(ip flow.IP) Site {
	if len(s.ends) == 1 {
		return 0 // nothing is declared
	}
	if ip.Is4() {
		if n, sure := s.quick.look(ip.V4()); sure {
			return n
		}
	}
	n, _ := s.prefixes.Lookup(ip.Addr())
	return n
}

// Site finds where an address is, by longest prefix; no address at all is at
// Site 0. It does not allocate.
func (m *Map) Site(ip flow.IP) Site { return m.sites.at(ip) }

// Chain is the managed objects that hold the addresses of a site, each once,
// from the longest prefix to the shortest; Site 0 has none. Its first is the
// Object that Locate finds. An object with several prefixes around an address
// stands where the longest of them does.
//
// A flow counts once in each object: as traffic to it for all of
// Chain(p.DstSite), as traffic from it for all of Chain(p.SrcSite), and so in
// both ways where an object holds both ends.
//
// The slice is shared by all goroutines and must not be changed. The site must
// be one of this Map. Chain does not allocate.
func (m *Map) Chain(s Site) []Object { return m.sites.chains[s] }

// Sites is how many sites there are, Site 0 included: the bound of a table by
// number of the site.
func (m *Map) Sites() int { return len(m.sites.chains) }

// Holds tells whether the addresses of a site lie in an object. It does not
// allocate.
func (m *Map) Holds(o Object, s Site) bool { return slices.Contains(m.Chain(s), o) }

// Locate finds the managed object that holds an address, by longest prefix.
// It does not allocate.
func (m *Map) Locate(ip flow.IP) Object { return m.sites.ends[m.sites.at(ip)].object }

// IsDark tells whether an address lies in unused space. The longest prefix
// decides: a managed network inside dark space is in use, and dark space inside
// a managed network is dark (and lies in the object all the same, so that what
// comes there is still in the object's traffic). It does not allocate.
func (m *Map) IsDark(ip flow.IP) bool { return m.sites.ends[m.sites.at(ip)].dark }
