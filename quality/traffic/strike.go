package traffic

import (
	"sort"
	"time"

	"eagre/flow"
	"eagre/quality"
)

// strike draws a minute of an event's own packets: of an attack, or of a service that
// looks like one.
func (p *Player) strike(e *quality.Event) {
	when := p.heights(e)
	if when.sum == 0 {
		return
	}
	for i := range e.Vectors {
		v := &e.Vectors[i]
		for _, entry := range e.Entries {
			packets := e.PPS * v.Share * entry.Share * when.sum
			for _, t := range p.targets(e) {
				b := barrage{player: p, event: e, vector: v, target: t, when: when}
				b.launch(quality.Place{Router: entry.Router, Interface: entry.Interface}, packets*t.share)
			}
		}
	}
}

// target is where a part of an event's packets goes.
type target struct {
	share    float64
	within   quality.Place // where they leave the network; the zero Place where nobody has the address
	prefixed int           // customer whose hosts are meant, or Everyone: the victim says it
}

// targets are the customer, or all customers, or nobody.
func (p *Player) targets(e *quality.Event) []target {
	switch {
	case e.Kind == "dark-sweep" || e.Kind == "backscatter":
		return []target{{1, quality.Place{}, quality.Everyone}}
	case e.Customer == quality.Everyone:
		out := make([]target, len(p.world.Customers))
		for n, c := range p.world.Customers {
			out[n] = target{1 / float64(len(out)), c.Home(), n}
		}
		return out
	case e.Outgoing():
		return []target{{1, p.world.Customers[e.Customer].Ways[0].Entry, quality.Everyone}}
	}
	return []target{{1, p.world.Customers[e.Customer].Home(), quality.Everyone}}
}

// heights is how high an event is in each second of a minute, added up.
type heights struct {
	start int64 // ms
	upTo  [60]float64
	sum   float64
}

func (p *Player) heights(e *quality.Event) *heights {
	h := &heights{start: p.clock.UnixMilli()}
	for s := range h.upTo {
		h.sum += e.Height(p.clock.Add(time.Duration(s) * time.Second))
		h.upTo[s] = h.sum
	}
	return h
}

// draw is a moment within the minute, likelier where the event is high.
func (h *heights) draw(d dice) int64 {
	x := d.Float64() * h.sum
	s := sort.Search(len(h.upTo)-1, func(s int) bool { return h.upTo[s] > x })
	return h.start + int64(s)*1000 + d.Int64N(1000)
}

// barrage is the packets of one vector to one target in one minute.
type barrage struct {
	player *Player
	event  *quality.Event
	vector *quality.Vector
	target target
	when   *heights
}

func (b *barrage) launch(from quality.Place, packets float64) {
	p, honest := b.player, b.event.Nature != quality.Attack
	if honest {
		from = p.diverted(from)
	}
	hops := []quality.Hop{{Router: from.Router, In: from.Interface}}
	if b.target.within != (quality.Place{}) {
		hops = p.paths.between(from, b.target.within)
	}
	p.travel(hops, packets, b.flows)
	if honest {
		p.travel(p.paths.between(b.target.within, from), 0.7*packets, b.answers)
	}
}

// flows makes flows of n sampled packets. Senders that are fewer than the packets send
// several each, in one flow.
func (b *barrage) flows(c *cache, hop quality.Hop, rate uint32, n int) {
	together := 1
	if v := b.vector; v.Sources > 0 && !b.manyFlows() {
		together += n / v.Sources
	}
	d := b.player.dice
	for n > 0 {
		k := min(together, n)
		n -= k
		f := b.flow(d.Uint64(), k)
		f.In, f.Out, f.Rate = hop.In, hop.Out, rate
		c.put(d, f)
	}
}

// manyFlows tells whether each packet of a sender is a flow of its own: it goes to
// another host, or asks for another connection.
func (b *barrage) manyFlows() bool {
	return b.event.Breadth != 1 || b.vector.TCPFlags&syn != 0 || b.vector.DstPort == nil && b.vector.SrcPort == nil && b.vector.Sources == 1
}

// flow is k packets of one sender, of whom number says who it is.
func (b *barrage) flow(number uint64, k int) Flow {
	v, d := b.vector, b.player.dice
	f := Flow{Proto: v.Protocol, Flags: v.TCPFlags, Packets: uint32(k), Bytes: uint32(k) * v.PacketSize, Event: int32(b.event.ID)}
	f.Start = b.when.draw(d)
	f.End = f.Start
	if k > 1 {
		f.End = max(f.Start, b.when.draw(d))
	}
	f.Dst = b.destination(d)
	f.Src = b.source(number, f.Dst)
	f.SrcPort, f.DstPort = portOf(v, v.SrcPort, number>>16), portOf(v, v.DstPort, number>>32)
	if v.Protocol == icmp {
		f.SrcPort, f.DstPort = 0, 8<<8
	} else if v.Protocol == icmp6 {
		f.SrcPort, f.DstPort = 0, 128<<8
	}
	return f
}

// portOf is the fixed port, or any where there is none; few protocols have ports.
func portOf(v *quality.Vector, fixed *uint16, number uint64) uint16 {
	switch {
	case fixed != nil:
		return *fixed
	case v.Protocol != tcp && v.Protocol != udp:
		return 0
	case v.Kind == "vertical-scan":
		return uint16(number)
	}
	return 1024 + uint16(number%64_000)
}

func (b *barrage) destination(d dice) flow.IP {
	e := b.event
	switch {
	case b.target.prefixed != quality.Everyone:
		return quality.Mine(b.player.world.Customers[b.target.prefixed].Prefix4, d.Uint64())
	case !e.Victim.IsValid(): // the world
		return b.player.world.Space.Outside(d.Uint64(), false)
	case e.Breadth == 1:
		return flow.FromAddr(e.Victim.Addr())
	case e.Breadth > 1:
		return quality.Mine(e.Victim, uint64(d.IntN(e.Breadth)))
	}
	return quality.Mine(e.Victim, d.Uint64())
}

func (b *barrage) source(number uint64, victim flow.IP) flow.IP {
	six := !victim.Is4()
	switch {
	case b.event.Source.IsValid():
		return flow.FromAddr(b.event.Source.Addr())
	case b.vector.Kind == "land":
		return victim
	case b.vector.Kind == "private-source":
		return private(number)
	case b.vector.Sources > 0: // its own, of this event and kind
		number = number%uint64(b.vector.Sources) + uint64(b.event.ID+1)<<40 + uint64(b.vector.Protocol)<<32
	}
	return b.player.world.Space.Outside(number, six)
}

// private is an address of RFC 1918 space.
func private(number uint64) flow.IP {
	low := uint32(number)
	switch number >> 60 % 3 {
	case 0:
		return flow.V4(10<<24 | low&0xffffff)
	case 1:
		return flow.V4(172<<24 | 16<<16 | low&0xfffff)
	}
	return flow.V4(192<<24 | 168<<16 | low&0xffff)
}

// answers are what an honest service gets or gives in return.
func (b *barrage) answers(c *cache, hop quality.Hop, rate uint32, n int) {
	d := b.player.dice
	for range n {
		f := b.flow(d.Uint64(), 1)
		f.Src, f.Dst = f.Dst, f.Src
		f.SrcPort, f.DstPort = f.DstPort, f.SrcPort
		f.Bytes = 60 + uint32(d.Uint64()%30)
		f.In, f.Out, f.Rate = hop.In, hop.Out, rate
		switch f.Proto {
		case tcp:
			f.Flags = ack
		case icmp:
			f.SrcPort, f.DstPort = 0, 0
		}
		c.put(d, f)
	}
}
