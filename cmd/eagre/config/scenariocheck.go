package config

import (
	"math"
	"net/netip"
	"slices"
	"strings"
)

// checkScenario compares values with each other. It runs on a scenario without other
// errors only.
func (r *reader) checkScenario(s *Scenario) {
	distinct(r, "router", pointers(s.Routers, func(x *ScenarioRouter) *string { return &x.Exporter.Name }))
	distinct(r, "router address", pointers(s.Routers, func(x *ScenarioRouter) *netip.Addr { return &x.Exporter.Address }))
	for i := range s.Routers {
		r.checkScenarioRouter(&s.Routers[i])
	}
	known := values(pointers(s.Routers, func(x *ScenarioRouter) *string { return &x.Exporter.Name }))
	for i := range s.Traffic {
		r.checkTraffic(&s.Traffic[i], known)
	}
	for i := range s.Attacks {
		r.checkAttack(&s.Attacks[i], known)
	}
	if s.Load == nil && len(s.Traffic) == 0 && len(s.Attacks) == 0 {
		r.failAt(s, "there is nothing to export: want load, traffic or attacks")
	}
}

// checkScenarioRouter asks the room that will play the router.
func (r *reader) checkScenarioRouter(x *ScenarioRouter) {
	for _, err := range each(x.Validate()) {
		said := strings.TrimPrefix(err.Error(), "simulate: router "+x.Exporter.Name+": ")
		r.failAt(x, "router %s: %s", quote(x.Exporter.Name), said)
	}
}

// each is the errors inside a joined one.
func each(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	if err != nil {
		return []error{err}
	}
	return nil
}

func (r *reader) checkTraffic(t *ScenarioTraffic, routers []string) {
	r.checkPath(t.Path, routers)
	family := t.Clients[0].Addr().Is4()
	for _, list := range [][]netip.Prefix{t.Clients, t.Servers} {
		for i := range list {
			if list[i].Addr().Is4() != family {
				r.failAt(&list[i], "clients and servers are of two families: want one entry of traffic for each")
			}
		}
	}
	if r.given(&t.Until) && t.Until <= t.From {
		r.failAt(&t.Until, "this traffic ends before it begins")
	}
}

func (r *reader) checkAttack(a *ScenarioAttack, routers []string) {
	kind, sum := attackKinds[a.Kind], 0.0
	r.wanted(a, &a.Port, kind.port, "port", a.Kind)
	r.wanted(a, &a.Reflectors, kind.reflectors, "reflectors", a.Kind)
	if !a.Host.Is4() {
		r.failAt(&a.Host, "host %s: the attacks are IPv4", quote(a.Host.String()))
	}
	if a.Kind == "slammer" && len(a.Entries) > 1 {
		r.failAt(&a.Entries, "a slammer comes from one host: want one entry")
	}
	for i := range a.Entries {
		sum += a.Entries[i].Share
		r.checkPath(a.Entries[i].Path, routers)
	}
	if math.Abs(sum-1) > 1e-9 {
		r.failAt(&a.Entries, "the shares of the entries add up to %s: want 100%%", share.format(math.Round(sum*1e6)/1e6))
	}
}

// wanted reports a key that a kind of attack needs, or does not know.
func (r *reader) wanted(a *ScenarioAttack, value *uint32, needs bool, key, kind string) {
	switch {
	case needs && !r.given(value):
		r.failAt(a, "%q is missing: a %s has one", key, kind)
	case !needs && r.given(value):
		r.failAt(value, "a %s has no %s", kind, key)
	}
}

func (r *reader) checkPath(path []ScenarioHop, routers []string) {
	for i := range path {
		if h := &path[i]; !slices.Contains(routers, h.Router) {
			r.failAt(&h.Router, "router %s does not exist%s", quote(h.Router), meant(h.Router, routers))
		}
	}
}
