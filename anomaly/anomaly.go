package anomaly

import (
	"net/netip"
	"time"
)

// Event is an anomaly at one moment of its life: one JSON object a line, one
// message on the stream, one webhook body. Fields are only ever added.
type Event struct {
	Event    Kind      `json:"event"`
	ID       string    `json:"id"`
	Revision int       `json:"revision"` // grows with every event of one id, from 1
	At       time.Time `json:"at"`       // event time of the judgement
	Anomaly
}

// Kind is what happened to the anomaly.
type Kind string

// The kinds of event.
const (
	Opened    Kind = "opened"
	Updated   Kind = "updated"
	Ended     Kind = "ended"
	Annotated Kind = "annotated"
)

// Anomaly is one finding: what, how much against which expectation, where it
// entered. It copies cheaply except for its slices, which nobody changes after
// the anomaly has been handed on.
type Anomaly struct {
	Class      Class      `json:"class"`
	Subclass   string     `json:"subclass"`
	Title      string     `json:"title"`
	Importance Importance `json:"importance"`
	// SeverityPercent is 100 × maximum observed ÷ threshold. It only grows.
	SeverityPercent float64   `json:"severity_percent"`
	Threshold       Threshold `json:"threshold"`

	Direction string     `json:"direction"`
	Start     time.Time  `json:"start"`
	End       *time.Time `json:"end"`
	Ongoing   bool       `json:"ongoing"`

	Resource Resource      `json:"resource"`
	Victim   *netip.Prefix `json:"victim"`
	Source   *netip.Prefix `json:"source"`
	Carpet   bool          `json:"carpet"`
	Breadth  *string       `json:"breadth"`
	Stage    Stage         `json:"stage"`
	Vectors  []Vector      `json:"vectors"`

	Triggering Rates `json:"triggering"`
	Expected   Rates `json:"expected"`
	Difference Rates `json:"difference"`
	Maximum    Peak  `json:"maximum"`
	Mean       Rates `json:"mean"`

	SamplingErrorPercent float64 `json:"sampling_error_percent"`
	// Provisional: part of the numbers rests on an unknown sampling rate, or on an
	// exporter whose counters say something else than its flows.
	Provisional bool `json:"provisional"`

	Fingerprint     Fingerprint      `json:"fingerprint"`
	NetworkElements []NetworkElement `json:"network_elements"`
	Evidence        Evidence         `json:"evidence"`
}

// Rates is a bit rate and a packet rate, in base units.
type Rates struct {
	BPS float64 `json:"bps"` // bits per second
	PPS float64 `json:"pps"` // packets per second
}

// Sub is the difference of two rates.
func (r Rates) Sub(o Rates) Rates { return Rates{BPS: r.BPS - o.BPS, PPS: r.PPS - o.PPS} }

// Peak is the largest rates seen and when the packet rate was largest.
type Peak struct {
	Rates
	At time.Time `json:"at"`
}

// Threshold is the limit that severity is measured against, and who set it.
type Threshold struct {
	Value  float64 `json:"value"`
	Unit   Unit    `json:"unit"`
	Source string  `json:"source"`
}

// Resource is what the anomaly is about, as the operator calls it.
type Resource struct {
	Kind   string `json:"kind"` // managed-object, prefix, host, interface
	Name   string `json:"name"`
	Prefix string `json:"prefix,omitempty"`
}

// Vector is a further finding on the same victim at the same time.
type Vector struct {
	Class    Class  `json:"class"`
	Subclass string `json:"subclass"`
	Maximum  Rates  `json:"maximum"`
}

// Fingerprint is the traffic in one line; a field is set when one value holds
// at least 60 % of the packets in excess of what is expected.
type Fingerprint struct {
	Protocol   *uint8  `json:"protocol"`
	SrcPort    *uint16 `json:"src_port"`
	DstPort    *uint16 `json:"dst_port"`
	PacketSize *uint32 `json:"packet_size"` // bytes per packet
	TCPFlags   *uint8  `json:"tcp_flags"`
	Share      float64 `json:"share"` // part of the packets that match all fields set
}

// NetworkElement is one exporter's interface that carried the anomaly.
type NetworkElement struct {
	Exporter    string     `json:"exporter"` // its name, or its address
	Address     netip.Addr `json:"address"`
	Interface   uint32     `json:"interface"` // ifIndex
	Name        string     `json:"name"`
	Direction   string     `json:"direction"` // in or out
	Role        string     `json:"role"`
	Importance  Importance `json:"importance"`
	Share       float64    `json:"share"` // of the anomaly's packets that entered here
	ExpectedPPS float64    `json:"expected_pps"`
	MaxBPS      float64    `json:"max_bps"`
	MeanBPS     float64    `json:"mean_bps"`
	MaxPPS      float64    `json:"max_pps"`
	MeanPPS     float64    `json:"mean_pps"`
	// LinkSeverityPercent is 100 × MaxBPS ÷ interface speed; 0 where the speed is unknown.
	LinkSeverityPercent float64   `json:"link_severity_percent,omitempty"`
	FirstSeen           time.Time `json:"first_seen"`
	// Entry: the traffic came into the network here. Otherwise it is transit, or
	// a second view of the same packets.
	Entry bool `json:"entry"`
}

// Evidence is why: enough to recompute the judgement by hand.
type Evidence struct {
	Detector     string  `json:"detector"`
	RuleRevision string  `json:"rule_revision"`
	Window       string  `json:"window"`
	Value        float64 `json:"value"`
	Limit        float64 `json:"limit"`
	Unit         Unit    `json:"unit"`
	Bucket       *string `json:"bucket"`
	Samples      uint64  `json:"samples"`
	Sentence     string  `json:"sentence"`
	Reproduce    string  `json:"reproduce"`
}
