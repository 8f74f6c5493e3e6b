package config

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"eagre/anomaly"
	"eagre/flow"
	"eagre/simulate"
)

// withDefault is a mapping whose values stand on a default.
type withDefault[S any] struct {
	mapping[S]
	of func() S
}

func (k withDefault[S]) read(r *reader, n *yaml.Node, into *S) {
	*into = k.of()
	k.mapping.read(r, n, into)
}

func defaultTraffic() ScenarioTraffic {
	return ScenarioTraffic{
		Proto: protocolTCP, Lasts: [2]time.Duration{300 * time.Millisecond, 6 * time.Second},
		Up: simulate.Shape{Packets: [2]int{4, 20}, Length: 120}, Down: simulate.Shape{Packets: [2]int{5, 60}, Length: 1400},
	}
}

// share is a part of a whole, from 0 to 1 inside.
var share = scalar[float64]{words: "a share in percent, as 5%", parse: ParseShare, format: func(v float64) string {
	return strconv.FormatFloat(100*v, 'f', -1, 64) + "%"
}}

var shareForm = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?) ?%$`)

// ParseShare reads a share in percent, as 5% or 0.1%, as a number from 0 to 1.
func ParseShare(text string) (float64, error) {
	parts := shareForm.FindStringSubmatch(text)
	if parts == nil {
		return 0, fmt.Errorf("%s: want a share in percent, as 5%% or 0.1%%", quote(text))
	}
	percent, err := strconv.ParseFloat(parts[1], 64)
	if err != nil || percent > 100 {
		return 0, fmt.Errorf("%s out of 0%%–100%%", quote(text))
	}
	return percent / 100, nil
}

// signedDuration is a time span in either direction.
func signedDuration(most time.Duration) scalar[time.Duration] {
	return scalar[time.Duration]{
		words: "a duration, which may be negative", format: time.Duration.String,
		parse: func(text string) (time.Duration, error) {
			d, err := parseDuration(text)
			if err == nil && (d > most || d < -most) {
				err = fmt.Errorf("duration %s out of -%s–%s", quote(text), formatDuration(most), formatDuration(most))
			}
			return d, err
		},
	}
}

// amount is a number above zero, with a fraction.
func amount(most float64) scalar[float64] {
	return scalar[float64]{
		words: "a number", tag: "!!float", format: func(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) },
		parse: func(text string) (float64, error) {
			v, err := strconv.ParseFloat(text, 64)
			if err != nil || !amountForm.MatchString(text) || !(v > 0 && v <= most) {
				return 0, fmt.Errorf("%s: want a number above 0, %s at most, in plain digits", quote(text), strconv.FormatFloat(most, 'f', -1, 64))
			}
			return v, nil
		},
	}
}

var amountForm = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)

func wholeInt(words string, least, most uint64) scalar[int] {
	return scalar[int]{
		words: words, tag: "!!int", format: strconv.Itoa,
		parse: func(text string) (int, error) {
			n, err := wholeNumber(text, least, most)
			return int(n), err
		},
	}
}

// numberSpan is one number, or two with a dash between.
func numberSpan(least, most uint64) scalar[[2]int] {
	return scalar[[2]int]{
		words:  "a number or a span, as 5 or 4-20",
		format: func(v [2]int) string { return fmt.Sprintf("%d-%d", v[0], v[1]) },
		parse: func(text string) (span [2]int, err error) {
			ends := ends(text)
			for i := range span {
				n, err := wholeNumber(ends[i], least, most)
				if err != nil {
					return span, err
				}
				span[i] = int(n)
			}
			return span, inOrder(text, span[0] <= span[1])
		},
	}
}

// durationSpan is one duration, or two with a dash between.
func durationSpan(most time.Duration) scalar[[2]time.Duration] {
	one := duration(most)
	return scalar[[2]time.Duration]{
		words:  "a duration or a span, as 5s or 300ms-6s",
		format: func(v [2]time.Duration) string { return formatDuration(v[0]) + "-" + formatDuration(v[1]) },
		parse: func(text string) (span [2]time.Duration, err error) {
			ends := ends(text)
			for i := range span {
				if span[i], err = one.parse(ends[i]); err != nil {
					return span, err
				}
			}
			return span, inOrder(text, span[0] <= span[1])
		},
	}
}

// ends are the two ends of a span, which are one where there is no dash.
func ends(text string) [2]string {
	from, to, found := strings.Cut(text, "-")
	if !found || from == "" {
		return [2]string{text, text}
	}
	return [2]string{from, to}
}

func inOrder(text string, good bool) error {
	if !good {
		return fmt.Errorf("%s ends before it begins", quote(text))
	}
	return nil
}

// packetRate is a rate in packets per second.
var packetRate = scalar[float64]{
	words: "a rate, as 5kpps", format: func(v float64) string { return formatRate(rate{v, anomaly.PPS}) },
	parse: func(text string) (float64, error) {
		r, err := parseRate(text, anomaly.PPS)
		if err == nil && (r.value > maxAttackPPS || r.value < 1) {
			err = fmt.Errorf("%s: want 1pps to 10Mpps", quote(text))
		}
		return r.value, err
	},
}

const maxAttackPPS = 10e6

const (
	protocolTCP = 6
	protocolUDP = 17
)

func parseProtocol(text string) (uint8, error) {
	switch text {
	case "tcp":
		return protocolTCP, nil
	case "udp":
		return protocolUDP, nil
	}
	return 0, fmt.Errorf("protocol %s", quote(text))
}

func protocolWord(p uint8) string {
	if p == protocolUDP {
		return "udp"
	}
	return "tcp"
}

func parseMode(text string) (deterministic bool, err error) {
	if text != "random" && text != "deterministic" {
		return false, fmt.Errorf("mode %s", quote(text))
	}
	return text == "deterministic", nil
}

func modeWord(deterministic bool) string {
	if deterministic {
		return "deterministic"
	}
	return "random"
}

var formatKind = oneOf(func(text string) (flow.Version, error) {
	v, ok := ParseFormat(text)
	if !ok {
		return 0, fmt.Errorf("format %s", quote(text))
	}
	return v, nil
}, func(v flow.Version) string { return wordOf(formatWords(), v) }, FormatNames()...)

func formatWords() map[string]flow.Version {
	out := map[string]flow.Version{}
	for _, f := range formats {
		out[f.name] = f.version
	}
	return out
}

var timesWords = map[string]simulate.Times{
	"sysuptime": simulate.SysUptimes, "seconds": simulate.Seconds, "milliseconds": simulate.Milliseconds,
	"microseconds": simulate.Microseconds, "nanoseconds": simulate.Nanoseconds, "delta-microseconds": simulate.DeltaMicroseconds,
}

var timesKind = words("times", timesWords, "sysuptime", "seconds", "milliseconds", "microseconds", "nanoseconds", "delta-microseconds")

var announceWords = map[string]simulate.Announce{
	"header": simulate.AnnounceHeader, "options": simulate.AnnounceOptions, "record": simulate.AnnounceRecords, "nothing": simulate.AnnounceNothing,
}

// AnnounceNames are the ways to tell a sampling rate that ParseAnnounce knows.
func AnnounceNames() []string { return []string{"header", "options", "record", "nothing"} }

// ParseAnnounce is the way of a name.
func ParseAnnounce(name string) (simulate.Announce, bool) {
	a, ok := announceWords[name]
	return a, ok
}

var announceKind = words("announce", announceWords, AnnounceNames()...)

// words is a kind of some words that stand for values.
func words[T comparable](what string, of map[string]T, order ...string) scalar[T] {
	return oneOf(func(text string) (T, error) {
		v, ok := of[text]
		if !ok {
			return v, fmt.Errorf("%s %s", what, quote(text))
		}
		return v, nil
	}, func(v T) string { return wordOf(of, v) }, order...)
}

func wordOf[T comparable](of map[string]T, v T) string {
	for word, value := range of {
		if value == v {
			return word
		}
	}
	return ""
}

func parseAttackKind(text string) (string, error) {
	if _, ok := attackKinds[text]; !ok {
		return "", fmt.Errorf("attack %s", quote(text))
	}
	return text, nil
}

func sortedByStart(attacks []ScenarioAttack) []ScenarioAttack {
	return slices.SortedStableFunc(slices.Values(attacks), func(a, b ScenarioAttack) int { return int(a.Start - b.Start) })
}
