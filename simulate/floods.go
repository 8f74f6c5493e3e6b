package simulate

import (
	"math/rand/v2"
	"net/netip"
	"time"

	"eagre/anomaly"
	"eagre/flow"
)

// When is the time of an attack.
type When struct {
	Start  time.Time
	Length time.Duration
}

// Slammer is the SQL Slammer worm of January 2003: one infected host sends UDP
// packets of 404 bytes (376 of payload) to port 1434 of random addresses.
func Slammer(w When, host netip.Addr, pps int, path []Hop) Attack {
	template := flow.Record{SrcAddr: host, SrcPort: 1091, DstPort: 1434, Proto: protoUDP, SrcAS: asOf(host)}
	return Attack{
		Name: "slammer", Class: anomaly.Signature, Subclass: "slammer", Source: hostPrefix(host),
		Start: w.Start, End: w.Start.Add(w.Length), PPS: pps, Entries: []Entry{{Path: path, Share: 1}},
		Draw: func(r *rand.Rand) (flow.Record, int) {
			f := template
			f.DstAddr = anyAddress(r)
			f.DstAS = asOf(f.DstAddr)
			return f, 404
		},
	}
}

// SYNFlood sends SYN packets from spoofed addresses to one port; nobody answers.
func SYNFlood(w When, victim netip.Addr, port uint16, pps int, entries []Entry) Attack {
	template := flow.Record{DstAddr: victim, DstPort: port, Proto: protoTCP, TCPFlags: tcpSyn, DstAS: asOf(victim)}
	return flood("spoofed SYN flood", anomaly.SYNFlood, w, victim, pps, entries, func(r *rand.Rand) (flow.Record, int) {
		f := template
		f.SrcAddr, f.SrcPort = anyAddress(r), uint16(1024+r.IntN(64512))
		f.SrcAS = asOf(f.SrcAddr)
		return f, 40
	})
}

// UDPFlood sends large UDP packets from a few hundred hosts to random ports.
func UDPFlood(w When, victim netip.Addr, pps int, entries []Entry) Attack {
	template := flow.Record{DstAddr: victim, Proto: protoUDP, DstAS: asOf(victim)}
	a := flood("UDP flood", anomaly.UDPFlood, w, victim, pps, entries, func(r *rand.Rand) (flow.Record, int) {
		f := template
		n := r.IntN(300)
		f.SrcAddr, f.SrcPort, f.DstPort = botAddress(n), uint16(10_000+n), uint16(20_000+n%16)
		f.SrcAS = asOf(f.SrcAddr)
		return f, 540
	})
	a.Burst = 10
	return a
}

// ICMPFlood sends echo requests of 84 bytes from two hundred hosts.
func ICMPFlood(w When, victim netip.Addr, pps int, entries []Entry) Attack {
	template := flow.Record{DstAddr: victim, Proto: protoICMP, DstPort: 8 << 8, DstAS: asOf(victim)}
	return flood("ICMP flood", anomaly.ICMPFlood, w, victim, pps, entries, func(r *rand.Rand) (flow.Record, int) {
		f := template
		f.SrcAddr = botAddress(r.IntN(200))
		f.SrcAS = asOf(f.SrcAddr)
		return f, 84
	})
}

// DNSAmplification sends large answers of so many open resolvers to a host that
// never asked.
func DNSAmplification(w When, victim netip.Addr, reflectors, pps int, entries []Entry) Attack {
	template := flow.Record{DstAddr: victim, SrcPort: 53, Proto: protoUDP, DstAS: asOf(victim)}
	return flood("DNS amplification", anomaly.DNSAmplification, w, victim, pps, entries, func(r *rand.Rand) (flow.Record, int) {
		f := template
		f.SrcAddr, f.DstPort = botAddress(1000+r.IntN(reflectors)), uint16(40_000+r.IntN(8))
		f.SrcAS = asOf(f.SrcAddr)
		return f, 1200 + r.IntN(300)
	})
}

func flood(name, subclass string, w When, victim netip.Addr, pps int, entries []Entry, draw func(*rand.Rand) (flow.Record, int)) Attack {
	return Attack{
		Name: name, Class: anomaly.Misuse, Subclass: subclass, Victim: hostPrefix(victim),
		Start: w.Start, End: w.Start.Add(w.Length), PPS: pps, Entries: entries, Draw: draw,
	}
}

func hostPrefix(a netip.Addr) netip.Prefix { return netip.PrefixFrom(a, a.BitLen()) }

// reserved is space from which, and to which, no packet of the open internet
// comes (RFC 6890), and the simulated provider's own.
var reserved = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("224.0.0.0/3"),
}

// anyAddress is a random address of the open internet.
func anyAddress(r *rand.Rand) netip.Addr {
	for {
		a := flow.V4(r.Uint32()).Addr()
		if !isReserved(a) {
			return a
		}
	}
}

func isReserved(a netip.Addr) bool {
	for _, p := range reserved {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// botAddress is the n-th of the hosts that take part in attacks: spread over
// the benchmarking range 198.18.0.0/15 (RFC 2544).
func botAddress(n int) netip.Addr {
	return flow.V4(0xc6120000 | uint32(n)*2_654_435_761&0x1ffff).Addr()
}

// asOf is a private-use AS number (RFC 6996) for an address, so that reports
// have something to show: the same for a whole /8 (IPv6: for all).
func asOf(a netip.Addr) uint32 {
	if !a.Is4() {
		return 64_999
	}
	return 64_512 + uint32(a.As4()[0])
}
