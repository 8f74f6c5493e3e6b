package quality

import (
	"net/netip"
	"time"

	"eagre/flow"
	"eagre/network"
)

// Router is a router of the world and how it exports.
type Router struct {
	Name       string              `json:"name"`
	Address    netip.Addr          `json:"address"`
	Format     flow.Version        `json:"format"`
	Sampling   uint32              `json:"sampling"`
	Interfaces []network.Interface `json:"interfaces"`
}

// The routers: some edges in a star around one core.
const (
	edges = 3
	core  = edges // its number
)

// Numbers of interfaces. Customers have 100 and above; the core has an interface to
// each edge, numbered from 1.
const (
	firstExternal = 1
	externals     = 3 // two of transit, one of peering
	toCore        = 9
)

// Timeouts of every flow cache.
const (
	ActiveTimeout   = time.Minute
	InactiveTimeout = 15 * time.Second
)

// newRouters draws formats so that one edge at least can say IPv6 and the direction of
// metering: of four formats two can, and three are used.
func newRouters(d draw, sampling uint32) (out []Router) {
	formats := []flow.Version{flow.NetFlowV5, flow.NetFlowV9, flow.IPFIX, flow.SFlowV5}
	d.Shuffle(len(formats), func(i, j int) { formats[i], formats[j] = formats[j], formats[i] })
	for n := range edges {
		r := Router{Name: "edge" + string(rune('1'+n)), Address: addressOf(n), Format: formats[n], Sampling: sampling, Interfaces: edgeInterfaces()}
		if drawn := pick(d, []uint32{1000, 1024, 1500, 2000, 2048, 4000, 4096}); sampling == 0 {
			r.Sampling = drawn
		}
		out = append(out, r)
	}
	middle := Router{Name: "core1", Address: addressOf(core), Format: flow.IPFIX, Sampling: 4096}
	for n := range edges {
		middle.Interfaces = append(middle.Interfaces, network.Interface{Index: uint32(n + 1), Name: "to-" + out[n].Name, Role: network.RoleCore, SpeedBPS: 100e9})
	}
	return append(out, middle)
}

func edgeInterfaces() []network.Interface {
	return []network.Interface{
		{Index: firstExternal, Name: "transit-a", Role: network.RoleExternal, SpeedBPS: 10e9},
		{Index: firstExternal + 1, Name: "transit-b", Role: network.RoleExternal, SpeedBPS: 10e9},
		{Index: firstExternal + 2, Name: "ix", Role: network.RoleExternal, SpeedBPS: 10e9},
		{Index: toCore, Name: "to-core1", Role: network.RoleCore, SpeedBPS: 100e9},
	}
}

// Speaks6 tells whether the router's format can say IPv6.
func (r Router) Speaks6() bool { return r.Format != flow.NetFlowV5 }

// SpeaksDirection tells whether the router's format says at which side it metered.
func (r Router) SpeaksDirection() bool { return r.Format == flow.NetFlowV9 || r.Format == flow.IPFIX }

// Entries are all external interfaces, in order.
func (w *World) Entries() (out []Place) {
	for r := range edges {
		for i := range externals {
			out = append(out, Place{r, uint32(firstExternal + i)})
		}
	}
	return out
}

// Hop is the passage through a router.
type Hop struct {
	Router  int
	In, Out uint32 // ifIndex
}

// Path is the way from one interface to another: through one edge, or from edge over
// core to edge.
func (w *World) Path(from, to Place) []Hop {
	if from.Router == to.Router {
		return []Hop{{from.Router, from.Interface, to.Interface}}
	}
	return []Hop{
		{from.Router, from.Interface, toCore},
		{core, uint32(from.Router + 1), uint32(to.Router + 1)},
		{to.Router, toCore, to.Interface},
	}
}

// Home is where a customer is attached.
func (c Customer) Home() Place { return Place{c.Router, c.Interface} }
