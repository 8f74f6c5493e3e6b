package crosscheck

import (
	"fmt"
	"math"

	"eagre/detector/tally"
)

const (
	// tellingRate is the least sampling rate that is told apart from flows counted
	// twice, or by half.
	tellingRate = 4
	// sampledBelow is a ratio so low that sampling explains it better than loss.
	sampledBelow = 0.25
)

// cause is what is probably the matter with an interval out of band.
func (v Verdict) cause() string {
	switch {
	case v.Flows == 0 && v.Side == tally.To:
		return "no flows for this interface: export is probably not enabled on it"
	case v.Flows == 0:
		return "no flows for this interface: export is probably not enabled where its traffic comes in"
	case v.Rate >= tellingRate && v.near(v.Rate):
		return fmt.Sprintf("the sampling rate of 1:%.0f is probably applied twice, by the exporter and here", v.Rate)
	case v.Rate >= tellingRate && v.near(1/v.Rate):
		return fmt.Sprintf("the sampling rate of 1:%.0f is probably not applied at all, or packets are sampled twice", v.Rate)
	case v.near(2):
		return "flows are probably exported at ingress and egress, or the announced sampling rate is twice the real one"
	case v.near(0.5):
		return "half of it is missing: the announced sampling rate is probably half the real one, or export covers a part of the traffic"
	case v.Rate < tellingRate && v.Ratio < sampledBelow:
		return fmt.Sprintf("packets are probably sampled, near 1:%.0f, and the exporter does not say so", v.Rate/v.Ratio)
	case v.Rate >= tellingRate:
		return fmt.Sprintf("the sampling rate is taken to be 1:%.0f; the counters speak for one near 1:%.0f", v.Rate, max(v.Rate/v.Ratio, 1))
	case v.Ratio < 1:
		return "flows are lost on the way, or export covers a part of the traffic"
	}
	return "flows are probably exported more than once"
}

// near tells whether the ratio is a number, within a fifth and the error of sampling.
// Error is that of as many packets as there were; of the few that a low ratio rests
// on it is larger.
func (v Verdict) near(number float64) bool {
	const fifth = 1.2
	part := v.Error / max(v.Ratio, math.Sqrt(v.Ratio))
	return v.Ratio*(1+part) >= number/fifth && v.Ratio*(1-part) <= number*fifth
}
