package network

import "eagre/flow"

// Direction is which way a flow runs as seen from what is protected.
type Direction uint8

// The directions.
const (
	DirectionUnknown Direction = iota // no map is given
	Incoming
	Outgoing
	Internal // both ends are inside
	Transit  // neither end is
)

var directionNames = [...]string{"unknown", "incoming", "outgoing", "internal", "transit"}

func (d Direction) String() string { return directionNames[min(int(d), len(directionNames)-1)] }

// Place is what the map says about one flow: the one decision on direction
// that everything later uses. Places of one Map can be compared.
type Place struct {
	// Src and Dst are the managed objects that the ends are shown under; SrcSite and DstSite say which others
	// hold them (see Map.Chain).
	Src, Dst         Object
	SrcSite, DstSite Site
	// Direction is as seen from all that is protected; Map.DirectionFor sees it from one object.
	Direction Direction
	// Boundary says that the flow was seen where it enters the network (its
	// input interface is external or customer) and so counts once.
	Boundary bool
	// Core says that the flow was seen again: the input interface leads to another router of ours, so the
	// flow was counted there and serves traceback only.
	Core bool
	// Dark says that the destination is unused address space.
	Dark bool
}

// Place decides direction and boundary of a flow that came in through an
// interface of the given role. It does not allocate. The result is filled in
// where it stands: to copy fields that have just been stored costs more than all
// else here.
func (m *Map) Place(src, dst flow.IP, role Role) (p Place) {
	p.SrcSite, p.DstSite = m.sites.at(src), m.sites.at(dst)
	from, to := m.sites.ends[p.SrcSite], m.sites.ends[p.DstSite]
	p.Src, p.Dst, p.Dark = from.object, to.object, to.dark
	p.Direction = m.direction(p.Src != 0, p.Dst != 0)
	p.Boundary = role == RoleExternal || role == RoleCustomer
	p.Core = role == RoleCore
	return p
}

// DirectionFor is which way a flow runs as seen from one object: between two
// customers of a provider it is incoming for one, outgoing for the other,
// internal for the provider, and transit for everybody else. It does not
// allocate.
func (m *Map) DirectionFor(o Object, p Place) Direction {
	return m.direction(m.Holds(o, p.SrcSite), m.Holds(o, p.DstSite))
}

// direction is which way a flow runs whose source or destination lies inside.
func (m *Map) direction(src, dst bool) Direction {
	switch {
	case !m.HasManaged():
		return DirectionUnknown
	case src && dst:
		return Internal
	case dst:
		return Incoming
	case src:
		return Outgoing
	}
	return Transit
}
