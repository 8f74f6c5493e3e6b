package network

import (
	"net/netip"

	"eagre/flow"
)

// exporter is an Exporter with its interfaces by number.
type exporter struct {
	Exporter
	interfaces map[uint32]Interface
	hasRoles   bool
}

func newExporter(e Exporter) *exporter {
	out := &exporter{Exporter: e, interfaces: map[uint32]Interface{}}
	for _, i := range e.Interfaces {
		out.interfaces[i.Index] = i
		out.hasRoles = out.hasRoles || i.Role != RoleUnknown
	}
	return out
}

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

// Role is the role of an exporter's interface.
func (m *Map) Role(exporter flow.IP, index uint32) Role {
	e, ok := m.exporters[exporter]
	if !ok {
		return RoleUnknown
	}
	return e.interfaces[index].Role
}

// HasRoles tells whether the role of any interface of an exporter is declared.
// Where none is, its flows are counted nowhere at a boundary: of what several
// such exporters saw, the largest count is taken. Where some are, that still
// goes for the flows that came in through the others.
func (m *Map) HasRoles(exporter flow.IP) bool {
	e, ok := m.exporters[exporter]
	return ok && e.hasRoles
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
