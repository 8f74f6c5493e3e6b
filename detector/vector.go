package detector

import (
	"maps"

	"eagre/anomaly"
	"eagre/detector/tally"
)

// vector is one test's view of an incident.
type vector struct {
	test       *test
	series     *series // the observer that saw most; it may know nothing any more
	key        tally.Key
	trigger    verdict
	severity   float64
	severest   term
	peakPPS    window
	peakBPS    window
	earlier    tally.Sum // what was counted before since
	since      int64     // first pane that the series counts for the vector
	ended      bool      // with its incident
	confirmed  bool
	rateFired  bool
	peers      float64 // different peers within the minute, at most
	from, last int64   // panes
}

func (v *vector) before(o *vector) bool {
	if a, b := v.test.class.Rank(), o.test.class.Rank(); a != b {
		return a < b
	}
	return v.test.order < o.test.order
}

// convict takes in what a verdict says of the limits.
func (v *vector) convict(heard *verdict) {
	again := v.rateFired && heard.fired && !heard.structure && heard.window.first() > v.trigger.window.last
	v.confirmed = v.confirmed || heard.confirmed || again
	if heard.fired && !heard.structure && !v.rateFired {
		v.rateFired, v.trigger = true, *heard // a rate is better evidence than structure
	}
	if heard.severity > v.severity {
		v.severity, v.severest = heard.severity, heard.severest
	}
}

// observe takes in what one observer saw. Of several, the sums of the one that
// saw the highest rate count.
func (v *vector) observe(s *series, heard *verdict) {
	s.feed(v)
	higher := heard.peakPPS.ppsOrZero() > v.peakPPS.ppsOrZero()
	if s != v.series && (higher || len(v.series.panes) == 0) {
		v.follow(s)
	}
	if higher {
		v.peakPPS = heard.peakPPS
	}
	if heard.peakBPS.bpsOrZero() > v.peakBPS.bpsOrZero() {
		v.peakBPS = heard.peakBPS
	}
	v.peers = max(v.peers, s.distinctMinute(0, window{last: heard.lastActive}).Count())
}

// follow makes another series the one whose sums count. Where the last has
// fallen silent, what it counted is added to.
func (v *vector) follow(s *series) {
	if len(v.series.panes) == 0 {
		v.settle()
		s.feed(v)
		if v.series.before != nil {
			s.before = maps.Clone(v.series.before)
		}
	}
	v.series, v.key = s, s.key
}

// settle closes the account of the series up to the last activity.
func (v *vector) settle() {
	v.earlier, v.since = v.total(), v.last+1
	v.series.feed(v)
}

// end closes the vector's account with its incident: the series may go, the sums
// and what was normal stay.
func (v *vector) end() {
	v.settle()
	v.ended = true
	v.series = &series{key: v.key, before: v.series.before}
}

// firstPane is where in a window the traffic begins.
func firstPane(p tally.Panes, w window) int64 {
	for _, q := range p {
		if q.At >= w.first() && q.At <= w.last && q.Packets > 0 {
			return q.At
		}
	}
	return w.first()
}

// total is what was counted since the vector began.
func (v *vector) total() tally.Sum {
	sum := v.earlier
	if v.series.vector == v {
		sum.Add(v.series.total(v.last))
	}
	return sum
}

// mean is the rates over the time from the beginning to the last activity.
func (v *vector) mean() anomaly.Rates {
	total := v.total()
	seconds := float64((v.last-v.from+1)*tally.PaneLength) / 1000
	return anomaly.Rates{BPS: 8 * total.ByteCount() / seconds, PPS: total.PacketCount() / seconds}
}
