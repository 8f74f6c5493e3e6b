package detector

import (
	"eagre/anomaly"
	"eagre/detector/tally"
)

// fewPeers is the number of different sources below which a flood is more
// likely one big download.
const fewPeers = 12

// importance is the largest that any vector earns. Shadow findings are low:
// nobody is told.
func (j *judge) importance(i *incident) anomaly.Importance {
	best := anomaly.Low
	for _, v := range i.vectors {
		best = max(best, v.importance())
	}
	return best
}

func (v *vector) importance() anomaly.Importance {
	switch {
	case v.test.stage == anomaly.Shadow:
		return anomaly.Low
	case v.test.rule >= 0:
		return v.test.level
	case v.key.Kind == tally.Interface || v.key.Kind == tally.Object:
		return anomaly.Low
	case !v.rateFired: // structure alone
		return anomaly.Medium
	case v.key.Side == tally.From:
		return anomaly.Medium // who sends need not have many peers
	case v.key.Kind == tally.Prefix:
		return anomaly.Medium // without one victim
	case !v.dispersed():
		return anomaly.Low
	case v.key.Class == tally.Total:
		return anomaly.Medium // dispersed, but a rate alone
	case v.confirmed && v.severity >= 100:
		return anomaly.High
	}
	return anomaly.Medium
}

// dispersed: enough different sources, or as many as the samples could show.
func (v *vector) dispersed() bool {
	return v.peers >= fewPeers || v.peers >= 0.4*float64(v.trigger.window.Samples)
}
