package main

import (
	"fmt"
	"math"

	"eagre/anomaly"
	"eagre/detector/tally"
)

// measured is a mean rate and how far the truth may be from it through sampling,
// with 95 % confidence.
type measured struct {
	anomaly.Rates
	BPSErrorPercent float64 `json:"bps_error_percent"`
	PPSErrorPercent float64 `json:"pps_error_percent"`
}

// measure makes a mean rate of what was counted in so many seconds.
func measure(sum tally.Sum, seconds float64) measured {
	if seconds <= 0 || sum.Packets == 0 {
		return measured{}
	}
	return measured{
		Rates:           anomaly.Rates{BPS: 8 * sum.ByteCount() / seconds, PPS: sum.PacketCount() / seconds},
		BPSErrorPercent: percent(sum.ByteError()), PPSErrorPercent: percent(sum.PacketError()),
	}
}

// unsure is the largest error that is told, in percent: that of a packet that stands
// for thousands has no end, and JSON has no word for it.
const unsure = 1e4

// percent is a part in percent, two digits behind the point.
func percent(part float64) float64 {
	if math.IsNaN(part) {
		return unsure
	}
	return math.Round(100*min(100*part, unsure)) / 100
}

// portion is a part as the screens show it: never all of it while something is missing.
func portion(part float64) string {
	if part < 1 && part > 0.995 {
		return ">99 %"
	}
	return fmt.Sprintf("%.0f %%", 100*part)
}
