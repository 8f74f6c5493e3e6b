package quality

import (
	"math"
	"net/netip"
	"time"
)

// The strengths of attacks: (usual + attack) ÷ usual. The ladder's rungs are even on a
// logarithmic scale, and each kind takes them in another order.
const (
	weakest   = 1.3
	strongest = 20
	rungs     = 7
)

func (p *planner) multiple(n int) float64 {
	step := math.Log((strongest-1)/(weakest-1)) / rungs
	return 1 + (weakest-1)*math.Exp(step*(float64(n%rungs)+p.Float64()))
}

// floods plans one flood of each kind, and one from inside.
func (p *planner) floods(n int) {
	for k, kind := range floodKinds {
		p.flood(kind, n+k)
	}
	p.outgoing(n)
}

// flood is an attack on a customer's host, or on many of its hosts.
func (p *planner) flood(kind string, rung int) {
	e := Event{Kind: kind, Nature: Attack, Multiple: p.multiple(rung)}
	length := p.course(&e)
	customer, start, found := p.place(length)
	if !found {
		return
	}
	six := p.sixIn() && !fourOnly[kind]
	e.Customer, e.Start, e.End = customer, start, start.Add(length)
	e.Victim, e.Breadth = p.victim(customer, six), 1
	if kind != "land" && p.chance(0.15) {
		p.carpet(&e, six)
	}
	e.Vectors, e.Entries = p.vectors(kind, six), p.entries(six)
	if len(e.Vectors) > 1 {
		e.Note = "several vectors"
	}
	p.add(e)
}

// course draws how the rate goes, and how long.
func (p *planner) course(e *Event) time.Duration {
	switch x := p.Float64(); {
	case x < 0.12:
		e.Course.Kind = Ramp
		return 90 * time.Minute
	case x < 0.24:
		e.Course = Course{Kind: Pulse, On: p.span(20*time.Second, 3*time.Minute), Off: p.span(40*time.Second, 5*time.Minute)}
		return time.Hour
	}
	return p.span(2*time.Minute, time.Hour)
}

// carpet spreads an attack over a part of the customer's prefix.
func (p *planner) carpet(e *Event, six bool) {
	e.Carpet, e.Breadth = true, 0
	whole := p.world.Customers[e.Customer].Prefix(six)
	bits := whole.Bits()
	if six {
		bits, e.Breadth = 64, 40+p.IntN(400)
	} else if bits < 24 {
		bits += p.IntN(24 - bits + 1)
	}
	e.Victim = netip.PrefixFrom(e.Victim.Addr(), bits).Masked()
}

// vectors is one kind of packet, or in one attack of ten two or three.
func (p *planner) vectors(kind string, six bool) []Vector {
	out := []Vector{p.vector(kind, six)}
	if !p.chance(0.1) || kind == "land" {
		return out
	}
	for _, also := range []string{"syn-flood", "udp-flood", "ntp-amplification", "icmp-flood"} {
		if also != kind && len(out) < 3 && p.chance(0.5) {
			out = append(out, p.vector(also, six))
		}
	}
	for i := range out {
		out[i].Share = 1 / float64(len(out))
	}
	return out
}

// outgoing is a host of a customer that floods somebody else.
func (p *planner) outgoing(n int) {
	kind := []string{"udp-flood", "syn-flood"}[n%2]
	length := p.span(3*time.Minute, 40*time.Minute)
	customer, start, found := p.place(length)
	if !found {
		return
	}
	c := p.world.Customers[customer]
	v := p.vector(kind, false)
	v.Sources = 1
	if v.DstPort == nil {
		v.DstPort = p.service()
	}
	p.add(Event{
		Kind: kind, Nature: Attack, Note: outgoing, Customer: customer, Start: start, End: start.Add(length), Breadth: 1,
		Source: p.victim(customer, false), Victim: host(p.world.Space.Outside(p.Uint64(), false)), Multiple: 1 + p.multiple(n+3),
		Vectors: []Vector{v}, Entries: []EntryShare{p.entry(c.Home(), 1)},
	})
}

// poisoning rises over three days, most of them days of learning: who learns from it
// finds the attack usual when it is there.
func (p *planner) poisoning() {
	customer := p.IntN(len(p.world.Customers))
	for !p.world.Customers[customer].Since.IsZero() {
		customer = (customer + 1) % len(p.world.Customers)
	}
	start := p.world.Tested().AddDate(0, 0, -3)
	if start.Before(p.world.Start) {
		start = p.world.Start
	}
	end := p.world.Tested().Add(3 * time.Hour)
	p.busy[customer] = append(p.busy[customer], span{start, end.Add(quiet)})
	v := p.vector("udp-flood", false)
	v.Sources = p.count(500, 5000)
	p.add(Event{
		Kind: "poisoning", Nature: Attack, Note: "a rise over the last days of learning", Customer: customer, Start: start, End: end,
		Victim: p.victim(customer, false), Breadth: 1, Course: Course{Kind: Ramp}, Multiple: p.between(3, 7),
		Vectors: []Vector{v}, Entries: p.entries(false),
	})
}
