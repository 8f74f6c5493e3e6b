package quality

import (
	"net/netip"
	"time"
)

// scans plans one of each: what searches and what echoes.
func (p *planner) scans(n int) {
	p.probe("horizontal-scan", p.scale(60, 6000), p.horizontal)
	p.probe("vertical-scan", p.scale(60, 3000), p.vertical)
	p.probe([]string{"worm", "slammer"}[n%2], p.scale(500, 15_000), p.worm)
	p.probe("dark-sweep", p.scale(20, 1500), p.sweep)
	p.probe("backscatter", p.scale(30, 1500), p.backscatter)
	p.outage()
}

// probe is an event with one source; the rest of it is for describe.
func (p *planner) probe(kind string, pps float64, describe func(*Event)) {
	length := p.span(5*time.Minute, 50*time.Minute)
	customer, start, found := p.place(length)
	if !found {
		return
	}
	e := Event{Kind: kind, Nature: Attack, Customer: customer, Start: start, End: start.Add(length), PPS: pps}
	e.Source = host(p.world.Space.Outside(p.Uint64(), false))
	e.Entries = p.entries(false)[:1]
	e.Entries[0].Share = 1
	describe(&e)
	p.add(e)
}

func (p *planner) one(v Vector) []Vector {
	v.Sources, v.Share = 1, 1
	return []Vector{v}
}

// horizontal looks for one service on the hosts of a customer, or of all.
func (p *planner) horizontal(e *Event) {
	e.Victim = p.world.Customers[e.Customer].Prefix4
	if p.chance(0.4) {
		e.Victim, e.Customer = p.world.Space.Ours4, Everyone
	}
	e.Vectors = p.one(Vector{Kind: e.Kind, Protocol: tcp, TCPFlags: syn, PacketSize: p.size(40, 60), DstPort: port(pick(p.draw, []int{21, 22, 23, 25, 80, 139, 445, 1433, 3306, 3389, 5555, 5900, 6379, 8080, 8291, 27017}))})
}

// vertical looks for any service on one host.
func (p *planner) vertical(e *Event) {
	e.Victim, e.Breadth = p.victim(e.Customer, false), 1
	e.Vectors = p.one(Vector{Kind: e.Kind, Protocol: tcp, TCPFlags: syn, PacketSize: p.size(40, 60)})
}

// worm is a host of a customer that tries to infect the world.
func (p *planner) worm(e *Event) {
	c := p.world.Customers[e.Customer]
	e.Source, e.Victim = p.victim(e.Customer, false), netip.Prefix{}
	e.Entries = []EntryShare{p.entry(c.Home(), 1)}
	v := Vector{Kind: e.Kind, Protocol: udp, DstPort: port(1434), PacketSize: 404}
	if e.Kind == "worm" {
		v = Vector{Kind: e.Kind, Protocol: tcp, TCPFlags: syn, PacketSize: p.size(40, 60), DstPort: port(pick(p.draw, []int{23, 80, 445, 2323, 5555, 7547, 37215}))}
	}
	e.Vectors = p.one(v)
}

// sweep touches addresses that nobody has.
func (p *planner) sweep(e *Event) {
	e.Victim, e.Customer = pick(p.draw, p.world.Dark), Everyone
	if !e.Victim.Addr().Is4() {
		e.Source = host(p.world.Space.Outside(p.Uint64(), true))
		e.Entries = p.entries(true)[:1]
		e.Entries[0].Share = 1
	}
	v := Vector{Kind: e.Kind, Protocol: tcp, TCPFlags: syn, PacketSize: p.size(60, 64), DstPort: port(pick(p.draw, []int{22, 23, 80, 443, 445, 3389, 5060, 8080}))}
	if p.chance(0.3) {
		v = Vector{Kind: e.Kind, Protocol: udp, PacketSize: p.size(60, 400), DstPort: port(pick(p.draw, []int{53, 123, 161, 1900, 5060, 11211}))}
	}
	e.Vectors = p.one(v)
}

// backscatter is the answers of somebody who is flooded from invented addresses, some
// of which happen to be ours.
func (p *planner) backscatter(e *Event) {
	e.Victim, e.Customer = p.world.Dark[p.IntN(2)], Everyone
	e.Vectors = p.one(Vector{Kind: e.Kind, Protocol: tcp, TCPFlags: pick(p.draw, []uint8{syn | ack, rst, rst | ack}), PacketSize: p.size(40, 60), SrcPort: port(pick(p.draw, []int{22, 25, 80, 443, 6667, 8080}))})
}

// outage is a customer that falls silent, nearly.
func (p *planner) outage() {
	length := p.span(15*time.Minute, 50*time.Minute)
	customer, start, found := p.place(length)
	if !found {
		return
	}
	c := p.world.Customers[customer]
	e := Event{Kind: "outage", Nature: Outage, Customer: customer, Start: start, End: start.Add(length), Victim: c.Prefix4, Multiple: 0.02}
	middle := start.Add(length / 2)
	for _, way := range c.Ways {
		e.SamplesPerTick += p.world.Expected(customer, middle) * way.Share * 60 / float64(p.world.Routers[way.Entry.Router].Sampling)
	}
	e.Samples = e.SamplesPerTick * length.Minutes()
	p.world.Events = append(p.world.Events, e)
}
