package main

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/ingest"
	"eagre/ingest/ipfix"
)

// seen is what an operator may find: an exporter that loses, one that was heard
// before the start only, one that fell silent yesterday.
func seen() exporterList {
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	yesterday := noon.AddDate(0, 0, -1)
	losing := ingest.Status{
		Exporter: netip.MustParseAddr("192.0.2.1"), Formats: []string{"netflow-v9"}, First: &yesterday, Last: &noon,
		Datagrams: 40, Records: 1000, Lost: 3, Balanced: true,
		Became:    map[string]uint64{"ok": 30, "malformed": 7, "partial": 3, "duplicate": 0},
		Malformed: map[string]uint64{"bad_version": 5, "short_header": 2},
		Minute:    ingest.Minute{FlowsPerSecond: 1500, Lost: 999, LostPercent: 99.9},
		Samplers:  []ipfix.Sampler{{Domain: 7, ID: 1, Rate: 100, Known: true}, {Domain: 7, ID: 2}, {Domain: 8, Interface: 3, Rate: 10, Known: true}},
		Templates: 2, Domains: 2, SamplingRate: 100, Sampling: "options", ClockKnown: true, ClockOffset: -90 * time.Second,
		ClockSteps: 2, Restarts: 3, Boot: &yesterday, Renumbered: 4,
		Feeds: []string{"port totals"}, Lacks: []string{"syn-flood", "AS reports"},
	}
	halfMissing := &exporterAgreement{Ratio: 0.5, Error: 0.04, Interfaces: 12, Agree: 10, Mismatches: []string{"flows into interface 3 tell of half", "flows into interface 4 too"}}
	return exporterList{
		Exporters: []exporterStatus{
			{Name: "edge1", Status: losing, Trust: &exporterHealth{OnTime: 0.712, Jumped: true, StartTimes: "cumulative", Again: 7, DelayMedian: 8.23, DelayMost: 22}, Crosscheck: halfMissing},
			{Name: "192.0.2.2", Status: ingest.Status{Exporter: netip.MustParseAddr("192.0.2.2"), Lacks: []string{"syn-flood"}}},
			{Name: "edge3", Trust: &exporterHealth{OnTime: 0.9999, StartTimes: "honest"}, Crosscheck: &exporterAgreement{Ratio: 1.012, Error: 0.02, Interfaces: 12, Agree: 12}, Status: ingest.Status{
				Exporter: netip.MustParseAddr("2001:db8::3"), Formats: []string{"ipfix"}, First: &yesterday, Last: &yesterday, Silent: true,
				Minute: ingest.Minute{Lost: 1, LostPercent: 0.004}, Feeds: []string{"port totals"},
			}},
		},
		Sockets: []socketStatus{{"udp 0.0.0.0:2055", 12}, {"udp 0.0.0.0:6343", 0}},
		Ledger:  ledgerExtent{Refused: 5, TooOld: 7},
	}
}

func TestTableOfExporters(t *testing.T) {
	var out strings.Builder
	if err := seen().table(&out, time.Date(2026, 3, 2, 13, 0, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	want := `
EXPORTER             FORMATS     FLOWS/S    LOSS   SAMPLING       CLOCK  ON TIME      COUNTERS                MALFORMED        LAST HEARD                  FEEDS
edge1 (192.0.2.1)    netflow-v9  1.50 Kfps  99.9%  1:100 options  -90s   71 % JUMPED  10 of 12, 0.5 MISMATCH  7 (bad_version)  12:00:00                    port totals
192.0.2.2                        0 fps      0      unknown        -      -            -                       0                not since start             nothing yet
edge3 (2001:db8::3)  ipfix       0 fps      <0.1%  unknown        -      >99 %        12 of 12, 1.01          0                2026-03-01 12:00:00 SILENT  all
udp 0.0.0.0:2055: the kernel dropped 12, its buffer was full
ledger: 5 sums of interfaces found no room
ledger: 7 packets were from before what it holds
`
	if diff := cmp.Diff(want[1:], out.String()); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}

func TestDetailsOfAnExporter(t *testing.T) {
	var out strings.Builder
	list := seen()
	list.Exporters = list.Exporters[:2]
	list.Exporters[0].Ledger = toldLedger(edge1, 90)
	if err := list.details(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"edge1 (192.0.2.1)\n  formats           netflow-v9\n  heard             2026-03-01T12:00:00Z to 2026-03-02T12:00:00Z\n",
		"  datagrams         40: ok 30, malformed 7, partial 3\n",
		"  malformed         bad_version 5, short_header 2\n",
		"  sampling          1:100 options\n                    domain 7, sampler 1: 1:100\n" +
			"                    domain 7, sampler 2: named by records, but never announced\n                    domain 8, interface 3: 1:10\n",
		"  lacks fields for  syn-flood, AS reports\n",
		"  restarts          3, up since 2026-03-01T12:00:00Z; its sequence numbers began anew 4 times\n",
		"  restarts          0\n",
		"  clock             -90s; it jumped 2 times\n",
		"  on time           71 % of its packets came while their minute was open; the ledger has all. " +
			"That is NOT WHAT IT WAS: a timeout was changed, or flows come late\n",
		"  delay             half of the records come within 8.2 s of the end of their flow, 99 % within 22.0 s\n",
		"  start times       never move, counters hold the whole past: only what is new counts\n",
		"  second views      7 records showed packets a second time: not counted\n",
		"  on time           no minute of it has settled yet\n",
		"  counters          agree on 10 of 12 interfaces, ratio 0.5 ±0.04\n" +
			"                    flows into interface 3 tell of half\n                    flows into interface 4 too\n",
		"  counters          nothing to hold its flows against yet\n",
		"  ledger            2026-03-02 18:30 to 2026-03-02 20:00 UTC, 1 h 30 min\n",
		"  3 xe-0/0/3 \\x1b]0;owned\\x07\\u202e  in   bits/s  ",
		"ledger: no minute has settled yet\n",
		"192.0.2.2\n  formats           none\n  heard             not since the engine started\n",
		"  books             DO NOT BALANCE: a defect of eagre\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("got\n%s\nwant in it\n%s", out.String(), want)
		}
	}
}
