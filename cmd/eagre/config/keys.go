package config

import (
	"net/netip"
	"time"

	"eagre/alert"
	"eagre/anomaly"
	"eagre/network"
)

// The tables below are the configuration: every key with its place, its kind and
// its sentence, in the order in which Dump and the manual show them.

var root = mapping[Config]{
	at("listen", func(c *Config) *Listen { return &c.Listen }, listenKeys,
		"Where datagrams of routers are awaited. A section that is written listens on what it names, and on nothing else."),
	at("data", func(c *Config) *Data { return &c.Data }, dataKeys,
		"Where the engine keeps its state."),
	at("nats", func(c *Config) *NATS { return &c.NATS }, natsKeys,
		"The stream that carries flows and anomalies: a NATS server inside the process, or one elsewhere."),
	at("exporters", func(c *Config) *[]Exporter { return &c.Exporters },
		list[Exporter]{of: exporterKeys, max: 10_000},
		"The routers that are heard. Datagrams from any other address are dropped; with no exporter at all, only loopback is heard. A replay hears everyone."),
	at("networks", func(c *Config) *Networks { return &c.Networks }, networksKeys,
		"What is protected, and what else is known about addresses."),
	at("learning", func(c *Config) *Learning { return &c.Learning }, learningKeys,
		"How profiles of what is normal begin."),
	at("thresholds", func(c *Config) *Thresholds { return &c.Thresholds }, thresholds(),
		"The limits of one host, in either direction: one rate, a list with one in pps and one in bps (either breaks it), or [] for no limit."),
	at("crosscheck", func(c *Config) *Crosscheck { return &c.Crosscheck }, crosscheckKeys,
		"How flows are held against the counters of interfaces, from sFlow counter samples or by SNMP. Where they disagree, that is an anomaly, and the exporter's amounts are doubted."),
	at("admin", func(c *Config) *Admin { return &c.Admin }, adminKeys,
		"The listener for /metrics, for health, and for the other commands."),
	at("signatures", func(c *Config) *Signatures { return &c.Signatures }, signaturesKeys,
		"The rules that describe known attacks."),
	at("alerts", func(c *Config) *Alerts { return &c.Alerts }, alertsKeys,
		"Who is told of an anomaly."),
}

var listenKeys = mapping[Listen]{
	at("netflow", func(l *Listen) *[]string { return &l.NetFlow }, list[string]{of: hostPort, max: 64},
		"Addresses for NetFlow and IPFIX, which are told apart by their version.").
		or("`[127.0.0.1:2055, 127.0.0.1:4739]`; with exporters `[:2055, :4739]`"),
	at("sflow", func(l *Listen) *[]string { return &l.SFlow }, list[string]{of: hostPort, max: 64},
		"Addresses for sFlow.").
		or("`[127.0.0.1:6343]`; with exporters `[:6343]`"),
	at("auto", func(l *Listen) *[]string { return &l.Auto }, list[string]{of: hostPort, max: 64},
		"Addresses that take any format, told apart by content.").or("none"),
	at("ipfix_tcp", func(l *Listen) *[]string { return &l.IPFIXTCP }, list[string]{of: hostPort, max: 64},
		"Addresses for IPFIX over TCP.").or("none"),
	at("packets", func(l *Listen) *[]Monitor { return &l.Packets }, list[Monitor]{of: monitorKeys, max: 16},
		"Network interfaces, such as mirror ports, whose packets are metered to flows. It needs the capability CAP_NET_RAW.").or("none"),
	at("pair", func(l *Listen) *bool { return &l.Pair }, yesNo,
		"Whether the two directions of a connection in metered packets are held together, with the round-trip time of its handshake."),
}

var monitorKeys = mapping[Monitor]{
	at("interface", func(m *Monitor) *string { return &m.Interface }, name,
		"Its name in the operating system, as eth1.").must(),
	at("index", func(m *Monitor) *uint32 { return &m.Index }, number("a number", 0, 1<<32-1),
		"The ifIndex that its flows are shown with.").or("0"),
	at("promiscuous", func(m *Monitor) **bool { return &m.Promiscuous }, pointer[bool]{yesNo},
		"Whether packets for others are taken too, as a mirror port wants it.").or("yes"),
}

var dataKeys = mapping[Data]{
	at("dir", func(d *Data) *string { return &d.Dir }, path("a folder"),
		"The data folder. It belongs to the engine alone (mode 0700).").
		or("`/var/lib/eagre`; where only `nats.embedded.dir` is given, the folder around that"),
}

var natsKeys = mapping[NATS]{
	at("embedded", func(n *NATS) *Embedded { return &n.Embedded }, embeddedKeys,
		"The server inside the process."),
	at("url", func(n *NATS) *string { return &n.URL }, natsURL,
		"A NATS server elsewhere, in place of the embedded one; several of one cluster are separated by commas.").or("none"),
	at("creds", func(n *NATS) *string { return &n.Creds }, path("a .creds file"),
		"The credentials file for that server.").or("none"),
	at("import", func(n *NATS) *bool { return &n.Import }, yesNo,
		"Whether flows are taken that other collectors publish on eagre.v1.import.pb and eagre.v1.import.json. The list of exporters holds for them too."),
	at("arrow", func(n *NATS) *bool { return &n.Arrow }, yesNo,
		"Whether flows are published on eagre.v1.export.arrow, as Arrow IPC streams for analysts."),
}

var embeddedKeys = mapping[Embedded]{
	at("dir", func(e *Embedded) *string { return &e.Dir }, path("a folder"),
		"Where JetStream keeps its files.").or("the folder `nats` inside `data.dir`"),
	at("listen", func(e *Embedded) *string { return &e.Listen }, loopback("nats"),
		"A port for other clients of the embedded server, as the nats command.").or("no port is open"),
}

var exporterKeys = mapping[Exporter]{
	at("address", func(e *Exporter) *netip.Addr { return &e.Address }, address,
		"The address that the datagrams come from.").must(),
	at("name", func(e *Exporter) *string { return &e.Name }, name,
		"What people call the router.").or("its address"),
	at("sampling_rate", func(e *Exporter) *uint32 { return &e.SamplingRate }, number("a number, 1000 for 1:1000", 1, 10_000_000),
		"One packet in so many is sampled. It overrides what the exporter says of itself.").or("what the exporter says"),
	at("interfaces", func(e *Exporter) *[]network.Interface { return &e.Interfaces }, some[network.Interface]{list[network.Interface]{of: interfaceKeys, max: 65_536}},
		"Its interfaces, as far as more than their number should be known."),
	at("snmp", func(e *Exporter) **SNMP { return &e.SNMP }, begun[SNMP]{pointer[SNMP]{snmpKeys}, DefaultSNMP},
		"Its interface counters are read by SNMP and held against its flows; counters in its sFlow are then left out."),
}

var interfaceKeys = mapping[network.Interface]{
	at("index", func(i *network.Interface) *uint32 { return &i.Index }, number("a number", 1, 1<<32-1),
		"The ifIndex.").must(),
	at("name", func(i *network.Interface) *string { return &i.Name }, name,
		"What people call the interface."),
	at("role", func(i *network.Interface) *network.Role { return &i.Role }, role,
		"What lies behind it. Flows count where they enter the network: on external and customer interfaces. Core leads to another router of ours.").
		or("unknown: of several exporters that saw a flow the largest count is taken"),
	at("speed", func(i *network.Interface) *float64 { return &i.SpeedBPS }, bits,
		"Its speed, for link severity.").or("unknown"),
}

var networksKeys = mapping[Networks]{
	at("managed", func(n *Networks) *[]Managed { return &n.Managed }, list[Managed]{of: managedKeys, max: network.MaxManaged},
		"The managed objects: what is protected, shown as the resource of an anomaly. They may nest, as customers in their provider: the object of the longest prefix gives an address its name and its limits, and traffic counts in every object that holds the address, once in each. What runs between two objects is internal to the one around both. With none at all, every destination that carries enough traffic is watched."),
	at("dark", func(n *Networks) *[]netip.Prefix { return &n.Dark }, prefixes(0),
		"Unused address space: traffic to it is a symptom. Here too the longest prefix decides: a managed network inside it is in use, and dark space inside a managed network is dark, though its traffic still counts in the object. No network is both."),
	at("trusted", func(n *Networks) *[]netip.Prefix { return &n.Trusted }, prefixes(0),
		"Scanners and monitors of our own: their probes are no finding."),
	at("tunnels", func(n *Networks) *[]netip.Prefix { return &n.Tunnels }, prefixes(0),
		"Ends of tunnels of ours. Of GRE, VXLAN and IP-in-IP packets that sFlow or packet capture show between two of them, the packet inside counts. Of all others it is the outer one, which no attacker can hide behind.").or("none"),
}

var managedKeys = mapping[Managed]{
	at("name", func(m *Managed) *string { return &m.Name }, name,
		"What people call it: a customer, a site, a service.").must(),
	at("prefixes", func(m *Managed) *[]netip.Prefix { return &m.Prefixes }, prefixes(1),
		"Its networks. They may lie inside those of other objects, but no network is of two.").must(),
	at("capacity", func(m *Managed) *float64 { return &m.CapacityBPS }, bits,
		"What its connection carries.").or("unknown"),
	at("thresholds", func(m *Managed) *Sides { return &m.Thresholds }, sidesKeys,
		"Limits for its hosts, in place of the general ones."),
}

var sidesKeys = mapping[Sides]{
	at("in", func(s *Sides) *Thresholds { return &s.In }, thresholds(),
		"For traffic to its hosts.").or("the general thresholds"),
	at("out", func(s *Sides) *Thresholds { return &s.Out }, thresholds(),
		"For traffic from its hosts.").or("the general thresholds"),
}

var learningKeys = mapping[Learning]{
	at("until", func(l *Learning) *time.Duration { return &l.Until }, duration(366*day),
		"No profiled alarms before this time has passed, in event time, since the first flow. Misuse, scans and signatures work at once."),
}

// thresholdKeys are the limits, by misuse subclass.
var thresholdKeys = []struct {
	subclass string
	place    func(*Thresholds) **Limit
	doc      string
}{
	{anomaly.SYNFlood, func(t *Thresholds) **Limit { return &t.SYNFlood }, "TCP packets with SYN alone."},
	{anomaly.UDPFlood, func(t *Thresholds) **Limit { return &t.UDPFlood }, "UDP."},
	{anomaly.ICMPFlood, func(t *Thresholds) **Limit { return &t.ICMPFlood }, "ICMP and ICMPv6."},
	{anomaly.DNSAmplification, func(t *Thresholds) **Limit { return &t.DNSAmplification }, "Large answers of name servers."},
	{anomaly.TotalTraffic, func(t *Thresholds) **Limit { return &t.TotalTraffic }, "Everything together."},
}

func thresholds() (keys mapping[Thresholds]) {
	for _, k := range thresholdKeys {
		keys = append(keys, at(k.subclass, k.place, pointer[Limit]{limit{}}, k.doc))
	}
	return keys
}

var crosscheckKeys = mapping[Crosscheck]{
	at("enabled", func(c *Crosscheck) *bool { return &c.Enabled }, yesNo,
		"Whether it is done. Where it is not, nobody is asked by SNMP."),
	at("low", func(c *Crosscheck) *float64 { return &c.Low }, between(0, 1),
		"The least of flows divided by counters at which they agree. What sampling explains is allowed besides."),
	at("high", func(c *Crosscheck) *float64 { return &c.High }, between(1, 100),
		"The most of it."),
	at("packets", func(c *Crosscheck) *uint32 { return &c.Packets }, whole(1, 1_000_000_000),
		"How many packets an interface must have moved in one direction, between two readings, to be judged."),
}

var adminKeys = mapping[Admin]{
	at("listen", func(a *Admin) *string { return &a.Listen }, loopback("admin"),
		"Its address. It asks nobody who they are, so it is open on loopback only."),
}

var signaturesKeys = mapping[Signatures]{
	at("dir", func(s *Signatures) *string { return &s.Dir }, path("a folder"),
		"A folder with rules of your own (*.yaml).").or("none"),
	at("shipped", func(s *Signatures) *bool { return &s.Shipped }, yesNo,
		"Whether the rules that come with eagre are evaluated too."),
}

var alertsKeys = mapping[Alerts]{
	at("egress", func(a *Alerts) *alert.Egress { return &a.Egress }, egressKeys,
		"Where messages may go. Public addresses are open over https."),
	at("receivers", func(a *Alerts) *[]Receiver { return &a.Receivers }, list[Receiver]{of: receiverKeys, max: alert.MaxReceivers},
		"The places that can be told, each with exactly one of webhook, slack, file and terminal."),
	at("route", func(a *Alerts) *Route { return &a.Route }, routeKeys,
		"Which of them are told, and how often."),
	at("operation_importance", func(a *Alerts) *anomaly.Importance { return &a.OperationImportance }, importance,
		"How much anomalies about the watch itself matter: an exporter that fell silent, counters that disagree with flows."),
}

var egressKeys = mapping[alert.Egress]{
	at("allow", func(e *alert.Egress) *[]netip.Prefix { return &e.Allow }, prefixes(0),
		"Loopback, private and link-local networks that receivers may live in. Plain http is spoken to them alone."),
}

var receiverKeys = mapping[Receiver]{
	at("name", func(r *Receiver) *string { return &r.Name }, receiverName,
		"Its name in the route and in metrics.").must(),
	at("min_importance", func(r *Receiver) **anomaly.Importance { return &r.MinImportance }, pointer[anomaly.Importance]{importance},
		"It is not told of what matters less.").or("the route's"),
	at("webhook", func(r *Receiver) **Webhook { return &r.Webhook }, pointer[Webhook]{webhookKeys},
		"Each event is posted as JSON, signed by Standard Webhooks 1.0."),
	at("slack", func(r *Receiver) **Slack { return &r.Slack }, pointer[Slack]{slackKeys},
		"Messages in Slack: with channel and token one message per anomaly that is kept up to date, or with webhook_url alone."),
	at("file", func(r *Receiver) **File { return &r.File }, pointer[File]{fileKeys},
		"Each event is one line of JSON at the end of a file."),
	at("terminal", func(r *Receiver) **Terminal { return &r.Terminal }, pointer[Terminal]{mapping[Terminal]{}},
		"Each event is printed for a person: terminal: {}."),
}

var receiverName = pattern("lower-case letters, digits and hyphens, 63 at most", `^[a-z0-9][a-z0-9-]{0,62}$`)

var webhookKeys = mapping[Webhook]{
	at[Webhook, URL]("url", func(w *Webhook) *URL { return &w.URL }, location{},
		"Where to post. It is shown whole by config dump; if it holds a key, keep it as secrets are kept.").must(),
	at("secret", func(w *Webhook) *[]alert.SecretSource { return &w.Secrets }, few[alert.SecretSource]{list[alert.SecretSource]{of: secret{}, min: 1, max: 4}},
		"The key that signs (whsec_ and base64). Two while it is being changed: both sign.").must(),
}

var slackKeys = mapping[Slack]{
	at("channel", func(s *Slack) *string { return &s.Channel }, pattern(`a channel, as "#soc" in quotes, or a channel's id`, `^(#?[\p{Ll}\p{Lo}\p{N}_-]{1,80}|[CGD][A-Z0-9]{2,20})$`),
		"The channel."),
	at("token", func(s *Slack) *alert.SecretSource { return &s.Token }, secret{},
		"The bot's token."),
	at("webhook_url", func(s *Slack) *alert.SecretSource { return &s.WebhookURL }, secret{},
		"The URL of an incoming webhook. Whoever knows it can post, so it is kept as a secret."),
}

var fileKeys = mapping[File]{
	at("path", func(f *File) *string { return &f.Path }, path("a file"),
		"The file.").must(),
}

var routeKeys = mapping[Route]{
	at("receiver", func(r *Route) *[]string { return &r.Receivers }, few[string]{list[string]{of: receiverName, min: 1, max: alert.MaxReceivers}},
		"The receiver that is told, or a list of them.").or("all receivers"),
	at("min_importance", func(r *Route) *anomaly.Importance { return &r.MinImportance }, importance,
		"Nobody is told of what matters less, unless a receiver says otherwise."),
	at("group_by", func(r *Route) *[]string { return &r.GroupBy }, list[string]{of: victim, max: 1},
		"What makes findings one alert."),
	at("group_wait", func(r *Route) *time.Duration { return &r.GroupWait }, duration(time.Hour),
		"How long a new anomaly is held back, so that what joins it is in the first message."),
	at("group_interval", func(r *Route) *time.Duration { return &r.GroupInterval }, duration(day),
		"The least time between two messages about one anomaly."),
	at("repeat_interval", func(r *Route) *time.Duration { return &r.RepeatInterval }, duration(30*day),
		"How often an anomaly that goes on is told again where messages cannot be kept up to date."),
}

func prefixes(least int) list[netip.Prefix] {
	return list[netip.Prefix]{of: prefix, min: least, max: 65_536}
}
