package anomaly

import (
	"encoding/json"
	"fmt"
)

// Class is the family of a finding.
type Class string

// The classes, in the order in which the class of a joined anomaly is chosen.
const (
	Misuse    Class = "misuse"
	Signature Class = "signature"
	DarkIP    Class = "dark-ip"
	Scan      Class = "scan"
	Profiled  Class = "profiled"
	Operation Class = "operation"
)

// Rank orders classes: of several findings on one victim, the lowest rank
// names the anomaly.
func (c Class) Rank() int {
	for i, other := range []Class{Misuse, Signature, DarkIP, Scan, Profiled, Operation} {
		if c == other {
			return i
		}
	}
	return 6
}

// The subclasses of misuse that are detected so far.
const (
	SYNFlood         = "syn-flood"
	UDPFlood         = "udp-flood"
	ICMPFlood        = "icmp-flood"
	DNSAmplification = "dns-amplification"
	TotalTraffic     = "total-traffic"
)

// The subclasses of operation: what is wrong with the watch itself.
const (
	ExporterSilent  = "exporter-silent"
	CounterMismatch = "counter-mismatch"
)

// Stage says who is told.
type Stage string

// The stages of a finding.
const (
	Stable Stage = "stable" // alerts go out
	Shadow Stage = "shadow" // evaluated and stored, nobody is told
)

// Unit is the unit of a limit.
type Unit string

// The units of limits.
const (
	PPS   Unit = "pps"   // packets per second
	BPS   Unit = "bps"   // bits per second
	FPS   Unit = "fps"   // flows per second
	Count Unit = "count" // distinct values
)

// Importance says how much an anomaly matters: low, medium, high.
type Importance uint8

// The importances; the zero value is Low.
const (
	Low Importance = iota
	Medium
	High
)

var importanceNames = [...]string{"low", "medium", "high"}

func (i Importance) String() string { return importanceNames[min(int(i), len(importanceNames)-1)] }

// MarshalJSON writes the name.
func (i Importance) MarshalJSON() ([]byte, error) { return json.Marshal(i.String()) }

// UnmarshalJSON reads the name.
func (i *Importance) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	parsed, err := ParseImportance(s)
	*i = parsed
	return err
}

// ParseImportance reads an importance's name.
func ParseImportance(s string) (Importance, error) {
	for n, name := range importanceNames {
		if s == name {
			return Importance(n), nil
		}
	}
	return Low, fmt.Errorf("importance %q: want low, medium or high", s)
}
