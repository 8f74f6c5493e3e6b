package quality

import "math"

// IP protocols of attacks.
const (
	hopOpt = 0
	icmp   = 1
	ipip   = 4
	tcp    = 6
	udp    = 17
	gre    = 47
	esp    = 50
	icmp6  = 58
	sctp   = 132
)

// TCP flags.
const (
	fin = 1 << iota
	syn
	rst
	psh
	ack
	urg
	ece
	cwr
)

// floodKinds are the floods, in the order in which they are planned.
var floodKinds = []string{
	"syn-flood", "rst-flood", "ack-flood", "synack-reflection", "tcp-null", "icmp-flood", "udp-flood", "ip-fragments",
	"ip-null", "private-source", "land", "dns-amplification", "ntp-amplification", "memcached-amplification",
	"cldap-amplification", "ssdp-amplification", "snmp-amplification", "chargen-amplification", "other-amplification",
	"total-traffic", "own-mix", "few-sources",
}

// fourOnly are the floods that IPv6 does not know, or that nobody sends there.
var fourOnly = map[string]bool{"ip-null": true, "private-source": true, "land": true, "chargen-amplification": true}

// vector draws the packets of a kind. Each flood has its own port, size and number of
// sources, so that a rule which knows one of them finds one.
func (d draw) vector(kind string, six bool) Vector {
	v := Vector{Kind: kind, Share: 1}
	if r, known := reflectors[kind]; known {
		d.reflect(&v, r)
	} else {
		shapes[kind](d, &v)
	}
	if v.Protocol == icmp && six {
		v.Protocol = icmp6
	}
	if six {
		v.PacketSize = max(v.PacketSize, 60)
	}
	return v
}

// shapes say what the packets of each kind are.
var shapes = map[string]func(d draw, v *Vector){
	"syn-flood": func(d draw, v *Vector) {
		v.tcp(pick(d, []uint8{syn, syn, syn, syn | ece | cwr}), d.size(40, 64))
		v.DstPort, v.Sources = d.service(), d.sources(0.6, 200, 6000)
	},
	"rst-flood": func(d draw, v *Vector) {
		v.tcp(pick(d, []uint8{rst, rst | ack}), d.size(40, 60))
		v.DstPort, v.Sources = d.service(), d.sources(0.6, 200, 4000)
	},
	"ack-flood": func(d draw, v *Vector) {
		v.tcp(pick(d, []uint8{ack, ack, psh | ack}), d.size(40, 1000))
		v.DstPort, v.Sources = d.service(), d.sources(0.5, 300, 6000)
	},
	"synack-reflection": func(d draw, v *Vector) {
		v.tcp(syn|ack, d.size(40, 60))
		v.SrcPort, v.Sources = port(pick(d, []int{80, 443, 22, 21, 25, 179})), d.count(200, 8000)
	},
	"tcp-null": func(d draw, v *Vector) {
		v.tcp(pick(d, []uint8{0, 0, fin | psh | urg, syn | fin}), d.size(40, 120))
		v.DstPort, v.Sources = d.service(), d.sources(0.6, 100, 3000)
	},
	"icmp-flood": func(d draw, v *Vector) {
		v.Protocol, v.PacketSize, v.Sources = icmp, d.size(64, 1500), d.sources(0.4, 50, 4000)
	},
	"udp-flood": func(d draw, v *Vector) {
		v.Protocol, v.PacketSize, v.Sources = udp, d.size(46, 1472), d.sources(0.4, 60, 4000)
		if d.chance(0.6) {
			v.DstPort = port(1 + d.IntN(65535))
		}
	},
	"ip-fragments": func(d draw, v *Vector) {
		v.Protocol, v.PacketSize, v.Sources = pick(d, []uint8{udp, udp, tcp}), d.size(700, 1500), d.sources(0.3, 100, 3000)
		v.SrcPort, v.DstPort = port(0), port(0)
	},
	"ip-null": func(d draw, v *Vector) {
		v.Protocol, v.PacketSize, v.Sources = hopOpt, d.size(40, 1000), d.sources(0.5, 50, 2000)
	},
	"private-source": func(d draw, v *Vector) {
		v.Protocol, v.PacketSize, v.DstPort = udp, d.size(46, 1000), d.service()
	},
	"land": func(d draw, v *Vector) {
		at := d.service()
		v.tcp(syn, d.size(40, 60))
		v.SrcPort, v.DstPort, v.Sources = at, at, 1
	},
	"total-traffic": func(d draw, v *Vector) {
		v.Protocol, v.PacketSize, v.Sources = pick(d, []uint8{gre, esp, ipip, sctp}), d.size(60, 1480), d.sources(0.4, 50, 3000)
	},
	"own-mix": func(d draw, v *Vector) {
		v.tcp(pick(d, []uint8{ack, psh | ack}), d.size(60, 600))
		v.DstPort, v.Sources = port(443), d.count(1000, 20_000)
	},
	"few-sources": func(d draw, v *Vector) {
		v.Protocol, v.PacketSize, v.Sources = udp, d.size(900, 1472), 1+d.IntN(5)
		v.DstPort = port(1024 + d.IntN(64000))
	},
}

// reflector is a service that answers more than it was asked.
type reflector struct {
	ports    []int
	min, max int // IP bytes of an answer
}

var reflectors = map[string]reflector{
	"dns-amplification":       {[]int{53}, 500, 1500},
	"ntp-amplification":       {[]int{123}, 440, 482},
	"memcached-amplification": {[]int{11211}, 1000, 1440},
	"cldap-amplification":     {[]int{389}, 1000, 1500},
	"ssdp-amplification":      {[]int{1900}, 400, 520},
	"snmp-amplification":      {[]int{161}, 500, 1480},
	"chargen-amplification":   {[]int{19}, 420, 1450},
	"other-amplification":     {[]int{17, 69, 111, 137, 177, 427, 520, 1434, 3283, 3702, 5093, 5353, 5683, 10001, 10074, 32414, 33848, 37810}, 410, 1480},
}

// reflect makes answers. They come to one port, from which the questions were sent, or
// to many.
func (d draw) reflect(v *Vector, r reflector) {
	v.Protocol, v.SrcPort, v.PacketSize = udp, port(pick(d, r.ports)), d.size(r.min, r.max)
	v.Sources = d.count(100, 6000)
	if d.chance(0.5) {
		v.DstPort = port(1024 + d.IntN(64000))
	}
}

func (v *Vector) tcp(flags uint8, size uint32) {
	v.Protocol, v.TCPFlags, v.PacketSize = tcp, flags, size
}

func port(n int) *uint16 {
	p := uint16(n)
	return &p
}

// service is a port that people attack, or any.
func (d draw) service() *uint16 {
	if d.chance(0.25) {
		return port(1 + d.IntN(65535))
	}
	return port(pick(d, []int{80, 443, 443, 22, 25, 53, 3389, 5060, 8080, 8443, 25565}))
}

func (d draw) size(low, high int) uint32 { return uint32(low + d.IntN(high-low+1)) }

func (d draw) count(low, high float64) int { return int(math.Round(d.scale(low, high))) }

// sources is how many send, in some of all cases everybody: spoofed.
func (d draw) sources(spoofed, low, high float64) int {
	if d.chance(spoofed) {
		return 0
	}
	return d.count(low, high)
}
