package ingest

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/ingest/wire"

	"eagre/ingest/header"
)

// A minute of one router as its operator sees it: half of the flows of one
// datagram were lost, one datagram came twice, one was broken.
func TestStatusSaysWhatAnOperatorAsks(t *testing.T) {
	s := newStation(t, nil)
	ahead := with32(v5(0, 30), 8, uint32(began.Unix()+7))
	s.netflow(0, edge1, ahead)
	s.netflow(time.Second, edge1, ahead)
	s.netflow(2*time.Second, edge1, v5(60, 30))
	s.netflow(3*time.Second, edge1, []byte{0, 5, 0})
	s.Advance(began.Add(time.Minute))
	s.Finish(began.Add(time.Minute))
	got := s.Exporters()[0]
	want := Minute{Datagrams: 4, Records: 60, FlowsPerSecond: 1, Malformed: 1, Duplicates: 1, Balanced: true}
	if diff := cmp.Diff(want, got.Minute); diff != "" {
		t.Errorf("minute (-want +got):\n%s", diff)
	}
	if got.Lost != 30 || got.Records != 60 || !got.Balanced || got.Malformed["short_header"] != 1 || got.Became["duplicate"] != 1 {
		t.Errorf("got %+v", got)
	}
	if diff := cmp.Diff([]string{"netflow-v5"}, got.Formats); diff != "" {
		t.Errorf("formats (-want +got):\n%s", diff)
	}
	if !got.ClockKnown || got.ClockOffset != 7*time.Second {
		t.Errorf("clock: got %v, %v; want 7s ahead", got.ClockOffset, got.ClockKnown)
	}
	if diff := cmp.Diff([]string{"port totals", "host totals", "udp, icmp and dns floods", "signatures"}, got.Feeds); diff != "" {
		t.Errorf("feeds (-want +got):\n%s", diff)
	}
	if got.SamplingRate != 1 || got.Sampling != "assumed" || !got.First.Equal(began) {
		t.Errorf("got sampling 1:%d %s, first heard %v", got.SamplingRate, got.Sampling, got.First)
	}
}

// The books are closed minute by minute, and each of them balances by itself.
func TestEveryMinuteBalances(t *testing.T) {
	s := newStation(t, nil)
	var sum Minute
	for i := range uint32(300) {
		s.netflow(time.Duration(i)*time.Second, edge1, v5(i*10, 10))
		if i%60 == 0 && i > 0 {
			m := s.Exporters()[0].Minute
			if m.Datagrams != 60 || m.Records != 600 || !m.Balanced {
				t.Errorf("minute %d: got %+v, want 60 datagrams with 600 records", i/60, m)
			}
			sum.Datagrams += m.Datagrams
		}
	}
	if sum.Datagrams != 240 {
		t.Errorf("four minutes hold %d datagrams, want 240", sum.Datagrams)
	}
}

func TestExportTimeIsReadWhereTheFormatHasIt(t *testing.T) {
	s := newStation(t, nil)
	s.netflow(0, edge1, v5(0, 0))
	x := s.exporters[keyOf(edge1)]
	exported := func(payload []byte) int64 {
		s.report.Reset()
		return s.decode(x, AutoDoor, payload, false, wire.Source{Exporter: x.address, Arrival: began.UnixMilli()}).exported
	}
	timed := func(payload []byte, at int) []byte { return with32(with32(payload, at, 0x69a42bc0), at+4, 0x3b9ac9ff) }
	for name, c := range map[string]struct {
		payload []byte
		want    int64
	}{
		"IPFIX":                         {timed(v10(0), 4), 0x69a42bc0 * 1000},
		"v9":                            {with32(v9(0), 8, 0x3b9ac9ff), 0x3b9ac9ff * 1000},
		"v5":                            {with32(v5(0, 0), 8, 0x3b9ac9ff), 0x3b9ac9ff * 1000},
		"v5 with a fraction":            {timed(v5(0, 0), 8), 0x69a42bc0*1000 + 999},
		"v5 with a billion nanoseconds": {with32(v5(0, 0), 12, 1_000_000_000), 0},
		"v5 without a time":             {with32(v5(0, 0), 8, 0), 0},
		"sFlow":                         {sflowOf(0, 0), 0},
		"of no format":                  {[]byte{0, 99, 0, 20, 0x69, 0xa4, 0x2b, 0xc0, 0x3b, 0x9a, 0xc9, 0xff, 0, 0, 0, 0}, 0},
		"v5 that ends before it":        {with32(v5(0, 0), 8, 0x3b9ac9ff)[:15], 0},
	} {
		if got := exported(c.payload); got != c.want {
			t.Errorf("%s: got %d, want %d", name, got, c.want)
		}
	}
}

// Of a format that numbers datagrams one in ten is lost, however many records
// each of them holds.
func TestLossIsOfWhatTheFormatCounts(t *testing.T) {
	s := newStation(t, nil)
	s.netflow(0, edge1, v9(0, t9(plain()...)))
	for i := range uint32(100) {
		if i%10 != 5 {
			s.netflow(time.Duration(i)*100*time.Millisecond, edge1, v9(1+i, set(300, join(record(), record(), record())...)))
		}
	}
	s.Finish(began.Add(50 * time.Second))
	s.Advance(began.Add(time.Minute))
	if got := s.Exporters()[0].Minute; got.Lost != 10 || got.LostPercent < 9.8 || got.LostPercent > 10 {
		t.Errorf("got %d lost, %.1f %%; want 10 and about 10 %%", got.Lost, got.LostPercent)
	}
}

// sFlow names a rate with each sample: the newest is shown.
func TestSamplingShownIsThatOfTheNewestRecords(t *testing.T) {
	s := newStation(t, nil)
	s.Datagram(began, SFlowDoor, edge1, sflowOf(1, 0), false)
	if got := s.Exporters()[0]; got.SamplingRate != 512 || got.Sampling != "sample" {
		t.Errorf("sFlow: got 1:%d %s, want 1:512", got.SamplingRate, got.Sampling)
	}
	s.netflow(0, edge1, v9(0, t9(plain()...))) // has no records
	if got := s.Exporters()[0]; got.SamplingRate != 512 {
		t.Errorf("after a template: got 1:%d %s, want 1:512 still", got.SamplingRate, got.Sampling)
	}
}

func TestMeteredPacketsHaveAStatusToo(t *testing.T) {
	s := newStation(t, nil)
	frame := []byte{0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 7, 198, 51, 100, 7, 0, 9, 0, 9, 0, 8, 0, 0}
	s.Frame(began, header.Raw, frame, len(frame), 3)
	got := s.Exporters()[0]
	if got.Frames != 1 || strings.Join(got.Formats, ",") != "packets" || got.First == nil || !got.Last.Equal(began) || got.SamplingRate != 1 {
		t.Errorf("got %+v, want one packet, heard at the beginning, 1:1", got)
	}
	if diff := cmp.Diff([]string{"AS reports"}, got.Lacks); diff != "" {
		t.Errorf("lacks (-want +got):\n%s", diff)
	}
}

// What is restored was heard by an earlier run: there is no time to show, and
// the lists of the JSON are lists all the same.
func TestRestoredExporterWasNotHeardYet(t *testing.T) {
	before, after := newStation(t, nil), newStation(t, nil)
	before.netflow(0, edge1, v9(0, t9(plain()...)))
	state, _ := before.State()
	if err := after.Restore(state); err != nil {
		t.Fatal(err)
	}
	after.Advance(began.Add(time.Hour))
	got := after.Exporters()[0]
	if got.First != nil || got.Last != nil || got.Templates != 1 {
		t.Errorf("got %+v, want a template and no time", got)
	}
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	for _, list := range []string{`"formats":[]`, `"samplers":[]`, `"sources":[]`, `"feeds":[]`, `"first_heard":null`} {
		if !strings.Contains(string(text), list) {
			t.Errorf("%s is not in %s", list, text)
		}
	}
}
