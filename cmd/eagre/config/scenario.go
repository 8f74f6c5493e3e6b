package config

import (
	"net/netip"
	"time"

	"eagre/flow"

	"eagre/simulate"
)

// Scenario is what a scenario file of eagre simulate says. Times are relative to its
// start, so that it can be played at any.
type Scenario struct {
	Seed    uint32
	For     time.Duration // 0 is until interrupted
	Routers []ScenarioRouter
	Load    *simulate.Load
	Traffic []ScenarioTraffic
	Attacks []ScenarioAttack
}

// ScenarioRouter is a router before its boot and its restarts have a date.
type ScenarioRouter struct {
	simulate.Router
	Uptime   time.Duration
	Restarts []time.Duration
}

// ScenarioTraffic is honest traffic of one application.
type ScenarioTraffic struct {
	Name             string
	PerSecond        float64
	Proto            uint8
	Port             uint32
	Clients, Servers []netip.Prefix
	Up, Down         simulate.Shape
	Lasts            [2]time.Duration
	From, Until      time.Duration
	Path             []ScenarioHop
}

// ScenarioAttack is one attack.
type ScenarioAttack struct {
	Kind         string
	Start, Lasts time.Duration
	PPS          float64
	Host         netip.Addr // the victim, of Slammer the infected host
	Port         uint32
	Reflectors   uint32
	Entries      []ScenarioEntry
}

// ScenarioEntry is a way of an attack into the network, with its share of the
// sources.
type ScenarioEntry struct {
	Share float64
	Path  []ScenarioHop
}

// ScenarioHop is the passage through a router, by its name.
type ScenarioHop struct {
	Router  string
	In, Out uint32
}

// DefaultRouter is a NetFlow v9 router with everyday timeouts, without name and
// address.
func DefaultRouter() ScenarioRouter {
	return ScenarioRouter{
		Router: simulate.Router{Format: flow.NetFlowV9, Scheme: simulate.V8Prefix, Active: time.Minute, Inactive: 15 * time.Second},
		Uptime: day,
	}
}

// LoadScenario reads a scenario file. Problems come in the order of the text; if one
// of them is an error, the Scenario is the zero value.
func LoadScenario(path string) (Scenario, []Problem) {
	data, err := readFile(path)
	if err != nil {
		return Scenario{}, []Problem{{File: path, Message: err.Error()}}
	}
	return ParseScenario(path, data)
}

// ParseScenario reads a scenario; name stands in the problems.
func ParseScenario(name string, data []byte) (Scenario, []Problem) {
	r := newReader(name)
	s := Scenario{Seed: 1}
	if n := r.document(data); n != nil {
		load(r, scenarioKeys, n, &s)
	} else if !r.failed {
		r.report(place{source: name}, Error, "this is empty: a scenario has at least routers")
	}
	if !r.failed {
		r.checkScenario(&s)
	}
	if r.failed {
		return Scenario{}, r.sorted()
	}
	return s, r.sorted()
}

// Simulation is the scenario at a time, ready to be played once.
func (s Scenario) Simulation(start time.Time) simulate.Config {
	c := simulate.Config{Start: start, Seed: uint64(s.Seed), Load: s.Load}
	index := map[string]int{}
	for i, r := range s.Routers {
		index[r.Exporter.Name] = i
		c.Routers = append(c.Routers, r.at(start))
	}
	for _, t := range s.Traffic {
		c.Steady = append(c.Steady, t.sessions(start, index))
	}
	if len(s.Attacks) > 0 {
		c.Attacks = s.timetable(start, index)
	}
	return c
}

func (r ScenarioRouter) at(start time.Time) simulate.Router {
	out := r.Router
	out.Boot = start.Add(-r.Uptime)
	for _, after := range r.Restarts {
		out.RestartAt = append(out.RestartAt, start.Add(after))
	}
	return out
}

func (t ScenarioTraffic) sessions(start time.Time, index map[string]int) simulate.Traffic {
	s := &simulate.Sessions{
		Name: t.Name, PerSecond: t.PerSecond, Proto: t.Proto, Port: uint16(t.Port),
		Client: simulate.HostsOf(t.Clients...), Server: simulate.HostsOf(t.Servers...),
		Up: t.Up, Down: t.Down, Lasts: t.Lasts, Path: hops(t.Path, index),
	}
	if t.From > 0 || t.Until > 0 {
		const always = 1000 * day
		until := t.Until
		if until == 0 {
			until = always
		}
		s.Season = simulate.Season{Origin: start, After: t.From, Length: until - t.From}
	}
	return s
}

func hops(path []ScenarioHop, index map[string]int) []simulate.Hop {
	var out []simulate.Hop
	for _, h := range path {
		out = append(out, simulate.Hop{Router: index[h.Router], In: h.In, Out: h.Out})
	}
	return out
}

// timetable has the attacks in order of start.
func (s Scenario) timetable(start time.Time, index map[string]int) func(int) (simulate.Attack, bool) {
	var all []simulate.Attack
	for _, a := range sortedByStart(s.Attacks) {
		all = append(all, a.attack(start, index))
	}
	return func(k int) (simulate.Attack, bool) {
		if k >= len(all) {
			return simulate.Attack{}, false
		}
		return all[k], true
	}
}

func (a ScenarioAttack) attack(start time.Time, index map[string]int) simulate.Attack {
	var entries []simulate.Entry
	for _, e := range a.Entries {
		entries = append(entries, simulate.Entry{Share: e.Share, Path: hops(e.Path, index)})
	}
	return attackKinds[a.Kind].make(a, simulate.When{Start: start.Add(a.Start), Length: a.Lasts}, entries)
}

// attackKind is a kind of attack and the keys that it has besides those of all.
type attackKind struct {
	port, reflectors bool
	make             func(a ScenarioAttack, w simulate.When, entries []simulate.Entry) simulate.Attack
}

var attackKinds = map[string]attackKind{
	"slammer": {make: func(a ScenarioAttack, w simulate.When, e []simulate.Entry) simulate.Attack {
		return simulate.Slammer(w, a.Host, int(a.PPS), e[0].Path)
	}},
	"syn-flood": {port: true, make: func(a ScenarioAttack, w simulate.When, e []simulate.Entry) simulate.Attack {
		return simulate.SYNFlood(w, a.Host, uint16(a.Port), int(a.PPS), e)
	}},
	"udp-flood": {make: func(a ScenarioAttack, w simulate.When, e []simulate.Entry) simulate.Attack {
		return simulate.UDPFlood(w, a.Host, int(a.PPS), e)
	}},
	"icmp-flood": {make: func(a ScenarioAttack, w simulate.When, e []simulate.Entry) simulate.Attack {
		return simulate.ICMPFlood(w, a.Host, int(a.PPS), e)
	}},
	"dns-amplification": {reflectors: true, make: func(a ScenarioAttack, w simulate.When, e []simulate.Entry) simulate.Attack {
		return simulate.DNSAmplification(w, a.Host, int(a.Reflectors), int(a.PPS), e)
	}},
}

// formats are the export formats by the short names that people type.
var formats = []struct {
	name    string
	version flow.Version
}{
	{"v1", flow.NetFlowV1},
	{"v5", flow.NetFlowV5},
	{"v6", flow.NetFlowV6},
	{"v7", flow.NetFlowV7},
	{"v8", flow.NetFlowV8},
	{"v9", flow.NetFlowV9},
	{"ipfix", flow.IPFIX},
	{"sflow", flow.SFlowV5},
}

// FormatNames are the names that ParseFormat knows.
func FormatNames() (names []string) {
	for _, f := range formats {
		names = append(names, f.name)
	}
	return names
}

// ParseFormat is the export format of a short name, as v5, ipfix or sflow.
func ParseFormat(name string) (flow.Version, bool) {
	for _, f := range formats {
		if f.name == name {
			return f.version, true
		}
	}
	return flow.VersionUnknown, false
}
