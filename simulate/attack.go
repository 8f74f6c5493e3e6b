package simulate

import (
	"math/rand/v2"
	"net/netip"
	"time"

	"eagre/anomaly"
	"eagre/flow"
)

// Attack is one attack of a scenario: its truth, and how its packets are drawn.
type Attack struct {
	Name           string
	Class          anomaly.Class
	Subclass       string
	Victim, Source netip.Prefix // one of them is valid
	Start, End     time.Time
	PPS            int // packets per second, all entries together
	Entries        []Entry
	// Draw makes the next packet: its flow and IP length.
	Draw func(r *rand.Rand) (flow.Record, int)
	// Burst is how many equal packets each draw stands for; 0 is one.
	Burst int
}

// Entry is a way that an attack takes through the network.
type Entry struct {
	Path  []Hop   // the first hop is where it enters
	Share float64 // of the sources; the shares of an attack add up to 1
}

// Truth is what was injected, in the words of anomaly.md.
type Truth struct {
	Name     string        `json:"name"`
	Class    anomaly.Class `json:"class"`
	Subclass string        `json:"subclass"`
	Victim   netip.Prefix  `json:"victim"`
	Source   netip.Prefix  `json:"source"`
	Start    time.Time     `json:"start"`
	End      time.Time     `json:"end"`
	PPS      float64       `json:"pps"`
	Entries  []TrueEntry   `json:"entries"`
}

// TrueEntry is an exporter's interface at which an attack entered.
type TrueEntry struct {
	Exporter  netip.Addr `json:"exporter"`
	Interface uint32     `json:"interface"` // ifIndex
	Share     float64    `json:"share"`
}

func (a Attack) truth(routers []Router) Truth {
	t := Truth{
		Name: a.Name, Class: a.Class, Subclass: a.Subclass, Victim: a.Victim, Source: a.Source,
		Start: a.Start, End: a.End, PPS: float64(a.PPS),
	}
	for _, e := range a.Entries {
		first := e.Path[0]
		t.Entries = append(t.Entries, TrueEntry{Exporter: routers[first.Router].Exporter.Address, Interface: first.In, Share: e.Share})
	}
	return t
}

// Send emits the attack's packets of [from, to): exactly PPS a second since its
// start, spaced evenly.
func (a Attack) Send(from, to time.Time, r *rand.Rand, emit func(Burst)) {
	burst := max(1, a.Burst)
	first, last := a.sent(from)/burst, a.sent(to)/burst
	for i := first; i < last; i++ {
		f, length := a.Draw(r)
		at := from.Add(to.Sub(from) * time.Duration(i-first) / time.Duration(last-first))
		emit(Burst{At: at, Flow: f, Length: length, Count: burst, Path: a.way(f.SrcAddr)})
	}
}

// sent is how many packets were sent before t.
func (a Attack) sent(t time.Time) int {
	if t.After(a.End) {
		t = a.End
	}
	return int(max(0, t.Sub(a.Start)).Milliseconds() * int64(a.PPS) / 1000)
}

// way is the path of a source: always the same for one source.
func (a Attack) way(source netip.Addr) []Hop {
	const grain = 1 << 20
	at := float64(flow.FromAddr(source).Hash(1)%grain) / grain
	for _, e := range a.Entries[:len(a.Entries)-1] {
		if at < e.Share {
			return e.Path
		}
		at -= e.Share
	}
	return a.Entries[len(a.Entries)-1].Path
}
