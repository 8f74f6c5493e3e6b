package detector

import (
	"eagre/detector/tally"
	"eagre/internal/sketch"
)

// verdict is what a test says of the windows of a series that changed.
type verdict struct {
	fired     bool
	structure bool // fired by structure alone
	window    window
	term      term
	seen      float64
	minute    bool    // the distinct count is that of a whole minute
	severity  float64 // percent, the largest of all windows
	severest  term    // whose limit that is

	confirmed  bool // a second window, apart from the first, fired as well
	lastActive int64
	peakPPS    window
	peakBPS    window
}

// hearing tries one test on one series.
type hearing struct {
	judge  *judge
	series *series
	test   *test
	// cached distinct counts: of the seconds and of the tick that a window ends with
	second, tick    int64
	seconds, minute [tally.MaxElements]*distinct
}

// distinct is how many different peers there were: surely, and by the estimate.
type distinct struct{ low, seen float64 }

func countOf(d *sketch.Distinct) *distinct { return &distinct{d.AtLeast(), d.Count()} }

func (j *judge) hear(s *series, t *test) verdict {
	h := hearing{judge: j, series: s, test: t, second: -1, tick: -1}
	v := verdict{lastActive: -1}
	if len(s.panes) == 0 {
		return v
	}
	slide(s.panes, s.lo, s.hi, t.panes, func(w window) bool {
		h.weigh(w, &v)
		return true
	})
	return v
}

// weigh holds one window against the test and remembers what matters.
func (h *hearing) weigh(w window, v *verdict) {
	over, half, trigger, seen, minute := h.holds(w)
	if half {
		v.lastActive = w.last
		h.remember(w, v)
	}
	switch {
	case !over:
	case !v.fired:
		v.fired, v.structure, v.window, v.term, v.seen, v.minute = true, trigger.structural, w, trigger, seen, minute
	case v.structure && !trigger.structural: // a rate is better evidence than structure
		v.structure, v.window, v.term, v.seen, v.minute = false, w, trigger, seen, minute
	case !trigger.structural && w.first() > v.window.last:
		v.confirmed = true
	}
}

// remember keeps the peaks and the severity, each by its own largest window.
func (h *hearing) remember(w window, v *verdict) {
	if w.pps() > v.peakPPS.ppsOrZero() {
		v.peakPPS = w
	}
	if w.bps() > v.peakBPS.bpsOrZero() {
		v.peakBPS = w
	}
	for _, t := range h.test.terms {
		if t.structural {
			continue
		}
		_, seen := t.value(w, h.distinct(w))
		if percent := 100 * seen / t.limit; percent > v.severity {
			v.severity, v.severest = percent, t
		}
	}
}

func (w window) ppsOrZero() float64 {
	if w.panes == 0 {
		return 0
	}
	return w.pps()
}

func (w window) bpsOrZero() float64 {
	if w.panes == 0 {
		return 0
	}
	return w.bps()
}

// holds tells whether a window breaks the test, whether it reaches half of it
// (the hysteresis that keeps an anomaly open), and which term says so.
func (h *hearing) holds(w window) (over, half bool, trigger term, seen float64, minute bool) {
	overs, halves := 0, 0
	for _, t := range h.test.terms {
		low, shown, whole := h.value(t, w)
		if t.broken(low) {
			if overs == 0 {
				trigger, seen, minute = t, shown, whole
			}
			overs++
		}
		if shown >= t.limit/2 {
			halves++
		}
	}
	need := 1
	if h.test.all {
		need = len(h.test.terms)
	}
	return overs >= need, halves >= need, trigger, seen, minute
}

func (h *hearing) value(t term, w window) (low, seen float64, minute bool) {
	if !t.structural {
		low, seen = t.value(w, h.distinct(w))
		return low, seen, false
	}
	if h.judge.answered(h.series, w) {
		return 0, 0, false
	}
	low, seen = h.distinct(w)(t.element)
	if low >= t.limit {
		return low, seen, false
	}
	if d := h.wholeMinute(t, w); d.low > low {
		return d.low, d.seen, true
	}
	return low, seen, false
}

// wholeMinute counts the different peers of the tick in which a window ends, where
// there were enough flow records in it to be worth the count.
func (h *hearing) wholeMinute(t term, w window) distinct {
	if tick := w.last / panesPerTick; tick != h.tick {
		h.tick, h.minute = tick, [tally.MaxElements]*distinct{}
	}
	d := &h.minute[t.element]
	if *d == nil {
		*d = &distinct{}
		if flows := h.series.panes.Between(h.tick*panesPerTick, (h.tick+1)*panesPerTick).Flows; float64(flows) >= t.limit {
			*d = countOf(h.series.distinctMinute(t.element, w))
		}
	}
	return **d
}

// distinct counts the different peers of the whole seconds that a window ends
// with. Windows that end inside a second of which more is known say nothing:
// the one that ends with the second will.
func (h *hearing) distinct(w window) func(uint8) (low, seen float64) {
	newest := h.series.panes[len(h.series.panes)-1].At
	if (w.last+1)%panesPerSec != 0 && w.last != newest {
		return func(uint8) (low, seen float64) { return 0, 0 }
	}
	if second := w.last / panesPerSec; second != h.second {
		h.second, h.seconds = second, [tally.MaxElements]*distinct{}
	}
	return func(element uint8) (low, seen float64) {
		d := &h.seconds[element]
		if *d == nil {
			*d = countOf(h.series.distinct(element, w))
		}
		return (*d).low, (*d).seen
	}
}

// answered tells whether the traffic of a series looks like that of an honest
// service: SYNs that become connections, DNS answers that were asked for.
func (j *judge) answered(s *series, w window) bool {
	companion := s.key
	switch s.key.Class {
	case tally.SYN:
		companion.Class = tally.Total
		total := j.sum(companion, w)
		return total.Packets == 0 || w.PacketCount() < hardlyAnswered*total.PacketCount()
	case tally.DNSReply:
		companion.Class, companion.Side = tally.DNSQuery, tally.From
		asked := j.sum(companion, w)
		return asked.PacketCount() > w.PacketCount()/2
	}
	return false
}

// sum is what another series holds in the same window.
func (j *judge) sum(k tally.Key, w window) tally.Sum {
	if s := j.series[k]; s != nil {
		return s.panes.Between(w.first(), w.last+1)
	}
	return tally.Sum{}
}
