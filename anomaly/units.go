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

// Human prints a value with its unit and a decimal prefix, as the screens show
// it: "22.20 Kpps", "71.69 Mbps", "712 pps".
func (u Unit) Human(v float64) string {
	for _, step := range []struct {
		size   float64
		prefix string
	}{{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "K"}} {
		if v >= step.size {
			return fmt.Sprintf("%.2f %s%s", v/step.size, step.prefix, u.word())
		}
	}
	if v == float64(int64(v)) {
		return fmt.Sprintf("%d %s", int64(v), u.word())
	}
	return fmt.Sprintf("%.1f %s", v, u.word())
}

func (u Unit) word() string {
	if u == Count {
		return ""
	}
	return string(u)
}

// HumanBytes prints a byte count with a decimal prefix: "308.01 GB", "404 B".
func HumanBytes(v float64) string {
	for _, step := range []struct {
		size float64
		unit string
	}{{1e12, "TB"}, {1e9, "GB"}, {1e6, "MB"}, {1e3, "KB"}} {
		if v >= step.size {
			return fmt.Sprintf("%.2f %s", v/step.size, step.unit)
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
