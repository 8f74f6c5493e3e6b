package network

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	"eagre/flow"
)

// benchMaps are the shapes of network that matter for the speed: one wide
// object, customers nested in a provider, and many single hosts.
func benchMaps(b *testing.B) map[string]*Map {
	return map[string]*Map{
		"wide":   mapOf(b, Config{Managed: []ManagedObject{{Name: "wide", Prefixes: prefixes("10.0.0.0/12", "2001:db8::/32")}}}),
		"nested": mapOf(b, Config{Managed: nestedObjects(3000)}),
		"hosts":  mapOf(b, Config{Managed: singleHosts(60_000)}),
	}
}

// nestedObjects are a provider and its customers, each with a /24 and a /48.
func nestedObjects(customers int) []ManagedObject {
	out := []ManagedObject{{Name: "isp", Prefixes: prefixes("10.0.0.0/12", "2001:db8::/32")}}
	for i := range customers {
		four := netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), 0})
		six := netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, byte(i >> 8), byte(i)})
		out = append(out, ManagedObject{
			Name:     fmt.Sprint("customer-", i),
			Prefixes: []netip.Prefix{netip.PrefixFrom(four, 24), netip.PrefixFrom(six, 48)},
		})
	}
	return out
}

// singleHosts are objects of one address each, twenty in every /24.
func singleHosts(n int) []ManagedObject {
	out := make([]ManagedObject, n)
	for i := range out {
		block := i / 20
		a := netip.AddrFrom4([4]byte{10, byte(block >> 8), byte(block), byte(1 + i%20)})
		out[i] = ManagedObject{Name: fmt.Sprint("host-", i), Prefixes: []netip.Prefix{netip.PrefixFrom(a, 32)}}
	}
	return out
}

// benchFlows are ends of flows: from anywhere, to the managed networks.
func benchFlows(six bool) (src, dst []flow.IP) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 1 << 12 {
		if six {
			src = append(src, flow.IP{Hi: 0x2a00<<48 | r.Uint64()>>16, Lo: r.Uint64()})
			dst = append(dst, flow.IP{Hi: 0x20010db8<<32 | r.Uint64N(3000)<<16, Lo: r.Uint64()})
			continue
		}
		src = append(src, flow.V4(r.Uint32()))
		dst = append(dst, flow.V4(0x0a000000|r.Uint32N(3000<<8)))
	}
	return src, dst
}

// BenchmarkPlace is the cost per flow of where both its ends are.
func BenchmarkPlace(b *testing.B) {
	for name, m := range benchMaps(b) {
		for _, six := range []bool{false, true} {
			b.Run(fmt.Sprintf("%s/six=%v", name, six), func(b *testing.B) { benchPlace(b, m, six) })
		}
	}
}

func benchPlace(b *testing.B, m *Map, six bool) {
	src, dst := benchFlows(six)
	b.ReportAllocs()
	var seen Place
	for i := 0; b.Loop(); i++ {
		i &= len(src) - 1
		if p := m.Place(src[i], dst[i], RoleExternal); p != seen {
			seen = p
		}
	}
}

// BenchmarkChains is the cost per flow of counting it for every object at
// either end, its place being known.
func BenchmarkChains(b *testing.B) {
	m := mapOf(b, Config{Managed: nestedObjects(3000)})
	src, dst := benchFlows(false)
	places := make([]Place, len(src))
	for i := range places {
		places[i] = m.Place(dst[len(dst)-1-i], dst[i], RoleExternal)
	}
	counts := make([][2]uint64, m.Objects()+1)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		i &= len(places) - 1
		for _, o := range m.Chain(places[i].DstSite) {
			counts[o][0]++
		}
		for _, o := range m.Chain(places[i].SrcSite) {
			counts[o][1]++
		}
	}
}

// BenchmarkNew is what a large network takes at the start.
func BenchmarkNew(b *testing.B) {
	for name, managed := range map[string][]ManagedObject{"nested": nestedObjects(60_000), "hosts": singleHosts(60_000)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := New(Config{Managed: managed}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
