package network

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	"eagre/flow"
)

// prefixes reads prefixes as an operator writes them.
func prefixes(texts ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		out[i] = netip.MustParsePrefix(text)
	}
	return out
}

func ip(text string) flow.IP { return flow.FromAddr(netip.MustParseAddr(text)) }

// mapOf compiles a configuration that must be good.
func mapOf(t testing.TB, c Config) *Map {
	t.Helper()
	m, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// name is what an operator calls the place of an address.
func (m *Map) name(address string) string { return m.Managed(m.Locate(ip(address))).Name }

// slowLocate is the twin that anyone can check by eye: of all prefixes that hold
// the address, the longest.
func slowLocate(managed []ManagedObject, a netip.Addr) (found Object) {
	longest := -1
	for i, o := range managed {
		for _, p := range o.Prefixes {
			if p.Contains(a) && p.Bits() > longest {
				found, longest = Object(i+1), p.Bits()
			}
		}
	}
	return found
}

// randomAddr is an address of a family, within a few close networks so that
// prefixes nest.
func randomAddr(r *rand.Rand, six bool) netip.Addr {
	if six {
		var b [16]byte
		copy(b[:], []byte{0x20, 1, 0xd, 0xb8, byte(r.IntN(3)), byte(r.IntN(4)), byte(r.IntN(4))})
		b[15] = byte(r.IntN(8))
		return netip.AddrFrom16(b)
	}
	return netip.AddrFrom4([4]byte{10, byte(r.IntN(4)), byte(r.IntN(4)), byte(r.Uint32())})
}

// randomObjects are objects whose prefixes are random, of both families and of
// all lengths, none of them in two objects.
func randomObjects(r *rand.Rand, n int) []ManagedObject {
	taken := map[netip.Prefix]bool{}
	out := make([]ManagedObject, n)
	for i := range out {
		out[i].Name = fmt.Sprint("object-", i)
		for range 1 + r.IntN(4) {
			a := randomAddr(r, r.IntN(2) == 0)
			p, _ := a.Prefix(r.IntN(a.BitLen() + 1))
			if !taken[p] {
				taken[p] = true
				out[i].Prefixes = append(out[i].Prefixes, p)
			}
		}
	}
	return out
}

func TestLocateAgreesWithAScanOfAllPrefixes(t *testing.T) {
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 1))
		managed := randomObjects(r, 1+r.IntN(60))
		m := mapOf(t, Config{Managed: managed})
		for range 400 {
			a := randomAddr(r, r.IntN(2) == 0)
			if got, want := m.Locate(flow.FromAddr(a)), slowLocate(managed, a); got != want {
				t.Fatalf("seed %d: %s is in %q, want %q of\n%v", seed, a, m.Managed(got).Name, m.Managed(want).Name, managed)
			}
		}
	}
}

// TestTheEdgesOfEveryPrefixAreItsOwn: the first and the last address of each
// prefix, and their neighbours outside.
func TestTheEdgesOfEveryPrefixAreItsOwn(t *testing.T) {
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 2))
		managed := randomObjects(r, 30)
		m := mapOf(t, Config{Managed: managed})
		for _, o := range managed {
			for _, p := range o.Prefixes {
				first, last := p.Addr(), lastOf(p)
				for _, a := range []netip.Addr{first, last, first.Prev(), last.Next()} {
					if !a.IsValid() || a.Is4In6() || a == netip.IPv6Unspecified() {
						continue // beyond the family, IPv4, or no address at all
					}
					if got, want := m.Locate(flow.FromAddr(a)), slowLocate(managed, a); got != want {
						t.Fatalf("seed %d: %s beside %s is in %q, want %q", seed, a, p, m.Managed(got).Name, m.Managed(want).Name)
					}
				}
			}
		}
	}
}

// lastOf is the last address of a prefix.
func lastOf(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for bit := p.Bits(); bit < 8*len(b); bit++ {
		b[bit/8] |= 0x80 >> (bit % 8)
	}
	last, _ := netip.AddrFromSlice(b)
	return last
}

func TestTheLongestPrefixOwnsAnAddress(t *testing.T) {
	m := mapOf(t, Config{Managed: []ManagedObject{
		{Name: "everything", Prefixes: prefixes("0.0.0.0/0", "::/0")},
		{Name: "company", Prefixes: prefixes("10.0.0.0/12", "2001:db8::/32")},
		{Name: "site", Prefixes: prefixes("10.3.0.0/16", "2001:db8:3::/48")},
		{Name: "floor", Prefixes: prefixes("10.3.128.0/17", "2001:db8:3:8000::/49")},
		{Name: "host", Prefixes: prefixes("10.3.128.7/32", "2001:db8:3:8000::7/128")},
		{Name: "host bits", Prefixes: prefixes("192.0.2.77/24", "2001:db8:4::77/48")},
	}})
	for address, want := range map[string]string{
		"0.0.0.0": "everything", "::": "", // the unspecified IPv6 address is "no address" in a flow
		"9.255.255.255": "everything", "2001:db7::1": "everything",
		"10.0.0.0": "company", "2001:db8::": "company",
		"10.2.255.255": "company", "2001:db8:2:ffff::1": "company",
		"10.3.0.0": "site", "2001:db8:3::": "site",
		"10.3.127.255": "site", "2001:db8:3:7fff::1": "site",
		"10.3.128.0": "floor", "2001:db8:3:8000::": "floor",
		"10.3.128.6": "floor", "2001:db8:3:8000::6": "floor",
		"10.3.128.7": "host", "2001:db8:3:8000::7": "host",
		"10.3.128.8": "floor", "2001:db8:3:8000::8": "floor",
		"10.4.0.0": "company", "2001:db8:5::": "company",
		"10.15.255.255": "company", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff": "company",
		"10.16.0.0": "everything", "2001:db9::": "everything",
		"192.0.2.1": "host bits", "2001:db8:4::1": "host bits",
		"255.255.255.255": "everything", "ffff::1": "everything",
		"::ffff:10.3.128.7": "host",
	} {
		if got := m.name(address); got != want {
			t.Errorf("%s: got %q, want %q", address, got, want)
		}
	}
}

// TestWideNetworksKeepHolesOutside: prefixes above /16 fill many of the quick
// table's entries, and nothing beside them.
func TestWideNetworksKeepHolesOutside(t *testing.T) {
	m := mapOf(t, Config{Managed: []ManagedObject{{Name: "wide", Prefixes: prefixes("10.0.0.0/12", "2001:db0::/29")}}})
	for address, want := range map[string]string{
		"9.255.255.255": "", "10.0.0.0": "wide", "10.15.255.255": "wide", "10.16.0.0": "",
		"2001:daf:ffff::": "", "2001:db0::": "wide", "2001:db7:ffff::": "wide", "2001:db8::": "",
	} {
		if got := m.name(address); got != want {
			t.Errorf("%s: got %q, want %q", address, got, want)
		}
	}
}

// TestNarrowNetworksShareTheirSixteen: a prefix that is longer than /16 by one
// bit, alone in its entry of the quick table, leaves the other half outside.
func TestNarrowNetworksShareTheirSixteen(t *testing.T) {
	m := mapOf(t, Config{Managed: []ManagedObject{{Name: "half", Prefixes: prefixes("172.16.128.0/17", "172.18.0.0/17", "2001:db8:8000::/33")}}})
	for address, want := range map[string]string{
		"172.16.127.255": "", "172.16.128.0": "half", "172.16.255.255": "half", "172.17.0.0": "",
		"172.17.255.255": "", "172.18.0.0": "half", "172.18.127.255": "half", "172.18.128.0": "",
		"2001:db8:7fff:ffff::": "", "2001:db8:8000::": "half", "2001:db9::": "",
	} {
		if got := m.name(address); got != want {
			t.Errorf("%s: got %q, want %q", address, got, want)
		}
	}
}

// TestTheFamiliesAreKeptApart: all of IPv4 says nothing on IPv6, and the other
// way round.
func TestTheFamiliesAreKeptApart(t *testing.T) {
	four := mapOf(t, Config{Managed: []ManagedObject{{Name: "four", Prefixes: prefixes("0.0.0.0/0")}}})
	six := mapOf(t, Config{Managed: []ManagedObject{{Name: "six", Prefixes: prefixes("::/0")}}})
	for _, c := range []struct {
		m             *Map
		address, want string
	}{
		{four, "192.0.2.1", "four"},
		{four, "2001:db8::1", ""},
		{six, "192.0.2.1", ""},
		{six, "2001:db8::1", "six"},
	} {
		if got := c.m.name(c.address); got != c.want {
			t.Errorf("%s: got %q, want %q", c.address, got, c.want)
		}
	}
}

func TestLocateAndPlaceDoNotAllocate(t *testing.T) {
	m := mapOf(t, Config{Managed: []ManagedObject{
		{Name: "a", Prefixes: prefixes("10.0.0.0/12", "192.0.2.0/24", "2001:db8::/32")},
	}})
	addresses := []flow.IP{ip("10.1.2.3"), ip("192.0.2.9"), ip("198.51.100.1"), ip("2001:db8::1"), ip("2001:db9::1"), {}}
	var place Place
	got := testing.AllocsPerRun(100, func() {
		for _, src := range addresses {
			for _, dst := range addresses {
				place = m.Place(src, dst, RoleExternal)
			}
		}
	})
	if got != 0 {
		t.Errorf("%v allocations for %d flows, want none", got, len(addresses)*len(addresses))
	}
	_ = place
}
