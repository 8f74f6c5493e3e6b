package detector

import (
	"math"
	"slices"
	"time"

	"eagre/detector/tally"
	"eagre/flow"
)

// ExporterHealth says how far the numbers of one exporter can be trusted.
type ExporterHealth struct {
	Exporter flow.IP
	// OnTime is the share of its packets that came while their minute was open,
	// smoothed over some minutes: what a rate of this moment knows. The rest is in the
	// ledger.
	OnTime float64
	// Jumped says that the share is not what it was: somebody changed a timeout, or
	// records come late. Rates of before and after should not be compared yet.
	Jumped  bool
	Repeats tally.Repeats // what is wrong with its start times, if anything
	Again   uint64        // rows that showed packets a second time, not counted
	// Unknown says that some of its packets came without a sampling rate in the newest
	// minute: they count as they are, so rates are at least what is shown.
	Unknown bool
	// DelayMedian and DelayMost are how long after a flow ended its record came, of half
	// of the records of the newest minute and of 99 % of them.
	DelayMedian, DelayMost time.Duration
}

// health follows the exporters tick by tick. It never latches: what it compares with
// moves with every tick, by a little, whatever the tick says.
type health struct {
	exporters map[flow.IP]*pace
	jumps     uint64
}

// pace is how an exporter's share on time has been.
type pace struct {
	ExporterHealth
	usual float64
	heard int64 // newest tick
}

const (
	// swift and slow are how far a tick moves the share that is shown and the share it
	// is compared with; no tick moves the latter by more than slowest.
	swift, slow, slowest = 0.2, 0.05, 0.02
	// jump is by how much the share must change to be worth a word (detection.md).
	jump = 0.2
	// silentTicks is after how many ticks an exporter is forgotten: a day.
	silentTicks = 24 * 60
)

// settle takes in what exporters did in a tick.
func (h *health) settle(tick int64, ticks []tally.ExporterTick) {
	if h.exporters == nil {
		h.exporters = map[flow.IP]*pace{}
	}
	for i := range ticks {
		h.follow(tick, &ticks[i])
	}
	for address, p := range h.exporters {
		if tick-p.heard > silentTicks {
			delete(h.exporters, address)
		}
	}
}

func (h *health) follow(tick int64, t *tally.ExporterTick) {
	p := h.exporters[t.Exporter]
	if p == nil {
		p = &pace{ExporterHealth: ExporterHealth{Exporter: t.Exporter, OnTime: t.Share()}, usual: t.Share()}
		h.exporters[t.Exporter] = p
	}
	p.heard, p.Repeats, p.Again, p.Unknown = tick, t.Repeats, p.Again+t.Again, t.Unknown > 0
	if t.Delays.Count() > 0 {
		p.DelayMedian, p.DelayMost = milliseconds(t.Delays.Quantile(0.5)), milliseconds(t.Delays.Quantile(0.99))
	}
	if t.OnTime != 0 || t.Late != 0 {
		h.jumps += p.move(t.Share())
	}
}

func milliseconds(n uint64) time.Duration { return time.Duration(n) * time.Millisecond }

// move takes in the share of one tick, and tells how many jumps began with it.
func (p *pace) move(share float64) (begun uint64) {
	jumped := math.Abs(share-p.usual) > jump
	if jumped && !p.Jumped {
		begun = 1
	}
	p.Jumped = jumped
	p.OnTime += swift * (share - p.OnTime)
	p.usual += min(max(slow*(share-p.usual), -slowest), slowest)
	return begun
}

// list is all exporters by address.
func (h *health) list() []ExporterHealth {
	out := make([]ExporterHealth, 0, len(h.exporters))
	for _, p := range h.exporters {
		out = append(out, p.ExporterHealth)
	}
	slices.SortFunc(out, func(a, b ExporterHealth) int { return a.Exporter.Compare(b.Exporter) })
	return out
}

// of is what is known of an exporter; of one that is new, that all is well.
func (h *health) of(exporter flow.IP) ExporterHealth {
	if p := h.exporters[exporter]; p != nil {
		return p.ExporterHealth
	}
	return ExporterHealth{Exporter: exporter, OnTime: 1}
}

// worst is the least that can be said of all exporters together.
func (h *health) worst() ExporterHealth {
	w := ExporterHealth{OnTime: 1}
	for _, p := range h.exporters {
		w.OnTime, w.Unknown = min(w.OnTime, p.OnTime), w.Unknown || p.Unknown
	}
	return w
}
