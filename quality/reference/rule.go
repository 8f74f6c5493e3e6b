package reference

import (
	"time"

	"eagre/anomaly"
)

// rule says what is too much for a host.
type rule interface {
	// limit is what the host may do in a window that ends at this time.
	limit(h *host, at time.Time) Rates
	// name is the detector's name, and class what its findings are called.
	name() string
	class(b breach) (anomaly.Class, string)
}

// fixed is one limit for every host: the settings that FastNetMon ships with.
type fixed struct{}

// FixedLimits are 20,000 packets, 1000 Mbit and 3500 flows per second.
var FixedLimits = Rates{PPS: 20_000, BPS: 1000e6, FPS: 3500}

func (fixed) limit(*host, time.Time) Rates { return FixedLimits }

func (fixed) name() string { return "reference/fixed" }

func (fixed) class(breach) (anomaly.Class, string) { return anomaly.Misuse, anomaly.TotalTraffic }

// maximum is twice the most that a host did in a window of the last seven days, today
// not counted. What it did while it was attacked counts like everything else.
type maximum struct{}

// Factor is how often the maximum a host may do; Floor is what everyone may do: below it
// a few sampled packets would be an alarm.
const Factor = 2

// Floor is the least limit of the maximum rule.
var Floor = Rates{PPS: 1000, BPS: 10e6, FPS: 100}

func (maximum) limit(h *host, at time.Time) Rates {
	h.turn(day(at))
	return Floor.max(h.most().times(Factor))
}

func (maximum) name() string { return "reference/maximum" }

func (maximum) class(b breach) (anomaly.Class, string) { return anomaly.Profiled, b.subclass }

// remembered is how many whole days the maximum rule looks back.
const remembered = 7

func day(t time.Time) int64 { return t.Unix() / 86_400 }

// turn begins a new day for a host: what today was is yesterday, and a day on which it
// did nothing has a maximum of zero.
func (h *host) turn(today int64) {
	if h.today == 0 {
		h.today = today
	}
	for ; h.today < today; h.today++ {
		h.days[h.today%remembered], h.sofar = h.sofar, Rates{}
	}
}

// most is the largest of the last whole days.
func (h *host) most() (out Rates) {
	for _, r := range h.days {
		out = out.max(r)
	}
	return out
}
