package simulate

import (
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"eagre/flow"
)

// Sessions is honest traffic of one application: clients open sessions at
// random moments, servers answer, and every session ends. Both directions are
// made, TCP with its handshake and its FIN.
type Sessions struct {
	Name      string
	PerSecond float64 // new sessions, a Poisson process
	Proto     uint8
	Port      uint16 // of the server
	Client    func(*rand.Rand) netip.Addr
	Server    func(*rand.Rand) netip.Addr
	Up, Down  Shape // from client to server and back
	Lasts     [2]time.Duration
	Route     func(src, dst netip.Addr) []Hop
	// Path is the way from client to server where Route is nil; answers come back the
	// same way.
	Path []Hop
	// Season limits the sessions to some of the time; the zero value is always.
	Season Season

	running []*session
}

// Shape is how much one side of a session sends.
type Shape struct {
	Packets [2]int // from, to
	Length  int    // IP bytes of each packet
}

// Season is a time that comes again: from Origin + After, for Length, every
// Every. With Once set, exactly one session is opened at its start.
type Season struct {
	Origin time.Time
	After  time.Duration
	Length time.Duration
	Every  time.Duration
	Once   bool
}

// session is one conversation under way.
type session struct {
	start, end time.Time
	sides      [2]side
}

// side is what one end sends.
type side struct {
	flow          flow.Record
	path          []Hop
	length        int
	packets, sent int
}

// Send implements Traffic.
func (s *Sessions) Send(from, to time.Time, r *rand.Rand, emit func(Burst)) {
	for range s.arrivals(from, to, r) {
		s.running = append(s.running, s.open(from, r))
	}
	running := s.running[:0]
	for _, one := range s.running {
		for i := range one.sides {
			one.sides[i].send(one, to, emit)
		}
		if one.end.After(to) {
			running = append(running, one)
		}
	}
	s.running = running
}

// arrivals is how many sessions open in [from, to).
func (s *Sessions) arrivals(from, to time.Time, r *rand.Rand) int {
	if s.Season != (Season{}) {
		since := from.Sub(s.Season.Origin.Add(s.Season.After))
		if since < 0 {
			return 0
		}
		if s.Season.Every > 0 {
			since %= s.Season.Every
		}
		if s.Season.Once {
			return boolInt(since < to.Sub(from))
		}
		if since >= s.Season.Length {
			return 0
		}
	}
	return poisson(r, s.PerSecond*to.Sub(from).Seconds())
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// poisson draws by Knuth's product of uniforms, fit for means of a few dozen.
func poisson(r *rand.Rand, mean float64) int {
	n, limit := 0, math.Exp(-mean)
	for p := r.Float64(); p > limit; p *= r.Float64() {
		n++
	}
	return n
}

func (s *Sessions) open(at time.Time, r *rand.Rand) *session {
	client, server, port := s.Client(r), s.Server(r), uint16(32768+r.IntN(28232))
	up := flow.Record{SrcAddr: client, DstAddr: server, SrcPort: port, DstPort: s.Port, Proto: s.Proto, SrcAS: asOf(client), DstAS: asOf(server)}
	down := flow.Record{SrcAddr: server, DstAddr: client, SrcPort: s.Port, DstPort: port, Proto: s.Proto, SrcAS: asOf(server), DstAS: asOf(client)}
	return &session{start: at, end: at.Add(s.Lasts[0] + time.Duration(r.Int64N(int64(s.Lasts[1]-s.Lasts[0])+1))), sides: [2]side{
		{flow: up, path: s.way(client, server, false), length: s.Up.Length, packets: between(r, s.Up.Packets)},
		{flow: down, path: s.way(server, client, true), length: s.Down.Length, packets: between(r, s.Down.Packets)},
	}}
}

func (s *Sessions) way(src, dst netip.Addr, back bool) []Hop {
	switch {
	case s.Route != nil:
		return s.Route(src, dst)
	case back:
		return reversed(s.Path)
	}
	return s.Path
}

// reversed is a path from its end.
func reversed(path []Hop) []Hop {
	out := make([]Hop, 0, len(path))
	for _, hop := range slices.Backward(path) {
		out = append(out, Hop{Router: hop.Router, In: hop.Out, Out: hop.In})
	}
	return out
}

// HostsOf picks hosts of some prefixes, each prefix as often as another. The first
// address of a prefix is no host, unless it is the only one.
func HostsOf(prefixes ...netip.Prefix) func(*rand.Rand) netip.Addr {
	return func(r *rand.Rand) netip.Addr {
		p := prefixes[r.IntN(len(prefixes))]
		free := p.Addr().BitLen() - p.Bits()
		if free == 0 {
			return p.Addr()
		}
		host := flow.FromAddr(p.Addr())
		host.Lo |= 1 + r.Uint64N(1<<min(free, 32)-1)
		return host.Addr()
	}
}

func between(r *rand.Rand, limits [2]int) int { return limits[0] + r.IntN(limits[1]-limits[0]+1) }

// send emits what the side has sent by the time until: evenly over the session,
// the first packet at its start and all by its end.
func (d *side) send(s *session, until time.Time, emit func(Burst)) {
	due := d.packets
	if until.Before(s.end) {
		due = max(1, int(float64(d.packets)*until.Sub(s.start).Seconds()/s.end.Sub(s.start).Seconds()))
	}
	due = min(due, d.packets)
	at := until.Add(-Tick / 2)
	if due > d.sent && d.sent == 0 {
		d.burst(at, 1, d.opening(), emit)
	}
	if last := due == d.packets; last && due > d.sent+1 {
		d.burst(at, due-d.sent-1, tcpAck, emit)
		d.burst(at.Add(Tick/4), 1, tcpFin|tcpAck, emit)
	} else if due > d.sent {
		d.burst(at, due-d.sent, tcpAck, emit)
	}
}

// TCP flags, RFC 9293 §3.1.
const (
	tcpFin = 0x01
	tcpSyn = 0x02
	tcpAck = 0x10
)

// opening is SYN from the client and SYN-ACK from the server.
func (d *side) opening() uint8 {
	if d.flow.SrcPort >= 32768 {
		return tcpSyn
	}
	return tcpSyn | tcpAck
}

func (d *side) burst(at time.Time, n int, flags uint8, emit func(Burst)) {
	b := Burst{At: at, Flow: d.flow, Length: d.length, Count: n, Path: d.path}
	if b.Flow.Proto == protoTCP {
		b.Flow.TCPFlags = flags
		if flags&tcpSyn != 0 {
			b.Length = min(b.Length, 60)
		}
	}
	d.sent += n
	emit(b)
}
