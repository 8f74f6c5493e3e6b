package ingest

import (
	"net/netip"
	"slices"
	"time"
)

// pulse is the rhythm in which an exporter sends. Datagrams that come within a
// second are one beat: routers send in bursts, and what counts is how long they
// pause.
type pulse struct {
	first  int64 // oldest datagram, Unix milliseconds; 0 where none came yet
	heard  int64 // newest datagram
	newest int64 // when the newest beat began
	gap    int64 // usual time between beats, in 1/16 milliseconds: a moving average over about 16
	beats  uint8 // no more than are needed to know the rhythm
	silent bool
}

const (
	gapScale = 16
	// burst is how long a beat lasts, in milliseconds.
	burst = 1000
	// steadyAfter is how many beats it takes to know a rhythm.
	steadyAfter = 20
	// missedBeats is how many of its usual gaps an exporter may be silent.
	missedBeats = 10
)

// beat notes a datagram.
func (p *pulse) beat(at int64) {
	p.heard = max(p.heard, at)
	switch gap := at - p.newest; {
	case p.beats == 0:
		p.first = at
	case gap < burst:
		return
	case p.beats == 1:
		p.gap = gap * gapScale
	default:
		p.gap += gap - p.gap/gapScale
	}
	p.newest = at
	p.beats = min(p.beats+1, steadyAfter)
}

// quiet tells whether the exporter has been silent for longer than it should. Of
// one that is not known to be silent only the time since we were awake counts.
func (p *pulse) quiet(now, awake int64, least time.Duration) bool {
	since := p.heard
	if !p.silent {
		since = max(since, awake)
	}
	limit, known := p.limit(least)
	return known && now-since > limit
}

// limit is how long the exporter may be silent, in milliseconds; false when its
// rhythm is not known.
func (p *pulse) limit(least time.Duration) (int64, bool) {
	return max(least.Milliseconds(), missedBeats*p.gap/gapScale), p.beats >= steadyAfter
}

// Silence is an exporter that has stopped sending although it used to send, or
// one that sends again.
type Silence struct {
	Exporter netip.Addr
	Since    time.Time     // its last datagram before the silence
	At       time.Time     // when it was noticed
	Usual    time.Duration // from one beat to the next before, a second at least
	Over     bool          // it sends again
}

// listen looks for exporters that fell silent and for those that came back, in
// the order of their addresses. It is called once a minute of receive time, with
// datagrams or without.
func (c *Collector) listen() {
	if c.silence == nil {
		return
	}
	silent := 0
	var changed []Silence
	for _, x := range c.exporters {
		if x.pulse.quiet(c.now, c.awake, c.config.SilentAfter) != x.pulse.silent {
			x.pulse.silent = !x.pulse.silent
			changed = append(changed, x.silence(c.now))
		}
		if x.pulse.silent {
			silent++
		}
	}
	c.metrics.silent.Set(float64(silent))
	slices.SortFunc(changed, func(a, b Silence) int { return a.Exporter.Compare(b.Exporter) })
	for _, s := range changed {
		c.silence(s)
	}
}

// silence is what there is to tell about the exporter's silence, or its end.
func (x *exporter) silence(now int64) Silence {
	p := &x.pulse
	return Silence{
		Exporter: x.printed, Since: time.UnixMilli(p.heard).UTC(), At: time.UnixMilli(now).UTC(),
		Usual: time.Duration(p.gap/gapScale) * time.Millisecond, Over: !p.silent,
	}
}
