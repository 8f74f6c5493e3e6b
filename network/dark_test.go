package network

import (
	"testing"
)

// nestedDark is dark space in a provider's network, a customer in it, and a
// corner of the customer that is dark again.
func nestedDark() Config {
	return Config{
		Managed: []ManagedObject{
			{Name: "isp", Prefixes: prefixes("198.51.0.0/16", "2001:db8::/32")},
			{Name: "acme", Prefixes: prefixes("198.51.100.0/26", "2001:db8:1:1::/64")},
		},
		Dark: prefixes("203.0.113.0/24", "198.51.100.0/24", "198.51.100.48/28", "2001:db9::/48", "2001:db8:1::/48", "2001:db8:1:1:8000::/65"),
	}
}

func TestOfDarkAndManagedTheLongestPrefixDecides(t *testing.T) {
	m := mapOf(t, nestedDark())
	for _, c := range []struct {
		name, four, six string
		dark            bool
		object          string
	}{
		{"outside", "8.8.8.8", "2a00::1", false, ""},
		{"dark space that no object holds", "203.0.113.9", "2001:db9::9", true, ""},
		{"the provider", "198.51.1.1", "2001:db8:2::1", false, "isp"},
		{"dark space of the provider", "198.51.100.200", "2001:db8:1:2::1", true, "isp"},
		{"a customer inside it", "198.51.100.1", "2001:db8:1:1::1", false, "acme"},
		{"the customer's dark corner", "198.51.100.49", "2001:db8:1:1:8000::1", true, "acme"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, address := range []string{c.four, c.six} {
				if got := m.IsDark(ip(address)); got != c.dark {
					t.Errorf("%s is dark: got %v, want %v", address, got, c.dark)
				}
				if got := m.name(address); got != c.object {
					t.Errorf("%s is in %q, want %q", address, got, c.object)
				}
			}
		})
	}
}

// TestTrafficToDarkSpaceStillCountsForItsObject: it fills the customer's line
// all the same. Only the destination makes a flow's place dark.
func TestTrafficToDarkSpaceStillCountsForItsObject(t *testing.T) {
	m := mapOf(t, nestedDark())
	for _, c := range []struct {
		name, src, dst string
		dark           bool
		direction      Direction
	}{
		{"to the customer's dark corner", "8.8.8.8", "198.51.100.49", true, Incoming},
		{"to the customer's dark corner, IPv6", "2a00::1", "2001:db8:1:1:8000::1", true, Incoming},
		{"to dark space that no object holds", "8.8.8.8", "203.0.113.9", true, Transit},
		{"to dark space that no object holds, IPv6", "2a00::1", "2001:db9::9", true, Transit},
		{"from dark space", "198.51.100.49", "8.8.8.8", false, Outgoing},
		{"from dark space, IPv6", "2001:db8:1:1:8000::1", "2a00::1", false, Outgoing},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := m.Place(ip(c.src), ip(c.dst), RoleExternal)
			if got.Dark != c.dark || got.Direction != c.direction {
				t.Errorf("got dark %v, %s; want %v, %s", got.Dark, got.Direction, c.dark, c.direction)
			}
		})
	}
}

func TestDarkSpaceAloneProtectsNothing(t *testing.T) {
	m := mapOf(t, Config{Dark: prefixes("203.0.113.0/24", "2001:db9::/48")})
	for _, dst := range []string{"203.0.113.9", "2001:db9::9"} {
		got := m.Place(ip("8.8.8.8"), ip(dst), RoleUnknown)
		if want := (Place{DstSite: 1, Dark: true}); got != want || m.HasManaged() {
			t.Errorf("%s: got %+v, want %+v", dst, got, want)
		}
	}
}

func TestTrustedAddressesAreThoseDeclared(t *testing.T) {
	m := mapOf(t, Config{
		Managed: []ManagedObject{{Name: "isp", Prefixes: prefixes("198.51.0.0/16", "2001:db8::/32")}},
		Trusted: prefixes("192.0.2.200/32", "198.51.7.77/24", "2001:db8:7::77/48"),
	})
	for address, want := range map[string]bool{
		"192.0.2.200": true, "::ffff:192.0.2.200": true, "192.0.2.199": false, "192.0.2.201": false,
		"198.51.7.0": true, "198.51.7.255": true, "198.51.8.0": false, "198.51.6.255": false,
		"2001:db8:7::": true, "2001:db8:7:ffff::1": true, "2001:db8:8::": false, "2001:db8:6:ffff::1": false,
	} {
		if got := m.IsTrusted(ip(address)); got != want {
			t.Errorf("%s: got %v, want %v", address, got, want)
		}
	}
	if mapOf(t, small()).IsTrusted(ip("198.51.100.7")) {
		t.Error("where nobody is declared, somebody is trusted")
	}
}
