package network

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"eagre/flow"
)

func TestNeighbourhoodsOfBothFamilies(t *testing.T) {
	for address, want := range map[string][]string{
		"198.51.100.7":            {"198.51.100.0/24"},
		"::ffff:198.51.100.7":     {"198.51.100.0/24"},
		"0.0.0.0":                 {"0.0.0.0/24"},
		"255.255.255.255":         {"255.255.255.0/24"},
		"2001:db8:1:2:3:4:5:6":    {"2001:db8:1:2::/64", "2001:db8:1::/48"},
		"ffff:ffff:ffff:ffff::ff": {"ffff:ffff:ffff:ffff::/64", "ffff:ffff:ffff::/48"},
	} {
		var got []string
		bits, n := Neighbourhoods(ip(address))
		for _, b := range bits[:n] {
			got = append(got, ip(address).Prefix(int(b)).String())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", address, diff)
		}
	}
	if _, n := Neighbourhoods(flow.FromAddr(netip.Addr{})); n != 0 {
		t.Errorf("no address at all: got %d neighbourhoods, want none", n)
	}
}
