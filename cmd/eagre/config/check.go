package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"eagre/alert"
	"eagre/network"
)

// check compares values with each other, once all of them have been read. A value
// that was refused is zero here, and passed over.
func (r *reader) check(c *Config) {
	r.checkListen(&c.Listen)
	r.checkNATS(&c.NATS)
	r.checkExporters(c.Exporters)
	r.checkNetworks(&c.Networks)
	for i := range c.Alerts.Receivers {
		r.checkReceiver(&c.Alerts.Receivers[i], c.Alerts.Egress)
	}
	r.checkRoute(&c.Alerts)
}

// distinct reports every value that an earlier one has already, with both places.
func distinct[T comparable](r *reader, what string, values []*T) {
	var zero T
	first := make(map[T]*T, len(values))
	for _, v := range values {
		switch other := first[*v]; {
		case *v == zero:
		case other != nil:
			r.failAt(v, "%s %s stands here again, first at %s", what, quote(fmt.Sprint(*v)), r.place(other))
		default:
			first[*v] = v
		}
	}
}

// pointers are the places of one field in each element of a list.
func pointers[S, T any](all []S, field func(*S) *T) []*T {
	out := make([]*T, len(all))
	for i := range all {
		out[i] = field(&all[i])
	}
	return out
}

func self[T any](v *T) *T { return v }

func (r *reader) checkListen(l *Listen) {
	distinct(r, "address", slices.Concat(pointers(l.NetFlow, self), pointers(l.SFlow, self), pointers(l.Auto, self)))
	distinct(r, "address", pointers(l.IPFIXTCP, self))
	distinct(r, "interface", pointers(l.Packets, func(m *Monitor) *string { return &m.Interface }))
}

func (r *reader) checkNATS(n *NATS) {
	switch {
	case r.given(&n.URL) && r.given(&n.Embedded):
		r.failAt(&n.URL, "nats is either embedded (%s) or at a url, not both", r.place(&n.Embedded))
	case r.given(&n.Creds) && !r.given(&n.URL):
		r.failAt(&n.Creds, "creds are for a server elsewhere: url is missing")
	}
}

func (r *reader) checkExporters(all []Exporter) {
	distinct(r, "exporter address", pointers(all, func(e *Exporter) *netip.Addr { return &e.Address }))
	distinct(r, "exporter name", pointers(all, func(e *Exporter) *string { return &e.Name }))
	for _, e := range all {
		distinct(r, "interface index", pointers(e.Interfaces, func(i *network.Interface) *uint32 { return &i.Index }))
		if e.SNMP != nil {
			r.checkSNMP(e.SNMP)
		}
	}
}

// checkNetworks lets prefixes nest, and refuses equal ones.
func (r *reader) checkNetworks(n *Networks) {
	distinct(r, "managed object", pointers(n.Managed, func(m *Managed) *string { return &m.Name }))
	owners := owners{reader: r, first: map[netip.Prefix]owned{}}
	for i := range n.Managed {
		for j := range n.Managed[i].Prefixes {
			owners.take(&n.Managed[i].Prefixes[j], n.Managed[i].Name)
		}
	}
	for i := range n.Dark {
		owners.free(&n.Dark[i])
	}
}

// owners is whose each prefix is.
type owners struct {
	*reader
	first map[netip.Prefix]owned
}

type owned struct {
	owner  string
	prefix *netip.Prefix
}

// take gives a prefix to an owner unless it has one.
func (o *owners) take(p *netip.Prefix, owner string) {
	if !p.IsValid() {
		return
	}
	if other, taken := o.first[*p]; taken {
		o.failAt(p, "prefix %s of %s belongs to %s already, at %s", p, quote(owner), quote(other.owner), o.place(other.prefix))
		return
	}
	o.first[*p] = owned{owner, p}
}

// free refuses unused space that has an owner.
func (o *owners) free(p *netip.Prefix) {
	if other, taken := o.first[*p]; taken {
		o.failAt(p, "prefix %s is not unused: it belongs to %s, at %s", p, quote(other.owner), o.place(other.prefix))
	}
}

func (r *reader) checkReceiver(to *Receiver, egress alert.Egress) {
	ways := 0
	for _, set := range []bool{to.Webhook != nil, to.Slack != nil, to.File != nil, to.Terminal != nil} {
		if set {
			ways++
		}
	}
	if ways != 1 {
		r.failAt(to, "a receiver has exactly one of webhook, slack, file and terminal, not %d", ways)
	}
	if to.Slack != nil {
		r.checkSlack(to.Slack)
	}
	if to.Webhook != nil && !to.Webhook.URL.Plain.IsZero() {
		if err := egress.Check(to.Webhook.URL.Plain); err != nil {
			r.failAt(&to.Webhook.URL, "%s", strings.Replace(err.Error(), "egress.allow", "alerts.egress.allow", 1))
		}
	}
}

func (r *reader) checkSlack(s *Slack) {
	bot := r.given(&s.Token) || r.given(&s.Channel)
	switch {
	case bot && r.given(&s.WebhookURL):
		r.failAt(&s.WebhookURL, "slack has either channel and token, or webhook_url")
	case !bot && !r.given(&s.WebhookURL):
		r.failAt(s, "slack wants channel and token, or webhook_url")
	case bot && !r.given(&s.Token):
		r.failAt(s, `"token" is missing`)
	case bot && !r.given(&s.Channel):
		r.failAt(s, `"channel" is missing`)
	}
}

// checkRoute wants every receiver of the route to exist.
func (r *reader) checkRoute(a *Alerts) {
	names := pointers(a.Receivers, func(to *Receiver) *string { return &to.Name })
	routed := pointers(a.Route.Receivers, self)
	distinct(r, "receiver", names)
	distinct(r, "receiver", routed)
	for _, want := range routed {
		if known := values(names); *want != "" && !slices.Contains(known, *want) {
			r.failAt(want, "receiver %s does not exist%s", quote(*want), meant(*want, known))
		}
	}
}

// advise warns of what is allowed but hardly meant. It looks at a configuration
// without errors only, where nothing is missing because it was refused.
func (r *reader) advise(c *Config) {
	if r.given(&c.Listen) && c.Listen.empty() {
		r.warnAt(&c.Listen, "this listens on nothing: leave listen out for the defaults, or name netflow, sflow, auto, ipfix_tcp or packets")
	}
	for i := range c.Exporters {
		if s := c.Exporters[i].SNMP; s != nil && !c.Crosscheck.Enabled {
			r.warnAt(s, "nobody is asked by SNMP: crosscheck.enabled is false")
		}
	}
	routed := c.Alerts.Route.Receivers
	for i := range c.Alerts.Receivers {
		if have := &c.Alerts.Receivers[i].Name; len(routed) > 0 && !slices.Contains(routed, *have) {
			r.warnAt(have, "receiver %s is told nothing: it is not in alerts.route.receiver", quote(*have))
		}
	}
}

// empty tells that nothing is listened to.
func (l Listen) empty() bool {
	return len(l.NetFlow)+len(l.SFlow)+len(l.Auto)+len(l.IPFIXTCP)+len(l.Packets) == 0
}

func values(ps []*string) (out []string) {
	for _, p := range ps {
		out = append(out, *p)
	}
	return out
}

// complete fills in the defaults that hang on what was given.
func (r *reader) complete(c *Config) {
	r.completeListen(&c.Listen, len(c.Exporters) > 0)
	r.completeDirs(&c.Data, &c.NATS)
	for i := range c.Exporters {
		if e := &c.Exporters[i]; e.Name == "" {
			e.Name = e.Address.String()
		}
		c.Exporters[i].completeSNMP()
	}
}

// completeListen opens up where there is an allow-list, unless the operator has said
// where to listen: then that is all.
func (r *reader) completeListen(l *Listen, allowList bool) {
	if !r.given(l) {
		if allowList {
			*l = listenOn("")
		}
		return
	}
	if !r.given(&l.NetFlow) {
		l.NetFlow = nil
	}
	if !r.given(&l.SFlow) {
		l.SFlow = nil
	}
}

func (r *reader) completeDirs(data *Data, nats *NATS) {
	switch dir := &nats.Embedded.Dir; {
	case nats.URL != "":
		nats.Embedded = Embedded{}
	case !r.given(dir):
		*dir = filepath.Join(data.Dir, "nats")
	case !r.given(&data.Dir):
		data.Dir = filepath.Dir(*dir)
	}
}

// natsURL is one server, or several of one cluster. What is inside a URL besides the
// host is not quoted.
var natsURL = scalar[string]{words: "a URL, as tls://nats.example.net:4222", format: asIs, parse: func(text string) (string, error) {
	for _, one := range strings.Split(text, ",") {
		if err := checkNATSURL(one); err != nil {
			return "", err
		}
	}
	return text, nil
}}

func checkNATSURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "" || len(text) > 300:
		return fmt.Errorf("this is no URL: want one as tls://nats.example.net:4222, several separated by commas")
	case u.Scheme != "nats" && u.Scheme != "tls":
		return fmt.Errorf("url %s: the scheme must be nats or tls", alert.NewEndpoint(text))
	case u.User != nil:
		return fmt.Errorf("url %s: user, password and token do not belong into a URL: use creds", alert.NewEndpoint(text))
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return fmt.Errorf("url %s: there is more than scheme, host and port", alert.NewEndpoint(text))
	case u.Port() != "":
		return checkPort(u.Port())
	}
	return checkHost(u.Hostname())
}
