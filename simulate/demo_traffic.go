package simulate

import (
	"math/rand/v2"
	"net/netip"
	"time"

	"eagre/flow"
)

// Hosts of the demo's customers.
var (
	webServer   = acmeHost(80)
	acme6       = netip.MustParsePrefix("2001:db8:1::/48")
	transitOnly = netip.MustParseAddr("198.18.0.0") // an outside host that is reached by transit-a
)

func acmeHost(n int) netip.Addr   { return flow.V4(0xc6336400 + uint32(n)).Addr() }
func campusHost(n int) netip.Addr { return flow.V4(0xcb007100 + uint32(n)).Addr() }

func acmeHost6(n int) netip.Addr { return flow.IP{Hi: 0x20010db800010000, Lo: uint64(n)}.Addr() }

// outside6 is a host of the IPv6 internet, in documentation space.
func outside6(r *rand.Rand) netip.Addr {
	return flow.IP{Hi: 0x20010db8ff000000 | uint64(r.IntN(64)), Lo: uint64(1 + r.IntN(1000))}.Addr()
}

// outside is one of some thousand hosts of the internet (198.18.0.0/15, RFC 2544).
func outside(r *rand.Rand) netip.Addr { return flow.V4(0xc6120000 | r.Uint32N(1<<17)).Addr() }

// one always picks the same host, anyOf one of several.
func one(a netip.Addr) func(*rand.Rand) netip.Addr { return func(*rand.Rand) netip.Addr { return a } }

func anyOf(host func(int) netip.Addr, from, to int) func(*rand.Rand) netip.Addr {
	return func(r *rand.Rand) netip.Addr { return host(from + r.IntN(to-from+1)) }
}

// demoTraffic is the ordinary day.
func demoTraffic(start time.Time) []Traffic {
	s := func(x Sessions) Traffic {
		x.Route = demoRoute
		return &x
	}
	seconds := func(from, to float64) [2]time.Duration {
		return [2]time.Duration{time.Duration(from * float64(time.Second)), time.Duration(to * float64(time.Second))}
	}
	return []Traffic{
		s(Sessions{
			Name: "web visitors", PerSecond: 25, Proto: protoTCP, Port: 443, Client: outside, Server: anyOf(acmeHost, 80, 84),
			Up: Shape{[2]int{4, 20}, 120}, Down: Shape{[2]int{5, 60}, 1400}, Lasts: seconds(.3, 6),
		}),
		s(Sessions{
			Name: "web browsing", PerSecond: 35, Proto: protoTCP, Port: 443, Client: anyOf(campusHost, 20, 45), Server: outside,
			Up: Shape{[2]int{4, 25}, 140}, Down: Shape{[2]int{5, 80}, 1400}, Lasts: seconds(.3, 8),
		}),
		s(Sessions{
			Name: "dns", PerSecond: 30, Proto: protoUDP, Port: 53, Client: anyOf(campusHost, 20, 45), Server: outside,
			Up: Shape{[2]int{1, 1}, 66}, Down: Shape{[2]int{1, 1}, 180}, Lasts: seconds(.02, .2),
		}),
		s(Sessions{
			Name: "mail", PerSecond: 3, Proto: protoTCP, Port: 25, Client: outside, Server: one(acmeHost(25)),
			Up: Shape{[2]int{8, 60}, 900}, Down: Shape{[2]int{8, 20}, 90}, Lasts: seconds(1, 10),
		}),
		s(Sessions{
			Name: "video", PerSecond: .3, Proto: protoTCP, Port: 443, Client: anyOf(campusHost, 20, 45), Server: outside,
			Up: Shape{[2]int{600, 1500}, 52}, Down: Shape{[2]int{3000, 9000}, 1440}, Lasts: seconds(20, 60),
		}),
		s(Sessions{
			Name: "ipv6 web", PerSecond: 15, Proto: protoTCP, Port: 443, Client: outside6, Server: anyOf(acmeHost6, 80, 83),
			Up: Shape{[2]int{4, 20}, 140}, Down: Shape{[2]int{5, 60}, 1420}, Lasts: seconds(.3, 6),
		}),
		s(Sessions{
			Name: "backup", Proto: protoTCP, Port: 873, Client: one(acmeHost(40)), Server: one(netip.MustParseAddr("198.19.7.7")),
			Up: Shape{[2]int{150_000, 150_000}, 1440}, Down: Shape{[2]int{75_000, 75_000}, 52}, Lasts: seconds(60, 60),
			Season: Season{Origin: start, After: 8 * time.Second, Every: 3 * time.Minute, Once: true},
		}),
		s(Sessions{
			Name: "flash crowd", PerSecond: 150, Proto: protoTCP, Port: 443, Client: outside, Server: one(campusHost(80)),
			Up: Shape{[2]int{6, 15}, 120}, Down: Shape{[2]int{8, 40}, 1400}, Lasts: seconds(.3, 4),
			Season: Season{Origin: start, After: 45 * time.Second, Length: 20 * time.Second, Every: 4 * time.Minute},
		}),
	}
}

// demoRoute is the way from one host to another: customers sit behind edge2,
// IPv6 and a quarter of the internet behind the peering, the rest behind the two
// transits of edge1.
func demoRoute(src, dst netip.Addr) []Hop {
	if port := customerPort(src); port != 0 {
		return outward(port, dst)
	}
	return inward(src, customerPort(dst))
}

func outward(customer uint32, to netip.Addr) []Hop {
	router, port := doorOf(to)
	if router == edge2 {
		return []Hop{{edge2, customer, port}}
	}
	return []Hop{{edge2, customer, toCore}, {core1, toEdge2, toEdge1}, {edge1, toCore, port}}
}

func inward(from netip.Addr, customer uint32) []Hop {
	router, port := doorOf(from)
	if router == edge2 {
		return []Hop{{edge2, port, customer}}
	}
	return []Hop{{edge1, port, toCore}, {core1, toEdge1, toEdge2}, {edge2, toCore, customer}}
}

// customerPort is the interface of edge2 behind which a host sits; 0 is outside.
func customerPort(a netip.Addr) uint32 {
	switch {
	case acme6.Contains(a), a.Is4() && flow.FromAddr(a).Mask(24) == flow.FromAddr(acmeHost(0)):
		return toAcme
	case a.Is4() && flow.FromAddr(a).Mask(24) == flow.FromAddr(campusHost(0)):
		return toCampus
	}
	return 0
}

// doorOf is the border interface through which an outside host is reached.
func doorOf(a netip.Addr) (router int, port uint32) {
	if a.Is6() {
		return edge2, peering
	}
	switch flow.FromAddr(a).V4() % 8 {
	case 1, 2:
		return edge2, peering
	case 3:
		return edge1, transitB
	}
	return edge1, transitA
}
