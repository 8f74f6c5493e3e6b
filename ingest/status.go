package ingest

import (
	"net/netip"
	"slices"
	"time"

	"eagre/flow"
	"eagre/ingest/ipfix"
	"eagre/ingest/sflow"
	"eagre/ingest/wire"
)

// Status is what an operator wants to know about one exporter. It is a copy:
// nobody changes it any more.
type Status struct {
	Exporter netip.Addr `json:"exporter"`
	Formats  []string   `json:"formats"`     // heard, such as netflow-v9
	First    *time.Time `json:"first_heard"` // nil: not since the start, but what it announced before is known
	Last     *time.Time `json:"last_heard"`
	Silent   bool       `json:"silent"`

	Datagrams uint64            `json:"datagrams"`
	Frames    uint64            `json:"frames"`  // plain packets that were metered
	Records   uint64            `json:"records"` // decoded
	Shed      uint64            `json:"shed"`    // decoded records that the stream did not take
	Became    map[string]uint64 `json:"datagrams_by_disposition"`
	Malformed map[string]uint64 `json:"malformed_by_reason"`
	Noted     map[string]uint64 `json:"notes_by_reason"`
	Lost      uint64            `json:"lost"`     // by sequence numbers: flows, records or datagrams as the format counts
	Balanced  bool              `json:"balanced"` // every datagram and record has its disposition

	// Restarts counts what was seen of them: by uptime, or where none is told by
	// sequence numbers. Boot is the newest, by our clock, of an exporter that tells an
	// uptime, else nil; where it was up for more than 49.7 days when it was heard
	// first, it is when its uptime wrapped last.
	Restarts   uint64     `json:"restarts"`
	Boot       *time.Time `json:"boot"`
	Renumbered uint64     `json:"renumbered"` // its sequence numbers began anew

	Minute Minute `json:"last_minute"`

	SamplingRate uint32          `json:"sampling_rate"` // of its newest records; 0 is unknown
	Sampling     string          `json:"sampling"`      // who said so
	Samplers     []ipfix.Sampler `json:"samplers"`
	Templates    int             `json:"templates"`
	// Sources are the data sources of an sFlow agent with their sampling, as
	// announced and as their totals show it; Counters is of how many interfaces
	// counters are kept.
	Sources  []sflow.SourceSampling `json:"sources"`
	Counters int                    `json:"interface_counters"`
	Domains  int                    `json:"domains"`

	// ClockOffset is the median over about a minute, or over the newest 127 datagrams
	// of an exporter that sends less; ClockSteps is how often it jumped by more than
	// five seconds.
	ClockKnown  bool          `json:"clock_known"`
	ClockOffset time.Duration `json:"clock_offset_ns"` // positive: its clock is ahead of ours
	ClockSteps  uint64        `json:"clock_steps"`

	Feeds []string `json:"feeds"` // detectors that can work with its flows
	Lacks []string `json:"lacks"` // and those that cannot
}

// Minute is what the last full minute of receive time brought.
type Minute struct {
	Datagrams      uint64  `json:"datagrams"`
	Records        uint64  `json:"records"`
	FlowsPerSecond float64 `json:"flows_per_second"`
	Malformed      uint64  `json:"malformed"`
	Lost           uint64  `json:"lost"`
	LostPercent    float64 `json:"lost_percent"`
	Duplicates     uint64  `json:"duplicates"`
	Waiting        uint64  `json:"waiting_template"`
	Shed           uint64  `json:"shed"`
	Balanced       bool    `json:"balanced"`
}

// Exporters is the status of every exporter, in the order of their addresses.
func (c *Collector) Exporters() []Status {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]Status, 0, len(c.exporters))
	for _, x := range c.exporters {
		out = append(out, x.status())
	}
	slices.SortFunc(out, func(a, b Status) int { return a.Exporter.Compare(b.Exporter) })
	return out
}

func (x *exporter) status() Status {
	a := &x.account
	s := Status{
		Exporter: x.printed, Formats: x.formats(), First: instant(x.pulse.first), Last: instant(x.pulse.heard),
		Silent: x.pulse.silent, Datagrams: a.Datagrams, Frames: a.Frames, Records: a.Decoded, Shed: a.Shed,
		Became: dispositionsOf(a), Malformed: reasonsOf(&a.Malformed), Noted: reasonsOf(&a.Noted),
		Lost: a.Lost, Balanced: a.Check() == nil, Minute: x.minute.told(),
		Restarts: a.Restarts, Boot: instant(x.boot()), Renumbered: a.Renumbered, ClockSteps: a.ClockSteps,
		SamplingRate: a.SamplingRate, Sampling: a.Sampling.String(), Domains: len(x.domains),
		Feeds: x.fields.Feeds(), Lacks: x.fields.Lacks(),
	}
	s.ClockOffset, s.ClockKnown = x.clock.offset()
	s.Sources, s.Counters = x.sources()
	s.Samplers = []ipfix.Sampler{}
	if x.announced != nil {
		s.Samplers, s.Templates = x.announced.Samplers(), x.announced.Templates()
	}
	return s
}

// instant is a time in Unix milliseconds; nil for 0.
func instant(ms int64) *time.Time {
	if ms == 0 {
		return nil
	}
	at := time.UnixMilli(ms).UTC()
	return &at
}

// formats are the formats heard, by their labels.
func (x *exporter) formats() []string {
	out := []string{}
	for p := range protoCount {
		if x.versions&(1<<p) != 0 {
			out = append(out, protoLabels[p])
		}
	}
	return out
}

func dispositionsOf(a *Accounting) map[string]uint64 {
	out := map[string]uint64{}
	for d, n := range a.Dispositions {
		out[wire.Disposition(d).String()] = n
	}
	return out
}

// reasonsOf are the reasons that occurred.
func reasonsOf(counts *[wire.ReasonCount]uint64) map[string]uint64 {
	out := map[string]uint64{}
	for why, n := range counts {
		if n > 0 {
			out[wire.Reason(why).String()] = n
		}
	}
	return out
}

// told is a minute's tally in the words of a status.
func (t tally) told() Minute {
	m := Minute{
		Datagrams: t.Datagrams, Records: t.Decoded, FlowsPerSecond: float64(t.Decoded) * 1000 / minuteLength,
		Malformed: t.Malformed, Lost: t.Lost, Duplicates: t.Duplicates, Waiting: t.Waiting, Shed: t.Shed,
		Balanced: t.Datagrams == t.Settled && t.Decoded == t.Published+t.Shed+t.Open,
	}
	if t.Lost > 0 {
		m.LostPercent = 100 * float64(t.Lost) / float64(t.Lost+t.Numbered)
	}
	return m
}

// InterfaceName is what an exporter calls an interface in its options data;
// empty when it has not said.
func (c *Collector) InterfaceName(exporter netip.Addr, index uint32) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	x := c.exporters[flow.FromAddr(exporter)]
	if x == nil || x.announced == nil {
		return ""
	}
	return x.announced.InterfaceName(index)
}
