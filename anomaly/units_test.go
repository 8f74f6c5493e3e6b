package anomaly

import (
	"math"
	"testing"
	"time"
)

// TestSeverityOfTheFoundingScreens: the three screens show 958.2 %, 130.0 % and
// 108,759.0 %, the last from numbers before they were rounded.
func TestSeverityOfTheFoundingScreens(t *testing.T) {
	for _, c := range []struct{ maximum, threshold, want float64 }{
		{32.58e3, 3.40e3, 958.2},
		{2.6e3, 2e3, 130},
		{326.28e6, 300e3, 108760},
		{0, 3400, 0},
		{3400, 3400, 100},
		{3400, 0, 0}, // no threshold, no severity
		{3400, -1, 0},
	} {
		if got := math.Round(Severity(c.maximum, c.threshold)*10) / 10; got != c.want {
			t.Errorf("%v of %v: got %v %%, want %v %%", c.maximum, c.threshold, got, c.want)
		}
	}
}

func TestDifferenceOfTheFoundingScreens(t *testing.T) {
	got := Rates{BPS: 71.69e6, PPS: 22.20e3}.Sub(Rates{BPS: 2.34e6, PPS: 712})
	if bps, pps := BPS.Human(got.BPS), PPS.Human(got.PPS); bps != "69.35 Mbps" || pps != "21.49 Kpps" {
		t.Errorf("got %s and %s, want 69.35 Mbps and 21.49 Kpps", bps, pps)
	}
}

func TestUnitsAreDecimal(t *testing.T) {
	for _, c := range []struct {
		unit  Unit
		value float64
		want  string
	}{
		{PPS, 0, "0 pps"},
		{PPS, 0.25, "0.2 pps"},
		{PPS, 712, "712 pps"},
		{PPS, 712.5, "712.5 pps"},
		{PPS, 999, "999 pps"},
		{PPS, 999.9, "999.9 pps"},
		{PPS, 999.96, "1.00 Kpps"},
		{PPS, 1000, "1.00 Kpps"},
		{PPS, 22200, "22.20 Kpps"},
		{PPS, 999_940, "999.94 Kpps"},
		{PPS, 999_999, "1.00 Mpps"},
		{PPS, 1e6, "1.00 Mpps"},
		{BPS, 71_690_000, "71.69 Mbps"},
		{BPS, 999_999_999, "1.00 Gbps"},
		{BPS, 1e9, "1.00 Gbps"},
		{BPS, 1.5e12, "1.50 Tbps"},
		{BPS, 2e15, "2000.00 Tbps"},
		{BPS, 999, "999 bps"},
		{FPS, 5, "5 fps"},
		{FPS, 1e3, "1.00 Kfps"},
		{Count, 50, "50"},
		{Count, 0, "0"},
		{Count, 2.5, "2.5"},
		{Count, 999, "999"},
		{Count, 1200, "1.20 K"},
		{PPS, -21_490, "-21.49 Kpps"},
		{Count, -3, "-3"},
	} {
		if got := c.unit.Human(c.value); got != c.want {
			t.Errorf("%v %s: got %q, want %q", c.value, c.unit, got, c.want)
		}
	}
}

func TestBytesAreDecimal(t *testing.T) {
	for value, want := range map[float64]string{
		0: "0 B", 404: "404 B", 999: "999 B", 999.96: "1.00 KB", 1000: "1.00 KB", 1310: "1.31 KB",
		999_999: "1.00 MB", 453.71e6: "453.71 MB", 308.01e9: "308.01 GB", 1e12: "1.00 TB",
	} {
		if got := HumanBytes(value); got != want {
			t.Errorf("%v: got %q, want %q", value, got, want)
		}
	}
}

func TestDurationRunsUntilTheEnd(t *testing.T) {
	a, end := worm().Anomaly, at("17:00:00")
	if got, want := a.Duration(at("20:05:00")), 3*time.Hour+14*time.Minute; got != want {
		t.Errorf("ongoing: got %s, want %s", got, want)
	}
	if got := a.Duration(at("16:00:00")); got != 0 {
		t.Errorf("before its start: got %s, want 0", got)
	}
	a.End = &end
	if got, want := a.Duration(at("20:05:00")), 9*time.Minute; got != want {
		t.Errorf("ended: got %s, want %s", got, want)
	}
}

func TestSeverityAsTheScreensShowIt(t *testing.T) {
	for want, a := range map[string]Anomaly{
		"958.2% of 3.40 Kpps":      {SeverityPercent: 958.2, Threshold: Threshold{Value: 3400, Unit: PPS}},
		"108760.0% of 300.00 Kbps": {SeverityPercent: 108760, Threshold: Threshold{Value: 300e3, Unit: BPS}},
		"130.0% of 50":             {SeverityPercent: 130, Threshold: Threshold{Value: 50, Unit: Count}},
	} {
		if got := a.SeverityText(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
