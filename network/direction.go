package network

import "eagre/flow"

// Direction is which way a flow runs as seen from what is protected.
type Direction uint8

// The directions.
const (
	DirectionUnknown Direction = iota // no map is given
	Incoming
	Outgoing
	Internal // from one managed object to another
	Transit  // neither end is ours
)

var directionNames = [...]string{"unknown", "incoming", "outgoing", "internal", "transit"}

func (d Direction) String() string { return directionNames[min(int(d), len(directionNames)-1)] }

// Place is what the map says about one flow: the one decision on direction
// that everything later uses.
type Place struct {
	Src, Dst  Object
	Direction Direction
	// Boundary says that the flow was seen where it enters the network (its
	// input interface is external or customer) and so counts once.
	Boundary bool
	// Core says that the flow was seen again: the input interface leads to another router of ours, so the
	// flow was counted there and serves traceback only.
	Core bool
}

// Place decides direction and boundary of a flow that came in through an
// interface of the given role. It does not allocate.
func (m *Map) Place(src, dst flow.IP, role Role) Place {
	p := Place{Src: m.Locate(src), Dst: m.Locate(dst)}
	p.Direction = m.direction(p.Src, p.Dst)
	p.Boundary = role == RoleExternal || role == RoleCustomer
	p.Core = role == RoleCore
	return p
}

func (m *Map) direction(src, dst Object) Direction {
	switch {
	case !m.HasManaged():
		return DirectionUnknown
	case src != 0 && dst != 0:
		return Internal
	case dst != 0:
		return Incoming
	case src != 0:
		return Outgoing
	}
	return Transit
}

// Role is the role of an exporter's interface.
func (m *Map) Role(exporter flow.IP, index uint32) Role {
	e, ok := m.exporters[exporter]
	if !ok {
		return RoleUnknown
	}
	return e.interfaces[index].Role
}
