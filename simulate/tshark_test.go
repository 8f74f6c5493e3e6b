package simulate

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/flow"
	"eagre/network"
)

func decimal[T ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~int](v T) string { return fmt.Sprint(v) }

func targetPort(port uint16) netip.AddrPort { return netip.AddrPortFrom(addr("127.0.0.1"), port) }

// wordsOf are values of records, by the name that tshark gives the field.
var wordsOf = map[string]func(flow.Record) string{
	"cflow.srcaddr":    func(r flow.Record) string { return r.SrcAddr.String() },
	"cflow.dstaddr":    func(r flow.Record) string { return r.DstAddr.String() },
	"cflow.srcaddrv6":  func(r flow.Record) string { return r.SrcAddr.String() },
	"cflow.dstaddrv6":  func(r flow.Record) string { return r.DstAddr.String() },
	"cflow.srcnet":     func(r flow.Record) string { return r.SrcAddr.String() },
	"cflow.dstnet":     func(r flow.Record) string { return r.DstAddr.String() },
	"cflow.nexthop":    func(r flow.Record) string { return r.NextHop.String() },
	"cflow.inputint":   func(r flow.Record) string { return decimal(r.InIf) },
	"cflow.outputint":  func(r flow.Record) string { return decimal(r.OutIf) },
	"cflow.packets":    func(r flow.Record) string { return decimal(r.Packets) },
	"cflow.octets":     func(r flow.Record) string { return decimal(r.Bytes) },
	"cflow.srcport":    func(r flow.Record) string { return decimal(r.SrcPort) },
	"cflow.dstport":    func(r flow.Record) string { return decimal(r.DstPort) },
	"cflow.protocol":   func(r flow.Record) string { return decimal(r.Proto) },
	"cflow.tos":        func(r flow.Record) string { return fmt.Sprintf("0x%02x", r.TOS) },
	"cflow.tcpflags":   func(r flow.Record) string { return fmt.Sprintf("0x%02x", r.TCPFlags) },
	"cflow.srcas":      func(r flow.Record) string { return decimal(r.SrcAS) },
	"cflow.dstas":      func(r flow.Record) string { return decimal(r.DstAS) },
	"cflow.srcmask":    func(r flow.Record) string { return decimal(r.SrcMask) },
	"cflow.dstmask":    func(r flow.Record) string { return decimal(r.DstMask) },
	"cflow.srcmaskv6":  func(r flow.Record) string { return decimal(r.SrcMask) },
	"cflow.dstmaskv6":  func(r flow.Record) string { return decimal(r.DstMask) },
	"cflow.timedelta":  func(r flow.Record) string { return fmt.Sprintf("%.9f", r.End.Sub(r.Start).Seconds()) },
	"cflow.timestart":  func(r flow.Record) string { return fmt.Sprintf("%.9f", 5*3600-t0.Sub(r.Start).Seconds()) },
	"cflow.timeend":    func(r flow.Record) string { return fmt.Sprintf("%.9f", 5*3600-t0.Sub(r.End).Seconds()) },
	"cflow.direction":  func(flow.Record) string { return "0" },
	"cflow.sampler_id": func(flow.Record) string { return "1" },
}

// someRecords are three flows that differ in every field.
func someRecords(six bool) []flow.Record {
	var out []flow.Record
	for i := range uint8(3) {
		r := sampleRecord()
		r.SrcPort += uint16(i)
		r.DstPort += 3 * uint16(i)
		r.InIf, r.OutIf = 3+uint32(i), 9+uint32(i)
		r.Packets, r.Bytes, r.TOS, r.TCPFlags = r.Packets+uint64(i), r.Bytes+1000*uint64(i), r.TOS+4*i, r.TCPFlags-i
		r.SrcMask, r.DstMask = r.SrcMask+i, r.DstMask+2*i
		r.SrcAS, r.DstAS = r.SrcAS+uint32(i), r.DstAS+5*uint32(i)
		r.Start = r.Start.Add(time.Duration(i) * 100 * time.Millisecond)
		r.SamplingRate = 512
		if six {
			r.SrcAddr, r.DstAddr, r.NextHop = addr("2001:db8::7"), addr("2001:db8:1::9"), addr("2001:db8::1")
		}
		out = append(out, r)
	}
	return out
}

// checkRecords compares what tshark saw of records, field by field.
func checkRecords(t *testing.T, name string, frame map[string]string, records []flow.Record, fields string) {
	t.Helper()
	for f := range strings.FieldsSeq(fields) {
		f = "cflow." + f
		if diff := cmp.Diff(each(records, wordsOf[f]), frame[f]); diff != "" {
			t.Errorf("%s: %s (-sent +seen):\n%s", name, f, diff)
		}
	}
}

func allWords(more ...string) []string {
	for f := range wordsOf {
		more = append(more, f)
	}
	return more
}

func TestTSharkReadsTheFixedFormatsAsTheyWereMeant(t *testing.T) {
	records := someRecords(false)
	h5 := V5Header{Time: t0, Uptime: 5 * time.Hour, Sequence: 77, EngineType: 1, EngineID: 2, SamplingMode: 2, SamplingInterval: 1000}
	frames := dissect(t, "cflow", 2055, allWords("cflow.version", "cflow.count", "cflow.sequence", "cflow.samplerate"),
		AppendV1(nil, V1Header{t0, 5 * time.Hour}, records),
		AppendV5(nil, h5, records),
		AppendV7(nil, V7Header{Time: t0, Uptime: 5 * time.Hour, Sequence: 78}, records),
	)
	common := "srcaddr dstaddr nexthop inputint outputint packets octets srcport dstport protocol tos tcpflags timedelta timestart timeend"
	checkRecords(t, "v1", frames[0], records, common)
	checkRecords(t, "v5", frames[1], records, common+" srcas dstas srcmask dstmask")
	checkRecords(t, "v7", frames[2], records, common+" srcas dstas srcmask dstmask")
	for i, version := range []string{"1", "5", "7"} {
		if frames[i]["cflow.version"] != version || frames[i]["cflow.count"] != "3" {
			t.Errorf("v%s: header %v", version, frames[i])
		}
	}
	if frames[1]["cflow.samplerate"] != "1000" || frames[1]["cflow.sequence"] != "77" || frames[2]["cflow.sequence"] != "78" {
		t.Errorf("headers: v5 %v, v7 %v", frames[1], frames[2])
	}
}

// v8Fields are the fields of each scheme, as tshark names them. In scheme 9 it looks
// for the type of service where Cisco's figure 2 has the interfaces, so only what
// stands before is compared.
var v8Fields = map[V8Scheme]string{
	V8AS: "srcas dstas inputint outputint", V8ProtocolPort: "protocol srcport dstport",
	V8SourcePrefix: "srcnet srcmask srcas inputint", V8DestinationPrefix: "dstnet dstmask dstas outputint",
	V8Prefix: "srcnet dstnet srcmask dstmask srcas dstas inputint outputint", V8Destination: "dstaddr outputint tos",
	V8SourceDestination: "dstaddr srcaddr outputint inputint tos", V8FullFlow: "dstaddr srcaddr dstport srcport outputint inputint tos protocol",
	V8ASTOS: "srcas dstas", V8ProtocolPortTOS: "protocol tos srcport dstport inputint outputint",
	V8SourcePrefixTOS: "srcnet srcmask tos srcas inputint", V8DestinationPrefixTOS: "dstnet dstmask tos dstas outputint",
	V8PrefixTOS:  "srcnet dstnet srcmask dstmask tos srcas dstas inputint outputint",
	V8PrefixPort: "srcnet dstnet srcmask dstmask tos protocol srcport dstport inputint outputint",
}

func TestTSharkReadsAllFourteenAggregations(t *testing.T) {
	records := someRecords(false)
	var sums []V8Record
	for i, r := range records {
		sums = append(sums, V8Record{Record: r, Flows: uint32(40 + i)})
	}
	var payloads [][]byte
	for s := V8AS; s < v8Schemes; s++ {
		payloads = append(payloads, AppendV8(nil, V8Header{Time: t0, Uptime: 5 * time.Hour, Sequence: 5, EngineID: 2, Scheme: s}, sums))
	}
	frames := dissect(t, "cflow", 2055, allWords("cflow.aggmethod", "cflow.count", "cflow.sequence", "cflow.flows"), payloads...)
	for i, frame := range frames {
		scheme := V8Scheme(i + 1)
		checkRecords(t, scheme.String(), frame, records, "packets octets timestart timeend "+v8Fields[scheme])
		flows := "40,41,42"
		if scheme >= V8Destination && scheme <= V8FullFlow {
			flows = "" // the Catalyst's records have none
		}
		got := [3]string{frame["cflow.aggmethod"], frame["cflow.count"], frame["cflow.flows"]}
		if want := [3]string{fmt.Sprint(uint8(scheme)), "3", flows}; got != want {
			t.Errorf("%s: scheme, count and flows %q, want %q", scheme, got, want)
		}
	}
}

// templated makes a datagram with templates, options and records.
func templated(format flow.Version, domain uint32, times Times) []byte {
	var m Message
	if format == flow.IPFIX {
		m = BeginIPFIX(nil, IPFIXHeader{Time: t0, Sequence: 4, Domain: domain, Boot: t0.Add(-5 * time.Hour)})
	} else {
		m = BeginV9(nil, V9Header{Time: t0, Uptime: 5 * time.Hour, Sequence: 4, SourceID: domain})
	}
	four, six := FlowTemplate(format, 300, false, times), FlowTemplate(format, 301, true, times)
	samplers, names, apps := SamplerTemplate(format, 302), InterfaceTemplate(format, 303), ApplicationTemplate(format, 304)
	m.Templates(four, six, samplers, names, apps)
	m.Data(&samplers, Sampler{ID: 1, Rate: 512, Name: "one"}.Row(format), Sampler{ID: 2, Rate: 100, Deterministic: true}.Row(format))
	m.Data(&names, InterfaceRow(network.Interface{Index: 3, Name: "transit-a"}), InterfaceRow(network.Interface{Index: 9, Name: "to-core1"}))
	m.Data(&apps, Application{ID: 13<<56 | 431, Name: "spotify"}.Row(format))
	m.Records(&four, someRecords(false))
	m.Records(&six, someRecords(true))
	return m.End()
}

func TestTSharkReadsTemplatesOptionsAndBothFamilies(t *testing.T) {
	fields := allWords("cflow.version", "cflow.count", "cflow.sequence", "cflow.od_id", "cflow.source_id", "cflow.if_name", "cflow.appl_name",
		"cflow.appl_id.selector_id", "cflow.sampler_random_interval", "cflow.sampler_mode", "cflow.sampling_packet_space", "cflow.selector_algorithm",
		"cflow.nexthopv6", "cflow.abstimestart")
	frames := dissect(t, "cflow", 2055, fields, templated(flow.NetFlowV9, 1, NaturalTimes), templated(flow.IPFIX, 2, NaturalTimes), templated(flow.IPFIX, 3, Seconds),
		templated(flow.IPFIX, 4, Microseconds), templated(flow.IPFIX, 5, Nanoseconds))
	both := append(someRecords(false), someRecords(true)...)
	for i, frame := range frames {
		name := frame["cflow.version"] + "/" + strconv.Itoa(i)
		checkRecords(t, name, frame, someRecords(false), "srcaddr dstaddr nexthop srcmask dstmask")
		checkRecords(t, name, frame, someRecords(true), "srcaddrv6 dstaddrv6 srcmaskv6 dstmaskv6")
		checkRecords(t, name, frame, both, "srcport dstport protocol tos outputint srcas dstas packets octets direction")
		if frame["cflow.if_name"] != "transit-a,to-core1" || frame["cflow.appl_name"] != "spotify" || frame["cflow.appl_id.selector_id"] != "0001af" || frame["cflow.sequence"] != "4" {
			t.Errorf("%s: %v", name, frame)
		}
	}
	checkRecords(t, "v9", frames[0], both, "inputint timestart timeend timedelta")
	if f := frames[0]; f["cflow.sampler_random_interval"] != "512,100" || f["cflow.sampler_mode"] != "2,1" || f["cflow.count"] != "16" || f["cflow.source_id"] != "1" {
		t.Errorf("v9 %v", f)
	}
	if f := frames[1]; f["cflow.sampling_packet_space"] != "511,99" || f["cflow.selector_algorithm"] != "3,1" || f["cflow.od_id"] != "2" || f["cflow.inputint"] != "3,9,3,4,5,3,4,5" { // the first two are scopes
		t.Errorf("IPFIX %v", f)
	}
	// tshark rounds fractions down once more than we do up.
	for i, layout := range map[int]string{1: "Feb 20, 2008 09:59:58.500000000", 2: "Feb 20, 2008 09:59:58.000000000", 3: "Feb 20, 2008 09:59:58.49999", 4: "Feb 20, 2008 09:59:58.49999"} {
		if first, _, _ := strings.Cut(frames[i]["cflow.abstimestart"], " UTC"); !strings.HasPrefix(first, layout) {
			t.Errorf("frame %d: flow starts at %q, want %s", i, first, layout)
		}
	}
}

func TestTSharkReadsListsReverseElementsAndEnterprises(t *testing.T) {
	pairs := []Biflow{{someRecords(false)[0], someRecords(false)[1]}}
	biflow := FlowTemplate(flow.IPFIX, 400, false, NaturalTimes)
	biflow.Fields = append(biflow.Fields, Field{Element: OctetDeltaCount, Length: 8}.Reverse(), Field{Element: PacketDeltaCount, Length: 4}.Reverse(),
		Field{Element: 100, Length: Variable, Enterprise: 35632})
	inner := Template{ID: 401, Fields: []Field{{Element: SourceTransportPort, Length: 2}, {Element: InterfaceName, Length: Variable}}}
	outer := Template{ID: 402, Fields: []Field{{Element: IngressInterface, Length: 4}, {Element: 292, Length: Variable}, {Element: 291, Length: Variable}, {Element: 293, Length: Variable}}}
	m := BeginIPFIX(nil, IPFIXHeader{Time: t0, Domain: 9})
	m.Templates(biflow, inner, outer)
	m.Biflows(&biflow, pairs)
	row := []Value{Number(80, 2), Text(strings.Repeat("x", 300))}
	m.Data(&outer, []Value{
		Number(3, 4), SubTemplateList(AllOf, &inner, row, row), BasicList(Ordered, Field{Element: DestinationTransportPort, Length: 2}, Number(1, 2), Number(2, 2)),
		SubTemplateMultiList(AllOf, SubTemplates{&inner, [][]Value{row}}),
	})
	m.Withdraw(false, 400)
	frame := dissect(t, "cflow", 2055, allWords("cflow.count"), m.End())[0]
	if got := frame["cflow.octets"]; !strings.HasPrefix(got, "4848,5848") {
		t.Errorf("octets %s, want those of both directions", got)
	}
}

func TestTSharkReadsPacketReports(t *testing.T) {
	r := sampleRecord()
	r.Proto, r.TCPFlags, r.Bytes = protoUDP, 0, 60 // whole packets, which tshark looks into
	for i, link := range []bool{true, false} {
		template := PacketReport(500, link)
		template.Sampler = 5
		m := BeginIPFIX(nil, IPFIXHeader{Time: t0, Domain: 10})
		m.Templates(template)
		m.Records(&template, []flow.Record{r})
		fields := []string{"cflow.selector_id", "cflow.data_link_frame_size", "cflow.inputint", "cflow.observation_time_milliseconds", "ip.src", "udp.dstport"}
		got := dissect(t, "cflow", 2055, fields, m.End())[0]
		want := map[string]string{
			"cflow.selector_id": "5", "cflow.data_link_frame_size": "78", "cflow.inputint": "3", "_ws.expert.message": "", "_ws.malformed": "",
			"cflow.observation_time_milliseconds": "Feb 20, 2008 09:59:59.750000000 UTC", "ip.src": "127.0.0.21,198.51.100.7", "udp.dstport": "2055,1434",
		}
		if !link { // tshark does not look into packets that begin with IP
			want["ip.src"], want["udp.dstport"] = "127.0.0.21", "2055"
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("report %d (-want +seen):\n%s", i, diff)
		}
	}
}

func TestTSharkReadsSFlowWithItsExtensionsEnvelopesAndCounters(t *testing.T) {
	r := sampleRecord()
	r.Proto, r.TCPFlags, r.Bytes, r.SamplingRate = protoUDP, 0, 46, 512
	six := r
	six.SrcAddr, six.DstAddr, six.Bytes = addr("2001:db8::1"), addr("2001:db8:1::2"), 80
	gre := &Envelope{Tunnel: GRE, From: addr("192.0.2.1"), To: addr("192.0.2.2")}
	vxlan := &Envelope{Tunnel: VXLAN, From: addr("192.0.2.1"), To: addr("192.0.2.2"), VNI: 77}
	gateway := SFlowGateway{NextHop: addr("192.0.2.9"), AS: 64500, SrcAS: 64501, SrcPeerAS: 64502, Path: []uint32{64510, 64511}, Communities: []uint32{1, 2}, LocalPref: 100}
	samples := []SFlowSample{
		{Sequence: 1, Pool: 512, Record: r, Envelope: &Envelope{VLANs: []uint16{100, 200}}},
		{Sequence: 2, Pool: 1024, Record: r, Envelope: &Envelope{Labels: []uint32{16, 17}}, Expanded: true},
		{Sequence: 3, Pool: 1536, Record: six, Envelope: &Envelope{Extensions: 2}},
		{Sequence: 4, Pool: 2048, Record: r, Envelope: gre},
		{Sequence: 5, Pool: 2560, Record: r, Envelope: vxlan, Extensions: []SFlowExtension{SFlowSwitch{100, 1, 200, 2}, SFlowRouter{addr("2001:db8::9"), 24, 16}, gateway, SFlowUser{"me", "you!!"}}},
	}
	counters := []SFlowCounters{
		{Sequence: 1, Index: 3, Speed: 1e9, In: SFlowCounts{Bytes: 1 << 40, Unicast: 7}, Out: SFlowCounts{Bytes: 9, Errors: 3}},
		{Sequence: 2, Index: 1 << 25, Speed: 10e9, Expanded: true},
	}
	h := SFlowHeader{Agent: addr("2001:db8::12"), SubAgent: 4, Sequence: 9, Uptime: time.Hour}
	fields := []string{"ip.src", "ipv6.src", "udp.dstport", "ieee8021ad.id", "vlan.id", "mpls.label", "vxlan.vni", "ipv6.dstopts.nxt", "sflow.flow_sample.sampling_rate", "sflow.flow_sample.sample_pool"}
	got := dissect(t, "sflow", 6343, fields, AppendSFlow(nil, h, samples, counters...))[0]
	want := map[string]string{
		"_ws.expert.message": "", "_ws.malformed": "", "ieee8021ad.id": "100", "vlan.id": "200", "mpls.label": "16,17", "vxlan.vni": "77", "ipv6.src": "2001:db8::1", "ipv6.dstopts.nxt": "60,17",
		"ip.src":                          "127.0.0.21,198.51.100.7,198.51.100.7,192.0.2.1,198.51.100.7,192.0.2.1,198.51.100.7",
		"udp.dstport":                     "6343,1434,1434,1434,1434,4789,1434",
		"sflow.flow_sample.sampling_rate": "512,512,512,512,512", "sflow.flow_sample.sample_pool": "512,1024,1536,2048,2560",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("datagram (-want +seen):\n%s", diff)
	}
}
