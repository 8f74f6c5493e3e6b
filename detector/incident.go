package detector

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"strings"
	"time"

	"eagre/anomaly"
	"eagre/detector/tally"
	"eagre/flow"
)

// subject is what an incident is about: all findings on one victim, or by one
// source, at one time are one anomaly.
type subject struct {
	kind tally.Kind
	side tally.Side
	addr flow.IP
	bits uint8
	id   uint32 // ifIndex, managed object, or rule where no address says it
}

// subjectOf drops from a key what does not name the victim or the source.
func subjectOf(k tally.Key) subject {
	switch k.Kind {
	case tally.Group:
		if !k.Addr.IsZero() {
			return subject{kind: tally.Host, side: tally.From, addr: k.Addr, bits: hostBits(k.Addr)}
		}
		if !k.Peer.IsZero() {
			return subject{kind: tally.Host, side: tally.To, addr: k.Peer, bits: hostBits(k.Peer)}
		}
		return subject{kind: tally.Group, id: k.Index}
	case tally.Interface, tally.Object:
		return subject{kind: k.Kind, side: k.Side, addr: k.Addr, id: k.Index}
	}
	return subject{kind: k.Kind, side: k.Side, addr: k.Addr, bits: k.Bits}
}

func hostBits(ip flow.IP) uint8 {
	if ip.Is4() {
		return 32
	}
	return 128
}

// incident is an anomaly in the making: its subject and the vectors, one for
// each test that found it.
type incident struct {
	subject    subject
	id         string
	vectors    []*vector // in order of appearance
	start      int64     // first pane
	lastActive int64     // last pane that held at least half of a limit
	revision   int
	nextUpdate time.Time
	changed    bool // since the last event
	told       anomaly.Importance
	fresh      bool // opened in this step, or reopened: to be told
	ended      time.Time
}

// vector is one test's view of an incident.
type vector struct {
	test       *test
	series     *series // the observer that saw most
	key        tally.Key
	trigger    verdict
	severity   float64
	severest   term
	peakPPS    window
	peakBPS    window
	settled    tally.Sum // of panes that were dropped
	confirmed  bool
	rateFired  bool
	peers      float64 // different peers within the minute, at most
	from, last int64   // panes
}

// lead is the vector that names the anomaly: by class, then by how telling the
// test is.
func (i *incident) lead() *vector {
	best := i.vectors[0]
	for _, v := range i.vectors[1:] {
		if v.before(best) {
			best = v
		}
	}
	return best
}

func (v *vector) before(o *vector) bool {
	if a, b := v.test.class.Rank(), o.test.class.Rank(); a != b {
		return a < b
	}
	return v.test.order < o.test.order
}

// accept takes a verdict into the incident; series is the one that was heard.
func (i *incident) accept(s *series, t *test, v verdict) {
	i.lastActive = max(i.lastActive, v.lastActive)
	i.changed = true
	vec := i.vector(s, t, &v)
	if vec == nil {
		return
	}
	vec.last = max(vec.last, v.lastActive)
	vec.confirmed = vec.confirmed || v.confirmed || vec.rateFired && v.fired && !v.structure && v.window.first() > vec.trigger.window.last
	if v.fired && !v.structure && !vec.rateFired {
		vec.rateFired, vec.trigger = true, v // a rate is better evidence than structure
	}
	if v.severity > vec.severity {
		vec.severity, vec.severest = v.severity, v.severest
	}
	if v.peakPPS.ppsOrZero() > vec.peakPPS.ppsOrZero() {
		vec.peakPPS = v.peakPPS
		if vec.series != s { // another observer sees more: its sums count
			vec.series, vec.key, vec.settled = s, s.key, tally.Sum{}
		}
	}
	if v.peakBPS.bpsOrZero() > vec.peakBPS.bpsOrZero() {
		vec.peakBPS = v.peakBPS
	}
	if d := s.distinctMinute(0, window{last: v.lastActive}); d.Count() > vec.peers {
		vec.peers = d.Count()
	}
}

// vector finds or adds the vector of a test; a verdict that did not fire adds none.
func (i *incident) vector(s *series, t *test, v *verdict) *vector {
	for _, vec := range i.vectors {
		if vec.test.detector == t.detector {
			s.vector = vec
			return vec
		}
	}
	if !v.fired {
		return nil
	}
	from := firstPane(s.panes, v.window)
	vec := &vector{test: t, series: s, key: s.key, trigger: *v, from: from, rateFired: !v.structure}
	s.vector = vec
	i.vectors = append(i.vectors, vec)
	return vec
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

// total is what the vector's series counted since it began.
func (v *vector) total() tally.Sum {
	sum := v.settled
	sum.Add(v.series.panes.Between(v.from, v.last+1))
	return sum
}

// mean is the rates over the time from the beginning to the last activity.
func (v *vector) mean() anomaly.Rates {
	total := v.total()
	seconds := float64((v.last-v.from+1)*tally.PaneLength) / 1000
	return anomaly.Rates{BPS: 8 * total.ByteCount() / seconds, PPS: total.PacketCount() / seconds}
}

// idOf makes an anomaly's id from what it is: the same finding in a replay, or
// after a restart, has the same id.
func idOf(detector string, s subject, start int64) string {
	h := sha256.New()
	h.Write([]byte(detector))
	_ = binary.Write(h, binary.BigEndian, struct { // a hash does not fail
		Kind, Side, Bits uint8
		ID               uint32
		Addr             flow.IP
		Tick             int64
	}{uint8(s.kind), uint8(s.side), s.bits, s.id, s.addr, start / panesPerTick})
	return "a-" + strings.ToLower(base32.StdEncoding.EncodeToString(h.Sum(nil)[:10]))
}

// paneTime is the first instant of a pane.
func paneTime(pane int64) time.Time { return time.UnixMilli(pane * tally.PaneLength).UTC() }
