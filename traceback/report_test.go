package traceback

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/anomaly"
	"eagre/flow"
	"eagre/network"
)

var update = flag.Bool("update", false, "write the golden reports again")

// text is the report as text; it must equal the golden file.
func golden(t *testing.T, name string, r Report, now time.Time) string {
	t.Helper()
	var out bytes.Buffer
	if err := r.Text(&out, now); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), out.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
	for i, line := range strings.Split(out.String(), "\n") {
		if width(line) > pageWidth && !strings.HasPrefix(line, "To see it again") {
			t.Errorf("line %d is %d columns wide: %s", i+1, width(line), line)
		}
	}
	return out.String()
}

// contains looks for what a founding slide shows, spaces aside.
func contains(t *testing.T, text string, wants ...string) {
	t.Helper()
	flat := strings.Join(strings.Fields(text), " ")
	for _, want := range wants {
		if !strings.Contains(flat, want) {
			t.Errorf("the report lacks %q", want)
		}
	}
}

func oneRouter(t *testing.T, e network.Exporter) *network.Map {
	t.Helper()
	m, err := network.New(network.Config{Exporters: []network.Exporter{e}})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// part is the i-th of n nearly equal parts of a whole.
func part(whole uint64, i, n int) uint64 {
	return whole*uint64(i+1)/uint64(n) - whole*uint64(i)/uint64(n)
}

// The first screen: SQL Slammer, 540 snapshots of a minute each, from flows.
func TestTheSlammerScreenIsRebuiltFromFlows(t *testing.T) {
	const minutes = 540
	start := time.Date(2003, 1, 27, 7, 45, 2, 0, time.UTC)
	net8 := network.Exporter{Address: addr("1.2.3.4"), Name: "net8", Interfaces: []network.Interface{
		{Index: 12, Name: "campus", Role: network.RoleCustomer}, {Index: 67, Name: "at-1/1/0.14", Role: network.RoleExternal},
	}}
	source := prefix("192.168.16.0/20")
	report := Report{Anomaly: slammerEvent(start, source)}
	// Bytes and packets of the two infected hosts as on the screen, and the rest.
	hosts := []struct {
		address        string
		bytes, packets uint64
	}{{"192.168.20.217", 168_220_000_000, 416_436_800}, {"192.168.18.187", 139_530_000_000, 345_372_800}, {"192.168.17.3", 260_000_000, 1_040_000}}
	begin := start.Truncate(time.Minute)
	var last Trace
	for m := range minutes {
		at := begin.Add(time.Duration(m) * time.Minute)
		recent := NewRecent(Config{})
		for _, h := range hosts {
			r := flow.Record{
				Exporter: net8.Address, InIf: 12, OutIf: 67, SrcAddr: addr(h.address), DstAddr: addr("8.8.8.8"),
				SrcPort: 1091, DstPort: 1434, Proto: protoUDP, Start: at, End: at.Add(59 * time.Second),
				Bytes: part(h.bytes/100, m, minutes), Packets: part(h.packets/100, m, minutes), SamplingRate: 100,
			}
			recent.Add(flow.StepOf(at), pack(flow.StepOf(at), []flow.Record{r})[0])
		}
		recent.Add(flow.StepOf(at.Add(time.Minute))-1, pack(0, []flow.Record{syn(edge1, 1, 0, "203.0.113.1", "198.51.100.7")})[0])
		last = traceOne(recent, oneRouter(t, net8), Pattern{Source: source, From: at, To: at.Add(time.Minute)}).After(last)
		report.Keep(last.Snapshot)
	}
	report.Anomaly = last.Complete(report.Anomaly)
	if got, want := report.Merged+len(report.Snapshots), minutes; got != want {
		t.Errorf("%d snapshots, want %d", got, want)
	}
	total := report.Summary().Total
	if got, want := total.Packets, uint64(762_849_600); got != want {
		t.Errorf("%d packets, want %d", got, want)
	}
	text := golden(t, "slammer.txt", report, start.Add(9*time.Hour+6*time.Minute+47*time.Second))
	contains(t, text, "958.2% of 3.40 Kpps", "09h 06m 47s", "Outgoing",
		"Bitrate 71.69 Mbps 2.34 Mbps 69.35 Mbps 105.26 Mbps @ 08:00", "Packet Rate 22.20 Kpps 712 pps 21.49 Kpps 32.58 Kpps @ 08:00 23.54 Kpps ±1.9 %",
		"All 540 samples, collected for 32,400 seconds",
		"Total 308.01 GB 762,849,600 404 B 76.05 Mbps 23.54 Kpps",
		"192.168.20.217/32 168.22 GB 416,436,800 404 B 41.54 Mbps",
		"192.168.18.187/32 139.53 GB 345,372,800 404 B 34.45 Mbps",
		"1434 (ms-sql-m)", "udp (17)", "404 bytes", "Router net8 (1.2.3.4)")
}

func slammerEvent(start time.Time, source interface{ String() string }) anomaly.Event {
	p := prefix(source.String())
	triggering, expected := anomaly.Rates{BPS: 71_690_000, PPS: 22_200}, anomaly.Rates{BPS: 2_340_000, PPS: 712}
	maximum := anomaly.Rates{BPS: 105_260_000, PPS: 32_580}
	return anomaly.Event{Event: anomaly.Updated, ID: "125772", Revision: 31, Anomaly: anomaly.Anomaly{
		Class: anomaly.Signature, Subclass: "slammer", Title: "SQL Slammer worm", Importance: anomaly.High,
		SeverityPercent: anomaly.Severity(maximum.PPS, 3400), Threshold: anomaly.Threshold{Value: 3400, Unit: anomaly.PPS},
		Direction: "outgoing", Start: start, Ongoing: true,
		Resource: anomaly.Resource{Kind: "prefix", Name: "campus", Prefix: p.String()}, Source: &p,
		Triggering: triggering, Expected: expected, Difference: triggering.Sub(expected),
		Maximum: anomaly.Peak{Rates: maximum, At: start.Truncate(time.Hour).Add(time.Hour)}, Mean: anomaly.Rates{BPS: 76_050_000, PPS: 23_540}, SamplingErrorPercent: 1.9,
		Evidence: anomaly.Evidence{
			Sentence:  "udp to port 1434 with 404-byte packets: 22.20 Kpps from 192.168.20.217, limit 3.40 Kpps",
			Reproduce: "eagre signature backtest rules/slammer.yaml --from 2003-01-27T07:45:00Z --to 2003-01-27T16:52:00Z",
		},
	}}
}

// The second screen: the attack on windowsupdate.com, entering at one interface.
func TestTheWindowsUpdateScreenIsRebuiltFromFlows(t *testing.T) {
	start := time.Date(2003, 8, 16, 3, 34, 0, 0, time.UTC)
	chicago := network.Exporter{Address: addr("198.110.131.125"), Name: "nl-chi3", Interfaces: []network.Interface{
		{Index: 67, Name: "at-1/1/0.14 pvc to WMU", Role: network.RoleCustomer},
	}}
	victim := prefix("207.46.248.234/32")
	recent := NewRecent(Config{})
	add := func(at time.Time, records ...flow.Record) {
		for _, p := range pack(flow.StepOf(at), records) {
			recent.Add(flow.StepOf(at), p)
		}
	}
	recordAt := func(at time.Time, host, port int, packets uint64) flow.Record {
		return flow.Record{
			Exporter: chicago.Address, InIf: 67, OutIf: 3, SrcAddr: flow.V4(0xcc268200 | uint32(host)).Addr(),
			DstAddr: victim.Addr(), SrcPort: uint16(port), DstPort: 80, Proto: protoTCP, TCPFlags: 2,
			Start: at, End: at, Packets: packets, Bytes: packets * 40, SamplingRate: 1,
		}
	}
	add(start.Add(-20*time.Second), recordAt(start.Add(-20*time.Second), 1, 1024, 520)) // 26 pps before
	for s := range 60 {
		packets := 1_684 // 1.7 Kpps, and once 2.6 Kpps
		if s == 30 {
			packets = 2_600
		}
		var records []flow.Record
		for i := range packets {
			host := 192 + i%64
			if i%16 == 0 { // a sixteenth comes from the rest of the network
				host = (i/16*7 + s) % 192
			}
			records = append(records, recordAt(start.Add(time.Duration(s)*time.Second), host, 1024+(i*7+s*13)%768, 1))
		}
		add(start.Add(time.Duration(s)*time.Second), records...)
	}
	trace := traceOne(recent, oneRouter(t, chicago), Pattern{Victim: victim, From: start, To: start.Add(time.Minute)})
	end := start.Add(17 * time.Minute)
	report := Report{Anomaly: trace.Complete(anomaly.Event{ID: "150228", Anomaly: anomaly.Anomaly{
		Class: anomaly.Profiled, Subclass: "bandwidth", Title: "Bandwidth above its profile", Importance: anomaly.High,
		SeverityPercent: anomaly.Severity(2600, 2000), Threshold: anomaly.Threshold{Value: 2000, Unit: anomaly.PPS},
		Direction: "incoming", Start: start, End: &end, Victim: &victim,
		Resource: anomaly.Resource{Kind: "managed-object", Name: "Microsoft", Prefix: "207.46.0.0/16"},
		Evidence: anomaly.Evidence{Sentence: "packet rate to 207.46.248.234 is 2.60 Kpps, expected 26 pps, limit 2.00 Kpps"},
	}})}
	report.Keep(trace.Snapshot)
	text := golden(t, "windowsupdate.txt", report, end)
	contains(t, text, "130.0% of 2.00 Kpps", "00h 17m 00s", "Incoming", "Profiled bandwidth", "Microsoft 207.46.0.0/16",
		"Sources 204.38.130.192/26 204.38.130.0/24", "ports 1024 - 1791", "Destinations 207.46.248.234/32", "ports 80 (http)",
		"tcp (6)", "S (0x02)", "Router nl-chi3 (198.110.131.125), importance high", "67 at-1/1/0.14", "26 832.00 K", "2.60 K 1.70 K")
}

// The third screen: one snapshot of the fragment flood on core1-telehouse.
func TestTheTelehouseScreenIsRebuiltFromFlows(t *testing.T) {
	start := time.Date(2003, 6, 15, 20, 5, 23, 0, time.UTC)
	sample := time.Date(2003, 6, 15, 21, 14, 0, 0, time.UTC)
	telehouse := network.Exporter{Address: addr("195.99.120.112"), Name: "core1-telehouse", Interfaces: []network.Interface{
		{Index: 5, Name: "FastEthernet5/1", Role: network.RoleExternal},
	}}
	victim := prefix("62.6.0.1/32")
	record := func(source string, bytes, packets uint64) flow.Record {
		return flow.Record{
			Exporter: telehouse.Address, InIf: 5, OutIf: 2, SrcAddr: addr(source), DstAddr: victim.Addr(), Proto: protoUDP,
			Quality: flow.Fragment, Start: sample, End: sample.Add(59 * time.Second), Bytes: bytes, Packets: packets, SamplingRate: 200,
		}
	}
	// 2,447,100,000 bytes and 1,895,200 packets; the screen's first source has 346,400 of them.
	recent := NewRecent(Config{})
	step := flow.StepOf(sample)
	recent.Add(step, pack(step, []flow.Record{
		record("195.99.120.112", 453_710_000/200, 346_400/200),
		record("195.99.121.9", 993_390_000/200, 800_000/200), record("217.32.7.8", 1_000_000_000/200, 748_800/200),
	})[0])
	recent.Add(flow.StepOf(sample.Add(time.Minute))-1, pack(0, []flow.Record{syn(edge1, 1, 0, "203.0.113.1", "198.51.100.7")})[0])
	trace := traceOne(recent, oneRouter(t, telehouse), Pattern{Victim: victim, From: sample, To: sample.Add(time.Minute)})
	trace.Snapshot.Number = 8
	end := time.Date(2003, 6, 15, 22, 9, 41, 0, time.UTC)
	report := Report{Anomaly: trace.Complete(telehouseEvent(start, end))}
	report.Keep(trace.Snapshot)
	text := golden(t, "telehouse.txt", report, end)
	contains(t, text, "108760.0% of 300.00 Kbps", "02h 04m 18s", "Misuse ip-fragments", "BTnet-Core", "2003-06-15 22:09:41",
		"326.28 Mbps @ 21:14 326.28 Mbps", "31.36 Kpps 500 pps 30.86 Kpps 31.59 Kpps @ 21:14 31.59 Kpps",
		"Sample 8 @ 21:14, collected for 60 seconds", "Total 2.45 GB 1,895,200 1.29 KB 326.28 Mbps 31.59 Kpps",
		"195.99.120.112/32 453.71 MB 346,400 1.31 KB 60.49 Mbps 5.77 Kpps 18.54")
}

func telehouseEvent(start, end time.Time) anomaly.Event {
	triggering, expected := anomaly.Rates{PPS: 31_360}, anomaly.Rates{PPS: 500}
	maximum := anomaly.Rates{BPS: 326_280_000, PPS: 31_586.67}
	return anomaly.Event{Event: anomaly.Ended, ID: "14957", Anomaly: anomaly.Anomaly{
		Class: anomaly.Misuse, Subclass: "ip-fragments", Title: "IP fragment flood", Importance: anomaly.High,
		SeverityPercent: anomaly.Severity(maximum.BPS, 300_000), Threshold: anomaly.Threshold{Value: 300_000, Unit: anomaly.BPS},
		Direction: "incoming", Start: start, End: &end,
		Resource:   anomaly.Resource{Kind: "interface", Name: "bt.net-FastEthernet5/1 BTnet-Core"},
		Triggering: triggering, Expected: expected, Difference: triggering.Sub(expected),
		Maximum:  anomaly.Peak{Rates: maximum, At: time.Date(2003, 6, 15, 21, 14, 0, 0, time.UTC)},
		Mean:     maximum,
		Evidence: anomaly.Evidence{Sentence: "fragments on bt.net-FastEthernet5/1: 326.28 Mbps, limit 300.00 Kbps"},
	}}
}

func TestAReportOfAnUntracedAnomalyStillReads(t *testing.T) {
	report := Report{Anomaly: anomaly.Event{ID: "a-1", Anomaly: anomaly.Anomaly{
		Class: anomaly.Scan, Subclass: "horizontal",
		Direction: "unknown", Start: t0, Ongoing: true, Evidence: anomaly.Evidence{Sentence: "one source touched 120 hosts on port 23"},
	}}}
	text := golden(t, "untraced.txt", report, t0.Add(time.Minute))
	contains(t, text, "None seen in the flows that are held.", "00h 01m 00s, ongoing")
}

func TestHostileNamesCannotTouchTheTerminal(t *testing.T) {
	evil := "up\x1b[2Jlink\r\n\u202egnirts\u200b\xff e\u0301" + strings.Repeat("x", 300)
	nw := oneRouter(t, network.Exporter{Address: edge1, Name: evil, Interfaces: []network.Interface{{Index: 1, Name: evil, Role: network.RoleExternal}}})
	trace := traceOne(hold(Config{}, flood(edge1, 1, 50, time.Second, "198.51.100.7")...), nw, minute("198.51.100.7/32"))
	breadth := evil
	report := Report{Anomaly: trace.Complete(anomaly.Event{ID: evil, Anomaly: anomaly.Anomaly{
		Title: evil, Subclass: evil, Class: anomaly.Class(evil),
		Direction: evil, Breadth: &breadth, Resource: anomaly.Resource{Name: evil, Prefix: evil}, Evidence: anomaly.Evidence{Sentence: evil},
	}})}
	report.Keep(trace.Snapshot)
	var out bytes.Buffer
	if err := report.Text(&out, t0); err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(out.String(), "\n") {
		if width(line) > pageWidth {
			t.Errorf("line %d is %d columns wide: %s", i+1, width(line), line)
		}
		if strings.ContainsAny(line, "\x1b\r\u202e\u200b\u0301") || strings.Contains(line, "\xff") {
			t.Errorf("line %d carries what a terminal obeys: %q", i+1, line)
		}
	}
	contains(t, out.String(), `up\x1b[2Jlink\x0d\x0a\u202egnirts`)
}

func TestAReportSurvivesJSON(t *testing.T) {
	trace := traceOne(received(randomFlows(random(31), 500), func([]flow.Record) {}), isp(t), several()[0])
	want := Report{Anomaly: trace.Complete(slammerEvent(t0, prefix("10.0.0.0/8")))}
	want.Anomaly.Vectors = []anomaly.Vector{}
	want.Keep(trace.Snapshot)
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got Report
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmpAddr, cmp.Comparer(func(a, b anomaly.Event) bool {
		x, _ := json.Marshal(a)
		y, _ := json.Marshal(b)
		return bytes.Equal(x, y)
	})); diff != "" {
		t.Errorf("after JSON (-want +got):\n%s", diff)
	}
	for _, name := range []string{`"bytes_per_packet"`, `"source_addresses"`, `"percent_bps"`, `"seconds":60`, `"tcp_flags"`, `"output_interfaces"`} {
		if !strings.Contains(string(b), name) {
			t.Errorf("the JSON lacks %s", name)
		}
	}
}

func TestADayOfSnapshotsStaysBoundedAndTheSummaryWhole(t *testing.T) {
	var r Report
	const n = 3 * MaxSnapshots
	for i := range n {
		list := List{Rows: []Row{{Key: fmt.Sprintf("203.0.113.%d/32", i%20), Amount: Amount{Bytes: 100, Packets: 1}}}, Distinct: 1}
		r.Keep(Snapshot{
			Start: t0.Add(time.Duration(i) * time.Minute), End: t0.Add(time.Duration(i+1) * time.Minute), Seconds: 60,
			Total: Traffic{Amount: Amount{Bytes: 100, Packets: 1}, SourceAddresses: list},
		})
	}
	if len(r.Snapshots) != MaxSnapshots || r.Merged != n-MaxSnapshots {
		t.Errorf("%d kept, %d merged, want %d and %d", len(r.Snapshots), r.Merged, MaxSnapshots, n-MaxSnapshots)
	}
	if got := r.Snapshots[len(r.Snapshots)-1].Number; got != n {
		t.Errorf("the last has number %d, want %d", got, n)
	}
	s := r.Summary()
	if s.Total.Packets != n || s.Seconds != 60*n || !s.Start.Equal(t0) {
		t.Errorf("summary of %d packets in %d seconds from %v", s.Total.Packets, s.Seconds, s.Start)
	}
	var rows uint64
	for _, row := range s.Total.SourceAddresses.Rows {
		rows += row.Packets
	}
	if got := rows + s.Total.SourceAddresses.Rest.Packets; got != n || len(s.Total.SourceAddresses.Rows) != 10 {
		t.Errorf("%d rows and rest add up to %d packets, want 10 and %d", len(s.Total.SourceAddresses.Rows), got, n)
	}
}

func TestAnEmptySnapshotIsNotKept(t *testing.T) {
	var r Report
	r.Keep(Snapshot{})
	if len(r.Snapshots) != 0 {
		t.Error("kept a snapshot that covers no time")
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestAReportThatCannotBeWrittenSaysWhich(t *testing.T) {
	err := Report{Anomaly: anomaly.Event{ID: "a-7"}}.Text(full{}, t0)
	if got, want := fmt.Sprint(err), "traceback: report of a-7: disk full"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
