package anomaly

import (
	"fmt"
	"time"
)

// Severity is 100 × maximum ÷ threshold, in percent; without a threshold it is 0.
func Severity(maximum, threshold float64) float64 {
	if threshold <= 0 {
		return 0
	}
	return 100 * maximum / threshold
}

// decimal are the steps of the screens: 1 Kpps is 1000 pps.
var decimal = [...]struct {
	size   float64
	prefix string
}{{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "K"}}

// nearly is where a value takes the next prefix: what two decimals would round
// up to 1000.00 K is 1.00 M.
const nearly = 0.99995

// Human prints a value with its unit and a decimal prefix, as the screens show
// it: "22.20 Kpps", "71.69 Mbps", "712 pps". A count has no unit: "50", "1.20 K".
func (u Unit) Human(v float64) string {
	if v < 0 {
		return "-" + u.Human(-v)
	}
	for _, step := range decimal {
		if v >= nearly*step.size {
			return fmt.Sprintf("%.2f %s%s", v/step.size, step.prefix, u.word())
		}
	}
	number := fmt.Sprintf("%.1f", v)
	if v == float64(int64(v)) {
		number = fmt.Sprintf("%d", int64(v))
	}
	if u.word() == "" {
		return number
	}
	return number + " " + u.word()
}

func (u Unit) word() string {
	if u == Count {
		return ""
	}
	return string(u)
}

// Within is an error in percent as it stands beside its number, "±1.9 %"; empty for
// one that is too small to matter.
func Within(percent float64) string {
	switch {
	case percent <= 0.1:
		return ""
	case percent > 100:
		return "±>100 %"
	case percent < 10:
		return fmt.Sprintf("±%.1f %%", percent)
	}
	return fmt.Sprintf("±%.0f %%", percent)
}

// HumanBytes prints a byte count with a decimal prefix: "308.01 GB", "404 B".
func HumanBytes(v float64) string {
	for _, step := range decimal {
		if v >= nearly*step.size {
			return fmt.Sprintf("%.2f %sB", v/step.size, step.prefix)
		}
	}
	return fmt.Sprintf("%.0f B", v)
}

// Duration is how long the anomaly lasted, up to now where it is ongoing.
func (a Anomaly) Duration(now time.Time) time.Duration {
	if a.End != nil {
		now = *a.End
	}
	return max(0, now.Sub(a.Start))
}

// SeverityText is the severity as the screens show it: "958.2% of 3.40 Kpps".
func (a Anomaly) SeverityText() string {
	return fmt.Sprintf("%.1f%% of %s", a.SeverityPercent, a.Threshold.Unit.Human(a.Threshold.Value))
}
