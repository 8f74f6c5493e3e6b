package quality

import (
	"slices"
	"strings"

	"eagre/anomaly"
)

// Class is a class and subclass of a finding, in the words of package anomaly.
type Class struct {
	Class    anomaly.Class
	Subclass string
}

func (c Class) String() string { return string(c.Class) + "/" + c.Subclass }

// right lists what a finding must call the kinds of event and of vector that are not
// called misuse/<kind>. A worm's SYNs are a horizontal scan, whatever sends them; a flood
// of the victim's own kind of packets is told by its rate alone.
var right = map[string][]string{
	"own-mix":             {"profiled/bandwidth", "profiled/packet-rate", "profiled/flow-rate", "profiled/protocol", "misuse/total-traffic", "misuse/ack-flood"},
	"few-sources":         {"profiled/bandwidth", "profiled/packet-rate", "misuse/total-traffic", "misuse/udp-flood"},
	"total-traffic":       {"profiled/bandwidth", "profiled/packet-rate", "profiled/protocol", "misuse/total-traffic"},
	"other-amplification": {"misuse/amplification"},
	"horizontal-scan":     {"scan/horizontal"},
	"vertical-scan":       {"scan/vertical"},
	"worm":                {"scan/worm", "scan/horizontal"},
	"slammer":             {"signature/slammer", "scan/worm"},
	"dark-sweep":          {"dark-ip/sweep"},
	"backscatter":         {"dark-ip/backscatter"},
	"outage":              {"profiled/drop"},
	"poisoning":           {"profiled/*", "misuse/udp-flood", "operation/slow-drift"},
}

// Called tells whether a finding of this class has found the kind.
func Called(kind string, c Class) bool {
	names, listed := right[kind]
	if !listed {
		return c == Class{anomaly.Misuse, kind}
	}
	return slices.ContainsFunc(names, func(name string) bool {
		class, all := strings.CutSuffix(name, "/*")
		return name == c.String() || all && class == string(c.Class)
	})
}

// CalledBy tells whether a class names the event: its kind, or that of one of its
// vectors.
func (e *Event) CalledBy(c Class) bool {
	if Called(e.Kind, c) {
		return true
	}
	return slices.ContainsFunc(e.Vectors, func(v Vector) bool { return Called(v.Kind, c) })
}
