package config

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

var durationUnits = []struct {
	name string
	size time.Duration
}{
	{"d", day},
	{"h", time.Hour},
	{"m", time.Minute},
	{"s", time.Second},
	{"ms", time.Millisecond},
	{"us", time.Microsecond},
	{"ns", 1},
}

var (
	durationForm = regexp.MustCompile(`^([0-9]+(\.[0-9]+)?(e[0-9]+)?(d|h|ms|m|s|us|ns))+$`)
	durationPart = regexp.MustCompile(`([0-9.]+(?:e[0-9]+)?)([a-z]+)`)
)

// duration is a time span from nothing to a bound.
func duration(most time.Duration) scalar[time.Duration] { return durationWithin(0, most) }

// durationWithin is a time span between two bounds.
func durationWithin(least, most time.Duration) scalar[time.Duration] {
	bounds := formatDuration(least) + "–" + formatDuration(most)
	return scalar[time.Duration]{
		words: "a duration in " + bounds, format: formatDuration,
		parse: func(text string) (time.Duration, error) {
			d, err := parseDuration(text)
			if err == nil && (d < least || d > most) {
				err = fmt.Errorf("duration %s out of %s", quote(text), bounds)
			}
			return d, err
		},
	}
}

// parseDuration gives the longest duration there is for whatever is longer.
func parseDuration(text string) (time.Duration, error) {
	positive, negative := strings.CutPrefix(text, "-")
	if digits.MatchString(strings.Replace(positive, ".", "", 1)) {
		return 0, fmt.Errorf("duration %s needs a unit (%[2]ss, %[2]sm, %[2]sh)", quote(text), positive[:min(len(positive), 20)])
	}
	if !durationForm.MatchString(positive) {
		return 0, fmt.Errorf("duration %s: want digits and a unit, as 300ms, 5s, 10m, 4h, 7d or 1h30m", quote(text))
	}
	var sum time.Duration
	for _, part := range durationPart.FindAllStringSubmatch(positive, -1) {
		sum = addDuration(sum, durationOf(part[1], part[2]))
	}
	if negative {
		sum = -sum
	}
	return sum, nil
}

func addDuration(a, b time.Duration) time.Duration {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

func durationOf(number, unit string) time.Duration {
	n, _ := strconv.ParseFloat(number, 64) // +Inf beyond the largest
	for _, u := range durationUnits {
		if d := math.Round(n * float64(u.size)); u.name == unit && d < math.MaxInt64 {
			return time.Duration(d)
		}
	}
	return math.MaxInt64
}

// formatDuration writes the largest units first: 1h30m.
func formatDuration(d time.Duration) string {
	if d == 0 {
		return "0s"
	}
	var b strings.Builder
	for _, u := range durationUnits {
		if n := d / u.size; n > 0 {
			fmt.Fprintf(&b, "%d%s", n, u.name)
			d -= n * u.size
		}
	}
	return b.String()
}
