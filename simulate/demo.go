package simulate

import (
	"math/rand/v2"
	"net/netip"
	"time"

	"eagre/flow"
	"eagre/network"
)

// The demo's routers, by their index in the scenario.
const (
	edge1 = iota
	edge2
	core1
)

// The demo's interfaces.
const (
	transitA, transitB = 1, 2   // edge1
	peering            = 1      // edge2
	toAcme, toCampus   = 11, 12 // edge2
	toCore             = 9      // edge1 and edge2
	toEdge1, toEdge2   = 1, 2   // core1
)

// DemoNetwork is the map of the demo's small provider: two edge routers, one
// core router, and two customers with documentation addresses. The exporters'
// addresses are on loopback, where the datagrams come from.
func DemoNetwork() network.Config {
	i := func(index uint32, name string, role network.Role, speed float64) network.Interface {
		return network.Interface{Index: index, Name: name, Role: role, SpeedBPS: speed}
	}
	return network.Config{
		Exporters: []network.Exporter{
			edge1: {Address: netip.MustParseAddr("127.0.0.11"), Name: "edge1", Interfaces: []network.Interface{
				i(transitA, "transit-a", network.RoleExternal, 1e9), i(transitB, "transit-b", network.RoleExternal, 1e9),
				i(toCore, "to-core1", network.RoleCore, 10e9),
			}},
			edge2: {Address: netip.MustParseAddr("127.0.0.12"), Name: "edge2", Interfaces: []network.Interface{
				i(peering, "peering", network.RoleExternal, 1e9), i(toAcme, "acme", network.RoleCustomer, 1e9),
				i(toCampus, "campus", network.RoleCustomer, 1e9), i(toCore, "to-core1", network.RoleCore, 10e9),
			}},
			core1: {Address: netip.MustParseAddr("127.0.0.13"), Name: "core1", Interfaces: []network.Interface{
				i(toEdge1, "to-edge1", network.RoleCore, 10e9), i(toEdge2, "to-edge2", network.RoleCore, 10e9),
			}},
		},
		Managed: []network.ManagedObject{
			{Name: "acme", Prefixes: []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("2001:db8:1::/48")}},
			{Name: "campus", Prefixes: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")}},
		},
	}
}

// The demo's routers: the timeouts are short so that alarms come soon.
const (
	demoActive   = 5 * time.Second
	demoInactive = time.Second
)

func demoRouters(start time.Time) []Router {
	exporters := DemoNetwork().Exporters
	v5 := func(i int, sampling uint32, up time.Duration) Router {
		return Router{
			Exporter: exporters[i], Format: flow.NetFlowV5, Domain: uint32(i), Sampling: sampling,
			Active: demoActive, Inactive: demoInactive, Boot: start.Add(-up),
		}
	}
	return []Router{
		edge1: v5(edge1, 10, 31*24*time.Hour),
		edge2: {
			Exporter: exporters[edge2], Format: flow.SFlowV5, Sampling: 128, Agent: netip.MustParseAddr("192.0.2.12"),
			Boot: start.Add(-90 * time.Minute),
		},
		core1: v5(core1, 100, 12*24*time.Hour),
	}
}

// Demo is a small provider on an ordinary day, and an attack every minute or
// so: at 15 s a campus host falls to SQL Slammer, at 30 s a spoofed SYN flood
// comes from outside, both last 40 s; from 100 s on, one attack of a rotating
// list each minute. Beside them run web, DNS, mail, video and IPv6 traffic, and
// two busy but innocent events: a backup and a flash crowd.
func Demo(start time.Time, seed uint64) *Scenario {
	s, err := New(Config{
		Start: start, Seed: seed, Routers: demoRouters(start), Steady: demoTraffic(start),
		Attacks: func(k int) (Attack, bool) { return demoAttack(start, seed, k), true },
	})
	if err != nil {
		panic(err) // the demo is a constant: a mistake in it is a mistake here
	}
	return s
}

// Where the demo's attacks begin.
const (
	firstAttack  = 15 * time.Second
	secondAttack = 30 * time.Second
	opening      = 40 * time.Second // how long these two last
	thirdAttack  = 100 * time.Second
	attackEvery  = time.Minute
	attackLength = 30 * time.Second
)

// demoAttack is the k-th attack. It depends on the seed and on k alone.
func demoAttack(start time.Time, seed uint64, k int) Attack {
	r := rand.New(rand.NewPCG(seed, 1<<32+uint64(k)))
	switch k {
	case 0:
		return demoSlammer(When{start.Add(firstAttack), opening}, r)
	case 1:
		return demoSYNFlood(When{start.Add(secondAttack), opening}, webServer)
	}
	w := When{start.Add(thirdAttack + time.Duration(k-2)*attackEvery), attackLength}
	victim := acmeHost(10 + r.IntN(20))
	switch k % 5 {
	case 2:
		return UDPFlood(w, victim, 60_000, fromOutside(.5, .5))
	case 3:
		return ICMPFlood(w, victim, 12_000, fromOutside(.6, .4))
	case 4:
		return DNSAmplification(w, victim, 200, 15_000, fromOutside(.4, .6))
	case 0:
		return demoSlammer(w, r)
	}
	return demoSYNFlood(w, victim)
}

func demoSlammer(w When, r *rand.Rand) Attack {
	return Slammer(w, campusHost(30+r.IntN(10)), 6000, demoRoute(campusHost(30), transitOnly))
}

func demoSYNFlood(w When, victim netip.Addr) Attack {
	return SYNFlood(w, victim, 443, 20_000, fromOutside(.7, .3))
}

// fromOutside enters at transit-a and at the peering.
func fromOutside(transit, peer float64) []Entry {
	return []Entry{
		{Share: transit, Path: []Hop{{edge1, transitA, toCore}, {core1, toEdge1, toEdge2}, {edge2, toCore, toAcme}}},
		{Share: peer, Path: []Hop{{edge2, peering, toAcme}}},
	}
}
