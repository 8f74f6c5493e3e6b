package config

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"eagre/anomaly"
)

// rateUnit is a unit as people write it, largest first in its family.
type rateUnit struct {
	name   string
	size   float64
	family anomaly.Unit
}

var rateUnits = []rateUnit{
	{"Mpps", 1e6, anomaly.PPS},
	{"kpps", 1e3, anomaly.PPS},
	{"pps", 1, anomaly.PPS},
	{"Tbps", 1e12, anomaly.BPS},
	{"Gbps", 1e9, anomaly.BPS},
	{"Mbps", 1e6, anomaly.BPS},
	{"kbps", 1e3, anomaly.BPS},
	{"bps", 1, anomaly.BPS},
}

// maxRate bounds rates: a thousand Tbps.
const maxRate = 1e15

// rate is a value in one family of units.
type rate struct {
	value float64
	unit  anomaly.Unit
}

// One space may stand before the unit. K is what our own screens write.
var rateForm = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?) ?([A-Za-z]+)$`)

// parseRate reads a rate in one of some families.
func parseRate(text string, families ...anomaly.Unit) (rate, error) {
	parts := rateForm.FindStringSubmatch(text)
	if parts == nil {
		return rate{}, fmt.Errorf("%s: want plain digits and a unit; %s", quote(text), acceptedUnits(families))
	}
	unit, ok := findUnit(parts[2], families)
	if !ok {
		return rate{}, fmt.Errorf("%s: not a unit for this; %s", quote(text), acceptedUnits(families))
	}
	n, err := strconv.ParseFloat(parts[1], 64)
	if value := n * unit.size; err == nil && value > 0 && value <= maxRate {
		return rate{value, unit.family}, nil
	}
	return rate{}, fmt.Errorf("%s: want more than 0, and %s at most", quote(text), formatRate(rate{maxRate, unit.family}))
}

func findUnit(name string, families []anomaly.Unit) (rateUnit, bool) {
	if rest, ok := strings.CutPrefix(name, "K"); ok {
		name = "k" + rest
	}
	for _, u := range rateUnits {
		if u.name == name && slices.Contains(families, u.family) {
			return u, true
		}
	}
	return rateUnit{}, false
}

func acceptedUnits(families []anomaly.Unit) string {
	var groups []string
	for _, f := range families {
		var names []string
		for _, u := range rateUnits {
			if u.family == f {
				names = append([]string{u.name}, names...)
			}
		}
		groups = append(groups, strings.Join(names, " "))
	}
	return "accepted units: " + strings.Join(groups, ", ")
}

// formatRate writes the largest unit in which the value reads back exactly.
func formatRate(r rate) string {
	for _, u := range rateUnits {
		if u.family != r.unit || r.value < u.size && u.size > 1 {
			continue
		}
		n := strconv.FormatFloat(r.value/u.size, 'f', -1, 64)
		if back, err := strconv.ParseFloat(n, 64); err == nil && back*u.size == r.value {
			return n + u.name
		}
	}
	return ""
}

// bits is a bit rate; 0 is unknown, and left out.
var bits = scalar[float64]{
	words: "a bit rate",
	parse: func(text string) (float64, error) {
		r, err := parseRate(text, anomaly.BPS)
		return r.value, err
	},
	format: func(bps float64) string {
		if bps == 0 {
			return ""
		}
		return formatRate(rate{bps, anomaly.BPS})
	},
}

// limit is one rate, or a list with at most one per family; the empty list is no
// limit.
type limit struct{}

var anyRate = scalar[rate]{
	words:  "a rate, as 5kpps or 100Mbps",
	parse:  func(text string) (rate, error) { return parseRate(text, anomaly.PPS, anomaly.BPS) },
	format: formatRate,
}

var rates = few[rate]{list[rate]{of: anyRate, max: 2}}

func (limit) read(r *reader, n *yaml.Node, into *Limit) {
	var given []rate
	rates.read(r, n, &given)
	for i := range given {
		switch field := into.field(given[i].unit); {
		case field == nil: // reported by the rate's own kind
		case *field != 0:
			r.failAt(&given[i], "a second rate in %s: want one in pps, one in bps, or one of each", given[i].unit)
		default:
			*field = given[i].value
		}
	}
}

// field is where the rate of a family stands; nil for no family of a limit.
func (l *Limit) field(unit anomaly.Unit) *float64 {
	switch unit {
	case anomaly.PPS:
		return &l.PPS
	case anomaly.BPS:
		return &l.BPS
	}
	return nil
}

func (limit) write(l Limit) *yaml.Node {
	var given []rate
	for _, unit := range []anomaly.Unit{anomaly.PPS, anomaly.BPS} {
		if v := *l.field(unit); v != 0 {
			given = append(given, rate{v, unit})
		}
	}
	if given == nil {
		return rates.list.write(nil)
	}
	return rates.write(given)
}

func (limit) shape() shape {
	return shape{words: "a rate in pps or bps, a list with one of each, or [] for no limit", scalar: true}
}
