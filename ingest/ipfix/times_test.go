package ipfix

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

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

// What cannot be: it counts now, or from 24 days ago on, and is marked.
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
		{"ended two hours ago exactly", "152:8 153:8", at - 3*hour, at - 2*hour, 3 * hour, 2 * hour, 0},
		{"ended a moment earlier", "152:8 153:8", at - 3*hour, at - 2*hour - 1, 0, 0, flow.LateReceived},
		{"a minute in the future exactly", "152:8 153:8", at - hour, at + ahead, hour, 0, flow.BadDuration},
		{"further in the future: its beginning is no better", "152:8 153:8", at - hour, at + ahead + 1, 0, 0, flow.BadDuration},
		{"24 days exactly", "152:8 153:8", at - farthest, at, farthest, 0, 0},
		{"24 days and a moment are cut", "152:8 153:8", at - farthest - 1, at, farthest, 0, flow.BadDuration},
		{"began in 1970, ended now", "150:4 151:4", 0, at / 1000, farthest, 0, flow.BadDuration},
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

// A stream that was exported once, when it ended: whoever cuts its beginning sees
// it eleven times as fast as it was.
func TestAFlowOf22HoursKeepsItsBeginning(t *testing.T) {
	at := int(arrived)
	const lasted, age = 22 * hour, 1500
	for name, c := range map[string]struct {
		spec   string
		values []any
	}{
		"milliseconds":                   {"152:8 153:8", []any{at - lasted - age, at - age}},
		"microseconds":                   {"154:8 155:8", []any{ntpTime(arrived - lasted - age), ntpTime(arrived - age)}},
		"microseconds before the export": {"158:8 159:8", []any{(lasted + age) * 1000, age * 1000}},
		"end and duration":               {"153:8 161:4", []any{at - age, lasted}},
		"start and duration":             {"152:8 162:8", []any{at - lasted - age, lasted * 1000}},
	} {
		t.Run(name, func(t *testing.T) {
			got := askAbout(t, c.spec, c.values...)
			same(t, []flow.Record{got}, []flow.Record{plain(flow.IPFIX, func(f *flow.Record) { f.Start, f.End = ago(lasted+age), ago(age) })})
		})
	}
	t.Run("NetFlow v9", func(t *testing.T) {
		same(t, newReceiver().receive(sinceBoot(boot, lasted+age, age)), []flow.Record{plain(flow.NetFlowV9, func(f *flow.Record) { f.Start, f.End = ago(lasted+age), ago(age) })})
	})
}

// ago is so many milliseconds before the arrival.
func ago(ms int64) time.Time { return time.UnixMilli(arrived - ms).UTC() }

// sinceBoot is a NetFlow v9 datagram with one flow, by the uptime of the exporter
// and how many milliseconds before it the flow began and ended.
func sinceBoot(up, first, last uint32) []byte {
	const spec = addressed + "22:4 21:4"
	b := v9(setOf(0, tmpl(256, spec)), setOf(256, record(spec, local, remote, 2, 808, int(up-first), int(up-last))))
	be.PutUint32(b[4:], up)
	return b
}

// F28: uptime wraps every 49.7 days, before, in or after a flow, and nothing
// happens.
func TestUptimeWrapsInTheMiddleOfAFlow(t *testing.T) {
	flows := []struct{ first, last uint32 }{{0, 0}, {1, 0}, {1500, 1400}, {2 * hour, 2*hour - 1}, {22 * hour, 0}, {24*hour + 100, 2 * hour}, {farthest, 1}}
	for _, f := range flows {
		for _, edge := range []uint32{0, 1 << 31, f.last, f.first, f.last / 2, f.first/2 + f.last/2, 1<<31 + f.first, 1<<31 + f.last} {
			for off := range uint32(5) {
				up := edge + off - 2
				got := newReceiver().receive(sinceBoot(up, f.first, f.last))
				want := plain(flow.NetFlowV9, func(r *flow.Record) { r.Start, r.End = ago(int64(f.first)), ago(int64(f.last)) })
				if diff := cmp.Diff([]flow.Record{want}, got, compareAddr); diff != "" {
					t.Errorf("uptime %d, a flow from %d to %d ms before (-want +got):\n%s", up, f.first, f.last, diff)
				}
			}
		}
	}
}

// In 32 bits it seems to begin in the future; from its end it does not.
func TestABeginningBeforeTheSignOfUptimesIsCut(t *testing.T) {
	for off := range uint32(5) {
		got := newReceiver().receive(sinceBoot(boot, 1<<31+off-2, hour))
		same(t, got, []flow.Record{plain(flow.NetFlowV9, func(r *flow.Record) { r.Start, r.End, r.Quality = ago(farthest), ago(hour), flow.BadDuration })})
	}
}

// The twin looks at the two stamps as instants, and asks one question after the
// other.
func TestBelievedTimesAreThoseOfASlowTwin(t *testing.T) {
	edges := rapid.SampledFrom([]int64{0, 1000, ahead, believed, 22 * hour, farthest, 1 << 31, 1 << 40})
	near := rapid.Custom(func(t *rapid.T) int64 {
		age := edges.Draw(t, "edge") + rapid.Int64Range(-2, 2).Draw(t, "off")
		return age * rapid.SampledFrom([]int64{1, -1}).Draw(t, "sign")
	})
	rapid.Check(t, func(t *rapid.T) {
		first, last, slack := near.Draw(t, "first"), near.Draw(t, "last"), rapid.SampledFrom([]int64{0, 1000}).Draw(t, "slack")
		start, end, q := believe(first, last, slack, arrived)
		wantStart, wantEnd, wantQ := twinTimes(first, last, slack)
		if start != wantStart || end != wantEnd || q != wantQ {
			t.Fatalf("ages %d and %d: got %d and %d ms ago, quality %d; want %d, %d, %d", first, last, arrived-start, arrived-end, q, arrived-wantStart, arrived-wantEnd, wantQ)
		}
	})
}

func twinTimes(first, last, slack int64) (start, end int64, q flow.Quality) {
	if last < 0 && last > -slack { // within the second of the export
		first, last = first-last, 0
	}
	if last > 2*hour {
		q = flow.LateReceived
	}
	if last < 0 || first < last {
		q |= flow.BadDuration
	}
	if last > 2*hour || last < -minute {
		return arrived, arrived, q
	}
	if first > 24*24*hour {
		first, q = 24*24*hour, q|flow.BadDuration
	}
	if last < 0 {
		last = 0
	}
	if first < last {
		first = last
	}
	return arrived - first, arrived - last, q
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
