package ipfix

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"eagre/flow"
	"eagre/ingest/wire"
	"eagre/internal/recorded"
)

// datagrams are the UDP payloads of a capture of Ethernet frames, in order.
func datagrams(t testing.TB, path string) (out [][]byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var order binary.ByteOrder = binary.LittleEndian
	if magic := order.Uint32(b); magic != 0xa1b2c3d4 && magic != 0xa1b23c4d {
		order = binary.BigEndian
	}
	const ethernet = 1
	link := order.Uint32(b[20:])
	for b = b[24:]; len(b) >= 16; {
		n := order.Uint32(b[8:])
		packet := b[16 : 16+n]
		b = b[16+n:]
		if link == ethernet {
			packet = packet[14:]
		}
		if packet[0]>>4 == 4 && packet[9] == 17 {
			udp := packet[int(packet[0]&15)*4:]
			out = append(out, udp[8:binary.BigEndian.Uint16(udp[4:])])
		}
	}
	return out
}

type sums struct{ flows, packets, bytes uint64 }

func total(records []flow.Record) (s sums) {
	for _, r := range records {
		s.flows++
		s.packets += r.Packets * uint64(max(r.SamplingRate, 1))
		s.bytes += r.Bytes * uint64(max(r.SamplingRate, 1))
	}
	return s
}

// facts are what other programs found in each capture.
func facts(t testing.TB, root string) map[string]string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, "FACTS.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for line := range strings.Lines(string(b)) {
		if columns := strings.Split(line, "\t"); len(columns) > 4 {
			out[columns[0]] = columns[4]
		}
	}
	return out
}

// story is what came out of the datagrams of one exporter.
type story struct {
	*receiver
	flows     []flow.Record
	records   int
	uncounted int
	lost      int // datagrams of which something could not be used
	said      map[string]int
}

func tell(datagrams [][]byte) *story {
	s := &story{receiver: newReceiver(), said: map[string]int{}}
	for _, d := range datagrams {
		s.flows = append(s.flows, s.receive(d)...)
		s.records += int(s.m.Units)
		if !s.m.Counted {
			s.uncounted++
		}
		if got, _ := s.report.Disposition(); got == wire.Partial || got == wire.Malformed {
			s.lost++
		}
		for _, sentence := range s.sentences() {
			s.said[sentence]++
		}
	}
	return s
}

var exported = regexp.MustCompile(`(\d+) datagrams; nfdump: flows (\d+), packets (\d+), bytes (\d+)`)

func parsed(s string) uint64 {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

// What real exporters send of the attacks comes out flow for flow, packet for
// packet, byte for byte as an independent collector counts it.
func TestExportedAttacksComeOutAsOthersCountThem(t *testing.T) {
	root, tried := recorded.Captures(t), 0
	for path, fact := range facts(t, root) {
		if !strings.HasPrefix(path, "attack-flows/") || !strings.Contains(path, "-ipfix") && !strings.Contains(path, "-v9") {
			continue
		}
		tried++
		t.Run(filepath.Base(path), func(t *testing.T) {
			m := exported.FindStringSubmatch(fact)
			all := datagrams(t, filepath.Join(root, path))
			s := tell(all)
			if got, want := total(s.flows), (sums{parsed(m[2]), parsed(m[3]), parsed(m[4])}); got != want || len(all) != int(parsed(m[1])) {
				t.Errorf("got %+v of %d datagrams, want %+v of %s", got, len(all), want, m[1])
			}
			if s.lost != 0 || s.uncounted != 0 {
				t.Errorf("got %d datagrams that were not decoded as a whole: %v", s.lost, s.said)
			}
			for _, f := range s.flows {
				if f.Quality&flow.Implausible != 0 || f.SamplingRate != 1 || f.Sampling != flow.SamplingOptions {
					t.Fatalf("got %+v", f)
				}
			}
		})
	}
	if tried != 7 {
		t.Errorf("tried %d captures, want 7", tried)
	}
}

var recordsFact = regexp.MustCompile(`records=(\d+)`)

// odd are captures whose records are counted otherwise by the program that made
// the list of facts, and why.
var odd = map[string]struct {
	records int
	why     string
}{
	"netflow9_test_h3c.pcap":       {16, "it gives up at a vendor's field of two bytes that is an address elsewhere"},
	"netflow9_test_invalid01.pcap": {3, "it counts no records behind an options template of that kind"},
}

// The captures of some forty devices hold the records that others find there,
// and nothing in them is an error but what the catalogue says.
func TestDevicesOfManyVendors(t *testing.T) {
	root, tried := recorded.Captures(t), 0
	errors := map[string]string{
		"ipfix.pcap":                "304 bytes after the message; ignored",
		"netflow9_test_nprobe.pcap": "template 256: set ends 17 bytes into a record; those are skipped",
	}
	for path, fact := range facts(t, root) {
		name := filepath.Base(path)
		m := recordsFact.FindStringSubmatch(fact)
		if !strings.Contains(path, "logstash-merged-pcap/") || strings.HasPrefix(name, "netflow5") {
			continue
		}
		tried++
		t.Run(name, func(t *testing.T) {
			s := tell(datagrams(t, filepath.Join(root, path)))
			want := 0
			if m != nil {
				want = int(parsed(m[1]))
			}
			if o, is := odd[name]; is {
				want = o.records
			}
			if s.records != want {
				t.Errorf("got %d records, want %d: %v", s.records, want, s.said)
			}
			if sentence := errors[name]; s.lost > 0 && s.said[sentence] == 0 || s.lost == 0 && sentence != "" {
				t.Errorf("got %v", s.said)
			}
		})
	}
	if tried < 40 {
		t.Errorf("tried %d captures", tried)
	}
}

// Single facts about devices, as the catalogue and other programs have them.
func TestDevicesThatDoThingsTheirOwnWay(t *testing.T) {
	root := recorded.Captures(t)
	load := func(name string) *story {
		return tell(datagrams(t, filepath.Join(root, "exporters", "logstash-merged-pcap", name+".pcap")))
	}
	sampler := func(s *story, want ...Sampler) {
		t.Helper()
		if diff := cmp.Diff(want, s.x.Samplers()); diff != "" {
			t.Errorf("samplers (-want +got):\n%s", diff)
		}
	}
	sampler(load("ipfix_test_juniper_mx240_junos151r6s3"), Sampler{Domain: 524288, Rate: 1000, Known: true})
	sampler(load("netflow9_test_invalid01"), Sampler{Domain: 0, Rate: 100, Known: true})
	sampler(load("netflow9_test_unknown"), Sampler{Domain: 0, ID: 1})

	asr9k := load("netflow9_test_cisco_asr9k")
	sampler(asr9k, Sampler{Domain: 2177, ID: 1})
	if got := asr9k.said["sampler 1 has not been announced; counted 1:1, provisional"]; got != 1 {
		t.Errorf("ASR 9000: got %v", asr9k.said)
	}
	if got := len(asr9k.x.interfaces.rows); got != 19 {
		t.Errorf("ASR 9000: got %d names of interfaces, want 19", got)
	}
	for _, f := range asr9k.flows {
		if f.SamplingRate != 0 || f.Sampling != flow.SamplingUnknown {
			t.Fatalf("ASR 9000: got %+v", f)
		}
	}
	if got := load("netflow9_test_cisco_nbar").x.ApplicationName(1<<56 | 8); got != "egp" {
		t.Errorf("NBAR: got application %q", got)
	}
	for _, f := range load("netflow9_test_cisco_wlc").flows {
		if f.Quality != flow.Aggregated || f.SrcAddr.IsValid() || f.App == 0 {
			t.Fatalf("WLC: got %+v, want no addresses", f)
		}
	}
	h3c := load("netflow9_test_h3c").flows[0]
	if h3c.Packets != 697 || h3c.Bytes != 1027087 || h3c.InIf != 2662 || h3c.SrcMask != 24 {
		t.Errorf("H3C: got %+v", h3c)
	}
	asa := total(load("netflow9_test_cisco_asa_2").flows)
	if asa.flows != 30 {
		t.Errorf("ASA: got %d flows of 19 events, want both directions of 15", asa.flows)
	}
	forti := load("netflow9_test_fortigate_fortios_542_appid").flows[0]
	if forti.Bytes != 748 || forti.App != 20<<56|0x3044<<24|0x8f34 {
		t.Errorf("FortiGate: got %+v", forti)
	}
}

// The inverse of what the collector of telegraf prints as a line per record.
var property = regexp.MustCompile(`(\w+)=("[^"]*"|[^, ]+)`)

func golden(t *testing.T, path string) (lines []map[string]string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		fields := map[string]string{"": strings.SplitN(line, ",", 2)[0]}
		for _, m := range property.FindAllStringSubmatch(line, -1) {
			fields[m[1]] = strings.TrimSuffix(strings.Trim(m[2], `"`), "u")
		}
		lines = append(lines, fields)
	}
	return lines
}

// brief is what both sides say of a flow.
type brief struct {
	src, dst         string
	sport, dport     uint64
	packets, bytes   uint64
	inIf, outIf, tos uint64
}

func briefly(f flow.Record) brief {
	return brief{f.SrcAddr.String(), f.DstAddr.String(), uint64(f.SrcPort), uint64(f.DstPort), f.Packets, f.Bytes, uint64(f.InIf), uint64(f.OutIf), uint64(f.TOS)}
}

// wanted is a golden line as flows: one for each direction that counted some.
func wanted(line map[string]string) (out []brief) {
	get := func(names ...string) uint64 {
		for _, name := range names {
			if v, ok := line[name]; ok {
				n, err := strconv.ParseUint(v, 0, 64)
				if err != nil {
					panic(err)
				}
				return n
			}
		}
		return 0
	}
	f := brief{line["src"], line["dst"], get("src_port"), get("dst_port"), get("in_packets", "in_total_packets"), get("in_bytes", "in_total_bytes"), get("in_snmp"), get("out_snmp"), get("src_tos")}
	if f.packets|f.bytes != 0 {
		out = append(out, f)
	}
	r := brief{f.dst, f.src, f.dport, f.sport, get("type_29305_86"), get("type_29305_85"), f.outIf, f.inIf, get("type_29305_5")}
	if r.packets|r.bytes != 0 {
		out = append(out, r)
	}
	return out
}

// Every record comes out as another collector decoded it, biflows as the two
// flows they are, and so do the names of interfaces and applications.
func TestGoldenDecodesOfAnotherCollector(t *testing.T) {
	root := recorded.Captures(t)
	for _, name := range []string{"ipfix_example", "ipfix_options", "ipfix_pen_35632", "issue_13305", "issue_14370", "netflow_v9_example", "netflow_v9_options"} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(root, "exporters", "telegraf", name)
			files, _ := filepath.Glob(filepath.Join(dir, "*.bin"))
			slices.Sort(files)
			var all [][]byte
			for _, file := range files {
				b, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, b)
			}
			s := tell(all)
			var got, want []brief
			for _, f := range s.flows {
				got = append(got, briefly(f))
			}
			lines := golden(t, filepath.Join(dir, "expected.out"))
			if name == "issue_14370" {
				lines = lines[:1] // the length of the message cuts the set with the other record
			}
			for _, line := range lines {
				if line[""] == "netflow_options" {
					named(t, s.x, line)
				} else {
					want = append(want, wanted(line)...)
				}
			}
			order := func(a, b brief) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) }
			slices.SortFunc(got, order)
			slices.SortFunc(want, order)
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(brief{})); diff != "" {
				t.Errorf("flows (-golden +got):\n%s", diff)
			}
		})
	}
}

func named(t *testing.T, x *Exporter, line map[string]string) {
	t.Helper()
	if want, ok := line["interface"]; ok {
		if got := x.InterfaceName(uint32(parsed(line["in_snmp"]))); got != want {
			t.Errorf("interface %s: got %q, want %q", line["in_snmp"], got, want)
		}
	}
	if want, ok := line["app_name"]; ok {
		id, err := strconv.ParseUint(line["app_id"], 0, 32)
		if err != nil {
			t.Fatal(err)
		}
		if got := x.ApplicationName(id>>24<<56 | id&0xffffff); got != want {
			t.Errorf("application %s: got %q, want %q", line["app_id"], got, want)
		}
	}
}

// An IPFIX file (RFC 5655) is messages behind one another.
func TestAnIPFIXFileIsAStreamOfMessages(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(recorded.Captures(t), "exporters", "ipfixcol2", "example_flows.ipfix"))
	if err != nil {
		t.Fatal(err)
	}
	var all [][]byte
	for len(b) >= 16 {
		n := int(binary.BigEndian.Uint16(b[2:]))
		all = append(all, b[:n])
		b = b[n:]
	}
	s := tell(all)
	if len(b) != 0 || s.lost != 0 || s.uncounted != 0 || len(s.flows) == 0 || s.records < len(s.flows) {
		t.Errorf("got %d flows of %d records in %d messages, %d bytes left: %v", len(s.flows), s.records, len(all), len(b), s.said)
	}
}

// A labelled stream of 1:100 sampled flows: sequence numbers say how many records
// the messages before held, and the selector's rate holds for all of them.
func TestASampledStreamIsCountedAsItsSequenceNumbersCount(t *testing.T) {
	r := newReceiver()
	next, flows := uint32(0), 0
	for i, message := range datagrams(t, filepath.Join(recorded.Captures(t), "labelled", "scenarios", "dev-s2.ipfix.pcap")) {
		for _, f := range r.receive(message) {
			flows++
			if f.SamplingRate != 100 || f.Sampling != flow.SamplingOptions {
				t.Fatalf("message %d: got %+v", i, f)
			}
		}
		if i > 0 && r.m.Sequence != next || !r.m.Counted {
			t.Fatalf("message %d: got sequence %d, want %d: %v", i, r.m.Sequence, next, r.sentences())
		}
		next = r.m.Sequence + r.m.Units
	}
	if flows == 0 {
		t.Error("got no flows")
	}
}
