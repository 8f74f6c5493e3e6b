package config

import (
	"net/netip"
	"time"

	"eagre/alert"
	"eagre/anomaly"
	"eagre/detector/crosscheck"
	"eagre/network"
)

// Config is the whole configuration, with every default filled in. It is a value:
// nobody changes it after Load. The zero value is not useful, Default is.
type Config struct {
	Listen     Listen
	Data       Data
	NATS       NATS
	Exporters  []Exporter
	Networks   Networks
	Learning   Learning
	Thresholds Thresholds
	Crosscheck Crosscheck
	Admin      Admin
	Signatures Signatures
	Alerts     Alerts
}

// Listen says where datagrams are awaited, as host:port; an empty host is every
// address of the machine.
type Listen struct {
	NetFlow  []string // NetFlow and IPFIX, told apart by version
	SFlow    []string
	Auto     []string // any of them, told apart by content
	IPFIXTCP []string // IPFIX over TCP
	Packets  []Monitor
	Pair     bool // metered packets: both directions of a connection together
}

// Monitor is a network interface whose packets are metered to flows.
type Monitor struct {
	Interface   string
	Index       uint32 // the ifIndex that its flows are shown with
	Promiscuous *bool  // nil is yes
}

// Data says where the engine keeps its state.
type Data struct{ Dir string }

// NATS is either the embedded server or one elsewhere: where URL is set, Embedded
// is zero.
type NATS struct {
	Embedded Embedded
	URL      string // one or several nats:// or tls:// URLs, separated by commas
	Creds    string // path of a .creds file; empty sends none
	Import   bool   // flows that other collectors publish are taken
	Arrow    bool   // flows are published for analysts
}

// Embedded is the NATS server inside the process.
type Embedded struct {
	Dir    string // JetStream's files
	Listen string // host:port on loopback for other clients; empty opens no port
}

// Networks is the operator's map without the exporters.
type Networks struct {
	Managed []Managed
	Dark    []netip.Prefix // unused space: traffic to it is a symptom
	Trusted []netip.Prefix // own scanners and monitors: their probes are no finding
	Tunnels []netip.Prefix // ends of tunnels of ours: what is inside counts
}

// Managed is a managed object and its own limits.
type Managed struct {
	network.ManagedObject
	Thresholds Sides
}

// Sides are the limits of a managed object's hosts: for traffic to them, and from
// them.
type Sides struct{ In, Out Thresholds }

// Learning is about profiles of what is normal.
type Learning struct{ Until time.Duration }

// Thresholds are the limits of one host by misuse subclass. A nil limit was not
// given: inside a managed object the general one applies. At the top level none is
// nil.
type Thresholds struct {
	SYNFlood, UDPFlood, ICMPFlood, DNSAmplification, TotalTraffic *Limit
}

// Limit is a rate that a host should not exceed; either of the two breaks it. Zero
// is no limit, so the zero Limit is switched off.
type Limit struct {
	PPS float64 // packets per second
	BPS float64 // bits per second
}

// Each tells the limits that were given, by their subclass (anomaly.SYNFlood, …),
// always in the same order.
func (t Thresholds) Each(tell func(subclass string, limit Limit)) {
	for _, k := range thresholdKeys {
		if limit := *k.place(&t); limit != nil {
			tell(k.subclass, *limit)
		}
	}
}

// Crosscheck says how flows are held against the counters of interfaces.
type Crosscheck struct {
	Enabled   bool
	Low, High float64 // the band of flows ÷ counters in which they agree
	Packets   uint32  // an interface must have moved in an interval to be judged
}

// Admin is the listener for metrics, health and the other commands.
type Admin struct{ Listen string } // host:port, loopback only

// Signatures says which rules are evaluated.
type Signatures struct {
	Dir     string // the operator's rules; empty has none
	Shipped bool   // the rules that come with eagre
}

// Alerts says who is told.
type Alerts struct {
	Egress    alert.Egress
	Receivers []Receiver
	Route     Route
	// OperationImportance is that of anomalies about the watch itself.
	OperationImportance anomaly.Importance
}

// Receiver is one place that is told. Exactly one of the pointers is set.
type Receiver struct {
	Name          string
	MinImportance *anomaly.Importance // nil takes the route's
	Webhook       *Webhook
	Slack         *Slack
	File          *File
	Terminal      *Terminal
}

// Webhook posts signed events.
type Webhook struct {
	URL     URL
	Secrets []alert.SecretSource // at least one
}

// URL is a URL, or the place where it is kept because it holds a key. Exactly one
// of the two is set. Only the plain one has been checked against the egress list:
// check the other when it has been resolved.
type URL struct {
	Plain alert.Endpoint
	From  alert.SecretSource
}

// Slack posts with a bot's token into a channel, or through an incoming webhook,
// whose URL is itself the secret.
type Slack struct {
	Channel    string
	Token      alert.SecretSource
	WebhookURL alert.SecretSource
}

// File appends events as lines of JSON.
type File struct{ Path string }

// Terminal prints for a person.
type Terminal struct{}

// Route says which receivers are told, and how often.
type Route struct {
	Receivers      []string // empty is all of them
	MinImportance  anomaly.Importance
	GroupBy        []string
	GroupWait      time.Duration
	GroupInterval  time.Duration
	RepeatInterval time.Duration
}

// Default is the configuration of an empty file. The limits are the floors of the
// misuse triggers: below them a flood troubles no service of any size.
func Default() Config {
	return Config{
		Listen:   listenOn("127.0.0.1"),
		Data:     Data{Dir: "/var/lib/eagre"},
		NATS:     NATS{Embedded: Embedded{Dir: "/var/lib/eagre/nats"}},
		Learning: Learning{Until: 7 * day},
		Thresholds: Thresholds{
			SYNFlood:         &Limit{PPS: 5e3},
			UDPFlood:         &Limit{PPS: 50e3},
			ICMPFlood:        &Limit{PPS: 5e3},
			DNSAmplification: &Limit{BPS: 100e6},
			TotalTraffic:     &Limit{PPS: 100e3, BPS: 1e9},
		},
		Crosscheck: defaultCrosscheck(),
		Admin:      Admin{Listen: "127.0.0.1:9090"},
		Signatures: Signatures{Shipped: true},
		Alerts: Alerts{Route: Route{
			GroupBy: []string{"victim"}, GroupWait: 5 * time.Second,
			GroupInterval: time.Minute, RepeatInterval: 4 * time.Hour,
		}},
	}
}

func defaultCrosscheck() Crosscheck {
	c := crosscheck.DefaultConfig()
	return Crosscheck{Enabled: true, Low: c.Low, High: c.High, Packets: uint32(c.Packets)}
}

// listenOn awaits every format on the port that the field expects.
func listenOn(host string) Listen {
	return Listen{NetFlow: []string{host + ":2055", host + ":4739"}, SFlow: []string{host + ":6343"}}
}

// Network is the operator's map in the form of package network.
func (c Config) Network() network.Config {
	out := network.Config{Dark: c.Networks.Dark, Trusted: c.Networks.Trusted, Tunnels: c.Networks.Tunnels}
	for _, e := range c.Exporters {
		out.Exporters = append(out.Exporters, e.Exporter)
	}
	for _, m := range c.Networks.Managed {
		out.Managed = append(out.Managed, m.ManagedObject)
	}
	return out
}
