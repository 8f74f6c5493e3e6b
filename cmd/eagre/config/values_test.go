package config

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"eagre/anomaly"
)

func TestDurationsReadBackExactly(t *testing.T) {
	k := duration(366 * day)
	rapid.Check(t, func(t *rapid.T) {
		want := time.Duration(rapid.Int64Range(0, int64(366*day)).Draw(t, "ns"))
		got, err := k.parse(k.format(want))
		if err != nil || got != want {
			t.Fatalf("%d ns written as %q: got %d, %v", want, k.format(want), got, err)
		}
	})
}

func TestDurationsAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"5s": 5 * time.Second, "1.5h": 90 * time.Minute, "7d": 7 * day, "1d12h": 36 * time.Hour,
		"250ms": 250 * time.Millisecond, "0s": 0, "60s": time.Minute, "0.1s": 100 * time.Millisecond, "366d": 366 * day,
		"2501h59m59s254ms740us993ns": 1<<53 + 1, // more than a float64 tells apart
	} {
		got, err := duration(366 * day).parse(text)
		if err != nil || got != want {
			t.Errorf("%s: got %s, %v, want %s", text, got, err, want)
		}
	}
}

func TestRatesReadBackExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rate{rapid.Float64Range(math.SmallestNonzeroFloat64, maxRate).Draw(t, "value"), rapid.SampledFrom([]anomaly.Unit{anomaly.PPS, anomaly.BPS}).Draw(t, "unit")}
		got, err := parseRate(formatRate(want), anomaly.BPS, anomaly.PPS)
		if err != nil || got != want {
			t.Fatalf("%v written as %q: got %v, %v", want, formatRate(want), got, err)
		}
	})
}

func TestRatesAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]rate{
		"5kpps": {5e3, anomaly.PPS}, "5 Kpps": {5e3, anomaly.PPS}, "3.40 Kpps": {3400, anomaly.PPS}, "1Mpps": {1e6, anomaly.PPS},
		"10 Gbps": {10e9, anomaly.BPS}, "1.5Gbps": {1.5e9, anomaly.BPS}, "100 Mbps": {100e6, anomaly.BPS}, "1000Tbps": {1e15, anomaly.BPS}, "712 pps": {712, anomaly.PPS},
	} {
		got, err := parseRate(text, anomaly.PPS, anomaly.BPS)
		if err != nil || got != want {
			t.Errorf("%s: got %v, %v, want %v", text, got, err, want)
		}
	}
}

func TestMistypedWordsFindTheirNeighbour(t *testing.T) {
	for _, c := range []struct{ word, want string }{
		{"listn", "listen"},
		{"lsiten", "listen"},
		{"Listen", "listen"},
		{"group-by", "group_by"},
		{"exporter", "exporters"},
		{"threshold", "thresholds"},
		{"signature", "signatures"},
		{"network", "networks"},
		{"colour", ""},
		{"", ""},
		{"x", ""},
		{"ab", ""},
		{"ünïcödé", ""},
	} {
		got := nearest(c.word, append(root.names(), "group_by"))
		if got != c.want {
			t.Errorf("%q: got %q, want %q", c.word, got, c.want)
		}
	}
}
