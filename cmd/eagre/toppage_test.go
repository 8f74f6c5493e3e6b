package main

import (
	"encoding/json"
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"eagre/anomaly"
	"eagre/detector"
	"eagre/detector/tally"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares text with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

var eightPM = time.Date(2026, 3, 2, 20, 0, 0, 0, time.UTC)

// move is a talker of a detector.
func move(kind tally.Kind, direction, name, prefix string, bps, pps, sure float64) detector.Talker {
	return detector.Talker{
		Kind: kind, Direction: direction, Resource: anomaly.Resource{Kind: kind.String(), Name: name, Prefix: prefix},
		Rates: anomaly.Rates{BPS: bps, PPS: pps}, BPSError: 1.4 * sure, PPSError: sure, OnTime: 0.9,
	}
}

// evening is what a detector may say: all kinds, both families, names from strangers,
// numbers that are sure and some that are not.
func evening() *detector.Standing {
	s := &detector.Standing{At: eightPM, Span: time.Minute, Talkers: []detector.Talker{
		move(tally.Host, "in", "acme", "198.51.100.7/32", 1_262e6, 120e3, 0.02),
		move(tally.Host, "in", "2001:db8:1::7", "2001:db8:1::7/128", 71.69e6, 22.2e3, 0.0005),
		move(tally.Host, "out", "203.0.113.9", "203.0.113.9/32", 8e6, 33e3, 0.3),
		move(tally.Prefix, "in", "acme", "2001:db8:1::/48", 300, 1, 4.57),
		move(tally.Object, "in", "acme", "", 1_270e6, 121e3, 0.01),
		move(tally.Object, "out", "campus", "", 3e6, 2e3, 0),
		move(tally.Interface, "out", "edge1 \x1b]0;owned\x07\u202eeth0", "", 712, 0.5, 0.8),
		move(tally.Port, "", "udp port 443", "", 9e6, 1e3, 0.1),
		move(tally.System, "in", "AS64500", "", 5e6, 1e3, 0.1),
	}}
	s.Talkers[4].OnTime = 0.9999
	s.Talkers[6].Provisional = true
	return s
}

// doubts are exporters of which two want care.
func doubts() []exporterHealth {
	return []exporterHealth{
		{netip.MustParseAddr("192.0.2.1"), "edge1", 0.712, true, tally.Stuck.String(), false, 3, 8.2, 22},
		{netip.MustParseAddr("192.0.2.2"), "edge2", 0.98, false, tally.Honest.String(), false, 0, 0, 0},
		{netip.MustParseAddr("2001:db8::3"), "2001:db8::3", 1, false, tally.Cumulative.String(), true, 0, 0, 0},
	}
}

func evenings(q standingQuery) standing { return q.of(evening(), doubts()) }

func everything() standingQuery { return standingQuery{by: byBits, kinds: talkerKinds, limit: 10} }

func TestPageOfWhatMovesMost(t *testing.T) {
	golden(t, "top.txt", strings.Join(evenings(everything()).page(view{limit: 10}), "\n")+"\n")
	q := standingQuery{by: byPackets, kinds: []tally.Kind{tally.Host}, limit: 2}
	golden(t, "top-by-packets.txt", strings.Join(evenings(q).page(view{limit: 2}), "\n")+"\n")
}

// The engine has just started, or nobody sends.
func TestPageOfAnEngineThatHasJustStarted(t *testing.T) {
	s := everything().of(&detector.Standing{At: eightPM, Span: 25 * time.Second}, nil)
	want := "2026-03-02 20:00:00 UTC  rates of the last 25 s  all on time\n\nnothing moves"
	if diff := cmp.Diff(want, strings.Join(s.page(view{limit: 10}), "\n")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Whatever the terminal's size, a page fits: names give way first, then rows.
func TestPageFitsTheTerminal(t *testing.T) {
	s := evenings(everything())
	for _, size := range [][2]int{{80, 24}, {60, 12}, {40, 40}, {20, 5}, {1, 1}, {200, 100}} {
		v := view{limit: 10, columns: size[0], rows: size[1]}
		lines := s.page(v)
		if len(lines) > v.rows {
			t.Errorf("%v: %d lines", size, len(lines))
		}
		for _, l := range lines {
			if n := utf8.RuneCountInString(l); n > v.columns {
				t.Errorf("%v: %d columns: %q", size, n, l)
			}
		}
	}
	golden(t, "top-small.txt", strings.Join(s.page(view{limit: 10, columns: 60, rows: 26}), "\n")+"\n")
}

// A terminal has no room for a thousand of each kind, and nobody waits for the try.
func TestPageOfMoreThanFitsIsThatOfAsMuchAsFits(t *testing.T) {
	s := evenings(everything())
	for len(s.Talkers) < 5*mostTalkers {
		s.Talkers = append(s.Talkers, s.Talkers[len(s.Talkers)-1])
	}
	for _, rows := range []int{1, 24, 50} {
		all, fitting := s.page(view{limit: mostTalkers, columns: 80, rows: rows}), s.page(view{limit: rows, columns: 80, rows: rows})
		if diff := cmp.Diff(fitting, all); diff != "" {
			t.Errorf("%d rows (-a limit of as many +a limit of %d):\n%s", rows, mostTalkers, diff)
		}
	}
	trials := testing.AllocsPerRun(1, func() { s.page(view{limit: mostTalkers, columns: 80, rows: 24}) })
	if once := testing.AllocsPerRun(1, func() { s.page(view{limit: mostTalkers}) }); trials > 4*once {
		t.Errorf("a page of 24 rows takes %v allocations, one of any size %v", trials, once)
	}
}

// Twenty exporters after a change of their timeout must not push the table away.
func TestManyDoubtsAreCounted(t *testing.T) {
	var many []exporterHealth
	for range 20 {
		many = append(many, doubts()[0])
	}
	lines := everything().of(evening(), many).head(view{})
	if got, want := len(lines), 1+mostDoubts+1+1; got != want {
		t.Fatalf("%d lines, want %d", got, want)
	}
	if got, want := lines[1+mostDoubts], "and 16 other exporters: eagre exporters --detail"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWhatProgramsReadOfAStanding(t *testing.T) {
	q := standingQuery{by: byBits, kinds: []tally.Kind{tally.Host}, limit: 1}
	got, err := json.Marshal(evenings(q))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"at":"2026-03-02T20:00:00Z","span_seconds":60,"on_time":0.712,"doubtful":[` +
		`{"exporter":"192.0.2.1","name":"edge1","on_time":0.712,"on_time_jumped":true,"start_times":"stuck","sampling_unknown":false,"second_views":3,"delay_median_seconds":8.2,"delay_most_seconds":22},` +
		`{"exporter":"2001:db8::3","name":"2001:db8::3","on_time":1,"on_time_jumped":false,"start_times":"cumulative","sampling_unknown":true,"second_views":0,"delay_median_seconds":0,"delay_most_seconds":0}],` +
		`"talkers":[{"kind":"host","direction":"in","resource":{"kind":"host","name":"acme","prefix":"198.51.100.7/32"},` +
		`"bps":1262000000,"pps":120000,"bps_error_percent":2.8,"pps_error_percent":2,"on_time":0.9,"provisional":false}],"more":{"host":2}}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A packet that stands for thousands has an error without end, which JSON cannot say.
func TestErrorsWithoutEndAreToldAsLarge(t *testing.T) {
	sum := tally.Sum{Packets: 1, Bytes: 1, Variance: 1 << 60}
	m := measure(sum, 60)
	if m.PPSErrorPercent != unsure || m.BPSErrorPercent != unsure {
		t.Errorf("got %+v, want errors of %v", m, unsure)
	}
	if _, err := json.Marshal(m); err != nil {
		t.Error(err)
	}
	if got := measure(tally.Sum{Variance: 7}, 60); got != (measured{}) {
		t.Errorf("nothing counted: got %+v", got)
	}
	if got := measure(sum, 0); got != (measured{}) {
		t.Errorf("no time: got %+v", got)
	}
}

func TestErrorsAsTheyAreShown(t *testing.T) {
	for percent, want := range map[float64]string{0: "", 0.1: "", 0.11: "±0.1 %", 1.94: "±1.9 %", 9.99: "±10.0 %", 10: "±10 %", 99.6: "±100 %", 100.1: "±>100 %", unsure: "±>100 %"} {
		if got := anomaly.Within(percent); got != want {
			t.Errorf("%v: got %q, want %q", percent, got, want)
		}
	}
	for part, want := range map[float64]string{1: "100 %", 0.9999: ">99 %", 0.994: "99 %", 0.712: "71 %", 0: "0 %"} {
		if got := portion(part); got != want {
			t.Errorf("%v: got %q, want %q", part, got, want)
		}
	}
}
