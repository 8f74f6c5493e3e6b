package ipfix

import (
	"testing"
	"time"

	"eagre/flow"
)

const ntpOffset = 2_208_988_800

// ntpTime is a time as seconds since 1900 and a fraction.
func ntpTime(ms int64) int {
	return int((ms/1000+ntpOffset)<<32 | (ms%1000<<32+999)/1000)
}

func TestTimesOfAllKindsGiveTheSameFlow(t *testing.T) {
	at := int(arrived)
	cases := []struct {
		name, spec  string
		values      []any
		first, last int64 // milliseconds before the arrival
	}{
		{"milliseconds", "152:8 153:8", []any{at - 61_500, at - 1_500}, 61_500, 1_500},
		{"seconds", "150:4 151:4", []any{at/1000 - 61, at/1000 - 1}, 61_000, 1_000},
		{"microseconds", "154:8 155:8", []any{ntpTime(arrived - 61_500), ntpTime(arrived - 1_500)}, 61_500, 1_500},
		{"nanoseconds", "156:8 157:8", []any{ntpTime(arrived - 61_500), ntpTime(arrived - 1_500)}, 61_500, 1_500},
		{"a mixture", "154:8 151:4", []any{ntpTime(arrived - 61_500), at/1000 - 1}, 61_500, 1_000},
		{"microseconds before the export", "158:4 159:4", []any{61_500_000, 1_500_000}, 61_500, 1_500},
		{"end and duration", "153:8 161:4", []any{at - 1_500, 60_000}, 61_500, 1_500},
		{"start and duration", "152:8 162:4", []any{at - 61_500, 60_000_000}, 61_500, 1_500},
		{"a duration alone", "161:4", []any{60_000}, 60_000, 0},
		{"an end alone", "153:8", []any{at - 1_500}, 1_500, 1_500},
		{"a start alone", "152:8", []any{at - 1_500}, 1_500, 0},
		{"start and the time of an event", "152:8 323:8", []any{at - 61_500, at - 1_500}, 61_500, 1_500},
		{"the time of an event alone", "324:8", []any{ntpTime(arrived - 1_500)}, 1_500, 1_500},
		{"the time of an event beside both others", "152:8 153:8 323:8", []any{at - 61_500, at - 1_500, at}, 61_500, 1_500},
		{"none", "4:1", []any{0}, 0, 0},
		{"since a boot that is unknown", "22:4 21:4", []any{1_000, 61_000}, 60_000, 0},
		{"since a boot that is unknown, over a wrap", "22:4 21:4", []any{-1_000, 59_000}, 60_000, 0},
		{"absolute and since boot", "22:4 21:4 152:8 153:8", []any{5, 6, at - 61_500, at - 1_500}, 61_500, 1_500},
		{"later in the second of the export", "152:8 153:8", []any{at + 100, at + 900}, 800, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := askAbout(t, c.spec, c.values...)
			if first, last := arrived-got.Start.UnixMilli(), arrived-got.End.UnixMilli(); first != c.first || last != c.last || got.Quality != 0 {
				t.Errorf("got %d and %d ms before the arrival, quality %d; want %d and %d", first, last, got.Quality, c.first, c.last)
			}
		})
	}
}

// What cannot be: all of it is counted now or within two hours, and marked.
func TestTimesThatCannotBeAreClamped(t *testing.T) {
	at := int(arrived)
	cases := []struct {
		name        string
		spec        string
		start, end  int
		first, last int64
		quality     flow.Quality
	}{
		{"an hour in the future", "152:8 153:8", at + 3_600_000, at + 3_600_000, 0, 0, flow.BadDuration},
		{"the largest number", "152:8 153:8", -1, -1, 0, 0, flow.LateReceived},
		{"the smallest signed number", "152:8 153:8", -1 << 63, -1 << 63, 0, 0, flow.BadDuration},
		{"start beyond the end of time", "152:8 153:8", 1<<63 - 1, at, 0, 0, flow.BadDuration},
		{"1970", "150:4 151:4", 0, 0, 0, 0, flow.LateReceived},
		{"a fraction of 1900", "154:8 155:8", 1, 1, 0, 0, flow.LateReceived},
		{"began three hours ago, ended now", "152:8 153:8", at - 3*3_600_000, at, 7_200_000, 0, flow.LateReceived},
		{"longest delta", "158:8 159:8", -1, -1, 0, 0, flow.LateReceived},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := askAbout(t, c.spec, c.start, c.end)
			if first, last := arrived-got.Start.UnixMilli(), arrived-got.End.UnixMilli(); first != c.first || last != c.last || got.Quality != c.quality {
				t.Errorf("got %d and %d ms before the arrival, quality %d; want %d, %d, %d", first, last, got.Quality, c.first, c.last, c.quality)
			}
		})
	}
}

// The exporter's clock stands on both sides of a difference.
func TestAWrongClockDoesNotMatter(t *testing.T) {
	for _, years := range []int{-50, -1, 0, 1, 11} {
		clock := time.UnixMilli(arrived).AddDate(years, 0, 0)
		spec := addressed + "152:8 153:8"
		b := v10(setOf(2, tmpl(256, spec)), setOf(256, record(spec, local, remote, 2, 808, int(clock.UnixMilli())-61_500, int(clock.UnixMilli())-1_500)))
		be.PutUint32(b[4:], uint32(clock.Unix()))
		got := newReceiver().receive(b)
		if len(got) != 1 || got[0].Start.UnixMilli() != arrived-61_500 || got[0].End.UnixMilli() != arrived-1_500 || got[0].Quality != 0 {
			t.Errorf("%d years off: got %+v", years, got)
		}
	}
}

func TestIPFIXUptimesCountFromTheBootThatOptionsTell(t *testing.T) {
	const spec = addressed + "22:4 21:4"
	r := newReceiver()
	booted := int(arrived) - 5*24*3_600_000
	init := setOf(258, record("143:4 160:8", 1, booted))
	data := setOf(256, record(spec, local, remote, 2, 808, 5*24*3_600_000-61_000, 5*24*3_600_000-1_000))
	got := r.receive(v10(setOf(2, tmpl(256, spec)), setOf(3, optionsIPFIX(258, "143:4", "160:8")), init, data))
	if len(got) != 1 || got[0].Start.UnixMilli() != arrived-61_000 || got[0].End.UnixMilli() != arrived-1_000 {
		t.Errorf("got %+v", got)
	}
	if r.receive(v10(data)); r.m.Uptime != 5*24*3_600_000 {
		t.Errorf("got uptime %d", r.m.Uptime)
	}
}

// F28: uptime wraps every 49.7 days, and nothing happens.
func TestUptimeMayWrap(t *testing.T) {
	const spec = addressed + "22:4 21:4"
	for _, up := range []uint32{0, 1, 2, 5000, 1 << 31, 1<<31 - 1, 1<<32 - 1, 1<<32 - 2} {
		b := v9(setOf(0, tmpl(256, spec)), setOf(256, record(spec, local, remote, 2, 808, int(up-61_000), int(up-1_000))))
		be.PutUint32(b[4:], up)
		got := newReceiver().receive(b)
		if len(got) != 1 || got[0].Start.UnixMilli() != arrived-61_000 || got[0].End.UnixMilli() != arrived-1_000 || got[0].Quality != 0 {
			t.Errorf("uptime %d: got %+v", up, got)
		}
	}
}

func TestExportTimeThatCannotBeIsReplacedByTheArrival(t *testing.T) {
	spec := addressed + "152:8 153:8"
	b := v10(setOf(2, tmpl(256, spec)), setOf(256, record(spec, local, remote, 2, 808, int(arrived)-1500, int(arrived)-1400)))
	be.PutUint32(b[4:], 0)
	r := newReceiver()
	got := r.receive(b)
	if len(got) != 1 || got[0].Start.UnixMilli() != arrived-1500 || r.m.Exported != 0 {
		t.Errorf("got %+v, exported %d", got, r.m.Exported)
	}
	r.says(t, "v10: impossible export time (unix_secs=0, unix_nsecs=0); receive time used")
}
