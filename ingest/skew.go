package ingest

import (
	"slices"
	"time"
)

// skew is how far an exporter's clock is ahead of ours: the median of the offsets
// that its newest datagrams show. Half of them may be held up on their way, or be
// rubbish, and it stays where it is. The zero skew is unknown.
//
// Offsets are taken about twice a second, so that a busy exporter is judged by a
// minute and not by a moment; the spacing is no divisor of a second, so that the
// parts that whole seconds cut off are of all lengths.
//
// An offset that is far from the one before is put aside. When the next ones agree
// with it the clock was set: what was known of it is worth nothing any more.
type skew struct {
	offsets [offsetsKept]int64 // milliseconds, a ring
	kept    int                // how many ever
	looked  int64              // arrival of the newest datagram that was looked at
	aside   [stepAfter]int64   // offsets that are far from those before
	odd     int                // how many they are
}

const (
	offsetsKept   = 127
	offsetSpacing = 473 // milliseconds
	// clockStep is how far the offset must jump, in milliseconds, for the clock to
	// have been set. A clock that drifts never jumps.
	clockStep = 5000
	// stepAfter is how many offsets must agree on a jump.
	stepAfter = 5
)

// notice takes in by how many milliseconds an export time was ahead of its arrival.
// It tells whether the clock turns out to have been set.
func (k *skew) notice(offset, arrival int64) (stepped bool) {
	if since := arrival - k.looked; k.kept > 0 && since >= 0 && since < offsetSpacing {
		return false
	}
	k.looked = arrival
	if k.kept == 0 || !leaps(k.newest(), offset) {
		k.odd = 0
		k.keep(offset)
		return false
	}
	return k.doubt(offset)
}

// doubt puts an offset aside. Of a clock that was hardly known one cannot say that
// it was set.
func (k *skew) doubt(offset int64) (stepped bool) {
	if k.odd > 0 && leaps(k.aside[k.odd-1], offset) {
		k.odd = 0
	}
	k.aside[k.odd] = offset
	if k.odd++; k.odd < stepAfter {
		return false
	}
	agreed, stepped := k.aside, k.kept >= stepAfter
	*k = skew{looked: k.looked}
	for _, ms := range agreed {
		k.keep(ms)
	}
	return stepped
}

func leaps(from, to int64) bool { return to-from > clockStep || from-to > clockStep }

func (k *skew) keep(offset int64) {
	k.offsets[k.kept%offsetsKept] = offset
	k.kept++
}

func (k *skew) newest() int64 { return k.offsets[(k.kept-1)%offsetsKept] }

// offset is how far the exporter's clock is ahead; negative is behind. Of an even
// number of offsets it is the lower one in the middle.
func (k *skew) offset() (ahead time.Duration, known bool) {
	n := min(k.kept, offsetsKept)
	if n == 0 {
		return 0, false
	}
	sorted := k.offsets
	slices.Sort(sorted[:n])
	return time.Duration(sorted[(n-1)/2]) * time.Millisecond, true
}

// compare holds the exporter's clock against ours.
func (c *Collector) compare(x *exporter, o origin, arrival int64) {
	if o.exported != 0 && x.clock.notice(o.sent()-arrival, arrival) {
		x.account.ClockSteps++
		c.metrics.steps.Inc()
	}
}

// sent is when a datagram was sent by the exporter's clock, in Unix milliseconds.
// Where headers tell whole seconds it is taken to be the middle of one.
func (o origin) sent() int64 {
	if o.proto == protoV9 || o.proto == protoIPFIX {
		return o.exported + 500
	}
	return o.exported
}
