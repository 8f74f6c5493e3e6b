package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/client_golang/prometheus"

	"eagre/anomaly"
	"eagre/cmd/eagre/config"
	"eagre/detector"
	"eagre/detector/tally"
	"eagre/flow"
	"eagre/ingest"
	"eagre/network"
)

var (
	edge1 = netip.MustParseAddr("192.0.2.1")
	edge2 = netip.MustParseAddr("2001:db8::2")
)

// tickOf is the number of the minute that begins at a time.
func tickOf(t time.Time) int64 { return t.UnixMilli() / tally.TickLength }

// ledgerKey is the key of an interface.
func ledgerKey(exporter netip.Addr, index uint32, side tally.Side) tally.Key {
	return tally.Key{Kind: tally.Interface, Side: side, Addr: flow.FromAddr(exporter), Index: index}
}

// sampled is packets of 1000 bytes that were sampled 1 in 100.
func sampled(packets uint64) tally.Sum {
	return tally.Sum{Packets: packets * tally.Unit, Bytes: packets * 1000 * tally.Unit, Variance: packets * 99, Samples: uint32(packets / 100), Flows: 1}
}

// filled is a ledger of so many minutes up to eight in the evening: 6000 packets a
// minute, each fourth minute double, into interface 3, and a third of it out of that.
func filled(minutes int, exporters ...netip.Addr) *tally.Ledger {
	l := tally.NewLedger(tally.DefaultLedgerConfig())
	last := tickOf(eightPM)
	for tick := last - int64(minutes); tick < last; tick++ {
		sums := map[tally.Key]tally.Sum{}
		for _, x := range exporters {
			sums[ledgerKey(x, 3, tally.To)], sums[ledgerKey(x, 3, tally.From)] = sampled(packetsOf(tick)), sampled(packetsOf(tick)/3)
		}
		l.Settle(tick, sums)
	}
	return l
}

func packetsOf(tick int64) uint64 {
	if tick%4 == 0 {
		return 12_000
	}
	return 6000
}

// TestMeansOfTheLedgerAreThoseOfItsMinutes: beside the slow way, minute by minute.
func TestMeansOfTheLedgerAreThoseOfItsMinutes(t *testing.T) {
	for _, minutes := range []int{1, 7, 60, 333, 1440, 1600} {
		for _, x := range []netip.Addr{edge1, edge2} {
			w := openLedger(filled(minutes, edge1, edge2), eightPM.Add(-time.Duration(minutes)*time.Minute), eightPM.Add(90*time.Second))
			got := w.interfaces(flow.FromAddr(x), func(uint32) string { return "uplink" })
			if len(got) != 1 || got[0].Index != 3 || got[0].Name != "uplink" {
				t.Fatalf("%d minutes: got %+v", minutes, got)
			}
			for span, pps := range map[int]float64{1: got[0].In.Minute.PPS, 60: got[0].In.Hour.PPS, 1440: got[0].In.Day.PPS} {
				if want := slowMean(min(span, minutes)); math.Abs(pps-want) > 1e-6 {
					t.Errorf("%d minutes, mean of %d: got %v, want %v", minutes, span, pps, want)
				}
			}
			if in, out := got[0].In.Hour, got[0].Out.Hour; math.Abs(in.BPS-8000*in.PPS) > 1e-3 || math.Abs(in.PPS-3*out.PPS) > 1e-6 {
				t.Errorf("in %+v, out %+v", in, out)
			}
		}
	}
}

// slowMean is the mean packet rate of the newest so many minutes.
func slowMean(minutes int) float64 {
	sum, last := 0.0, tickOf(eightPM)
	for tick := last - int64(minutes); tick < last; tick++ {
		sum += float64(packetsOf(tick))
	}
	return sum / float64(minutes) / 60
}

// A longer mean is surer: of 60 times as many samples, by nearly the root of that.
func TestLongerMeansAreSurer(t *testing.T) {
	got := openLedger(filled(60, edge1), eightPM.Add(-time.Hour), eightPM).interfaces(flow.FromAddr(edge1), func(uint32) string { return "" })[0].In
	if r := got.Minute.PPSErrorPercent / got.Hour.PPSErrorPercent; r < 7 || r > 11 || got.Hour.PPSErrorPercent == 0 {
		t.Errorf("minute ±%v, hour ±%v", got.Minute.PPSErrorPercent, got.Hour.PPSErrorPercent)
	}
}

// TestWhatTheLedgerTellsOf: whole minutes that were watched, have settled, and are held.
func TestWhatTheLedgerTellsOf(t *testing.T) {
	few := tally.NewLedger(tally.LedgerConfig{Pages: 8, Lines: 10}) // four hours of two lines
	for tick := tickOf(eightPM) - 600; tick < tickOf(eightPM); tick++ {
		few.Settle(tick, map[tally.Key]tally.Sum{ledgerKey(edge1, 3, tally.To): sampled(600), ledgerKey(edge1, 3, tally.From): sampled(600)})
	}
	for name, c := range map[string]struct {
		ledger       *tally.Ledger
		began, now   time.Time
		since, until time.Time
	}{
		"a day and more":            {filled(1600, edge1), eightPM.Add(-1600 * time.Minute), eightPM.Add(time.Minute), eightPM.Add(-25 * time.Hour), eightPM},
		"began in mid-minute":       {filled(60, edge1), eightPM.Add(-10*time.Minute - 30*time.Second), eightPM, eightPM.Add(-10 * time.Minute), eightPM},
		"the last has not settled":  {filled(60, edge1), eightPM.Add(-time.Hour), eightPM.Add(119 * time.Second), eightPM.Add(-time.Hour), eightPM},
		"nothing has settled":       {filled(0), eightPM, eightPM.Add(90 * time.Second), eightPM, eightPM},
		"only half a minute before": {filled(1, edge1), eightPM.Add(-30 * time.Second), eightPM.Add(60 * time.Second), eightPM, eightPM},
		"no step has been judged":   {filled(0), eightPM, time.Unix(0, 0), eightPM, eightPM},
		"the detector stands still": {filled(60, edge1), eightPM.Add(-time.Hour), eightPM.Add(3 * time.Hour), eightPM.Add(-time.Hour), eightPM.Add(-time.Hour)},
		"there was no more room":    {few, eightPM.Add(-600 * time.Minute), eightPM, eightPM.Add(-4 * time.Hour), eightPM},
	} {
		w := openLedger(c.ledger, c.began, c.now)
		if !w.since.Equal(c.since) || !w.until.Equal(c.until) {
			t.Errorf("%s: got %v to %v, want %v to %v", name, w.since, w.until, c.since, c.until)
		}
		told := len(w.interfaces(flow.FromAddr(edge1), func(uint32) string { return "" })) > 0
		if told != c.until.After(c.since) || told != w.holds(flow.FromAddr(edge1), 3) {
			t.Errorf("%s: interfaces are told: %v", name, told)
		}
		if x := w.extent(); (x.Since != nil) != c.until.After(c.since) {
			t.Errorf("%s: extent %+v", name, x)
		}
	}
}

func TestAnInterfaceMinuteByMinute(t *testing.T) {
	w := openLedger(filled(90, edge1, edge2), eightPM.Add(-90*time.Minute), eightPM)
	for _, x := range []netip.Addr{edge1, edge2} {
		got := w.minutes(flow.FromAddr(x), 3, 60)
		if len(got) != 60 || !got[0].At.Equal(eightPM.Add(-time.Hour)) || !got[59].At.Equal(eightPM.Add(-time.Minute)) {
			t.Fatalf("%d minutes from %v", len(got), got[0].At)
		}
		for _, m := range got {
			if want := float64(packetsOf(tickOf(m.At))) / 60; m.In.PPS != want || m.Out.PPS != want/3 {
				t.Errorf("%v: in %v, out %v, want %v and a third", m.At, m.In.PPS, m.Out.PPS, want)
			}
		}
	}
	if got := len(w.minutes(flow.FromAddr(edge1), 3, 1440)); got != 90 {
		t.Errorf("a day of 90 minutes has %d", got)
	}
}

func TestWhatCanBeAskedOfALedger(t *testing.T) {
	for text, want := range map[string]ledgerQuery{
		"":                         {minutes: usualMinutes},
		"interface=0":              {one: true, minutes: usualMinutes},
		"interface=7&minutes=1440": {one: true, index: 7, minutes: 1440},
	} {
		v, _ := url.ParseQuery(text)
		if got, err := parseLedgerQuery(v); err != nil || got != want {
			t.Errorf("%q: got %+v, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{
		"interface=eth0":           `interface="eth0": want the number of an interface`,
		"interface=4294967296":     `interface="4294967296": want the number of an interface`,
		"interface=":               `interface="": want the number of an interface`,
		"minutes=5":                `minutes: of which interface? interface= is missing`,
		"interface=1&minutes=0":    `minutes="0": want 1–1440`,
		"interface=1&minutes=1441": `minutes="1441": want 1–1440`,
	} {
		v, _ := url.ParseQuery(text)
		if _, err := parseLedgerQuery(v); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

// rate is a mean rate with its error.
func rate(bps, pps, percent float64) measured {
	return measured{anomaly.Rates{BPS: bps, PPS: pps}, 1.4 * percent, percent}
}

// toldLedger is what an engine may answer of an exporter; without minutes, when nothing
// has settled yet.
func toldLedger(x netip.Addr, minutes int) *exporterLedger {
	out := &exporterLedger{Name: "edge1", Exporter: x, Since: eightPM.Add(-time.Duration(minutes) * time.Minute), Until: eightPM, Interfaces: []interfaceLedger{}}
	if minutes == 0 {
		return out
	}
	uplink := interfaceLedger{
		Index: 3, Name: "xe-0/0/3 \x1b]0;owned\x07\u202e",
		In:  meanRates{Minute: rate(71.69e6, 22.2e3, 7), Hour: rate(1.2e9, 120e3, 2), Day: rate(2e9, 240e3, 0.04)},
		Out: meanRates{Minute: rate(712, 0.5, 300), Hour: rate(2e3, 1, 80)},
		Minutes: []ledgerMinute{
			{At: eightPM.Add(-2 * time.Minute), In: rate(1e9, 1e5, 2), Out: rate(3e6, 250, 33)},
			{At: eightPM.Add(-time.Minute), In: rate(71.69e6, 22.2e3, 7)},
		},
	}
	out.Interfaces = append(out.Interfaces, uplink, interfaceLedger{Index: 4})
	return out
}

func TestTablesOfTheLedger(t *testing.T) {
	var out strings.Builder
	for _, x := range []netip.Addr{edge1, edge2} {
		l := toldLedger(x, 90)
		if err := l.table(&out); err != nil {
			t.Fatal(err)
		}
		l.Interfaces = l.Interfaces[:1]
		if err := l.minutes(&out); err != nil {
			t.Fatal(err)
		}
	}
	empty := toldLedger(edge1, 0)
	_, _ = empty.table(&out), empty.minutes(&out)
	ledgerExtent{}.tell(&out)
	golden(t, "ledger.txt", out.String())
}

// demoEngine is an engine whose detector has seen the demo, and settled.
func demoEngine(t *testing.T) *engine {
	t.Helper()
	path := filepath.Join(t.TempDir(), "demo.pcap")
	if code := makeCapture([]string{"demo", path}); code != 0 {
		t.Fatal("no capture was made")
	}
	nw, err := network.New(config.Default().Network())
	if err != nil {
		t.Fatal(err)
	}
	e := &engine{network: nw, collector: ingest.NewCollector(ingest.DefaultConfig(), ingest.Deps{Network: nw}), began: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)}
	sink := newTracer(nw, &reports{}, nil, nil)
	if e.detector, err = detector.New(detectorConfig(config.Default(), 1, replaySeed), detector.Deps{Network: nw, Sink: quiet{sink}}); err != nil {
		t.Fatal(err)
	}
	c := console{strings.NewReader(""), io.Discard, io.Discard}
	in, err := openRecording(t.Context(), c, path)
	if err != nil {
		t.Fatal(err)
	}
	defer in.close()
	r := replayCommand{File: path, Format: "jsonl", ingest: ingest.DefaultConfig()}
	if err := r.play(t.Context(), c, in, nw, &replaying{engine: e.detector}); err != nil {
		t.Fatal(err)
	}
	return e
}

// quiet is a sink that tells nobody.
type quiet struct{ *tracer }

func (quiet) Step(int64, [][]byte, []detector.Finding) error { return nil }

// TestTheLedgerOfADetectorIsServedAndMeasured: from packets to the answer.
func TestTheLedgerOfADetectorIsServedAndMeasured(t *testing.T) {
	e := demoEngine(t)
	serve := func(exporter, query string) (int, string) {
		r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1/?"+query, nil)
		r.SetPathValue("exporter", exporter)
		w := httptest.NewRecorder()
		e.serveLedger(w, r)
		return w.Code, w.Body.String()
	}
	var got exporterLedger
	code, body := serve("127.0.0.11", "")
	if err := json.Unmarshal([]byte(body), &got); err != nil || code != http.StatusOK || len(got.Interfaces) == 0 {
		t.Fatalf("got %d, %v\n%s", code, err, body)
	}
	if got.Until.Sub(got.Since) < time.Minute || got.Interfaces[0].In.Hour.BPS == 0 {
		t.Errorf("got %+v", got)
	}
	index := got.Interfaces[0].Index
	code, body = serve("127.0.0.11", fmt.Sprintf("interface=%d&minutes=5", index))
	got = exporterLedger{}
	if err := json.Unmarshal([]byte(body), &got); err != nil || code != http.StatusOK || len(got.Interfaces) != 1 || len(got.Interfaces[0].Minutes) == 0 {
		t.Errorf("got %d, %v\n%s", code, err, body)
	}
	for _, c := range []struct {
		exporter, query, want string
		code                  int
	}{
		{"127.0.0.11", "interface=4711", "no such interface\n", http.StatusNotFound},
		{"127.0.0.99", "", "no such exporter\n", http.StatusNotFound},
		{"nobody", "", "no such exporter\n", http.StatusNotFound},
		{"127.0.0.11", "minutes=5", "minutes: of which interface? interface= is missing\n", http.StatusBadRequest},
	} {
		if code, body := serve(c.exporter, c.query); code != c.code || body != c.want {
			t.Errorf("%+v: got %d %q", c, code, body)
		}
	}
	got2, want := metricsOf(t, detector.NewTrust(e.detector)), map[string]float64{
		"eagre_detector_ledger_lines": float64(e.detector.Ledger().Counts().Lines), "eagre_detector_ledger_pages": float64(e.detector.Ledger().Counts().Pages),
		"eagre_detector_ledger_hours": float64(e.detector.Ledger().Counts().Hours), "eagre_detector_ledger_refused_total": 0,
		"eagre_detector_ledger_too_old_packets_total": 0, "eagre_exporters_on_time_unlabelled": 0,
		"eagre_exporter_on_time_ratio 127.0.0.11": 1, "eagre_exporter_on_time_ratio 127.0.0.12": 1, "eagre_exporter_on_time_ratio 127.0.0.13": 1,
	}
	if diff := cmp.Diff(want, got2, cmpopts.EquateApprox(0, 0.2)); diff != "" || want["eagre_detector_ledger_lines"] == 0 {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
}

// metricsOf are the values of a collector by name and exporter.
func metricsOf(t *testing.T, c prometheus.Collector) map[string]float64 {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(c)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := f.GetName()
			if len(m.GetLabel()) > 0 {
				name += " " + m.GetLabel()[0].GetValue()
			}
			out[name] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	return out
}
