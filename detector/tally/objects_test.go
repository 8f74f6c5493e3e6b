package tally

import (
	"net/netip"
	"testing"
	"time"

	"eagre/network"
)

// TestTrafficOfACustomerIsTrafficOfItsProviderOnce: acme lies in the provider's
// network, and so does globex; both families.
func TestTrafficOfACustomerIsTrafficOfItsProviderOnce(t *testing.T) {
	prefixes := func(all ...string) (out []netip.Prefix) {
		for _, p := range all {
			out = append(out, netip.MustParsePrefix(p))
		}
		return out
	}
	nw := mapOf(t, network.Config{Managed: []network.ManagedObject{
		{Name: "isp", Prefixes: prefixes("198.51.0.0/16", "198.51.100.0/22", "2001:db8::/32")},
		{Name: "acme", Prefixes: prefixes("198.51.100.0/24", "2001:db8:1::/48")},
		{Name: "globex", Prefixes: prefixes("198.51.7.0/24")},
	}})
	c := New(DefaultConfig(), 0, nw, Warmth{{}}, nil)
	inside := record(morning, victim, 5) // from one customer to the other
	inside.SrcAddr = netip.MustParseAddr("198.51.7.1")
	counted(c, morning, batchAt(morning, record(morning, victim, 40), record(morning, victim6, 2), inside))
	got := map[string]float64{}
	for _, k := range counted(c, morning.Add(2*time.Minute)).Settled[1].Sums {
		if k.Key.Kind == Object {
			got[[]string{"to ", "from "}[k.Key.Side]+nw.Managed(network.Object(k.Key.Index)).Name] += k.PacketCount()
		}
	}
	want := map[string]float64{"to isp": 47, "to acme": 47, "from isp": 5, "from globex": 5}
	for name, n := range want {
		if got[name] != n {
			t.Errorf("%s: got %v packets, want %v", name, got[name], n)
		}
	}
	if len(got) != len(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestBothNeighbourhoodsOfAnIPv6HostAreWatched(t *testing.T) {
	c := New(DefaultConfig(), 0, mapOf(t, network.Config{}), everything(), nil)
	r := record(morning, victim6, 40)
	r.Proto, r.TCPFlags = 6, flagSYN
	p := counted(c, morning, batchAt(morning, r))
	for _, bits := range []int{48, 64} {
		prefix, _ := victim6.Prefix(bits)
		s := find(p, Prefix, SYN, To, prefix.Addr())
		if bits == 64 && s != nil && s.Key.Bits != 64 { // both begin with the same address
			s = nil
			for i := range p.Series {
				if k := p.Series[i].Key; k.Kind == Prefix && k.Class == SYN && k.Bits == 64 {
					s = &p.Series[i]
				}
			}
		}
		if s == nil || s.Panes.Between(0, 1<<62).PacketCount() != 40 {
			t.Errorf("/%d: got %+v, want 40 packets", bits, s)
		}
	}
}
