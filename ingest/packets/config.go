package packets

import (
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// Config says how packets become flows.
type Config struct {
	// Exporter is the address under which the flows appear.
	Exporter netip.Addr
	// Flows is how many flows are held at once, or with Pair how many
	// connections. When one more comes, the one that has been idle longest leaves
	// early.
	Flows int
	// Active is how long a flow may last before it is reported and begins anew.
	Active time.Duration
	// Inactive is how long a flow may be silent before it has ended.
	Inactive time.Duration
	// Pair holds both directions of a connection together, as RFC 5103 biflows
	// do. They leave at the same time as two rows: first the direction of the
	// first packet, then the other one with its ends swapped, if it had packets at
	// all. The timeouts are those of the connection, so that a direction without
	// packets is not idle while the other has some. Both rows carry the
	// round-trip time of the handshake (see Meter). Directions find each other by
	// addresses, ports and protocol on one interface: a tap that delivers them on
	// two interfaces gives flows without partner, and so does ICMP, whose two
	// directions differ in type.
	Pair bool
	// EndTCP lets a flow leave a second after TCP ended it, as Cisco routers and
	// YAF do, and not only after the inactive timeout: after a RST, after the FIN
	// of a direction, or with Pair after the FIN of both. The second takes in the
	// last acknowledgements, which would else be flows of their own. A new
	// connection between the same ports does not wait for it.
	EndTCP bool
}

// DefaultConfig holds 131,072 flows (about 25 MB when full) with the timeouts
// that routers commonly use. Directions are not paired.
func DefaultConfig() Config {
	return Config{
		Exporter: netip.AddrFrom4([4]byte{127, 0, 0, 1}),
		Flows:    1 << 17,
		Active:   60 * time.Second,
		Inactive: 15 * time.Second,
	}
}

const mostFlows = 1 << 26

// Validate reports everything that is wrong.
func (c Config) Validate() error {
	var errs []error
	if !c.Exporter.IsValid() {
		errs = append(errs, errors.New("packets.exporter: no address"))
	}
	if c.Flows < 1 || c.Flows > mostFlows {
		errs = append(errs, fmt.Errorf("packets.flows: %d, want 1 to %d", c.Flows, mostFlows))
	}
	if c.Active < time.Second {
		errs = append(errs, fmt.Errorf("packets.active: %v, want at least 1s", c.Active))
	}
	if c.Inactive < time.Second {
		errs = append(errs, fmt.Errorf("packets.inactive: %v, want at least 1s", c.Inactive))
	}
	return errors.Join(errs...)
}
