package detector

import (
	"encoding/binary"
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

// accept takes a verdict into the incident; series is the one that was heard. A
// test that never fired has no say: what is half of its limit may be normal.
func (i *incident) accept(s *series, t *test, v verdict) {
	vec := i.vector(s, t, &v)
	if vec == nil {
		return
	}
	i.lastActive = max(i.lastActive, v.lastActive)
	i.changed = true
	vec.convict(&v)
	vec.observe(s, &v)
	vec.last = max(vec.last, v.lastActive)
}

// vector finds or adds the vector of a test; a verdict that did not fire adds none.
func (i *incident) vector(s *series, t *test, v *verdict) *vector {
	for _, vec := range i.vectors {
		if vec.test.detector == t.detector {
			return vec
		}
	}
	if !v.fired {
		return nil
	}
	from := firstPane(s.panes, v.window)
	vec := &vector{test: t, series: s, key: s.key, trigger: *v, from: from, since: from, rateFired: !v.structure}
	i.vectors = append(i.vectors, vec)
	return vec
}

// confirm takes in what a whole minute says of the limits; news is only what
// makes the anomaly more important.
func (i *incident) confirm(t *test, v *verdict) {
	for _, vec := range i.vectors {
		if vec.test.detector == t.detector {
			was := vec.importance()
			vec.convict(v)
			i.changed = i.changed || vec.importance() != was
		}
	}
}

// addMinute adds the sum of a minute that no series holds to what a test's
// vector counted; it ends with the vector's last activity.
func (i *incident) addMinute(t *test, sum tally.Sum) {
	for _, vec := range i.vectors {
		if vec.test.detector == t.detector {
			vec.settle()
			vec.earlier.Add(sum)
		}
	}
}

// reopen takes up what was closed.
func (i *incident) reopen() {
	i.fresh, i.ended = true, time.Time{}
	for _, v := range i.vectors {
		v.ended = false
	}
}

// idOf makes the id of a finding about a subject.
func idOf(detector string, s subject, start int64) string {
	about, _ := binary.Append(nil, binary.BigEndian, struct { // of fixed size: this does not fail
		Kind, Side, Bits uint8
		ID               uint32
		Addr             flow.IP
		Tick             int64
	}{uint8(s.kind), uint8(s.side), s.bits, s.id, s.addr, start / panesPerTick})
	return anomaly.ID(detector, about)
}

// paneTime is the first instant of a pane.
func paneTime(pane int64) time.Time { return time.UnixMilli(pane * tally.PaneLength).UTC() }
