package quality

import (
	"slices"
	"time"
)

// surges plans one of each kind of honest traffic that looks like something.
func (p *planner) surges() {
	p.swell("flash-crowd", p.span(time.Hour, 3*time.Hour), p.between(2, 6))
	p.swell("maintenance", p.span(time.Hour, 3*time.Hour), p.between(0.3, 0.6))
	for range 3 {
		p.offer("elephant", p.span(5*time.Minute, 40*time.Minute), p.scale(0.2, 8))
	}
	for _, kind := range []string{"mail-campaign", "game-night", "fragment-service", "monitor-sweep", "crawler"} {
		p.offer(kind, p.span(10*time.Minute, 90*time.Minute), p.between(0.05, 0.5))
	}
}

// swell is a customer's whole traffic that goes up, or down, and returns.
func (p *planner) swell(kind string, length time.Duration, factor float64) {
	customer, start, found := p.place(length)
	if !found {
		return
	}
	p.add(Event{
		Kind: kind, Nature: Surge, Customer: customer, Start: start, End: start.Add(length), Multiple: factor,
		Victim: p.world.Customers[customer].Prefix4, Course: Course{Kind: Swell, Rise: p.span(5*time.Minute, 20*time.Minute)},
	})
}

// offer is traffic of its own to one host or to all, a part of the customer's mean.
func (p *planner) offer(kind string, length time.Duration, part float64) {
	customer, start, found := p.place(length)
	if !found {
		return
	}
	p.serve(kind, customer, span{start, start.Add(length)}, part)
}

func (p *planner) serve(kind string, customer int, when span, part float64) {
	c := p.world.Customers[customer]
	e := Event{
		Kind: kind, Nature: Surge, Customer: customer, Start: when.from, End: when.to, Multiple: 1 + part, PPS: part * c.PPS,
		Victim: p.victim(customer, false), Breadth: 1, Course: Course{Kind: Swell, Rise: time.Minute},
		Vectors: []Vector{p.honest(kind)},
	}
	way := pick(p.draw, c.Ways)
	e.Entries = []EntryShare{p.entry(way.Entry, 1)}
	switch kind {
	case "monitor-sweep":
		e.Source, e.Victim, e.Breadth = host(Mine(p.world.Trusted[0], p.Uint64())), c.Prefix4, 0
		e.PPS = min(e.PPS, 500)
	case "crawler":
		e.Source, e.Victim, e.Breadth = host(p.world.Space.Outside(p.Uint64(), false)), c.Prefix4, 0
	}
	p.add(e)
}

// honest is the packets of an honest service.
func (p *planner) honest(kind string) Vector {
	v := Vector{Kind: kind, Share: 1}
	switch kind {
	case "mail-campaign": // every recipient's domain is looked up
		v.Protocol, v.SrcPort, v.PacketSize, v.Sources = udp, port(53), p.size(120, 300), p.count(100, 2000)
	case "game-night":
		v.Protocol, v.DstPort, v.PacketSize, v.Sources = udp, port(pick(p.draw, []int{3478, 27015, 30120, 9987, 10000 + p.IntN(50_000)})), p.size(80, 300), p.count(50, 1500)
	case "fragment-service":
		v.Protocol, v.SrcPort, v.DstPort, v.PacketSize, v.Sources = udp, port(0), port(0), p.size(900, 1500), p.count(4, 30)
	case "monitor-sweep":
		v.Protocol, v.PacketSize, v.Sources = icmp, p.size(64, 100), 1
	case "crawler":
		v.tcp(psh|ack, p.size(90, 500))
		v.DstPort, v.Sources = port(443), 1
	default: // a download
		v.tcp(ack, p.size(1400, 1500))
		v.SrcPort, v.Sources = port(443), 1+p.IntN(4)
	}
	return v
}

// everyday plans what happens once, and what comes back each night from the first on.
func (p *planner) everyday() {
	w := p.world
	if shop := p.customerOf(Hosting); shop >= 0 {
		p.lasting("product-launch", shop, p.between(1.5, 2))
	}
	if home := p.customerOf(Eyeballs); home >= 0 {
		p.lasting("cdn-shift", home, 1)
	}
	for n, c := range w.Customers {
		if !c.Since.IsZero() {
			w.Events = append(w.Events, Event{Kind: "new-customer", Nature: Surge, Customer: n, Start: c.Since, End: w.End(), Victim: c.Prefix4, Multiple: 1})
		}
	}
	start := p.sometime(3 * time.Hour)
	w.Events = append(w.Events, Event{
		Kind: "media-event", Nature: Surge, Customer: Everyone, Start: start, End: start.Add(3 * time.Hour), Victim: w.Space.Ours4,
		Multiple: p.between(1.4, 2.2), Course: Course{Kind: Swell, Rise: 20 * time.Minute},
	})
	p.backups()
}

// backups run at the same hour of every night.
func (p *planner) backups() {
	for n := 0; n < len(p.world.Customers); n += 4 {
		at := time.Duration(p.IntN(5*3600)) * time.Second
		length, part := p.span(20*time.Minute, 2*time.Hour), p.between(0.3, 2)
		for day := range p.world.Days {
			start := p.world.Start.AddDate(0, 0, day).Add(at + time.Duration(p.IntN(180))*time.Second)
			if end := start.Add(length); !start.Before(p.world.Customers[n].Since) && end.Before(p.world.End()) {
				p.serve("backup", n, span{start, end}, part)
			}
		}
	}
}

// lasting begins and stays.
func (p *planner) lasting(kind string, customer int, factor float64) {
	start := p.sometime(12 * time.Hour)
	p.world.Events = append(p.world.Events, Event{
		Kind: kind, Nature: Surge, Customer: customer, Start: start, End: p.world.End(), Multiple: factor,
		Victim: p.world.Customers[customer].Prefix4, Course: Course{Kind: Step, Rise: p.span(5*time.Minute, time.Hour)},
	})
}

// customerOf is some customer of a kind, or -1.
func (p *planner) customerOf(k CustomerKind) int {
	first := p.IntN(len(p.world.Customers))
	for n := range p.world.Customers {
		at := (first + n) % len(p.world.Customers)
		if c := p.world.Customers[at]; c.Rhythm.Kind == k && c.Since.IsZero() {
			return at
		}
	}
	return -1
}

// disruptions plans what routers do, one after the other through the test.
func (p *planner) disruptions() {
	w := p.world
	test := w.End().Sub(w.Tested())
	kinds := []string{"exporter-restart", "sampling-change", "clock-step", "timeout-change", "double-export", "failover"}
	p.Shuffle(len(kinds), func(i, j int) { kinds[i], kinds[j] = kinds[j], kinds[i] })
	slot := (test - 2*time.Hour) / time.Duration(len(kinds))
	for n, kind := range kinds {
		start := w.Tested().Add(time.Hour + time.Duration(n)*slot).Truncate(time.Minute)
		p.disrupt(kind, start, min(slot-30*time.Minute, 6*time.Hour))
	}
	holiday := w.Tested().AddDate(0, 0, p.IntN(w.Days-w.Train))
	w.Events = append(w.Events, Event{Kind: "holiday", Nature: Disruption, Customer: Everyone, Start: holiday, End: holiday.AddDate(0, 0, 1), Router: -1})
}

func (p *planner) disrupt(kind string, start time.Time, most time.Duration) {
	e := Event{Kind: kind, Nature: Disruption, Customer: Everyone, Start: start, Router: p.IntN(edges)}
	length := most
	switch kind {
	case "exporter-restart":
		length = time.Duration(2+p.IntN(4)) * time.Minute
	case "sampling-change":
		e.Amount = float64(max(64, p.world.Routers[e.Router].Sampling/4))
	case "clock-step":
		e.Amount = pick(p.draw, []float64{-3600, -95, 40, 90, 600, 3600})
	case "timeout-change":
		e.Amount, length = 1800, min(most, 5*time.Hour)
	case "double-export":
		e.Router, length = p.twoSided(), min(most, 4*time.Hour)
	case "failover":
		e.To, length = (e.Router+1+p.IntN(edges-1))%edges, min(most, 3*time.Hour)
	}
	e.End = start.Add(length.Truncate(time.Minute))
	p.world.Events = append(p.world.Events, e)
}

// twoSided is an edge that says at which side it meters, so that it may meter at both.
func (p *planner) twoSided() int {
	return slices.IndexFunc(p.world.Routers, Router.SpeaksDirection)
}
