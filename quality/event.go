package quality

import (
	"net/netip"
	"time"
)

// Event is one thing that happens: a line of labels.jsonl.
type Event struct {
	ID     int       `json:"id"`
	Kind   string    `json:"kind"`
	Nature Nature    `json:"nature"`
	Start  time.Time `json:"start"`
	End    time.Time `json:"end"`
	Note   string    `json:"note,omitempty"`

	// Customer is whom it is about, Everyone where it is about all or none.
	Customer int `json:"customer"`
	// Victim is what is attacked, swept or falls silent; Source is the offender where
	// there is one. Either may be the zero Prefix.
	Victim netip.Prefix `json:"victim"`
	Source netip.Prefix `json:"source"`
	// Breadth is how many hosts of the victim are hit; 0 is all, 1 one.
	Breadth int  `json:"breadth"`
	Carpet  bool `json:"carpet"`

	Course  Course       `json:"course"`
	Vectors []Vector     `json:"vectors,omitempty"`
	Entries []EntryShare `json:"entries,omitempty"`
	// PPS and BPS are the rates at full height, as they enter the network.
	PPS float64 `json:"pps"`
	BPS float64 `json:"bps"`
	// Multiple is (what is usual + the event) ÷ what is usual for the customer, in
	// packets; of innocent events the factor on traffic.
	Multiple float64 `json:"multiple"`
	// SamplesPerTick is how many packets of it are sampled where it enters, in a
	// minute at full height; Samples is how many in all.
	SamplesPerTick float64 `json:"samples_per_tick"`
	Samples        float64 `json:"samples"`

	// Router and To are the routers of a disruption; of a failover traffic moves
	// from one to the other.
	Router int `json:"router"`
	To     int `json:"to"`
	// Amount is by what a disruption changes something: a sampling rate, seconds of
	// clock, seconds of timeout.
	Amount float64 `json:"amount,omitempty"`
}

// Everyone stands for a customer where an event is about all of them, or none.
const Everyone = -1

// Nature is what an event is to the operator.
type Nature string

// The natures.
const (
	Attack     Nature = "attack"     // must be reported
	Outage     Nature = "outage"     // must be reported, and is no attack
	Surge      Nature = "surge"      // honest traffic that looks like something; may be mentioned, not shouted about
	Disruption Nature = "disruption" // the routers' doing: nothing happened to traffic, and nothing may be shouted
)

// Vector is one kind of packet in an attack.
type Vector struct {
	Kind     string `json:"kind"`
	Protocol uint8  `json:"protocol"`
	// SrcPort and DstPort are nil where the packets have many.
	SrcPort *uint16 `json:"src_port"`
	DstPort *uint16 `json:"dst_port"`
	// PacketSize is in IP bytes.
	PacketSize uint32 `json:"packet_size"`
	TCPFlags   uint8  `json:"tcp_flags,omitempty"`
	// Sources is how many hosts send; 0 is a new address with every packet.
	Sources int     `json:"sources"`
	Share   float64 `json:"share"` // of the event's packets
}

// EntryShare is an interface over which an event came in, with its share of the packets.
type EntryShare struct {
	Exporter  netip.Addr `json:"exporter"`
	Interface uint32     `json:"interface"`
	Share     float64    `json:"share"`
	Router    int        `json:"router"`
}

// Course is how the rate of an event goes over its time. The zero value is: at full
// height from the first to the last moment.
type Course struct {
	Kind CourseKind    `json:"kind,omitempty"`
	Rise time.Duration `json:"rise_ns,omitempty"` // of a swell, both ways
	On   time.Duration `json:"on_ns,omitempty"`   // of a pulse wave
	Off  time.Duration `json:"off_ns,omitempty"`
}

// CourseKind names a course.
type CourseKind string

// The courses.
const (
	Flat  CourseKind = ""
	Ramp  CourseKind = "ramp"  // from nothing, evenly, to full height at the end
	Swell CourseKind = "swell" // up, stay, down
	Pulse CourseKind = "pulse" // on and off and on again
	Step  CourseKind = "step"  // up, and it stays
)

// Height is the part of the full rate at a time, between 0 and 1.
func (e *Event) Height(t time.Time) float64 {
	if t.Before(e.Start) || !t.Before(e.End) {
		return 0
	}
	since, left := t.Sub(e.Start), e.End.Sub(t)
	rise, period := max(1, e.Course.Rise), max(1, e.Course.On+e.Course.Off)
	switch e.Course.Kind {
	case Ramp:
		return float64(since) / float64(e.End.Sub(e.Start))
	case Swell:
		return min(1, float64(min(since, left))/float64(rise))
	case Step:
		return min(1, float64(since)/float64(rise))
	case Pulse:
		if since%period >= e.Course.On {
			return 0
		}
	}
	return 1
}

// meanHeight is the mean of Height over the event, second by second for a pulse wave.
func (e *Event) meanHeight() float64 {
	length := e.End.Sub(e.Start)
	switch e.Course.Kind {
	case Ramp:
		return 0.5
	case Pulse:
		on, n := 0, int(length/time.Second)
		for s := range n {
			on += int(e.Height(e.Start.Add(time.Duration(s) * time.Second)))
		}
		return float64(on) / float64(max(1, n))
	}
	return 1
}

// Sharp tells whether an event begins at once, so that one may ask when it was seen.
func (e *Event) Sharp() bool { return e.Course.Kind != Ramp }

// Outgoing tells whether a host of a customer is the offender.
func (e *Event) Outgoing() bool {
	return e.Kind == "worm" || e.Kind == "slammer" || e.Note == outgoing
}

// outgoing is the note of a flood from inside.
const outgoing = "outgoing"

// Happened tells whether an event has a moment in common with a span of time.
func (e *Event) Happened(from, to time.Time) bool { return e.Start.Before(to) && e.End.After(from) }
