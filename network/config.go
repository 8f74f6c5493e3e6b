package network

import (
	"fmt"
	"net/netip"
	"slices"
)

// Config is the operator's description of the network.
type Config struct {
	Exporters []Exporter
	Managed   []ManagedObject
	Dark      []netip.Prefix // unused space, but for managed prefixes inside: traffic to it is a symptom
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
	Prefixes    []netip.Prefix // may lie inside those of others, and of its own
	CapacityBPS float64        // bits per second; 0 is unknown
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

// Validate reports everything that is wrong, not only the first thing. Prefixes
// may nest in any way, but no prefix is of two objects, or of one and dark.
func (c Config) Validate() []error {
	owners := map[netip.Prefix]string{}
	return slices.Concat(c.checkExporters(), c.checkManaged(owners), c.checkDark(owners))
}

func (c Config) checkExporters() (errs []error) {
	names := map[netip.Addr]string{}
	for _, e := range c.Exporters {
		if other, taken := names[e.Address.Unmap()]; taken {
			errs = append(errs, fmt.Errorf("exporters: %s is both %q and %q", e.Address, other, e.Name))
		}
		names[e.Address.Unmap()] = e.Name
	}
	return errs
}

// checkManaged also notes whose each prefix is.
func (c Config) checkManaged(owners map[netip.Prefix]string) (errs []error) {
	if len(c.Managed) > MaxManaged {
		errs = append(errs, fmt.Errorf("networks.managed: %d objects, limit %d", len(c.Managed), MaxManaged))
	}
	for _, o := range c.Managed {
		for _, p := range o.Prefixes {
			if other, taken := owners[p.Masked()]; taken {
				errs = append(errs, fmt.Errorf("networks.managed: prefix %s belongs to both %q and %q", p, other, o.Name))
			}
			owners[p.Masked()] = o.Name
		}
	}
	return errs
}

func (c Config) checkDark(owners map[netip.Prefix]string) (errs []error) {
	for _, p := range c.Dark {
		if owner, taken := owners[p.Masked()]; taken {
			errs = append(errs, fmt.Errorf("networks.dark: prefix %s is not unused: it belongs to %q of networks.managed", p, owner))
		}
	}
	return errs
}
