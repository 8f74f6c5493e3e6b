package network

import (
	"fmt"
	"net/netip"
)

// Config is the operator's description of the network.
type Config struct {
	Exporters []Exporter
	Managed   []ManagedObject
	Dark      []netip.Prefix // unused space: traffic to it is a symptom
	Trusted   []netip.Prefix // own scanners and monitors
	Tunnels   []netip.Prefix // ends of own tunnels
}

// Exporter is a router or switch that sends flows, known by the UDP source
// address of its datagrams.
type Exporter struct {
	Address      netip.Addr
	Name         string
	SamplingRate uint32 // the operator's override; 0 believes the exporter
	Interfaces   []Interface
}

// Interface is one interface of an exporter.
type Interface struct {
	Index    uint32 // ifIndex
	Name     string
	Role     Role
	SpeedBPS float64 // bits per second; 0 is unknown
}

// ManagedObject is something protected: a customer, a site, a service. It is
// shown as the resource of an anomaly.
type ManagedObject struct {
	Name        string
	Prefixes    []netip.Prefix
	CapacityBPS float64 // bits per second; 0 is unknown
}

// Role says what lies behind an interface.
type Role uint8

// The roles of an interface.
const (
	RoleUnknown  Role = iota
	RoleExternal      // transit and peering
	RoleCustomer
	RoleCore // towards another router of ours: sees flows that were counted already
)

var roleNames = [...]string{"unknown", "external", "customer", "core"}

func (r Role) String() string { return roleNames[min(int(r), len(roleNames)-1)] }

// ParseRole reads a role's name.
func ParseRole(s string) (Role, error) {
	for i, name := range roleNames[1:] {
		if s == name {
			return Role(i + 1), nil
		}
	}
	return RoleUnknown, fmt.Errorf("role %q: want external, customer or core", s)
}

// MaxManaged bounds the managed objects of one configuration.
const MaxManaged = 65_000

// Validate reports everything that is wrong, not only the first thing.
func (c Config) Validate() []error {
	var errs []error
	report := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if len(c.Managed) > MaxManaged {
		report("networks.managed: %d objects, limit %d", len(c.Managed), MaxManaged)
	}
	exporters := map[netip.Addr]string{}
	for _, e := range c.Exporters {
		if other, taken := exporters[e.Address.Unmap()]; taken {
			report("exporters: %s is both %q and %q", e.Address, other, e.Name)
		}
		exporters[e.Address.Unmap()] = e.Name
	}
	owners := map[netip.Prefix]string{}
	for _, o := range c.Managed {
		for _, p := range o.Prefixes {
			if other, taken := owners[p.Masked()]; taken {
				report("networks.managed: prefix %s belongs to both %q and %q", p, other, o.Name)
			}
			owners[p.Masked()] = o.Name
		}
	}
	return errs
}
