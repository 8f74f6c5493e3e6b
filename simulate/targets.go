package simulate

import (
	"errors"
	"fmt"
	"net/netip"

	"eagre/flow"
)

// Targets is where the datagrams of each format go.
type Targets struct {
	NetFlow netip.AddrPort // NetFlow and IPFIX
	SFlow   netip.AddrPort
	// Anywhere lets datagrams leave this machine. Simulated attacks look like real
	// ones to whoever receives them, so it must be wanted.
	Anywhere bool
}

// DefaultTargets are the usual ports on loopback: 2055 and 6343.
func DefaultTargets() Targets {
	loopback := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	return Targets{NetFlow: netip.AddrPortFrom(loopback, 2055), SFlow: netip.AddrPortFrom(loopback, 6343)}
}

// Validate refuses what is not on this machine, unless Anywhere says otherwise:
// simulated attacks stay here.
func (t Targets) Validate() error {
	check := onLoopback
	if t.Anywhere {
		check = reachable
	}
	return errors.Join(check("netflow", t.NetFlow), check("sflow", t.SFlow))
}

func reachable(name string, to netip.AddrPort) error {
	if !to.IsValid() || to.Addr().IsUnspecified() || to.Port() == 0 {
		return fmt.Errorf("simulate: %s target %s: not an address and port of one host", name, to)
	}
	return nil
}

func onLoopback(name string, to netip.AddrPort) error {
	if !to.IsValid() || !to.Addr().Unmap().IsLoopback() || to.Port() == 0 {
		return fmt.Errorf("simulate: %s target %s: only a port on loopback is sent to", name, to)
	}
	return nil
}

func (t Targets) of(r Router) netip.AddrPort {
	if r.Format == flow.SFlowV5 {
		return t.SFlow
	}
	return t.NetFlow
}
