package score

import (
	"math"
	"net/netip"
	"time"

	"eagre/anomaly"
	"eagre/quality"
)

// tick is what times to detect are counted in.
const tick = time.Minute

// Outcome is what became of one event.
type Outcome struct {
	Event    quality.Event
	Found    bool
	High     bool          // reported, and as such
	Ticks    int           // whole ticks from the first that lies wholly inside to the report
	After    time.Duration // from its start to the report
	Extra    int           // incidents besides the first
	Who      bool          // the victim, of an offender the source, is right
	Class    bool
	Print    bool
	F1       float64 // of entry points
	EndError time.Duration
}

// outcomeOf judges the incidents of an event, of which the first is what people saw.
func outcomeOf(e *quality.Event, incidents []*Incident) Outcome {
	o := Outcome{Event: *e}
	if len(incidents) == 0 {
		return o
	}
	first := incidents[0]
	o.Found, o.Extra, o.After = true, len(incidents)-1, first.Reported.Sub(e.Start)
	o.Ticks = max(0, int(first.Reported.Sub(ceil(e.Start))/tick))
	for _, i := range incidents {
		o.High = o.High || i.Highest == anomaly.High
	}
	o.Who, o.Class, o.Print = who(e, first), first.names(e), prints(e, first.Last.Fingerprint)
	o.F1 = entries(e, first.Last.NetworkElements)
	o.EndError = incidents[len(incidents)-1].end().Sub(e.End).Abs()
	return o
}

// ceil is the next beginning of a tick.
func ceil(t time.Time) time.Time {
	if down := t.Truncate(tick); !down.Equal(t) {
		return down.Add(tick)
	}
	return t
}

// who tells whether the victim is right within one bit of prefix length; where there is
// an offender, it is the source that must be.
func who(e *quality.Event, i *Incident) bool {
	if e.Source.IsValid() {
		return near(e.Source, i.source())
	}
	return near(e.Victim, i.victim())
}

func near(want, got netip.Prefix) bool {
	return overlap(want, got) && max(want.Bits()-got.Bits(), got.Bits()-want.Bits()) <= 1
}

// prints tells whether a fingerprint is that of one of the event's vectors.
func prints(e *quality.Event, p anomaly.Fingerprint) bool {
	for i := range e.Vectors {
		if fits(&e.Vectors[i], p) {
			return true
		}
	}
	return false
}

// fits tells whether a fingerprint says all that a vector keeps fixed, and of ports
// nothing that it does not. Fragments have no ports: to leave them out is right.
func fits(v *quality.Vector, p anomaly.Fingerprint) bool {
	if p.Protocol == nil || *p.Protocol != v.Protocol {
		return false
	}
	if p.PacketSize == nil || math.Abs(float64(*p.PacketSize)-float64(v.PacketSize)) > 0.1*float64(v.PacketSize) {
		return false
	}
	if v.TCPFlags != 0 && p.TCPFlags != nil && *p.TCPFlags != v.TCPFlags {
		return false
	}
	const tcp, udp = 6, 17
	if v.Protocol != tcp && v.Protocol != udp {
		return true
	}
	return samePort(v.SrcPort, p.SrcPort) && samePort(v.DstPort, p.DstPort)
}

func samePort(want, got *uint16) bool {
	switch {
	case want == nil:
		return got == nil
	case got == nil:
		return *want == 0
	}
	return *want == *got
}

// Shares of the packets from which on an entry must be named, and below which a
// reported one is not taken as said.
const (
	mustName = 0.10
	said     = 0.08
)

// entries is the F1 of the entry points: those over which a tenth or more came must be
// named, those over which nothing came must not.
func entries(e *quality.Event, elements []anomaly.NetworkElement) float64 {
	hits, missed := 0, 0
	named := map[port]bool{}
	for _, n := range elements {
		if n.Entry && n.Share >= said {
			named[port{n.Address, n.Interface}] = true
		}
	}
	for _, s := range e.Entries {
		at := port{s.Exporter, s.Interface}
		switch {
		case named[at]:
			hits++
		case s.Share >= mustName:
			missed++
		}
		delete(named, at)
	}
	if hits == 0 {
		return 0
	}
	return 2 * float64(hits) / float64(2*hits+len(named)+missed)
}

// port is an interface as findings name it.
type port struct {
	exporter netip.Addr
	index    uint32
}
