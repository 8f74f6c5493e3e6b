package ipfix

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"eagre/flow"
)

// rates is what the flows say of sampling.
func rates(flows []flow.Record) (out []verdict) {
	for _, f := range flows {
		out = append(out, verdict{f.SamplingRate, f.Sampling})
	}
	return out
}

var (
	assumed = verdict{1, flow.SamplingAssumed}
	unsaid  = verdict{0, flow.SamplingUnknown}
)

func announced(rate uint32) verdict { return verdict{rate, flow.SamplingOptions} }
func told(rate uint32) verdict      { return verdict{rate, flow.SamplingRecord} }

func TestWhoseSamplingRateHolds(t *testing.T) {
	const (
		withSampler   = basic + " 48:2"
		withInterval  = basic + " 48:2 34:4"
		withInterface = basic + " 10:4 14:4 61:1"
	)
	type option struct {
		scope, spec string
		values      []any
	}
	cases := []struct {
		name     string
		options  []option
		spec     string
		values   []any
		override uint32
		want     verdict
	}{
		{"nothing announced", nil, basic, nil, 0, assumed},
		{"the operator knows better", []option{{"1:4", "34:4", []any{0, 100}}}, withInterval, []any{1, 50}, 512, verdict{512, flow.SamplingOperator}},
		{"domain-wide", []option{{"1:4", "34:4 35:1", []any{0, 100, 2}}}, basic, nil, 0, announced(100)},
		{"a scope of zero length", []option{{"1:0", "35:1 34:4", []any{[]byte{}, 2, 100}}}, basic, nil, 0, announced(100)},
		{"a line card is the domain", []option{{"3:4", "34:4", []any{2, 100}}}, basic, nil, 0, announced(100)},
		{"sampler", []option{{"1:4", "48:2 49:1 50:4 84:8", []any{0, 3, 2, 1000, "SAMPLER"}}}, withSampler, []any{3}, 0, announced(1000)},
		{"sampler, interval in the deterministic element", []option{{"1:4", "48:1 34:2", []any{0, 3, 1000}}}, withSampler, []any{3}, 0, announced(1000)},
		{"another sampler", []option{{"1:4", "48:2 50:4", []any{0, 3, 1000}}}, withSampler, []any{4}, 0, unsaid},
		{"sampler never announced", nil, withSampler, []any{4}, 0, unsaid},
		{"sampler 0 is none", nil, withSampler, []any{0}, 0, assumed},
		{"sampler 0 that was announced", []option{{"1:4", "48:2 50:4", []any{0, 0, 1000}}}, withSampler, []any{0}, 0, announced(1000)},
		{"sampler never announced in a domain that has a rate", []option{{"1:4", "34:4", []any{0, 100}}}, withSampler, []any{4}, 0, announced(100)},
		{"sampler before domain", []option{{"1:4", "34:4", []any{0, 100}}, {"1:4", "48:2 50:4", []any{0, 3, 1000}}}, withSampler, []any{3}, 0, announced(1000)},
		{"records that name no sampler have the one there is", []option{{"1:4", "48:2 50:4", []any{0, 3, 1000}}}, basic, nil, 0, announced(1000)},
		{"but not where samplers differ", []option{{"1:4", "48:2 50:4", []any{0, 3, 1000}}, {"1:4", "48:2 50:4", []any{0, 4, 10}}}, basic, nil, 0, assumed},
		{"interface", []option{{"2:4", "34:4", []any{3, 100}}}, withInterface, []any{3, 9, 0}, 0, announced(100)},
		{"another interface", []option{{"2:4", "34:4", []any{4, 100}}}, withInterface, []any{3, 9, 0}, 0, assumed},
		{"interface of the way out", []option{{"2:4", "34:4", []any{3, 100}}, {"2:4", "34:4", []any{9, 200}}}, withInterface, []any{3, 9, 1}, 0, announced(200)},
		{"interface before domain", []option{{"1:4", "34:4", []any{0, 7}}, {"2:4", "34:4", []any{3, 100}}}, withInterface, []any{3, 9, 0}, 0, announced(100)},
		{"template", []option{{"5:2", "34:4", []any{257, 100}}}, basic, nil, 0, announced(100)},
		{"another template", []option{{"5:2", "34:4", []any{999, 100}}}, basic, nil, 0, assumed},
		{"the record itself", []option{{"1:4", "48:2 50:4", []any{0, 3, 1000}}}, withInterval, []any{3, 50}, 0, told(50)},
		{"the record says 0", []option{{"1:4", "48:2 50:4", []any{0, 3, 1000}}}, withInterval, []any{3, 0}, 0, announced(1000)},
		{"the record says too much", []option{{"1:4", "48:2 50:4", []any{0, 3, 1000}}}, withInterval, []any{3, 1 << 31}, 0, announced(1000)},
		{"the record by interval and space", nil, basic + " 305:4 306:4", []any{2, 98}, 0, told(50)},
		{"the record by a probability", nil, basic + " 311:8", []any{bits(0.01)}, 0, told(100)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := newReceiver()
			r.source.SamplingRate = c.override
			r.receive(v9(setOf(0, tmpl(257, c.spec))))
			for i, o := range c.options {
				id := uint16(300 + i)
				r.receive(v9(setOf(1, optionsV9(id, o.scope, o.spec)), setOf(id, record(o.scope+" "+o.spec, o.values...))))
			}
			got := r.receive(v9(setOf(257, record(c.spec, append([]any{local, remote, 2, 808}, c.values...)...))))
			if diff := cmp.Diff([]verdict{c.want}, rates(got), cmp.AllowUnexported(verdict{})); diff != "" {
				t.Errorf("sampling (-want +got):\n%s", diff)
			}
			if rate, from := r.m.Rate(); rate != c.want.rate || from != c.want.from {
				t.Errorf("got %d, %v of the message", rate, from)
			}
		})
	}
}

func bits(f float64) int { return int(math.Float64bits(f)) }

func TestIPFIXAnnouncesRatesInManyWays(t *testing.T) {
	cases := []struct {
		name, scope, spec string
		values            []any
		data              string
		also              []any
		want              verdict
	}{
		{"interval and space of a selector", "302:2", "304:2 305:4 306:4", []any{1, 1, 1, 99}, basic + " 302:8", []any{1}, announced(100)},
		{"several packets in a row", "302:2", "305:4 306:4", []any{1, 10, 990}, basic + " 302:8", []any{1}, announced(100)},
		{"an interval alone", "144:4", "305:4", []any{1, 100}, basic, nil, announced(100)},
		{"no space", "143:4", "304:2 305:2 306:4", []any{1, 1, 1, 0}, basic, nil, announced(1)},
		{"size and population", "302:2", "309:4 310:4", []any{1, 3, 301}, basic + " 302:4", []any{1}, announced(100)},
		{"a probability", "302:2", "311:4", []any{1, int(math.Float32bits(0.001))}, basic + " 302:4", []any{1}, announced(1000)},
		{"sampling interval of a process", "144:4", "34:4", []any{2, 1000}, basic, nil, announced(1000)},
		{"of the domain by its number", "149:4", "34:4", []any{domain7, 1000}, basic, nil, announced(1000)},
		{"of another domain", "149:4", "34:4", []any{8, 1000}, basic, nil, assumed},
		{"of all domains", "149:4", "34:4", []any{0, 1000}, basic, nil, announced(1000)},
		{"of an interface", "10:4", "34:4", []any{3, 1000}, basic + " 10:4", []any{3}, announced(1000)},
		{"of an egress interface", "14:4", "34:4", []any{3, 1000}, basic + " 14:4", []any{3}, announced(1000)},
		{"of a template", "145:2", "34:4", []any{257, 1000}, basic, nil, announced(1000)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := newReceiver()
			got := r.receive(v10(
				setOf(2, tmpl(257, c.data)), setOf(3, optionsIPFIX(300, c.scope, c.spec)),
				setOf(300, record(c.scope+" "+c.spec, c.values...)), setOf(257, record(c.data, append([]any{local, remote, 2, 808}, c.also...)...)),
			))
			if diff := cmp.Diff([]verdict{c.want}, rates(got), cmp.AllowUnexported(verdict{})); diff != "" {
				t.Errorf("sampling (-want +got):\n%s", diff)
			}
			r.says(t, "1 records of options")
			if r.m.Units != 2 {
				t.Errorf("got %d units, want 2", r.m.Units)
			}
		})
	}
}

// Rows 61 to 63: rates that are none.
func TestAnnouncementsThatMakeNoSense(t *testing.T) {
	cases := []struct {
		name, spec string
		values     []any
		says       string
	}{
		{"interval 0", "34:4", []any{0}, "1 announcements of a sampling rate of 0; ignored"},
		{"packet interval 0", "305:4 306:4", []any{0, 99}, "1 announcements of a sampling rate of 0; ignored"},
		{"both 0", "305:4 306:4", []any{0, 0}, "1 announcements of a sampling rate of 0; ignored"},
		{"a population smaller than its sample", "309:4 310:4", []any{9, 3}, "1 announcements of a sampling rate of 0; ignored"},
		{"a sum that overflows", "305:8 306:8", []any{-1, -1}, "1 announcements of a sampling rate of 0; ignored"},
		{"a probability of 0", "311:8", []any{0}, "1 announcements of a sampling rate of 0; ignored"},
		{"no number", "311:8", []any{bits(math.NaN())}, "1 announcements of a sampling rate of 0; ignored"},
		{"the largest number", "34:4", []any{math.MaxUint32}, "sampling rate 4294967295 > 10000000; ignored"},
		{"a probability of next to nothing", "311:8", []any{1}, "sampling rate 4294967295 > 10000000; ignored"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := newReceiver()
			got := r.receive(v10(setOf(2, tmpl(257, basic)), setOf(3, optionsIPFIX(300, "144:4", c.spec)),
				setOf(300, record("144:4 "+c.spec, append([]any{0}, c.values...)...)), setOf(257, basicRecord(2, 808))))
			if diff := cmp.Diff([]verdict{assumed}, rates(got), cmp.AllowUnexported(verdict{})); diff != "" {
				t.Errorf("sampling (-want +got):\n%s", diff)
			}
			r.says(t, c.says, "1 records of options")
		})
	}
}

// A change takes effect exactly where it stands in the stream, also in a record
// that goes on from one batch to the next.
func TestASamplingRateChangesWhereItStands(t *testing.T) {
	r := newReceiver()
	announce := func(rate int) []byte { return setOf(300, record("1:4 48:2 50:4", 0, 1, rate)) }
	data := setOf(256, record(basic+" 48:2", local, remote, 2, 808, 1))
	got := r.receive(v9(setOf(0, tmpl(256, basic+" 48:2")), setOf(1, optionsV9(300, "1:4", "48:2 50:4")),
		data, announce(100), data, announce(200), data, announce(0), data))
	want := []verdict{unsaid, announced(100), announced(200), announced(200)}
	if diff := cmp.Diff(want, rates(got), cmp.AllowUnexported(verdict{})); diff != "" {
		t.Errorf("sampling (-want +got):\n%s", diff)
	}
	r.says(t, "sampler 1 has not been announced; counted 1:1, provisional", "3 records of options", "1 announcements of a sampling rate of 0; ignored")
}

func TestSamplersOfManyRecordsAreToldApart(t *testing.T) {
	r := newReceiver()
	r.receive(v9(setOf(0, tmpl(256, basic+" 48:2")), setOf(1, optionsV9(300, "1:4", "48:2 50:4")),
		setOf(300, record("1:4 48:2 50:4", 0, 1, 100), record("1:4 48:2 50:4", 0, 2, 200))))
	var want []verdict
	records := [][]byte{}
	for i := range 300 {
		id := i % 4
		records = append(records, record(basic+" 48:2", local, remote, 2, 808, id))
		want = append(want, []verdict{assumed, announced(100), announced(200), unsaid}[id])
	}
	got := r.receive(v9(setOf(256, records...)))
	if diff := cmp.Diff(want, rates(got), cmp.AllowUnexported(verdict{})); diff != "" {
		t.Errorf("sampling (-want +got):\n%s", diff)
	}
	table := []Sampler{{Domain: domain7, ID: 1, Rate: 100, Known: true}, {Domain: domain7, ID: 2, Rate: 200, Known: true}, {Domain: domain7, ID: 3}}
	if diff := cmp.Diff(table, r.x.Samplers()); diff != "" {
		t.Errorf("samplers (-want +got):\n%s", diff)
	}
	r.receive(v9(setOf(300, record("1:4 48:2 50:4", 0, 3, 300))))
	table[2] = Sampler{Domain: domain7, ID: 3, Rate: 300, Known: true}
	if diff := cmp.Diff(table, r.x.Samplers()); diff != "" {
		t.Errorf("samplers (-want +got):\n%s", diff)
	}
}

func TestSamplersAreBounded(t *testing.T) {
	r := newReceiver()
	r.receive(v9(setOf(1, optionsV9(300, "1:4", "48:4 50:4")), setOf(300, record("1:4 48:4 50:4", 0, 1, 100))))
	for from := range 20 {
		var records [][]byte
		for i := range 100 {
			records = append(records, record("1:4 48:4 50:4", 0, 1000+100*from+i, 7))
		}
		records = append(records, record("1:4 48:4 50:4", 0, 1, 100))
		r.receive(v9(setOf(300, records...)))
	}
	if got := r.sentences()[0]; got != "more samplers than are kept (limit 512); the one announced longest ago is forgotten" {
		t.Errorf("got %q", got)
	}
	if got := len(r.x.Samplers()); got != 512 {
		t.Errorf("got %d samplers", got)
	}
	if got := r.x.domains[0].rate(aboutSampler, 1); got != 100 {
		t.Errorf("what is announced again and again was forgotten: got rate %d", got)
	}
}
