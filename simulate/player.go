package simulate

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"
)

// Player sends a scenario's datagrams as they fall due, each router from its own
// loopback address. It owns the scenario from Open on; Run is called once.
type Player struct {
	scenario *Scenario
	targets  Targets
	sockets  []*net.UDPConn // by router
	warnings []string
	failed   uint64
}

// Open binds one socket a router and checks that all targets are on loopback.
// Where a router's own address cannot be bound (only Linux has all of
// 127.0.0.0/8), it sends from the target's address, and Warnings says so: such
// routers are one exporter to a collector.
func Open(s *Scenario, to Targets) (*Player, error) {
	if err := to.Validate(); err != nil {
		return nil, err
	}
	p := &Player{scenario: s, targets: to}
	for _, r := range s.Routers() {
		socket, err := p.bind(r)
		if err != nil {
			p.close()
			return nil, fmt.Errorf("simulate: router %s: %w", r.Exporter.Name, err)
		}
		p.sockets = append(p.sockets, socket)
	}
	return p, nil
}

func (p *Player) bind(r Router) (*net.UDPConn, error) {
	own, target := r.Exporter.Address, p.targets.of(r).Addr()
	if own.IsLoopback() && own.Is4() == target.Is4() {
		socket, err := listen(own)
		if err == nil {
			return socket, nil
		}
	}
	p.warnings = append(p.warnings, fmt.Sprintf("router %s cannot send from %s here and sends from %s", r.Exporter.Name, own, target))
	return listen(target)
}

func listen(a netip.Addr) (*net.UDPConn, error) {
	return net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(a, 0)))
}

// Warnings say what is not as the scenario has it. They are complete after Open.
func (p *Player) Warnings() []string { return p.warnings }

// Failed is how many datagrams the system refused to send, after Run.
func (p *Player) Failed() uint64 { return p.failed }

// Run sends until the context ends, and returns why it ended. clock says what
// time it is for the scenario: time.Now, or another for a faster or slower day.
func (p *Player) Run(ctx context.Context, clock func() time.Time) error {
	ticker := time.NewTicker(Tick)
	defer ticker.Stop()
	return p.run(ctx, ticker.C, clock)
}

func (p *Player) run(ctx context.Context, ticks <-chan time.Time, clock func() time.Time) error {
	defer p.close()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticks:
			p.scenario.Advance(clock(), p.send)
		}
	}
}

// send counts a refusal and goes on: a lost export datagram is normal life.
func (p *Player) send(d Datagram) {
	to := p.targets.of(p.scenario.Routers()[d.Router])
	if _, err := p.sockets[d.Router].WriteToUDPAddrPort(d.Payload, to); err != nil {
		p.failed++
	}
}

func (p *Player) close() {
	for _, s := range p.sockets {
		_ = s.Close() // nothing was sent
	}
}

// Play is Open and Run in one: it sends a scenario to loopback until the context
// ends. warn hears each warning before the first datagram.
func Play(ctx context.Context, s *Scenario, to Targets, clock func() time.Time, warn func(string)) error {
	p, err := Open(s, to)
	if err != nil {
		return err
	}
	for _, w := range p.Warnings() {
		warn(w)
	}
	return p.Run(ctx, clock)
}
