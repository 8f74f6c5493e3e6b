package network

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// small is a provider with two customers and a border router.
func small() Config {
	return Config{
		Exporters: []Exporter{
			{Address: netip.MustParseAddr("192.0.2.1"), Name: "border", SamplingRate: 100, Interfaces: []Interface{
				{Index: 1, Name: "transit", Role: RoleExternal, SpeedBPS: 1e9},
				{Index: 2, Name: "acme", Role: RoleCustomer},
				{Index: 3, Name: "to-core", Role: RoleCore},
				{Index: 4, Name: "spare"},
			}},
			{Address: netip.MustParseAddr("2001:db8:f::1"), Name: "border6", Interfaces: []Interface{{Index: 1, Name: "transit6", Role: RoleExternal}}},
		},
		Managed: []ManagedObject{
			{Name: "acme", Prefixes: prefixes("198.51.100.0/24", "2001:db8:1::/48"), CapacityBPS: 1e9},
			{Name: "campus", Prefixes: prefixes("203.0.113.0/24", "2001:db8:2::/48")},
		},
	}
}

func TestDirectionIsSeenFromWhatIsProtected(t *testing.T) {
	m, nothing := mapOf(t, small()), mapOf(t, Config{})
	for _, c := range []struct {
		name     string
		m        *Map
		src, dst string
		want     Direction
	}{
		{"from outside to acme", m, "8.8.8.8", "198.51.100.7", Incoming},
		{"from outside to acme, IPv6", m, "2a00::1", "2001:db8:1::7", Incoming},
		{"from campus to outside", m, "203.0.113.9", "8.8.8.8", Outgoing},
		{"from campus to outside, IPv6", m, "2001:db8:2::9", "2a00::1", Outgoing},
		{"from campus to acme", m, "203.0.113.9", "198.51.100.7", Internal},
		{"from campus to acme, IPv6", m, "2001:db8:2::9", "2001:db8:1::7", Internal},
		{"within acme", m, "198.51.100.1", "198.51.100.7", Internal},
		{"passing through", m, "8.8.8.8", "9.9.9.9", Transit},
		{"passing through, IPv6", m, "2a00::1", "2a00::2", Transit},
		{"without a map", nothing, "8.8.8.8", "198.51.100.7", DirectionUnknown},
		{"without a map, IPv6", nothing, "2a00::1", "2001:db8:1::7", DirectionUnknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := c.m.Place(ip(c.src), ip(c.dst), RoleExternal)
			want := Place{
				Src: c.m.Locate(ip(c.src)), Dst: c.m.Locate(ip(c.dst)), Direction: c.want, Boundary: true,
				SrcSite: c.m.Site(ip(c.src)), DstSite: c.m.Site(ip(c.dst)),
			}
			if got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

func TestAFlowCountsWhereItEnters(t *testing.T) {
	m := mapOf(t, small())
	for role, want := range map[Role]Place{
		RoleUnknown:  {},
		RoleExternal: {Boundary: true},
		RoleCustomer: {Boundary: true},
		RoleCore:     {Core: true},
	} {
		got := m.Place(ip("8.8.8.8"), ip("198.51.100.7"), role)
		if got.Boundary != want.Boundary || got.Core != want.Core || got.Direction != Incoming {
			t.Errorf("%s: got %+v, want boundary %v, core %v, incoming", role, got, want.Boundary, want.Core)
		}
	}
}

func TestInterfacesAreKnownByTheirExporter(t *testing.T) {
	m := mapOf(t, small())
	for _, c := range []struct {
		exporter string
		index    uint32
		role     Role
		name     string
	}{
		{"192.0.2.1", 1, RoleExternal, "transit"},
		{"::ffff:192.0.2.1", 1, RoleExternal, "transit"},
		{"192.0.2.1", 2, RoleCustomer, "acme"},
		{"192.0.2.1", 3, RoleCore, "to-core"},
		{"192.0.2.1", 4, RoleUnknown, "spare"},
		{"192.0.2.1", 99, RoleUnknown, ""},
		{"192.0.2.2", 1, RoleUnknown, ""},
		{"2001:db8:f::1", 1, RoleExternal, "transit6"},
		{"2001:db8:f::2", 1, RoleUnknown, ""},
	} {
		got := m.Interface(ip(c.exporter), c.index)
		if got.Index != c.index || got.Name != c.name || got.Role != c.role || m.Role(ip(c.exporter), c.index) != c.role {
			t.Errorf("%s, interface %d: got %+v, want %q, %s", c.exporter, c.index, got, c.name, c.role)
		}
	}
	if e, known := m.Exporter(ip("192.0.2.1")); !known || e.Name != "border" || e.SamplingRate != 100 {
		t.Errorf("got %+v, %v; want border, sampling 1 in 100", e, known)
	}
	if e, known := m.Exporter(ip("192.0.2.2")); known || e.Name != "" {
		t.Errorf("got %+v, %v; want none", e, known)
	}
}

// TestAnExporterHasRolesWhenOneInterfaceHas: whatever its speed, and core too.
func TestAnExporterHasRolesWhenOneInterfaceHas(t *testing.T) {
	with := func(address string, roles ...Role) Exporter {
		e := Exporter{Address: netip.MustParseAddr(address), Name: address}
		for i, role := range roles {
			e.Interfaces = append(e.Interfaces, Interface{Index: uint32(i), Role: role})
		}
		return e
	}
	m := mapOf(t, Config{Exporters: []Exporter{
		with("192.0.2.1", RoleUnknown, RoleExternal), with("192.0.2.2", RoleCore), with("192.0.2.3", RoleCustomer, RoleUnknown),
		with("192.0.2.4", RoleUnknown, RoleUnknown), with("192.0.2.5"),
		with("2001:db8:f::1", RoleUnknown, RoleExternal), with("2001:db8:f::2", RoleUnknown), with("2001:db8:f::3"),
	}})
	for address, want := range map[string]bool{
		"192.0.2.1": true, "192.0.2.2": true, "192.0.2.3": true, "192.0.2.4": false, "192.0.2.5": false, "192.0.2.6": false,
		"::ffff:192.0.2.1": true, "2001:db8:f::1": true, "2001:db8:f::2": false, "2001:db8:f::3": false, "2001:db8:f::4": false,
	} {
		if got := m.HasRoles(ip(address)); got != want {
			t.Errorf("%s: got %v, want %v", address, got, want)
		}
	}
}

func TestObjectsCountFromOne(t *testing.T) {
	m := mapOf(t, small())
	if m.Objects() != 2 || !m.HasManaged() || m.Managed(0).Name != "" || m.Managed(2).Name != "campus" {
		t.Errorf("got %d objects, 0 is %q, 2 is %q; want 2, none and campus", m.Objects(), m.Managed(0).Name, m.Managed(2).Name)
	}
	if empty := mapOf(t, Config{}); empty.Objects() != 0 || empty.HasManaged() || empty.Locate(ip("192.0.2.1")) != 0 {
		t.Error("a map of nothing holds something")
	}
}

func TestWhoIsHeard(t *testing.T) {
	declared, open := mapOf(t, small()), mapOf(t, Config{})
	for _, c := range []struct {
		name   string
		m      *Map
		source string
		want   bool
	}{
		{"nobody is declared: loopback", open, "127.0.0.1", true},
		{"nobody is declared: another loopback", open, "127.0.0.11", true},
		{"nobody is declared: loopback, IPv6", open, "::1", true},
		{"nobody is declared: loopback in IPv6 form", open, "::ffff:127.0.0.1", true},
		{"nobody is declared: a neighbour", open, "192.0.2.1", false},
		{"nobody is declared: a neighbour, IPv6", open, "2001:db8:f::1", false},
		{"a declared exporter", declared, "192.0.2.1", true},
		{"a declared exporter in IPv6 form", declared, "::ffff:192.0.2.1", true},
		{"a declared exporter, IPv6", declared, "2001:db8:f::1", true},
		{"one that is not declared", declared, "192.0.2.2", false},
		{"one that is not declared, IPv6", declared, "2001:db8:f::2", false},
		{"loopback is not declared", declared, "127.0.0.1", false},
		{"loopback is not declared, IPv6", declared, "::1", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.m.Allows(netip.MustParseAddr(c.source)); got != c.want {
				t.Errorf("%s: got %v, want %v", c.source, got, c.want)
			}
		})
	}
	if open.Allows(netip.Addr{}) || declared.Allows(netip.Addr{}) {
		t.Error("no address at all is heard")
	}
}

func TestAnExporterDeclaredInIPv6FormIsTheSame(t *testing.T) {
	m := mapOf(t, Config{Exporters: []Exporter{{Address: netip.MustParseAddr("::ffff:192.0.2.1"), Name: "border"}}})
	if !m.Allows(netip.MustParseAddr("192.0.2.1")) {
		t.Error("192.0.2.1 is not heard, though ::ffff:192.0.2.1 is declared")
	}
}

func TestValidateReportsAllAtOnce(t *testing.T) {
	c := Config{
		Exporters: []Exporter{
			{Address: netip.MustParseAddr("192.0.2.1"), Name: "a"},
			{Address: netip.MustParseAddr("::ffff:192.0.2.1"), Name: "b"},
			{Address: netip.MustParseAddr("2001:db8::1"), Name: "c"},
			{Address: netip.MustParseAddr("2001:db8::1"), Name: "d"},
		},
		Managed: []ManagedObject{
			{Name: "acme", Prefixes: prefixes("198.51.100.0/24", "2001:db8:1::/48")},
			{Name: "inside acme", Prefixes: prefixes("198.51.100.0/25", "2001:db8:1::/49")},
			{Name: "campus", Prefixes: prefixes("198.51.100.77/24", "2001:db8:1::77/48")},
		},
		Dark: prefixes("198.51.100.0/26", "198.51.100.8/25", "2001:db8:1::8/49", "2001:db8:1::/50"),
	}
	want := []string{
		`exporters: ::ffff:192.0.2.1 is both "a" and "b"`,
		`exporters: 2001:db8::1 is both "c" and "d"`,
		`networks.managed: prefix 198.51.100.77/24 belongs to both "acme" and "campus"`,
		`networks.managed: prefix 2001:db8:1::77/48 belongs to both "acme" and "campus"`,
		`networks.dark: prefix 198.51.100.8/25 is not unused: it belongs to "inside acme" of networks.managed`,
		`networks.dark: prefix 2001:db8:1::8/49 is not unused: it belongs to "inside acme" of networks.managed`,
	}
	var got []string
	for _, err := range c.Validate() {
		got = append(got, err.Error())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if m, err := New(c); m != nil || err == nil {
		t.Errorf("got %v, %v; want the refusal", m, err)
	}
	if errs := small().Validate(); len(errs) > 0 {
		t.Errorf("a good configuration is refused: %v", errs)
	}
}

func TestObjectsAreBounded(t *testing.T) {
	c := Config{Managed: make([]ManagedObject, MaxManaged)}
	for i := range c.Managed {
		c.Managed[i].Prefixes = []netip.Prefix{netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), 1}), 32)}
	}
	m := mapOf(t, c)
	if got := m.Locate(ip("10.253.231.1")); got != MaxManaged { // 253·256 + 231 = 64,999
		t.Errorf("the last object: got %d, want %d", got, MaxManaged)
	}
	c.Managed = append(c.Managed, ManagedObject{})
	if errs := fmt.Sprint(c.Validate()); errs != "[networks.managed: 65001 objects, limit 65000]" {
		t.Errorf("one more: got %s", errs)
	}
}

func TestRolesAndDirectionsHaveNames(t *testing.T) {
	for _, role := range []Role{RoleExternal, RoleCustomer, RoleCore} {
		if got, err := ParseRole(role.String()); got != role || err != nil {
			t.Errorf("%s: got %s, %v", role, got, err)
		}
	}
	for _, bad := range []string{"", "unknown", "External", "transit"} {
		got, err := ParseRole(bad)
		want := fmt.Sprintf("role %q: want external, customer or core", bad)
		if got != RoleUnknown || err == nil || err.Error() != want {
			t.Errorf("%q: got %s, %v; want %s", bad, got, err, want)
		}
	}
	got := fmt.Sprint(DirectionUnknown, Incoming, Outgoing, Internal, Transit, Direction(9), RoleUnknown, Role(9))
	if want := "unknown incoming outgoing internal transit transit unknown core"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
