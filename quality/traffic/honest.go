package traffic

import (
	"math"

	"eagre/flow"
	"eagre/quality"
)

// subject is a customer and its everyday traffic.
type subject struct {
	player   *Player
	number   int
	customer *quality.Customer
	fast     noise
	slow     noise
	strands  []strand
	lasting  []lasting
	hosts    [2][]flow.IP // by family and rank
}

// strand is one application of a customer.
type strand struct {
	*application
	weight float64 // of the packets to the customer
	noise  noise
	ranks  ranks
}

func newSubject(p *Player, n int) *subject {
	c := &p.world.Customers[n]
	level := p.world.Noise
	s := &subject{player: p, number: n, customer: c, fast: newNoise(5, level*restlessness(c.PPS)), slow: newNoise(360, level*(0.06+0.12*p.dice.Float64()))}
	for rank := range c.Hosts {
		s.hosts[0] = append(s.hosts[0], c.Host(rank, false))
		s.hosts[1] = append(s.hosts[1], c.Host(rank, true))
	}
	s.take()
	s.last()
	return s
}

// take chooses the customer's applications, each somewhat more or less than others of
// its kind have.
func (s *subject) take() {
	d, sum := s.player.dice, 0.0
	for i := range applications {
		a := &applications[i]
		w := a.weight(s.customer.Rhythm.Kind) * math.Exp(0.3*d.NormFloat64())
		if w <= 0 {
			continue
		}
		sum += w
		s.strands = append(s.strands, strand{a, w, newNoise(30, s.player.world.Noise*a.noise), newRanks(len(s.hosts[0]), a.skew)})
	}
	for i := range s.strands {
		s.strands[i].weight /= sum
	}
}

// minute draws a minute of the customer's traffic.
func (s *subject) minute() {
	p := s.player
	if p.clock.Before(s.customer.Since) {
		return
	}
	s.fast.next(p.dice.heavy())
	s.slow.next(p.dice.NormFloat64())
	all, crowd := s.swell()
	level := s.customer.PPS * s.customer.Rhythm.At(p.clock, p.world.Start, p.now.holiday) * all
	s.continueLasting(level / s.customer.PPS)
	level *= s.fast.factor() * s.slow.factor() * (1 - lastingShare)
	for i := range s.strands {
		t := &s.strands[i]
		t.noise.next(p.dice.NormFloat64())
		pps := level * t.weight * t.noise.factor()
		if t.grows {
			pps *= crowd
		}
		s.draw(t, 60*pps)
	}
}

// swell is by what events change the whole of the traffic, and that of a crowd.
func (s *subject) swell() (all, crowd float64) {
	all, crowd = 1, 1
	for _, e := range s.player.active {
		if e.Customer != s.number && e.Customer != quality.Everyone {
			continue
		}
		change := 1 + (e.Multiple-1)*e.Height(s.player.clock.Add(minute/2))
		switch e.Kind {
		case "outage", "maintenance":
			all *= change
		case "flash-crowd", "product-launch":
			crowd *= change
		case "media-event":
			if s.customer.Rhythm.Kind == quality.Eyeballs {
				crowd *= change
			}
		}
	}
	return all, crowd
}

// draw sends packets of an application to the customer, and the replies back.
func (s *subject) draw(t *strand, packets float64) {
	for i, way := range s.customer.Ways {
		entry := s.entry(t, way, i)
		p := s.player
		p.travel(p.paths.between(entry, s.customer.Home()), packets*way.Share, func(c *cache, hop quality.Hop, rate uint32, n int) {
			s.flows(t, c, hop, rate, n, toCustomer)
		})
		p.travel(p.paths.between(s.customer.Home(), entry), packets*way.Share*t.reply, func(c *cache, hop quality.Hop, rate uint32, n int) {
			s.flows(t, c, hop, rate, n, fromCustomer)
		})
	}
}

// entry is where a part of the traffic comes in: where it always does, unless routes
// or a content network have moved.
func (s *subject) entry(t *strand, way quality.Way, nth int) quality.Place {
	at := way.Entry
	for _, e := range s.player.active {
		if e.Kind == "cdn-shift" && e.Customer == s.number && t.name == "video" && nth == 0 {
			at = quality.Place{Router: (at.Router + 1) % (len(s.player.caches) - 1), Interface: 1 + at.Interface%3}
		}
	}
	return s.player.diverted(at)
}

type heading bool

const (
	toCustomer   heading = true
	fromCustomer heading = false
)

// flows makes flows of n sampled packets.
func (s *subject) flows(t *strand, c *cache, hop quality.Hop, rate uint32, n int, to heading) {
	d, start := s.player.dice, s.player.clock.UnixMilli()
	for n > 0 {
		k := d.samples(t.samples, n)
		n -= k
		six := d.Float64() < s.customer.Share6
		f := Flow{In: hop.In, Out: hop.Out, Rate: rate, Packets: uint32(k), Proto: t.proto, Event: Honest}
		s.address(t, &f, six, to)
		f.Start = start + d.Int64N(int64(minute/1e6))
		f.End = f.Start
		if k > 1 {
			f.End += d.Int64N(40_000)
		}
		c.put(d, f)
	}
}

// address fills in ends, ports, flags and length.
func (s *subject) address(t *strand, f *Flow, six bool, to heading) {
	d, family, least := s.player.dice, 0, 40
	if six {
		family, least = 1, 60
	}
	mine, theirs := s.hosts[family][t.ranks.draw(d)], s.other(t, six)
	client, server := ephemeral(d), t.port
	switch {
	case t.server == nobody: // also hosts that are not there
		mine = quality.Mine(s.customer.Prefix(six), d.Uint64())
		server = sought[d.Uint64()%uint64(len(sought))]
		f.Flags = syn
	case t.proto == tcp:
		f.Flags = d.flags(bool(to) == t.asked(), int(f.Packets))
	case t.port == 0:
		server = ephemeral(d)
	}
	ports(f, client, server, bool(to) == t.asked())
	mean := t.out
	if to {
		mean = t.in
	}
	f.Bytes = f.Packets * uint32(d.length(mean, t.spread*mean/max(t.in, t.out), least))
	if f.Src, f.Dst = mine, theirs; to {
		f.Src, f.Dst = theirs, mine
	}
	if six && f.Proto == icmp {
		f.Proto = icmp6
	}
}

// ports lays client and server on source and destination. ICMP has its type and code
// there, and other protocols nothing.
func ports(f *Flow, client, server uint16, request bool) {
	switch f.Proto {
	case icmp:
		if request {
			f.DstPort = 8 << 8
		}
	case tcp, udp:
		if f.SrcPort, f.DstPort = server, client; request {
			f.SrcPort, f.DstPort = client, server
		}
	}
}

// Numbers of hosts outside: servers that many people use, and people.
const (
	servers = 6000
	people  = 400_000
)

// other is the other end: a server, of which few are used most, or anybody.
func (s *subject) other(t *strand, six bool) flow.IP {
	d := s.player.dice
	number := uint64(servers) + d.Uint64()%people
	if t.server == outside && t.port != 0 {
		u := d.Float64()
		number = uint64(servers*u*u*u) + uint64(t.port)<<32
	}
	return s.player.world.Space.Outside(number, six)
}

func ephemeral(d dice) uint16 { return uint16(1<<15 + d.Uint64()%28_000) }

// radiate lets the rest of the world look at our dark space: a few packets per address
// and day, from everywhere.
func (p *Player) radiate() {
	p.dark.next(p.dice.NormFloat64())
	const pps = 25
	for _, at := range p.world.Entries() {
		packets := 60 * pps * p.dark.factor() / float64(len(p.world.Entries()))
		p.travel([]quality.Hop{{Router: at.Router, In: at.Interface}}, packets, func(c *cache, hop quality.Hop, rate uint32, n int) {
			for range n {
				f := Flow{In: hop.In, Rate: rate, Packets: 1, Bytes: 44, Proto: tcp, Flags: syn, SrcPort: ephemeral(p.dice), Event: Honest}
				f.Src, f.Dst = p.world.Space.Outside(p.dice.Uint64(), false), quality.Mine(p.world.Dark[0], p.dice.Uint64())
				f.DstPort = sought[p.dice.Uint64()%uint64(len(sought))]
				f.Start = p.clock.UnixMilli() + p.dice.Int64N(int64(minute/1e6))
				f.End = f.Start
				c.put(p.dice, f)
			}
		})
	}
}
