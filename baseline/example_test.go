package baseline_test

import (
	"fmt"
	"time"

	"eagre/baseline"
)

// A series is asked, judged and taught once a tick. Here a week of the same traffic
// every day, and then a tick and another with four times as much.
func Example() {
	model, err := baseline.New(baseline.DefaultConfig())
	if err != nil {
		fmt.Println(err)
		return
	}
	bar := baseline.Budget{Profiles: 10_000, Metrics: 2, Tick: time.Minute, PerDay: 1}.Bar()
	given := baseline.Given{Interval: 100} // one packet in a hundred is sampled
	at := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	var profile baseline.Profile
	for tick := range 7*1440 + 2 {
		packets := float64(100_000 + 100*min(tick%1440, 1440-tick%1440) + 997*(tick%7))
		if tick >= 7*1440 {
			packets *= 4
		}
		now := model.Moment(at.Add(time.Duration(tick) * time.Minute))
		seen := baseline.Observation{Packets: packets, Bits: 8000 * packets}
		expected := profile.Expect(&now, given)
		score := profile.Score(&expected, seen)
		learned := profile.Learn(&expected, seen, &score, baseline.Evidence{})
		if score.S >= bar {
			fmt.Printf("%.1f times what was expected, %v, %v\n", packets/expected.Packets.Value, score.Maturity, learned)
		}
	}
	// Output:
	// 4.0 times what was expected, grown, quarantined
	// 4.0 times what was expected, grown, quarantined
}
