package reference

import "eagre/anomaly"

// Rates are what a host does in a window: packets, bits and flow records per second.
type Rates struct{ PPS, BPS, FPS float64 }

func (r Rates) max(o Rates) Rates {
	return Rates{max(r.PPS, o.PPS), max(r.BPS, o.BPS), max(r.FPS, o.FPS)}
}

func (r Rates) times(f float64) Rates { return Rates{f * r.PPS, f * r.BPS, f * r.FPS} }

// breach is the measure that stands highest over its limit.
type breach struct {
	subclass     string // of a profiled anomaly
	value, limit float64
	unit         anomaly.Unit
}

// over compares rates with limits; without a breach the second result is false.
func (r Rates) over(limit Rates) (worst breach, broken bool) {
	for _, b := range []breach{
		{"packet-rate", r.PPS, limit.PPS, anomaly.PPS},
		{"bandwidth", r.BPS, limit.BPS, anomaly.BPS},
		{"flow-rate", r.FPS, limit.FPS, anomaly.FPS},
	} {
		if b.value > b.limit && (!broken || b.value*worst.limit > worst.value*b.limit) {
			worst, broken = b, true
		}
	}
	return worst, broken
}
