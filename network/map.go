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
	prefixes  bart.Table[Object]
	quick     *quickTable
	exporters map[flow.IP]*exporter
	tunnels   *bart.Lite // nil: none
}

type exporter struct {
	Exporter
	interfaces map[uint32]Interface
}

// New checks and compiles a configuration.
func New(c Config) (*Map, error) {
	if errs := c.Validate(); len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	m := &Map{objects: append([]ManagedObject{{}}, c.Managed...), exporters: map[flow.IP]*exporter{}}
	for i, o := range c.Managed {
		for _, p := range o.Prefixes {
			m.prefixes.Insert(p.Masked(), Object(i+1))
		}
	}
	m.quick = newQuickTable(&m.prefixes, c.Managed)
	for _, p := range c.Tunnels {
		if m.tunnels == nil {
			m.tunnels = new(bart.Lite)
		}
		m.tunnels.Insert(p.Masked())
	}
	for _, e := range c.Exporters {
		m.exporters[flow.FromAddr(e.Address)] = newExporter(e)
	}
	return m, nil
}

func newExporter(e Exporter) *exporter {
	out := &exporter{Exporter: e, interfaces: map[uint32]Interface{}}
	for _, i := range e.Interfaces {
		out.interfaces[i.Index] = i
	}
	return out
}

// HasTunnels tells whether any tunnel is declared as ours.
func (m *Map) HasTunnels() bool { return m.tunnels != nil }

// Tunnel tells whether both addresses are ends of tunnels of ours. It does not
// allocate.
func (m *Map) Tunnel(a, b flow.IP) bool {
	return m.tunnels != nil && m.tunnels.Contains(a.Addr()) && m.tunnels.Contains(b.Addr())
}

// HasManaged tells whether anything is declared as protected. Where nothing is,
// every destination is watched.
func (m *Map) HasManaged() bool { return len(m.objects) > 1 }

// Locate finds the managed object that holds an address, by longest prefix.
// It does not allocate.
func (m *Map) Locate(ip flow.IP) Object {
	if !m.HasManaged() {
		return 0
	}
	if ip.Is4() {
		if o, sure := m.quick.look(ip.V4()); sure {
			return o
		}
	}
	o, _ := m.prefixes.Lookup(ip.Addr())
	return o
}

// Managed describes an object; Object 0 gives the empty one.
func (m *Map) Managed(o Object) ManagedObject { return m.objects[o] }

// Objects is how many managed objects there are.
func (m *Map) Objects() int { return len(m.objects) - 1 }

// Exporter finds a declared exporter.
func (m *Map) Exporter(address flow.IP) (Exporter, bool) {
	if e, ok := m.exporters[address]; ok {
		return e.Exporter, true
	}
	return Exporter{}, false
}

// Interface describes an interface; one that is not declared has only its index.
func (m *Map) Interface(exporter flow.IP, index uint32) Interface {
	if e, ok := m.exporters[exporter]; ok {
		if i, ok := e.interfaces[index]; ok {
			return i
		}
	}
	return Interface{Index: index}
}

// Allows tells whether datagrams from an address are heard: declared exporters
// are; where none is declared, only loopback is.
func (m *Map) Allows(source netip.Addr) bool {
	if len(m.exporters) == 0 {
		return source.IsLoopback()
	}
	_, ok := m.exporters[flow.FromAddr(source)]
	return ok
}
