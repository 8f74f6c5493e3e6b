package simulate

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// Player sends a scenario's datagrams as they fall due, each router from its own
// loopback address. It owns the scenario from Open on; Run is called once.
type Player struct {
	// Until is where in the scenario's time Run stops, and empties the flow caches as
	// a router does that shuts down. Zero goes on until the context ends.
	Until time.Time

	scenario *Scenario
	targets  Targets
	sockets  []*net.UDPConn // by router
	warnings []string
	sent     Sent
}

// Sent is what a Player got rid of. The rest of what the routers made is lost.
type Sent struct {
	Datagrams, Bytes uint64 // UDP payloads that the system took
	Records          uint64 // flow records, samples and packet reports in them
	// Refused are datagrams that came back because nobody listens there; the system
	// tells so of loopback and of some hosts. Failed are all that were not sent, the
	// refused ones included.
	Refused, Failed uint64
	Behind          time.Duration // how far the sender was behind its clock at the worst
}

// Open binds one socket a router and checks that all targets are on loopback, if
// they are not allowed to be anywhere. Where a router's own address cannot be bound
// (only Linux has all of 127.0.0.0/8), it sends from the target's address or, towards
// other machines, from one of this machine's, and Warnings says so: such routers are
// one exporter to a collector.
func Open(s *Scenario, to Targets) (*Player, error) {
	if err := to.Validate(); err != nil {
		return nil, err
	}
	p := &Player{scenario: s, targets: to}
	for _, r := range s.Routers() {
		socket, err := p.connect(r)
		if err != nil {
			p.close()
			return nil, fmt.Errorf("simulate: router %s: %w", r.Exporter.Name, err)
		}
		p.sockets = append(p.sockets, socket)
	}
	return p, nil
}

// connect binds a router's socket and connects it, so that the system tells when
// nobody listens.
func (p *Player) connect(r Router) (*net.UDPConn, error) {
	own, target := r.Exporter.Address, p.targets.of(r)
	if own.Is4() == target.Addr().Unmap().Is4() && own.IsLoopback() == target.Addr().Unmap().IsLoopback() {
		if socket, err := dial(own, target); err == nil {
			return socket, nil
		}
	}
	from := netip.Addr{} // the system chooses
	if target.Addr().IsLoopback() {
		from = target.Addr()
	}
	socket, err := dial(from, target)
	if err != nil {
		return nil, err
	}
	used := socket.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap()
	p.warnings = append(p.warnings, fmt.Sprintf("router %s cannot send from %s here and sends from %s", r.Exporter.Name, own, used))
	return socket, nil
}

func dial(from netip.Addr, to netip.AddrPort) (*net.UDPConn, error) {
	var local *net.UDPAddr
	if from.IsValid() {
		local = net.UDPAddrFromAddrPort(netip.AddrPortFrom(from, 0))
	}
	return net.DialUDP("udp", local, net.UDPAddrFromAddrPort(to))
}

// Warnings say what is not as the scenario has it. They are complete after Open.
func (p *Player) Warnings() []string { return p.warnings }

// Failed is how many datagrams the system refused to send, after Run.
func (p *Player) Failed() uint64 { return p.sent.Failed }

// Sent is what was sent so far. It belongs to the goroutine of Run until that ends.
func (p *Player) Sent() Sent { return p.sent }

// Run sends until the context ends, and returns why it ended; nil is that Until was
// reached. clock says what time it is for the scenario: time.Now, or another for a
// faster or slower day. It is asked by the goroutine that sends, once each tick.
func (p *Player) Run(ctx context.Context, clock func() time.Time) error {
	ticker := time.NewTicker(p.scenario.step)
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
			p.advance(ctx, clock())
			if p.reached() {
				p.scenario.Finish(p.send)
				return nil
			}
		}
	}
}

// reached tells whether the last tick before Until has been sent.
func (p *Player) reached() bool {
	return !p.Until.IsZero() && p.scenario.Now().Add(p.scenario.step).After(p.Until)
}

// advance catches up with the clock tick by tick, so that it can be told to stop
// where that takes long.
func (p *Player) advance(ctx context.Context, now time.Time) {
	if !p.Until.IsZero() {
		now = earlier(now, p.Until)
	}
	p.sent.Behind = max(p.sent.Behind, now.Sub(p.scenario.Now()))
	for next := p.scenario.Now(); ctx.Err() == nil && !next.Add(p.scenario.step).After(now); {
		next = next.Add(p.scenario.step)
		p.scenario.Advance(next, p.send)
	}
}

// send counts a refusal and goes on: a lost export datagram is normal life.
func (p *Player) send(d Datagram) {
	if _, err := p.sockets[d.Router].Write(d.Payload); err != nil {
		p.sent.Failed++
		if errors.Is(err, syscall.ECONNREFUSED) {
			p.sent.Refused++
		}
		return
	}
	p.sent.Datagrams++
	p.sent.Bytes += uint64(len(d.Payload))
	p.sent.Records += uint64(d.Records)
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
