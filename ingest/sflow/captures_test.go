package sflow

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket/pcapgo"

	"eagre/flow"
	"eagre/ingest/header"
	"eagre/ingest/wire"
	"eagre/internal/recorded"
)

func read(t *testing.T, parts ...string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// payloads are the UDP payloads of a capture that are sFlow version 5.
func payloads(t *testing.T, path string) (out [][]byte) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := pcapgo.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for {
		frame, info, err := r.ReadPacketData()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		var h header.Header
		if header.Parse(header.LinkType(r.LinkType()), frame, info.Length, &h) && h.Proto == 17 && len(h.Transport) > 8 {
			payload := h.Transport[8:min(len(h.Transport), int(binary.BigEndian.Uint16(h.Transport[4:])))]
			if format, _ := wire.Recognise(payload); format == wire.SFlowV5 {
				out = append(out, payload)
			}
		}
	}
}

// tally is what came out of a capture.
type tally struct {
	datagrams, rows, samples, counters int
	dispositions                       map[wire.Disposition]int
	notes                              map[wire.Finding]int
	agents                             map[string]int
	records                            []flow.Record
}

func tallied(t *testing.T, datagrams [][]byte) tally {
	t.Helper()
	out := tally{dispositions: map[wire.Disposition]int{}, notes: map[wire.Finding]int{}, agents: map[string]int{}}
	for _, payload := range datagrams {
		d, records, report := decoded(payload, exporter)
		disposition, _ := report.Disposition()
		out.datagrams++
		out.dispositions[disposition]++
		for _, n := range report.Notes() {
			out.notes[n.Finding] += int(n.Times)
		}
		out.agents[d.Agent.Addr().String()]++
		out.samples += report.Decoded + report.Understood
		out.counters += len(d.Counters())
		out.records = append(out.records, records...)
		out.rows += len(records)
		bothWays(t, payload, exporter, nil, 0)
	}
	return out
}

// What tcpdump's own captures hold, as FACTS.tsv has it of other programs.
func TestCapturesOfTcpdumpComeOutAsOthersReadThem(t *testing.T) {
	folder := filepath.Join(recorded.Captures(t), "exporters", "tcpdump-sflow")
	cases := []struct {
		file string
		want tally
	}{
		{"sflow-print-v6.pcap", tally{
			datagrams: 25, rows: 13, samples: 48 + 13, counters: 48,
			dispositions: map[wire.Disposition]int{wire.OK: 25},
			notes:        map[wire.Finding]int{wire.CounterSampleOnly: 48},
			agents:       map[string]int{"30::1:1:1": 25},
		}},
		{"sflow_expanded.pcap", tally{
			datagrams: 1, rows: 1, samples: 1, dispositions: map[wire.Disposition]int{wire.OK: 1}, notes: map[wire.Finding]int{},
			agents: map[string]int{"49.49.49.49": 1},
		}},
		{"sflow_multiple_counter_30_pdus.pcap", tally{ // the two samples that are not expanded are of processors
			datagrams: 25, samples: 144, counters: 142,
			dispositions: map[wire.Disposition]int{wire.OK: 25},
			notes:        map[wire.Finding]int{wire.CounterSampleOnly: 144},
			agents: map[string]int{
				"15.184.1.195": 10, "15.184.1.194": 7, "15.184.1.129": 4, "15.184.8.4": 2, "15.184.4.165": 1, "15.184.13.52": 1,
			},
		}},
		{"sflow_print-segv.pcap", tally{
			datagrams: 1, dispositions: map[wire.Disposition]int{wire.Malformed: 1}, notes: map[wire.Finding]int{wire.SFlowShort: 1},
			agents: map[string]int{"invalid IP": 1},
		}},
	}
	for _, c := range cases {
		got := tallied(t, payloads(t, filepath.Join(folder, c.file)))
		if c.file == "sflow_expanded.pcap" {
			c.want.records = expandedRecords()
		} else {
			got.records = nil
		}
		if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(tally{}), compareRecords); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.file, diff)
		}
	}
}

// expandedRecords is the one flow of sflow_expanded.pcap as tshark reads it.
func expandedRecords() []flow.Record {
	return []flow.Record{{
		Exporter: flow.V4(0xc0000201).Addr(), Version: flow.SFlowV5, Start: arrived, End: arrived,
		SrcAddr: flow.V4(0x34343434).Addr(), DstAddr: flow.V4(0x35353535).Addr(), SrcPort: 22, DstPort: 52237, Proto: 6, TCPFlags: 0x18, TOS: 8,
		NextHop: flow.V4(0x36363636).Addr(), SrcMask: 32, DstMask: 22, SrcAS: 203476, DstAS: 203361,
		InIf: 29001, OutIf: 1285816721, Bytes: 104, Packets: 1, SamplingRate: 1000, Sampling: flow.SamplingSample,
	}}
}

// The attacks as pmacct samples them: every sample is a flow of one packet, of
// the size that the attack's packets have.
func TestSampledAttacksComeOutPacketForPacket(t *testing.T) {
	folder := filepath.Join(recorded.Captures(t), "attack-flows")
	for file, want := range map[string]struct {
		datagrams, rows int
		bytes           uint64
	}{
		"amp.UDP.isakmp.pmacct-sflow-1in10.pcap":            {66, 392, 232},
		"pkt.TCP.synflood.spoofed.pmacct-sflow-1in10.pcap":  {424, 3808, 40},
		"slammer_storm_constructed.pmacct-sflow-1in10.pcap": {99, 989, 404},
	} {
		got := tallied(t, payloads(t, filepath.Join(folder, file)))
		if got.datagrams != want.datagrams || got.rows != want.rows || got.dispositions[wire.OK] != want.datagrams {
			t.Errorf("%s: got %d datagrams, %d rows, %v; want %d and %d, all ok", file, got.datagrams, got.rows, got.dispositions, want.datagrams, want.rows)
		}
		odd := 0
		for _, r := range got.records {
			if r.Bytes != want.bytes || r.SamplingRate != 10 {
				odd++
			}
		}
		if odd > 0 {
			t.Errorf("%s: %d of %d flows are not 1:10 with %d bytes", file, odd, got.rows, want.bytes)
		}
	}
}

var field = regexp.MustCompile(`(\w+)=("[^"]*"|[^,\s]+)`)

// golden are the fields of each line of an expected.out.
func golden(text []byte) (out []map[string]string) {
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		fields := map[string]string{}
		for _, m := range field.FindAllStringSubmatch(line, -1) {
			fields[m[1]] = strings.Trim(strings.TrimSuffix(m[2], "u"), `"`)
		}
		out = append(out, fields)
	}
	return out
}

func number(t *testing.T, fields map[string]string, name string) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(fields[name], 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// text is a field of a golden line, "0" where it is absent.
func text(fields map[string]string, name string) string {
	if v, ok := fields[name]; ok {
		return v
	}
	return "0"
}

// telegraf decodes a datagram beside its golden lines.
func telegraf(t *testing.T, file string) (*Datagram, []flow.Record, []map[string]string) {
	t.Helper()
	folder := filepath.Join(recorded.Captures(t), "exporters", "telegraf", filepath.Dir(file))
	d, records, report := decoded(read(t, folder, filepath.Base(file)), exporter)
	if disposition, why := report.Disposition(); disposition != wire.OK {
		t.Errorf("%s: got %v (%v)", file, disposition, why)
	}
	lines := golden(read(t, folder, "expected.out"))
	if agent := d.Agent.Addr().String(); agent != lines[0]["agent_ip"] || uint64(d.SubAgent) != number(t, lines[0], "agent_subid") {
		t.Errorf("%s: got agent %s/%d, want %v", file, agent, d.SubAgent, lines[0])
	}
	return d, records, lines
}

// Seven samples of a switch. Telegraf writes the data source where the input
// interface would be, the IPv6 payload where the length would be, and does not
// look behind the extension headers of IPv6.
func TestSamplesComeOutAsTelegrafReadsThem(t *testing.T) {
	_, records, lines := telegraf(t, "sflow_issue_15918/message.bin")
	if lines = lines[1:]; len(records) != len(lines) {
		t.Fatalf("got %d flows, want %d", len(records), len(lines))
	}
	protocols := map[string]uint8{"udp": 17, "hopopt": 58}
	for i, r := range records {
		want := lines[i]
		length := r.Bytes
		if want["ip_version"] == "IPv6" {
			length -= 40
		}
		if r.SrcAddr.String() != want["src"] || r.DstAddr.String() != want["dst"] || r.Proto != protocols[want["protocol"]] ||
			strconv.Itoa(int(r.OutIf)) != text(want, "out_snmp") || uint64(r.SamplingRate) != number(t, want, "sampling_interval") ||
			r.Proto == 17 && (uint64(r.SrcPort) != number(t, want, "src_port") || uint64(r.DstPort) != number(t, want, "dst_port")) ||
			length != number(t, want, strings.ToLower(want["ip_version"])+"_total_len") {
			t.Errorf("flow %d: got %+v, want %v", i, r, want)
		}
	}
}

func TestInterfaceCountersComeOutAsTelegrafReadsThem(t *testing.T) {
	for _, file := range []string{"sflow_issue_15918/message.bin", "sflow_issue_18876/message.bin", "sflow_v5_example/sflow_v5.bin"} {
		d, _, lines := telegraf(t, file)
		if len(d.Counters()) != 1 {
			t.Fatalf("%s: got %d interfaces, want 1", file, len(d.Counters()))
		}
		got, want := d.Counters()[0], lines[0]
		for name, value := range map[string]uint64{
			"interface": uint64(got.Index), "interface_type": uint64(got.Type), "speed": got.Speed, "seq_number": uint64(got.Sequence), "sys_uptime": uint64(got.Uptime),
			"in_bytes": got.In.Octets, "in_unicast_packets_total": uint64(got.In.Unicast), "in_mcast_packets_total": uint64(got.In.Multicast),
			"in_broadcast_packets_total": uint64(got.In.Broadcast), "in_dropped_packets": uint64(got.In.Discards), "in_errors": uint64(got.In.Errors),
			"out_bytes": got.Out.Octets, "out_unicast_packets_total": uint64(got.Out.Unicast), "out_mcast_packets_total": uint64(got.Out.Multicast),
			"out_broadcast_packets_total": uint64(got.Out.Broadcast), "out_dropped_packets": uint64(got.Out.Discards), "out_errors": uint64(got.Out.Errors),
		} {
			if value != number(t, want, name) {
				t.Errorf("%s: got %s %d, want %s", file, name, value, want[name])
			}
		}
		if got.Up != (want["status"] == "up") {
			t.Errorf("%s: got up %v, want %s", file, got.Up, want["status"])
		}
	}
}

// A notification of a dropped packet without the packet: understood, no flow.
func TestDroppedPacketOfTelegrafIsUnderstood(t *testing.T) {
	d, records, lines := telegraf(t, "sflow_issue_15375/sflow_drop_1036.bin")
	s := &d.decoder
	if len(records) != 0 || uint64(s.in) != number(t, lines[0], "in_snmp") || uint64(s.out) != number(t, lines[0], "out_snmp") ||
		s.forwarding != forwardingOf(uint32(number(t, lines[0], "reason"))) || uint64(s.drops) != number(t, lines[0], "sampling_drops") {
		t.Errorf("got %+v and %d flows, want %v", s, len(records), lines[0])
	}
}
