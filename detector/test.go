package detector

import (
	"eagre/anomaly"
	"eagre/detector/tally"
)

// test is what a series is held against: the built-in limits of its class, or
// the condition of a signature.
type test struct {
	class    anomaly.Class
	subclass string
	title    string
	order    int // among tests of one class, the lowest names the anomaly
	detector string
	revision string
	source   string // who set the limits
	what     string // the traffic in words
	peers    string // what is counted as distinct, in words
	stage    anomaly.Stage
	level    anomaly.Importance // of a signature
	rule     int                // number of the signature, -1 for a misuse

	panes int64 // length of the window
	all   bool  // every term must hold; otherwise one is enough
	terms []term
}

// term is one comparison: a lower bound of what was seen against a value.
type term struct {
	metric  metric
	element uint8 // which distinct count
	limit   float64
	above   bool // the limit itself is not enough
	// structural terms are findings at any rate; they say nothing of severity
	// and need the guard of their class.
	structural bool
}

// metric is what a term looks at.
type metric uint8

const (
	metricPPS metric = iota
	metricBPS
	metricFPS
	metricPackets // in the window
	metricBytes
	metricFlows
	metricDistinct
)

func (m metric) unit() anomaly.Unit {
	switch m {
	case metricPPS:
		return anomaly.PPS
	case metricBPS:
		return anomaly.BPS
	case metricFPS:
		return anomaly.FPS
	}
	return anomaly.Count
}

// minSamples is the fewest packets really seen that a rate may rest on.
const minSamples = 12

// broken tells whether a value breaks the limit.
func (t term) broken(value float64) bool {
	if t.above {
		return value > t.limit
	}
	return value >= t.limit
}

// value is what a term sees in a window: low is the lower bound that is held
// against the limit, seen the estimate that is shown. What is shown is no less than
// its bound: where that does not break the limit, the bound is not worked out, and 0.
func (t term) value(w window, distinct func(element uint8) (low, seen float64)) (low, seen float64) {
	switch t.metric {
	case metricPPS:
		if seen = w.pps(); t.broken(seen) {
			low = enough(w, w.LowerPackets()/w.seconds())
		}
	case metricBPS:
		if seen = w.bps(); t.broken(seen) {
			low = enough(w, 8*w.LowerBytes()/w.seconds())
		}
	case metricFPS:
		return float64(w.Flows) / w.seconds(), float64(w.Flows) / w.seconds()
	case metricPackets:
		return w.LowerPackets(), w.PacketCount()
	case metricBytes:
		return w.LowerBytes(), w.ByteCount()
	case metricFlows:
		return float64(w.Flows), float64(w.Flows)
	default:
		return distinct(t.element)
	}
	return low, seen
}

func enough(w window, value float64) float64 {
	if w.Samples < minSamples {
		return 0
	}
	return value
}

// misuseTest is the test of one class of traffic to or from hosts.
func misuseTest(class tally.Class, side tally.Side, l Limit) *test {
	m := misuses[class]
	t := &test{
		class: anomaly.Misuse, subclass: m.subclass, title: m.title, order: severityOrder[class],
		detector: "misuse/" + m.subclass, revision: "1", source: l.Source, what: m.traffic, peers: m.peers,
		stage: anomaly.Stable, rule: -1, panes: windowPanes,
	}
	if l.PPS > 0 {
		t.terms = append(t.terms, term{metric: metricPPS, limit: l.PPS})
	}
	if l.BPS > 0 {
		t.terms = append(t.terms, term{metric: metricBPS, limit: l.BPS})
	}
	switch {
	case side == tally.From:
		t.peers = "destinations"
	case class == tally.SYN:
		t.terms = append(t.terms, term{metric: metricDistinct, limit: floodSources, structural: true})
	case class == tally.DNSReply:
		t.terms = append(t.terms, term{metric: metricDistinct, limit: floodReflector, structural: true})
	}
	return t
}
