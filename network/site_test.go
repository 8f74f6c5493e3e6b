package network

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"eagre/flow"
)

// provider is an ISP, two of its customers, a department of one of them, and a
// pool of the ISP's own addresses inside a customer's network.
func provider() Config {
	return Config{Managed: []ManagedObject{
		{Name: "isp", Prefixes: prefixes("198.51.0.0/16", "198.51.100.64/26", "2001:db8::/32", "2001:db8:1:4000::/50")},
		{Name: "acme", Prefixes: prefixes("198.51.100.0/24", "192.0.2.0/24", "2001:db8:1::/48", "2001:db9::/48")},
		{Name: "campus", Prefixes: prefixes("198.51.200.0/24", "2001:db8:2::/48")},
		{Name: "acme-lab", Prefixes: prefixes("198.51.100.0/28", "192.0.2.16/28", "2001:db8:1:1::/64", "2001:db9::/64")},
	}}
}

// chain is the names of the objects that hold an address.
func (m *Map) chain(address string) []string {
	names := []string{}
	for _, o := range m.Chain(m.Site(ip(address))) {
		names = append(names, m.Managed(o).Name)
	}
	return names
}

func TestACustomerLiesInItsProviderToo(t *testing.T) {
	m := mapOf(t, provider())
	for _, c := range []struct {
		name, four, six string
		want            []string
	}{
		{"outside", "8.8.8.8", "2a00::1", []string{}},
		{"the provider alone", "198.51.1.1", "2001:db8:9::1", []string{"isp"}},
		{"a customer", "198.51.100.200", "2001:db8:1:8000::1", []string{"acme", "isp"}},
		{"another customer", "198.51.200.1", "2001:db8:2::1", []string{"campus", "isp"}},
		{"a department of the customer", "198.51.100.7", "2001:db8:1:1::7", []string{"acme-lab", "acme", "isp"}},
		{"the department, in a network that the customer has from elsewhere", "192.0.2.17", "2001:db9::17", []string{"acme-lab", "acme"}},
		{"the customer, in its network from elsewhere", "192.0.2.1", "2001:db9:0:1::1", []string{"acme"}},
		{"the provider's pool in the customer's network: once", "198.51.100.65", "2001:db8:1:4001::1", []string{"isp", "acme"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, address := range []string{c.four, "::ffff:" + c.four, c.six} {
				if diff := cmp.Diff(c.want, m.chain(address)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", address, diff)
				}
			}
		})
	}
}

func TestNoAddressIsNowhere(t *testing.T) {
	everything := Config{Managed: []ManagedObject{{Name: "all", Prefixes: prefixes("0.0.0.0/0", "::/0")}}, Trusted: prefixes("0.0.0.0/0", "::/0")}
	for _, m := range []*Map{mapOf(t, everything), mapOf(t, Config{})} {
		if got := m.Site(flow.IP{}); got != 0 || m.Chain(got) != nil || m.IsDark(flow.IP{}) || m.IsTrusted(flow.IP{}) {
			t.Errorf("got site %d in %v; want the rest of the world", got, m.Chain(got))
		}
	}
	if got := mapOf(t, everything).chain("0.0.0.0"); len(got) != 1 {
		t.Errorf("0.0.0.0: got %v, want all", got)
	}
}

func TestChainsAgreeWithAScanOfAllPrefixes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyConfig().Draw(t, "config")
		m, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range rapid.SliceOfN(anyAddr(), 1, 20).Draw(t, "addresses") {
			checkAddress(t, c, m, a)
		}
	})
}

func checkAddress(t *rapid.T, c Config, m *Map, a netip.Addr) {
	x, want := flow.FromAddr(a), slowChain(c, a)
	site := m.Site(x)
	if got := m.Chain(site); !slices.Equal(got, want) {
		t.Fatalf("%s is in %v, want %v", a, got, want)
	}
	if got, want := m.Locate(x), slowLocate(c.Managed, a); got != want {
		t.Fatalf("%s is shown under %d, want %d", a, got, want)
	}
	for o := range Object(len(c.Managed) + 1) {
		if got, want := m.Holds(o, site), slices.Contains(want, o); got != want {
			t.Fatalf("object %d holds %s: got %v, want %v", o, a, got, want)
		}
	}
	if got, want := m.IsDark(x), slowDark(c, a); got != want {
		t.Fatalf("%s is dark: got %v, want %v", a, got, want)
	}
	if got, want := m.IsTrusted(x), longest(c.Trusted, a) >= 0; got != want {
		t.Fatalf("%s is trusted: got %v, want %v", a, got, want)
	}
}

// TestASiteIsOnePlace: addresses share a site when, and only when, the map says
// the same of them; and there are no more sites than prefixes.
func TestASiteIsOnePlace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyConfig().Draw(t, "config")
		m, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		x, y := anyAddr().Draw(t, "x"), anyAddr().Draw(t, "y")
		got := m.Site(flow.FromAddr(x)) == m.Site(flow.FromAddr(y))
		want := slices.Equal(slowChain(c, x), slowChain(c, y)) && slowDark(c, x) == slowDark(c, y)
		if got != want {
			t.Fatalf("%s and %s are at one site: got %v, want %v", x, y, got, want)
		}
		bound := 1 + len(c.Dark)
		for _, o := range c.Managed {
			bound += len(o.Prefixes)
		}
		if m.Sites() > bound || int(m.Site(flow.FromAddr(x))) >= m.Sites() {
			t.Fatalf("%s is at site %d of %d, want at most %d", x, m.Site(flow.FromAddr(x)), m.Sites(), bound)
		}
	})
}

// TestTrafficBetweenCustomersIsInternalToTheirProvider: the flow is in the
// parent once in each way, and in no other object.
func TestTrafficBetweenCustomersIsInternalToTheirProvider(t *testing.T) {
	m := mapOf(t, provider())
	isp, acme, campus, lab := Object(1), Object(2), Object(3), Object(4)
	for _, c := range []struct {
		name, src, dst string
		want           map[Object]Direction
		direction      Direction
	}{
		{"customer to customer", "198.51.100.200", "198.51.200.1", map[Object]Direction{isp: Internal, acme: Outgoing, campus: Incoming, lab: Transit}, Internal},
		{"customer to customer, IPv6", "2001:db8:1:8000::1", "2001:db8:2::1", map[Object]Direction{isp: Internal, acme: Outgoing, campus: Incoming, lab: Transit}, Internal},
		{"from outside to the department", "8.8.8.8", "198.51.100.7", map[Object]Direction{isp: Incoming, acme: Incoming, campus: Transit, lab: Incoming}, Incoming},
		{"from outside to the department, IPv6", "2a00::1", "2001:db8:1:1::7", map[Object]Direction{isp: Incoming, acme: Incoming, campus: Transit, lab: Incoming}, Incoming},
		{"from the department to its customer, over two networks", "192.0.2.17", "198.51.100.200", map[Object]Direction{isp: Incoming, acme: Internal, campus: Transit, lab: Outgoing}, Internal},
		{"from the department to its customer, over two networks, IPv6", "2001:db9::17", "2001:db8:1:8000::1", map[Object]Direction{isp: Incoming, acme: Internal, campus: Transit, lab: Outgoing}, Internal},
		{"passing through", "8.8.8.8", "9.9.9.9", map[Object]Direction{isp: Transit, acme: Transit, campus: Transit, lab: Transit}, Transit},
		{"passing through, IPv6", "2a00::1", "2a00::2", map[Object]Direction{isp: Transit, acme: Transit, campus: Transit, lab: Transit}, Transit},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := m.Place(ip(c.src), ip(c.dst), RoleExternal)
			if p.Direction != c.direction {
				t.Errorf("as seen from all that is protected: got %s, want %s", p.Direction, c.direction)
			}
			got := map[Object]Direction{}
			for o := isp; o <= lab; o++ {
				got[o] = m.DirectionFor(o, p)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("as seen from each object (-want +got):\n%s", diff)
			}
		})
	}
}

func TestADirectionNeedsAMap(t *testing.T) {
	nothing := mapOf(t, Config{})
	if got := nothing.DirectionFor(0, nothing.Place(ip("8.8.8.8"), ip("9.9.9.9"), RoleUnknown)); got != DirectionUnknown {
		t.Errorf("without a map: got %s, want unknown", got)
	}
	m := mapOf(t, provider())
	if got := m.DirectionFor(0, m.Place(ip("198.51.100.7"), ip("198.51.200.1"), RoleUnknown)); got != Transit {
		t.Errorf("as seen from no object: got %s, want transit", got)
	}
}

// TestEveryObjectCountsAFlowOnceInEachWay: what the chains of a flow's ends add
// up to is what each object would count that knew its own prefixes alone.
func TestEveryObjectCountsAFlowOnceInEachWay(t *testing.T) {
	type counts struct{ To, From map[Object]int }
	rapid.Check(t, func(t *rapid.T) {
		c := anyConfig().Draw(t, "config")
		m, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		got, want := counts{map[Object]int{}, map[Object]int{}}, counts{map[Object]int{}, map[Object]int{}}
		for range rapid.IntRange(1, 20).Draw(t, "flows") {
			src, dst := anyAddr().Draw(t, "src"), anyAddr().Draw(t, "dst")
			p := m.Place(flow.FromAddr(src), flow.FromAddr(dst), RoleExternal)
			for _, o := range m.Chain(p.DstSite) {
				got.To[o]++
			}
			for _, o := range m.Chain(p.SrcSite) {
				got.From[o]++
			}
			for i, managed := range c.Managed {
				o, d := Object(i+1), slowDirection(managed, src, dst)
				if d == Incoming || d == Internal {
					want.To[o]++
				}
				if d == Outgoing || d == Internal {
					want.From[o]++
				}
				if seen := m.DirectionFor(o, p); seen != d {
					t.Fatalf("%s to %s as seen from object %d: got %s, want %s", src, dst, o, seen, d)
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	})
}

// manySites are a provider and as many customers as there may be, of which some
// have a second network inside the provider's: the first thousand a /48, the
// last 256 a /16.
func manySites() Config {
	c := Config{Managed: make([]ManagedObject, MaxManaged)}
	for i := range c.Managed {
		c.Managed[i].Prefixes = []netip.Prefix{netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), 1}), 32)}
	}
	c.Managed[0].Prefixes = prefixes("20.0.0.0/8", "2001:db8::/32")
	add := func(o Object, p netip.Prefix) {
		c.Managed[o-1].Prefixes = append(c.Managed[o-1].Prefixes, p)
	}
	for i := range 1000 {
		add(Object(2+i), netip.PrefixFrom(netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, byte(i >> 8), byte(i)}), 48))
	}
	for i := range 256 {
		add(Object(MaxManaged-i), netip.PrefixFrom(netip.AddrFrom4([4]byte{20, byte(i)}), 16))
	}
	return c
}

// TestMoreSitesThanTheQuickTableNumbers: a site whose number is too large for
// the quick table is found in the trie.
func TestMoreSitesThanTheQuickTableNumbers(t *testing.T) {
	m := mapOf(t, manySites())
	if got, want := m.Sites(), 1+MaxManaged+1000+256; got != want {
		t.Fatalf("sites: got %d, want %d", got, want)
	}
	for i := range 256 {
		a := flow.V4(20<<24 | uint32(i)<<16 | 7)
		site := m.Site(a)
		if got, want := m.Chain(site), []Object{Object(MaxManaged - i), 1}; !slices.Equal(got, want) || site < Site(askTrie) {
			t.Fatalf("%s at site %d: got %v, want %v", a, site, got, want)
		}
	}
	last := ip("2001:db8:3e7::1") // 0x3e7 is 999
	if got, want := m.Chain(m.Site(last)), []Object{1001, 1}; !slices.Equal(got, want) {
		t.Errorf("%s at site %d: got %v, want %v", last, m.Site(last), got, want)
	}
}

func TestAChainCannotGrowIntoItsNeighbour(t *testing.T) {
	m := mapOf(t, provider())
	for s := range Site(m.Sites()) {
		if chain := m.Chain(s); cap(chain) != len(chain) {
			t.Errorf("site %d: room for %d objects behind %d", s, cap(chain)-len(chain), len(chain))
		}
	}
}

func TestAPlaceIsSmall(t *testing.T) {
	if got := unsafe.Sizeof(Place{}); got > 16 {
		t.Errorf("got %d bytes, want at most 16", got)
	}
}

func TestWhatIsAskedPerFlowDoesNotAllocate(t *testing.T) {
	c := provider()
	c.Exporters, c.Dark, c.Trusted = small().Exporters, prefixes("198.51.7.0/24", "2001:db8:7::/48"), prefixes("198.51.8.0/24", "2001:db8:8::/48")
	m := mapOf(t, c)
	addresses := []flow.IP{ip("198.51.100.7"), ip("198.51.7.1"), ip("8.8.8.8"), ip("2001:db8:1:1::7"), ip("2001:db8:8::1"), ip("2a00::1"), {}}
	seen := 0
	got := testing.AllocsPerRun(100, func() {
		for _, x := range addresses {
			p := m.Place(x, addresses[0], RoleCore)
			bits, n := Neighbourhoods(x)
			for range m.Chain(m.Site(x)) {
				seen += int(bits[0]) * n * int(m.DirectionFor(1, p))
			}
			if m.IsDark(x) && m.IsTrusted(x) && m.HasRoles(x) {
				seen++
			}
		}
	})
	if got != 0 || seen == 0 {
		t.Errorf("%v allocations for %d addresses, want none", got, len(addresses))
	}
}

func ExampleMap_Chain() {
	m, err := New(Config{Managed: []ManagedObject{
		{Name: "isp", Prefixes: prefixes("198.51.0.0/16")},
		{Name: "acme", Prefixes: prefixes("198.51.100.0/24")},
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	p := m.Place(ip("192.0.2.1"), ip("198.51.100.7"), RoleExternal)
	for _, o := range m.Chain(p.DstSite) {
		fmt.Println(m.Managed(o).Name, m.DirectionFor(o, p))
	}
	// Output:
	// acme incoming
	// isp incoming
}
