package oracle

import (
	"slices"
	"testing"
)

// account is what somebody says of a flow to this port.
func account(port, bytes string) said {
	return said{source: "192.0.2.1", destination: "192.0.2.2", sourcePort: "1000", destPort: port, protocol: "6", octets: bytes, packets: "1"}
}

func TestEveryDifferenceIsFound(t *testing.T) {
	a, b, c, d := account("1", "10"), account("2", "20"), account("3", "30"), account("4", "40")
	other := account("2", "21")
	for name, test := range map[string]struct {
		ours, theirs []said
		want         []field
	}{
		"none":                         {[]said{a, b}, []said{a, b}, nil},
		"nothing at all":               {nil, nil, nil},
		"one counter":                  {[]said{a, b, c}, []said{a, other, c}, []field{octets}},
		"one that only eagre has":      {[]said{a, b, c}, []said{a, c}, []field{presence}},
		"one that only the judge has":  {[]said{a, c}, []said{a, b, c}, []field{presence}},
		"the last is missing":          {[]said{a, b}, []said{a}, []field{presence}},
		"a port":                       {[]said{a, b, d}, []said{a, c, d}, []field{octets, destPort}},
		"both have one of their own":   {[]said{a, b, c}, []said{b, c, d}, []field{presence, presence}},
		"the same flow twice and once": {[]said{other, b}, []said{b}, []field{presence}},
		"what the judge does not say":  {[]said{a}, []said{{source: "192.0.2.1"}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []field
			for _, d := range compare("somebody", "some/exporter", test.ours, test.theirs) {
				got = append(got, d.field)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got differences in %q, want %q", got, test.want)
			}
		})
	}
}

func TestAnExceptionExcusesOnlyWhatItNames(t *testing.T) {
	e := exception{"somebody", "some/exporter other/*", []field{octets}, theySayNothing, "they do not count"}
	ours, zero := account("1", "10"), account("1", "0")
	for name, test := range map[string]struct {
		difference difference
		want       bool
	}{
		"what it names":        {difference{"somebody", "some/exporter", octets, ours, zero}, true},
		"another that fits":    {difference{"somebody", "other/exporter", octets, ours, zero}, true},
		"another judge":        {difference{"nobody", "some/exporter", octets, ours, zero}, false},
		"another exporter":     {difference{"somebody", "some/other", octets, ours, zero}, false},
		"another field":        {difference{"somebody", "some/exporter", packets, ours, zero}, false},
		"another circumstance": {difference{"somebody", "some/exporter", octets, ours, account("1", "11")}, false},
	} {
		if got := e.excuses(test.difference); got != test.want {
			t.Errorf("%s: excused %v, want %v", name, got, test.want)
		}
	}
}

func TestEveryExceptionHasItsReason(t *testing.T) {
	for _, e := range exceptions {
		if len(e.why) < 20 || len(e.fields) == 0 || e.exports == "" || !slices.Contains([]string{"goflow2", "nfdump", "wireshark"}, e.judge) {
			t.Errorf("exception without its reason, or for nothing: %+v", e)
		}
	}
}
