package traffic

import "eagre/quality"

// application is one kind of honest traffic as a customer sees it.
type application struct {
	name   string
	proto  uint8
	port   uint16 // of the server; 0 is any on both sides
	server side
	// Lengths of packets to the customer and from it, in IP bytes, and how they spread.
	in, out, spread float64
	reply           float64 // packets from the customer for each to it
	samples         float64 // usual number of sampled packets in a record
	skew            float64 // of the ranks of the customer's hosts
	noise           float64 // of its own, in ln
	grows           bool    // with a crowd
	// Weights among all packets to the customer, by kind of customer.
	eyeballs, hosting, office float64
}

// side is where a server stands.
type side uint8

const (
	outside side = iota
	inside
	nobody // packets that nobody asked for and nobody answers
)

// IP protocols of honest traffic.
const (
	icmp  = 1
	tcp   = 6
	udp   = 17
	esp   = 50
	icmp6 = 58
)

// applications are the classes of traffic, with lengths and replies as they are usual.
var applications = []application{
	{"web", tcp, 443, outside, 1150, 110, 300, 0.55, 3, 0.5, 0.05, true, 30, 3, 40},
	{"quic", udp, 443, outside, 1150, 90, 200, 0.4, 3, 0.5, 0.07, true, 25, 1, 14},
	{"http", tcp, 80, outside, 1100, 90, 300, 0.6, 2, 0.6, 0.12, false, 5, 2, 5},
	{"video", tcp, 443, outside, 1460, 52, 30, 0.35, 6, 0.5, 0.08, true, 26, 0, 6},
	{"games", udp, 3074, outside, 180, 110, 60, 0.9, 2, 0.8, 0.15, false, 4, 0, 0},
	{"torrent", udp, 0, outside, 900, 500, 400, 0.8, 2, 0.9, 0.15, false, 4, 0, 0},
	{"voice", udp, 0, outside, 200, 200, 20, 1, 2, 0.8, 0.15, false, 2, 1, 8},
	{"resolving", udp, 53, outside, 170, 72, 70, 1, 1, 0.4, 0.1, false, 1.5, 0.8, 2},
	{"clocks", udp, 123, outside, 76, 76, 0, 1, 1, 0.3, 0.12, false, 0.1, 0.06, 0.1},
	{"vpn", esp, 0, outside, 700, 500, 400, 0.9, 3, 1, 0.12, false, 1, 1, 14},
	{"mail", tcp, 25, inside, 800, 70, 500, 0.6, 2, 1.3, 0.15, false, 0, 2, 4},
	{"sites", tcp, 443, inside, 110, 1200, 60, 1.5, 2, 1.1, 0.05, true, 0, 58, 3},
	{"old-sites", tcp, 80, inside, 100, 1150, 60, 1.4, 2, 1.1, 0.1, true, 0, 10, 1},
	{"quic-sites", udp, 443, inside, 105, 1150, 50, 1.5, 2, 1.1, 0.07, true, 0, 16, 0},
	{"names", udp, 53, inside, 74, 240, 12, 1, 1, 1.4, 0.1, false, 0, 2, 0.3},
	{"shells", tcp, 22, inside, 120, 160, 60, 0.9, 2, 1, 0.2, false, 0, 0.6, 0.4},
	{"pings", icmp, 0, inside, 84, 84, 10, 0.9, 1, 0.8, 0.15, false, 0.3, 0.3, 0.3},
	{"radiation", tcp, 0, nobody, 44, 0, 4, 0, 1, 0, 0.1, false, 0.15, 0.15, 0.2},
}

// weight is the application's part among what a kind of customer has, before all
// parts are made to sum to one.
func (a *application) weight(k quality.CustomerKind) float64 {
	switch k {
	case quality.Eyeballs:
		return a.eyeballs
	case quality.Hosting:
		return a.hosting
	}
	return a.office
}

// asked tells whether a packet to the customer is from a client to a server.
func (a *application) asked() bool { return a.server != outside }

// TCP flags.
const (
	fin = 1 << iota
	syn
	rst
	psh
	ack
)

// flags is the OR over k packets of a connection, of those from the client or from the
// server.
func (d dice) flags(client bool, k int) (out uint8) {
	for range min(k, 4) {
		switch x := d.Uint64() % 100; {
		case x < 4 && client:
			out |= syn
		case x < 4:
			out |= syn | ack
		case x < 58:
			out |= ack
		case x < 93:
			out |= psh | ack
		case x < 98:
			out |= fin | ack
		default:
			out |= rst
		}
	}
	return out
}

// sought are the ports that radiation looks for.
var sought = [...]uint16{23, 22, 445, 3389, 80, 8080, 443, 5555, 6379, 2323, 1433, 5900, 8728, 25565, 7547}
