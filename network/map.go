package network

import (
	"errors"
	"net/netip"

	"github.com/gaissmai/bart"

	"eagre/flow"
)

// Object is the number of a managed object in its Map; 0 is "none of ours".
type Object uint16

// Map is the compiled network: immutable, shared by all goroutines.
type Map struct {
	objects   []ManagedObject // objects[0] is empty: Object counts from 1
	sites     *sites
	exporters map[flow.IP]*exporter
	trusted   *bart.Lite // nil: none
	tunnels   *bart.Lite // nil: none
}

// New checks and compiles a configuration.
func New(c Config) (*Map, error) {
	if errs := c.Validate(); len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	m := &Map{
		objects:   append([]ManagedObject{{}}, c.Managed...),
		sites:     newSites(c),
		exporters: map[flow.IP]*exporter{},
		trusted:   newSpace(c.Trusted),
		tunnels:   newSpace(c.Tunnels),
	}
	for _, e := range c.Exporters {
		m.exporters[flow.FromAddr(e.Address)] = newExporter(e)
	}
	return m, nil
}

// newSpace is the addresses of some prefixes, nil where there are none.
func newSpace(prefixes []netip.Prefix) *bart.Lite {
	if len(prefixes) == 0 {
		return nil
	}
	out := new(bart.Lite)
	each(prefixes, out.Insert)
	return out
}

// HasTunnels tells whether any tunnel is declared as ours.
func (m *Map) HasTunnels() bool { return m.tunnels != nil }

// Tunnel tells whether both addresses are ends of tunnels of ours. It does not
// allocate.
func (m *Map) Tunnel(a, b flow.IP) bool {
	return m.tunnels != nil && m.tunnels.Contains(a.Addr()) && m.tunnels.Contains(b.Addr())
}

// IsTrusted tells whether an address is a scanner or monitor of ours, whose
// probes are no finding. It does not allocate.
func (m *Map) IsTrusted(ip flow.IP) bool {
	return m.trusted != nil && m.trusted.Contains(ip.Addr())
}

// HasManaged tells whether anything is declared as protected. Where nothing is,
// every destination is watched.
func (m *Map) HasManaged() bool { return len(m.objects) > 1 }

// Managed describes an object; Object 0 gives the empty one.
func (m *Map) Managed(o Object) ManagedObject { return m.objects[o] }

// Objects is how many managed objects there are.
func (m *Map) Objects() int { return len(m.objects) - 1 }
