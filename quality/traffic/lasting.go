package traffic

import (
	"math"
	"time"

	"eagre/flow"
	"eagre/quality"
)

// lasting is a flow that runs for minutes to hours: a download, a stream, a tunnel. Routers
// report it once per active timeout.
type lasting struct {
	template Flow
	length   uint32 // of its packets
	weight   float64
	entry    quality.Place // where it comes in when all is well
	now      quality.Place // and where it does
	until    int64
	told     [3]int64 // by hop: up to when it was reported
}

const (
	// lastingShare is the part of a customer's traffic that lasts.
	lastingShare = 0.08
	lastingFlows = 8 // for each customer
)

func (s *subject) last() {
	s.lasting = make([]lasting, lastingFlows)
	start := s.player.world.Start
	if s.customer.Since.After(start) {
		start = s.customer.Since
	}
	for i := range s.lasting {
		s.begin(&s.lasting[i], start.UnixMilli())
	}
}

// begin makes a new flow, from ten minutes to twelve hours long.
func (s *subject) begin(l *lasting, now int64) {
	d := s.player.dice
	six := d.Float64() < s.customer.Share6
	family := 0
	if six {
		family = 1
	}
	ways := s.customer.Ways
	f := Flow{Proto: tcp, Flags: ack, SrcPort: 443, DstPort: ephemeral(d), Event: Honest}
	if d.Uint64()%3 == 0 {
		f.Proto, f.Flags, f.SrcPort = udp, 0, 4500
	}
	f.Src = s.player.world.Space.Outside(uint64(servers)+d.Uint64()%people, six)
	f.Dst = s.hosts[family][d.IntN(len(s.hosts[family]))]
	*l = lasting{
		template: f, length: uint32(d.length(1200, 300, 100)), weight: math.Exp(0.8*d.NormFloat64() - 0.32), entry: ways[d.IntN(len(ways))].Entry,
		until: now + int64(lifetime(d)/time.Millisecond),
	}
	l.move(l.entry, now)
}

// move lets a flow come in elsewhere. What routers on its old way had not told of it is
// a minute at most, and is forgotten.
func (l *lasting) move(entry quality.Place, now int64) {
	l.now, l.told = entry, [3]int64{now, now, now}
}

// continueLasting reports of each flow what is due within the minute; relative is the
// customer's rate against its mean.
func (s *subject) continueLasting(relative float64) {
	pps := s.customer.PPS * relative * lastingShare / lastingFlows
	now := s.player.clock.UnixMilli()
	for i := range s.lasting {
		l := &s.lasting[i]
		if entry := s.player.diverted(l.entry); entry != l.now {
			l.move(entry, now)
		}
		for n, hop := range s.player.paths.between(l.now, s.customer.Home()) {
			s.report(l, n, hop, pps*l.weight)
		}
		if l.until <= now+int64(minute/1e6) {
			s.begin(l, l.until)
		}
	}
}

// report puts into a cache what a router says of a flow in this minute: nothing, or
// all since it last said something.
func (s *subject) report(l *lasting, nth int, hop quality.Hop, pps float64) {
	p := s.player
	c, now := p.caches[hop.Router], p.now.routers[hop.Router]
	end := p.clock.Add(minute).UnixMilli()
	l.told[nth] = max(l.told[nth], now.boot) // what was before is forgotten
	for {
		next := min(l.told[nth]+now.active, l.until)
		if c.format == flow.SFlowV5 { // it tells packets, not flows
			next = min(end, l.until)
		}
		if next > end || next <= l.told[nth] {
			return
		}
		n := p.dice.poisson(pps * float64(next-l.told[nth]) / 1000 / float64(now.sampling))
		if n > 0 {
			f := l.template
			f.In, f.Out, f.Rate, f.Packets, f.Bytes = hop.In, hop.Out, now.sampling, uint32(n), uint32(n)*l.length
			f.Start, f.End = l.told[nth], next
			c.tell(p.dice, next/1000, f)
		}
		l.told[nth] = next
	}
}

// lifetime is even on a logarithmic scale.
func lifetime(d dice) time.Duration {
	const shortest, longest = 10 * time.Minute, 12 * time.Hour
	return time.Duration(float64(shortest) * math.Pow(float64(longest/shortest), d.Float64()))
}
