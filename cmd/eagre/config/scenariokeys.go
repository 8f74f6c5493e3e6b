package config

import (
	"net/netip"
	"time"

	"eagre/flow"
	"eagre/network"
	"eagre/simulate"
)

// The tables below are the scenario file: every key with its place, its kind and its
// sentence.

var scenarioKeys = mapping[Scenario]{
	at("seed", func(s *Scenario) *uint32 { return &s.Seed }, number("a number", 1, 1<<32-1),
		"Another seed is another day of the same network; the same seed is the same day to the byte."),
	at("for", func(s *Scenario) *time.Duration { return &s.For }, duration(366*day),
		"How long it goes.").or("until it is interrupted"),
	at("routers", func(s *Scenario) *[]ScenarioRouter { return &s.Routers }, list[ScenarioRouter]{of: withDefault[ScenarioRouter]{scenarioRouterKeys, DefaultRouter}, min: 1, max: 1000},
		"The routers that export.").must(),
	at("load", func(s *Scenario) **simulate.Load { return &s.Load }, pointer[simulate.Load]{withDefault[simulate.Load]{scenarioLoadKeys, simulate.DefaultLoad}},
		"Flows at a set rate between random hosts, which the routers share."),
	at("traffic", func(s *Scenario) *[]ScenarioTraffic { return &s.Traffic }, some[ScenarioTraffic]{list[ScenarioTraffic]{of: withDefault[ScenarioTraffic]{scenarioTrafficKeys, defaultTraffic}, max: 1000}},
		"Honest traffic, packet by packet through the flow caches."),
	at("attacks", func(s *Scenario) *[]ScenarioAttack { return &s.Attacks }, some[ScenarioAttack]{list[ScenarioAttack]{of: scenarioAttackKeys, max: 1000}},
		"What should be found."),
}

var scenarioRouterKeys = mapping[ScenarioRouter]{
	at("name", func(r *ScenarioRouter) *string { return &r.Exporter.Name }, name, "What paths call it.").must(),
	at("address", func(r *ScenarioRouter) *netip.Addr { return &r.Exporter.Address }, address,
		"Where its datagrams come from: on loopback any of 127.0.0.0/8.").must(),
	at("format", func(r *ScenarioRouter) *flow.Version { return &r.Format }, formatKind, "What it exports.").must(),
	at("aggregation", func(r *ScenarioRouter) *simulate.V8Scheme { return &r.Scheme },
		oneOf(simulate.ParseV8Scheme, simulate.V8Scheme.String, simulate.V8SchemeNames()...), "By what NetFlow v8 adds flows up.").or("`prefix`"),
	at("domain", func(r *ScenarioRouter) *uint32 { return &r.Domain }, number("a number", 1, 1<<32-1),
		"The observation domain: v5 engine id, v9 source id, IPFIX domain, sFlow sub-agent.").or("0"),
	at("sampling", func(r *ScenarioRouter) *simulate.Router { return &r.Router }, scenarioSamplingKeys, "Which packets it looks at.").or("all packets"),
	at("active_timeout", func(r *ScenarioRouter) *time.Duration { return &r.Active }, duration(time.Hour),
		"A running flow is exported this often.").or("`1m`"),
	at("inactive_timeout", func(r *ScenarioRouter) *time.Duration { return &r.Inactive }, duration(time.Hour),
		"A silent flow is exported after this time.").or("`15s`"),
	at("times", func(r *ScenarioRouter) *simulate.Times { return &r.Times }, timesKind, "How v9 and IPFIX say when a flow was.").or("sysuptime in v9, milliseconds in IPFIX"),
	at("templates_every", func(r *ScenarioRouter) *time.Duration { return &r.TemplatesEvery }, duration(day), "How often v9 and IPFIX send templates.").or("`1m`"),
	at("options_every", func(r *ScenarioRouter) *time.Duration { return &r.OptionsEvery }, duration(day), "How often they send options: samplers and names of interfaces.").or("`1m`"),
	at("counters_every", func(r *ScenarioRouter) *time.Duration { return &r.CountersEvery }, duration(day), "How often sFlow sends counters of interfaces.").or("never"),
	at("packet_reports", func(r *ScenarioRouter) *bool { return &r.PacketReports }, yesNo, "IPFIX sends each sampled packet, as PSAMP does, in place of flows.").or("`false`"),
	at("agent", func(r *ScenarioRouter) *netip.Addr { return &r.Agent }, address, "The sFlow agent address.").or("the address"),
	at("uptime", func(r *ScenarioRouter) *time.Duration { return &r.Uptime }, duration(3660*day), "How long it runs already: sysUptime wraps at 49d17h2m47s.").or("`1d`"),
	at("skew", func(r *ScenarioRouter) *time.Duration { return &r.Skew }, signedDuration(3660*day), "How far its clock is ahead; negative is behind.").or("`0s`"),
	at("restarts", func(r *ScenarioRouter) *[]time.Duration { return &r.Restarts }, some[time.Duration]{list[time.Duration]{of: duration(366 * day), max: 1000}},
		"When it restarts: sysUptime, sequence and caches begin anew."),
	at("restart_every", func(r *ScenarioRouter) *time.Duration { return &r.RestartEvery }, duration(366*day), "How often it restarts besides.").or("never"),
	at("loss", func(r *ScenarioRouter) *float64 { return &r.Faults.Loss }, share, "Share of its datagrams that the network loses.").or("`0%`"),
	at("duplication", func(r *ScenarioRouter) *float64 { return &r.Faults.Duplication }, share, "Share that arrives twice.").or("`0%`"),
	at("reordering", func(r *ScenarioRouter) *float64 { return &r.Faults.Reordering }, share, "Share that is overtaken by the next.").or("`0%`"),
	at("interfaces", func(r *ScenarioRouter) *[]network.Interface { return &r.Exporter.Interfaces }, some[network.Interface]{list[network.Interface]{of: interfaceKeys, max: 65_536}},
		"Its interfaces: v9 and IPFIX tell their names, sFlow counters their speeds."),
}

var scenarioSamplingKeys = mapping[simulate.Router]{
	at("rate", func(r *simulate.Router) *uint32 { return &r.Sampling }, number("a number, 1000 for 1:1000", 1, 10_000_000), "One packet in so many.").must(),
	at("mode", func(r *simulate.Router) *bool { return &r.Deterministic }, oneOf(parseMode, modeWord, "random", "deterministic"), "At random, or each so-many-th.").or("`random`"),
	at("announce", func(r *simulate.Router) *simulate.Announce { return &r.Announce }, announceKind, "How the rate is told.").
		or("header in v5, v6 and v8, options in v9 and IPFIX, record in sFlow"),
}

var scenarioLoadKeys = mapping[simulate.Load]{
	at("flows_per_second", func(l *simulate.Load) *float64 { return &l.PerSecond }, amount(simulate.MaxLoadRate), "Flow records a second, of all routers together.").or("`1000`"),
	at("hosts", func(l *simulate.Load) *int { return &l.Hosts }, wholeInt("a number", 2, simulate.MaxLoadHosts), "How many addresses of each family talk to each other.").or("`1000`"),
	at("ipv6", func(l *simulate.Load) *float64 { return &l.IPv6 }, share, "Share of IPv6.").or("`0%`"),
	at("long_flows", func(l *simulate.Load) *float64 { return &l.Long }, share, "Share of records that are pieces of conversations without end, one each active timeout.").or("`0%`"),
}

var scenarioTrafficKeys = mapping[ScenarioTraffic]{
	at("name", func(t *ScenarioTraffic) *string { return &t.Name }, name, "What it is.").must(),
	at("per_second", func(t *ScenarioTraffic) *float64 { return &t.PerSecond }, amount(2000), "New conversations a second, at random moments.").must(),
	at("protocol", func(t *ScenarioTraffic) *uint8 { return &t.Proto }, oneOf(parseProtocol, protocolWord, "tcp", "udp"), "The protocol.").or("`tcp`"),
	at("port", func(t *ScenarioTraffic) *uint32 { return &t.Port }, number("a port", 1, 65535), "The port of the servers.").must(),
	at("clients", func(t *ScenarioTraffic) *[]netip.Prefix { return &t.Clients }, prefixes(1), "Who opens conversations.").must(),
	at("servers", func(t *ScenarioTraffic) *[]netip.Prefix { return &t.Servers }, prefixes(1), "Who answers.").must(),
	at("up", func(t *ScenarioTraffic) *simulate.Shape { return &t.Up }, shapeKeys, "What a client sends.").or("4-20 packets of 120 bytes"),
	at("down", func(t *ScenarioTraffic) *simulate.Shape { return &t.Down }, shapeKeys, "What a server sends.").or("5-60 packets of 1400 bytes"),
	at("lasts", func(t *ScenarioTraffic) *[2]time.Duration { return &t.Lasts }, durationSpan(day), "How long a conversation lasts.").or("`300ms-6s`"),
	at("from", func(t *ScenarioTraffic) *time.Duration { return &t.From }, duration(366*day), "When it begins.").or("`0s`"),
	at("until", func(t *ScenarioTraffic) *time.Duration { return &t.Until }, duration(366*day), "When it ends.").or("never"),
	at("path", func(t *ScenarioTraffic) *[]ScenarioHop { return &t.Path }, pathKind, "The routers from client to server; answers come back the same way.").must(),
}

var shapeKeys = mapping[simulate.Shape]{
	at("packets", func(s *simulate.Shape) *[2]int { return &s.Packets }, numberSpan(1, 1_000_000), "How many, as 5 or 4-20.").must(),
	at("length", func(s *simulate.Shape) *int { return &s.Length }, wholeInt("IP bytes", 20, 9000), "IP bytes of each.").must(),
}

var scenarioAttackKeys = mapping[ScenarioAttack]{
	at("kind", func(a *ScenarioAttack) *string { return &a.Kind }, oneOf(parseAttackKind, asIs, "slammer", "syn-flood", "udp-flood", "icmp-flood", "dns-amplification"), "What it is.").must(),
	at("host", func(a *ScenarioAttack) *netip.Addr { return &a.Host }, address, "The victim; of slammer the infected host.").must(),
	at("start", func(a *ScenarioAttack) *time.Duration { return &a.Start }, duration(366*day), "When it begins.").must(),
	at("lasts", func(a *ScenarioAttack) *time.Duration { return &a.Lasts }, duration(366*day), "How long.").must(),
	at("rate", func(a *ScenarioAttack) *float64 { return &a.PPS }, packetRate, "How strong.").must(),
	at("port", func(a *ScenarioAttack) *uint32 { return &a.Port }, number("a port", 1, 65535), "Of a syn-flood."),
	at("reflectors", func(a *ScenarioAttack) *uint32 { return &a.Reflectors }, number("a number", 1, 100_000), "Of a dns-amplification: how many open resolvers."),
	at("entries", func(a *ScenarioAttack) *[]ScenarioEntry { return &a.Entries }, list[ScenarioEntry]{of: entryKeys, min: 1, max: 100}, "The ways it takes; the first hop is where it enters.").must(),
}

var entryKeys = mapping[ScenarioEntry]{
	at("share", func(e *ScenarioEntry) *float64 { return &e.Share }, share, "Share of the sources; all together 100%.").must(),
	at("path", func(e *ScenarioEntry) *[]ScenarioHop { return &e.Path }, pathKind, "The routers, in order.").must(),
}

var pathKind = list[ScenarioHop]{of: hopKeys, min: 1, max: 100}

var hopKeys = mapping[ScenarioHop]{
	at("router", func(h *ScenarioHop) *string { return &h.Router }, name, "The name of a router.").must(),
	at("in", func(h *ScenarioHop) *uint32 { return &h.In }, number("an ifIndex", 1, 1<<32-1), "The interface where packets come in.").must(),
	at("out", func(h *ScenarioHop) *uint32 { return &h.Out }, number("an ifIndex", 1, 1<<32-1), "And where they leave.").must(),
}
