package detector

import (
	"eagre/anomaly"
	"eagre/detector/tally"
	"eagre/network"
)

// Limit is a rate that should not be exceeded: in packets per second, in bits
// per second, or both (either breaks it). Zero means no limit.
type Limit struct {
	PPS, BPS float64
	Source   string // who set it: "default", "thresholds.syn-flood", …
}

// Limits are the limits of one host on one side, by class of traffic.
type Limits [tally.ClassCount]Limit

// Thresholds are the limits of all hosts.
type Thresholds struct {
	Default [2]Limits // by tally.Side: traffic to a host, traffic from it
	// Objects overrides the limits of the hosts of a managed object.
	Objects map[network.Object]*[2]Limits
}

// DefaultLimits are the floors below which a flood is no attack on a service
// of any size.
func DefaultLimits() Limits {
	return Limits{
		tally.Total:    {PPS: 100e3, BPS: 1e9, Source: "default"},
		tally.SYN:      {PPS: 5e3, Source: "default"},
		tally.UDP:      {PPS: 50e3, Source: "default"},
		tally.ICMP:     {PPS: 5e3, Source: "default"},
		tally.DNSReply: {BPS: 100e6, Source: "default"},
	}
}

// MisuseClass is the class of traffic that a misuse subclass is about.
func MisuseClass(subclass string) (tally.Class, bool) {
	for class, m := range misuses {
		if m.subclass == subclass {
			return tally.Class(class), true
		}
	}
	return 0, false
}

func (t Thresholds) of(object network.Object, side tally.Side) *Limits {
	if own := t.Objects[object]; own != nil {
		return &own[side]
	}
	return &t.Default[side]
}

// misuse describes the findings that need no baseline.
type misuse struct {
	subclass, title, traffic string
	peers                    string // what the distinct count is of, on the side To
}

var misuses = [tally.ClassCount]misuse{
	tally.Total:    {anomaly.TotalTraffic, "total traffic", "traffic", "sources"},
	tally.SYN:      {anomaly.SYNFlood, "TCP SYN flood", "tcp SYN alone", "sources"},
	tally.UDP:      {anomaly.UDPFlood, "UDP flood", "udp", "sources"},
	tally.ICMP:     {anomaly.ICMPFlood, "ICMP flood", "icmp", "sources"},
	tally.DNSReply: {anomaly.DNSAmplification, "DNS amplification", "dns answers of 400 bytes and more", "reflectors"},
}

// severityOrder lists the misuse classes from the most telling to the least:
// of several on one victim the first names the anomaly.
var severityOrder = [tally.ClassCount]int{tally.SYN: 0, tally.DNSReply: 1, tally.ICMP: 2, tally.UDP: 3, tally.Total: 4, tally.DNSQuery: 5}

// Structure: what no honest service does is a finding at any rate.
const (
	floodSources   = 1000 // different sources sending SYN alone to one host, hardly answered
	floodReflector = 100  // different reflectors answering one host that asked nothing
	hardlyAnswered = 0.8  // part of all packets to the host that are SYN alone
	structureRows  = 8    // rows within two seconds that make such a series worth watching
)

// warmth derives from the limits when a series becomes worth watching in panes:
// when one partition alone saw, within two seconds, its share of half a limit.
func warmth(t Thresholds, objects, partitions int) tally.Warmth {
	w := make(tally.Warmth, objects+1)
	for o := range w {
		if o == 0 || t.Objects[network.Object(o)] != nil {
			w[o] = &tally.Heats{}
			for side := range w[o] {
				w[o][side] = heats(t.of(network.Object(o), tally.Side(side)), tally.Side(side), partitions)
			}
		}
	}
	return w
}

func heats(limits *Limits, side tally.Side, partitions int) (h [tally.ClassCount]tally.Heat) {
	for class, l := range limits {
		scale := windowSeconds / float64(2*partitions) * tally.Unit
		h[class] = tally.Heat{Packets: uint64(l.PPS * scale), Bytes: uint64(l.BPS / 8 * scale)}
	}
	if side == tally.From {
		h[tally.DNSQuery].Rows = structureRows // what its answers are held against
		return h
	}
	h[tally.SYN].Rows, h[tally.DNSReply].Rows = structureRows, structureRows
	return h
}
