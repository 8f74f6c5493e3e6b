package goflow

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/netsampler/goflow2/v2/pb"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"eagre/flow"
	"eagre/ingest/wire"
)

var (
	arrived = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	same    = cmp.Comparer(func(a, b flow.Record) bool { return a == b })
)

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func line(t *testing.T, members string) (flow.Record, error) {
	t.Helper()
	var d Decoder
	var r flow.Record
	_, err := d.FromJSON([]byte(fmt.Sprintf(`{"time_received_ns":%d,"packets":1,"bytes":100,%s}`, arrived.UnixNano(), members)), time.Time{}, &r)
	return r, err
}

func TestEveryWayToWriteAMember(t *testing.T) {
	v4, v6 := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")
	base := func(a netip.Addr) string { return base64.StdEncoding.EncodeToString(a.AsSlice()) }
	cases := []struct {
		members string
		is      func(r *flow.Record) bool
	}{
		{`"proto":"TCP"`, func(r *flow.Record) bool { return r.Proto == 6 }},
		{`"proto":6`, func(r *flow.Record) bool { return r.Proto == 6 }},
		{`"proto":"6"`, func(r *flow.Record) bool { return r.Proto == 6 }},
		{`"proto":"Mobility Header"`, func(r *flow.Record) bool { return r.Proto == 135 }},
		{`"proto":"unassigned"`, func(r *flow.Record) bool { return r.Proto == 255 }},
		{`"src_addr":"192.0.2.1"`, func(r *flow.Record) bool { return r.SrcAddr == v4 }},
		{`"src_addr":"::ffff:192.0.2.1"`, func(r *flow.Record) bool { return r.SrcAddr == v4 }},
		{`"srcAddr":"` + base(v4) + `"`, func(r *flow.Record) bool { return r.SrcAddr == v4 }},
		{`"SrcAddr":"2001:db8::1"`, func(r *flow.Record) bool { return r.SrcAddr == v6 }},
		{`"src_addr":"` + base(v6) + `"`, func(r *flow.Record) bool { return r.SrcAddr == v6 }},
		{`"src_addr":"fe80::1%eth0"`, func(r *flow.Record) bool { return r.SrcAddr == netip.MustParseAddr("fe80::1") }},
		{`"src_addr":""`, func(r *flow.Record) bool { return !r.SrcAddr.IsValid() && r.Quality&flow.Aggregated != 0 }},
		{`"src_addr":null`, func(r *flow.Record) bool { return !r.SrcAddr.IsValid() }},
		{`"src_addr":"192.0.2.1","src_net":"192.0.2.0/24"`, func(r *flow.Record) bool { return r.SrcMask == 24 }},
		{`"src_addr":"192.0.2.1","src_net":24`, func(r *flow.Record) bool { return r.SrcMask == 24 }},
		{`"src_addr":"192.0.2.1","src_net":33`, func(r *flow.Record) bool { return r.SrcMask == 0 }},
		{`"src_addr":"2001:db8::1","src_net":33`, func(r *flow.Record) bool { return r.SrcMask == 33 }},
		{`"src_net":"invalid Prefix"`, func(r *flow.Record) bool { return r.SrcMask == 0 }},
		{`"sampling_rate":"1000"`, func(r *flow.Record) bool { return r.SamplingRate == 1000 && r.Sampling == flow.SamplingImported }},
		{`"sampling_rate":0`, func(r *flow.Record) bool { return r.SamplingRate == 0 && r.Sampling == flow.SamplingUnknown }},
		{`"sampling_rate":10000001`, func(r *flow.Record) bool { return r.SamplingRate == 0 && r.Sampling == flow.SamplingUnknown }},
		{`"proto":1,"icmp_type":3,"icmp_code":4`, func(r *flow.Record) bool { return r.DstPort == 3<<8|4 }},
		{`"proto":"IPv6-ICMP","icmp_type":135`, func(r *flow.Record) bool { return r.DstPort == 135<<8 }},
		{`"proto":1,"dst_port":2048`, func(r *flow.Record) bool { return r.DstPort == 2048 }},
		{`"fragment_offset":185`, func(r *flow.Record) bool { return r.Quality&flow.Fragment != 0 }},
		{`"in_if":1073741823,"out_if":4294967295`, func(r *flow.Record) bool { return r.InIf == 0 && r.OutIf == math.MaxUint32 }},
		{`"flow_direction":1`, func(r *flow.Record) bool { return r.Direction == flow.Egress }},
		{`"flow_direction":7`, func(r *flow.Record) bool { return r.Direction == flow.DirectionUnknown }},
		{`"forwarding_status":64,"tcp_flags":274,"ip_tos":184`, func(r *flow.Record) bool { return r.Forwarding == 64 && r.TCPFlags == 0x12 && r.TOS == 184 }},
		{`"src_as":4200000000,"dst_as":"64500","observation_domain_id":9`, func(r *flow.Record) bool { return r.SrcAS == 4200000000 && r.DstAS == 64500 && r.Domain == 9 }},
		{`"type":"NETFLOW_V9"`, func(r *flow.Record) bool { return r.Version == flow.Imported }},
		{`"time_flow_end_ns":1.7723663985e18`, func(r *flow.Record) bool { return r.End.Equal(time.UnixMilli(1772366398500)) }},
		{`"layer_stack":["Ethernet",{"a":[1,"]}"]}],"sr\u0063_port":7,"mpls":{},"src_port" : 80 `, func(r *flow.Record) bool { return r.SrcPort == 80 }},
		{`"proto":"T\u0043P"`, func(r *flow.Record) bool { return r.Proto == 6 }},
		{`"` + strings.Repeat("k", 100) + `":1`, func(r *flow.Record) bool { return r.Packets == 1 }},
	}
	for _, c := range cases {
		r, err := line(t, c.members)
		if err != nil {
			t.Errorf("%s: %v", c.members, err)
		} else if !c.is(&r) {
			t.Errorf("%s: got %+v", c.members, r)
		}
	}
}

func TestWhatIsNoFlowSaysWhy(t *testing.T) {
	cases := map[string]string{
		`"proto":"tcp/ip"`:                     `goflow2 JSON: proto: "\"tcp/ip\"" is neither a number nor a name that is known`,
		`"proto":256`:                          "goflow2 JSON: proto: 256 is no IP protocol",
		`"src_port":65536`:                     "goflow2 JSON: src_port, dst_port: 65536 is no port",
		`"src_port":-1`:                        `goflow2 JSON: src_port: "-1" is no whole number`,
		`"src_port":1.5`:                       `goflow2 JSON: src_port: "1.5" is no whole number`,
		`"in_if":4294967296`:                   "goflow2 JSON: in_if: 4294967296 is above 4294967295",
		`"bytes":[1]`:                          `goflow2 JSON: bytes: "[1]" is no whole number`,
		`"bytes":1e30`:                         `goflow2 JSON: bytes: "1e30" is no whole number`,
		`"dst_addr":"192.0.2"`:                 `goflow2 JSON: dst_addr: "\"192.0.2\"" is no address`,
		`"dst_addr":17`:                        `goflow2 JSON: dst_addr: "17" is no address`,
		`"dst_addr":"AQID"`:                    "goflow2 JSON: dst_addr: an address of 3 bytes",
		`"icmp_code":256`:                      "goflow2 JSON: icmp_type, icmp_code: 256 is out of range",
		`"dst_addr":"<script>\u0000\u001b[0m"`: `goflow2 JSON: dst_addr: "\"<script>\\u0000\\u001b[0m\"" is no address`,
		`"proto":"` + strings.Repeat("x", 9999) + `"`: `goflow2 JSON: proto: "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"… is neither a number nor a name that is known`,
		`"etype":"ARP"`:         "goflow2 JSON: not IP traffic",
		`"etype":35020`:         "goflow2 JSON: not IP traffic",
		`"packets":0,"bytes":0`: "goflow2 JSON: no packets and no bytes",
		`"x":}`:                 "goflow2 JSON: not a JSON object",
	}
	for members, want := range cases {
		if _, err := line(t, members); err == nil || err.Error() != want {
			t.Errorf("%s: got %v\nwant %s", members, err, want)
		}
	}
	var d Decoder
	var r flow.Record
	for _, whole := range []string{"", "[]", "null", `"a"`, "{", `{"bytes":1}{}`, "  "} {
		if _, err := d.FromJSON([]byte(whole), arrived, &r); !errors.Is(err, errNoObject) {
			t.Errorf("%q: got %v, want %v", whole, err, errNoObject)
		}
	}
	for _, message := range [][]byte{{0x32, 5, 1}, {0xff}, {0x32, 3, 1, 2, 3, 0x48, 1}} {
		if _, err := d.FromProtobuf(message, arrived, &r); err == nil || !strings.HasPrefix(err.Error(), "goflow2 protobuf: ") {
			t.Errorf("%x: got %v", message, err)
		}
	}
	if _, err := d.FromProtobuf(make([]byte, MaxMessage+1), arrived, &r); err == nil {
		t.Error("a message beyond the limit is read")
	}
	if _, err := d.FromJSON(make([]byte, MaxLine+1), arrived, &r); err == nil {
		t.Error("a line beyond the limit is read")
	}
	if _, err := d.FromJSON([]byte(`{"bytes":100,"packets":1}`), time.Time{}, &r); !errors.Is(err, errNoTime) {
		t.Errorf("got %v, want %v", err, errNoTime)
	}
}

func TestTimesThatCannotBeBelievedAreClamped(t *testing.T) {
	const s = time.Second
	none := time.Duration(math.MinInt64)
	cases := []struct {
		name                 string
		received, start, end time.Duration // after arrival
		at                   bool          // the arrival is known
		wantStart, wantEnd   time.Duration
		quality              flow.Quality
	}{
		{"as it should be", 0, -30 * s, -10 * s, false, -30 * s, -10 * s, 0},
		{"no times of its own: it was received as it happened", 0, none, none, false, 0, 0, 0},
		{"no times of its own, known arrival", -4 * s, none, none, true, -4 * s, -4 * s, 0},
		{"no start", 0, none, -10 * s, false, -10 * s, -10 * s, 0},
		{"no end", 0, -10 * s, none, false, -10 * s, -10 * s, 0},
		{"never received: it ended then", none, -30 * s, -10 * s, false, -30 * s, -10 * s, 0},
		{"the exporter's clock is a little ahead", 0, -10 * s, 5 * s, false, -15 * s, 0, 0},
		{"the exporter's clock is far ahead", 0, 3590 * s, 3600 * s, false, -10 * s, 0, flow.BadDuration},
		{"the collector's clock is far ahead", 3600 * s, 3590 * s, 3600 * s, true, -10 * s, 0, flow.BadDuration},
		{"it ends before it begins", 0, -5 * s, -10 * s, false, -10 * s, -10 * s, flow.BadDuration},
		{"the collector's clock was never set", -arrived.Sub(time.Unix(60, 0)), -30 * s, -10 * s, false, -30 * s, -10 * s, 0},
		{"it lasted long", 0, -22 * time.Hour, -10 * s, false, -22 * time.Hour, -10 * s, 0},
		{"it began too long ago", 0, -25 * 24 * time.Hour, -10 * s, false, -24 * 24 * time.Hour, -10 * s, flow.BadDuration},
		{"it ended too long ago", 0, -4 * time.Hour, -3 * time.Hour, false, 0, 0, flow.LateReceived},
		{"it was received long ago, which a file says of all it holds", -5 * time.Hour, -5*time.Hour - 20*s, -5*time.Hour - 10*s, false, -5*time.Hour - 20*s, -5*time.Hour - 10*s, 0},
		{"and is late where the arrival is known", -5 * time.Hour, -5*time.Hour - 20*s, -5*time.Hour - 10*s, true, 0, 0, flow.LateReceived},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			ns := func(d time.Duration) uint64 {
				if d == none {
					return 0
				}
				return uint64(arrived.Add(d).UnixNano())
			}
			message, err := proto.Marshal(&flowpb.FlowMessage{
				TimeReceivedNs: ns(c.received), TimeFlowStartNs: ns(c.start), TimeFlowEndNs: ns(c.end),
				Packets: 1, Bytes: 40, SrcAddr: []byte{1, 2, 3, 4}, DstAddr: []byte{5, 6, 7, 8},
			})
			check(t, err)
			at := time.Time{}
			if c.at {
				at = arrived
			}
			var d Decoder
			var r flow.Record
			received, err := d.FromProtobuf(message, at, &r)
			check(t, err)
			if start, end := r.Start.Sub(arrived), r.End.Sub(arrived); start != c.wantStart || end != c.wantEnd || r.Quality != c.quality {
				t.Errorf("got %v to %v, quality %d; want %v to %v, quality %d", start, end, r.Quality, c.wantStart, c.wantEnd, c.quality)
			}
			if c.at && !received.Equal(arrived) {
				t.Errorf("received at %v, want the arrival", received)
			}
		})
	}
}

func TestImpossibleCountersAreMarked(t *testing.T) {
	for members, want := range map[string]flow.Quality{
		`"packets":1,"bytes":20`:                                      0,
		`"packets":2,"bytes":39`:                                      flow.Implausible,
		`"packets":0,"bytes":39`:                                      flow.Implausible,
		`"packets":1000,"bytes":12500000000000`:                       0,
		`"packets":1000,"bytes":12500000000000,"sampling_rate":2`:     flow.Implausible,
		`"packets":18446744073709551615,"bytes":18446744073709551615`: flow.Implausible,
	} {
		r, err := line(t, members+`,"src_addr":"192.0.2.1","dst_addr":"192.0.2.2"`)
		check(t, err)
		if r.Quality != want {
			t.Errorf("%s: got quality %d, want %d", members, r.Quality, want)
		}
	}
}

// The names are those of the protobuf library's own JSON as well.
func TestProtojsonIsRead(t *testing.T) {
	m := &flowpb.FlowMessage{
		Type: flowpb.FlowMessage_IPFIX, TimeReceivedNs: uint64(arrived.UnixNano()), SamplerAddress: []byte{192, 0, 2, 1},
		SrcAddr: []byte{1, 2, 3, 4}, DstAddr: netip.MustParseAddr("2001:db8::1").AsSlice(), Bytes: 40, Packets: 1, Proto: 6, TcpFlags: 2,
	}
	text, err := protojson.Marshal(m)
	check(t, err)
	binary, err := proto.Marshal(m)
	check(t, err)
	var d Decoder
	var fromText, fromBinary flow.Record
	_, err = d.FromJSON(text, time.Time{}, &fromText)
	check(t, err)
	_, err = d.FromProtobuf(binary, time.Time{}, &fromBinary)
	check(t, err)
	if diff := cmp.Diff(fromBinary, fromText, same); diff != "" {
		t.Errorf("%s\nrecord (-protobuf +JSON):\n%s", text, diff)
	}
}

// record draws a record as one that crosses: what FlowMessage has no place for is
// as the decoder leaves it.
func record(t *rapid.T) flow.Record {
	address := func(name string) netip.Addr {
		if rapid.Bool().Draw(t, name+" is IPv6") {
			return flow.FromAddr(netip.AddrFrom16([16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, name)))).Addr()
		}
		return netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, name)))
	}
	r := flow.Record{
		Exporter: address("exporter"), Version: flow.Imported, Domain: rapid.Uint32().Draw(t, "domain"),
		SrcAddr: address("source"), DstAddr: address("destination"), NextHop: address("next hop"),
		SrcPort: rapid.Uint16().Draw(t, "source port"), DstPort: rapid.Uint16().Draw(t, "destination port"),
		Proto: uint8(rapid.IntRange(0, len(protocolNames)-1).Draw(t, "protocol")), TCPFlags: rapid.Byte().Draw(t, "flags"), TOS: rapid.Byte().Draw(t, "tos"),
		SrcAS: rapid.Uint32().Draw(t, "source AS"), DstAS: rapid.Uint32().Draw(t, "destination AS"),
		InIf: rapid.Uint32Range(0, unknownInterface-1).Draw(t, "input"), OutIf: rapid.Uint32Range(0, unknownInterface-1).Draw(t, "output"),
		Direction: flow.Direction(rapid.IntRange(0, 2).Draw(t, "direction")), Forwarding: rapid.Byte().Draw(t, "forwarding"),
		Packets: rapid.Uint64Range(1, 1e6).Draw(t, "packets"), SamplingRate: rapid.Uint32Range(0, wire.MaxSamplingRate).Draw(t, "rate"),
	}
	if r.SamplingRate > 0 {
		r.Sampling = flow.SamplingImported
	}
	r.SrcMask = uint8(rapid.IntRange(0, r.SrcAddr.BitLen()).Draw(t, "source mask"))
	r.DstMask = uint8(rapid.IntRange(0, r.DstAddr.BitLen()).Draw(t, "destination mask"))
	r.Bytes = r.Packets * rapid.Uint64Range(20, 1500).Draw(t, "packet size")
	r.End = arrived.Add(-time.Duration(rapid.IntRange(0, 3_600_000).Draw(t, "age")) * time.Millisecond)
	r.Start = r.End.Add(-time.Duration(rapid.IntRange(0, 3_600_000).Draw(t, "duration")) * time.Millisecond)
	if !r.SrcAddr.IsValid() || !r.DstAddr.IsValid() {
		r.Quality |= flow.Aggregated
	}
	judge(&r)
	return r
}

func TestRecordsSurviveTheWayThereAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := record(t)
		var d Decoder
		var fromLine, fromMessage flow.Record
		line := AppendJSON(nil, &want, arrived)
		if received, err := d.FromJSON(line, time.Time{}, &fromLine); err != nil || !received.Equal(arrived) {
			t.Fatalf("%s\nreceived %v: %v", line, received, err)
		}
		if received, err := d.FromProtobuf(AppendProtobuf(nil, &want, arrived), time.Time{}, &fromMessage); err != nil || !received.Equal(arrived) {
			t.Fatalf("received %v: %v", received, err)
		}
		if diff := cmp.Diff(want, fromMessage, same); diff != "" {
			t.Fatalf("protobuf (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(want, fromLine, same); diff != "" {
			t.Fatalf("JSON (-want +got):\n%s", diff)
		}
	})
}

func TestFormatsThatGoflow2KnowsKeepTheirNames(t *testing.T) {
	for version, want := range map[flow.Version]string{
		flow.SFlowV5: "SFLOW_5", flow.NetFlowV5: "NETFLOW_V5", flow.NetFlowV9: "NETFLOW_V9", flow.IPFIX: "IPFIX", flow.NetFlowV8: "FLOWUNKNOWN", flow.Imported: "FLOWUNKNOWN",
	} {
		r := flow.Record{Version: version, Proto: 253, Packets: 1}
		if got := string(AppendJSON(nil, &r, time.Time{})); !strings.HasPrefix(got, `{"type":"`+want+`","time_received_ns":0,`) || !strings.Contains(got, `"proto":"experimental"`) {
			t.Errorf("%v: got %s", version, got)
		}
	}
}

// A message may repeat fields of no bytes as often as it has room for them.
func TestHostileMessageTakesLittleMemory(t *testing.T) {
	address := []byte{0x92, 5, 0} // an empty mpls_ip
	message := []byte(strings.Repeat(string(address), MaxMessage/len(address)))
	deep := []byte(`{"x":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`)
	var d Decoder
	var r flow.Record
	for name, decode := range map[string]func(){
		"protobuf": func() { _, _ = d.FromProtobuf(message, arrived, &r) },
		"JSON":     func() { _, _ = d.FromJSON(deep, arrived, &r) },
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		decode()
		runtime.ReadMemStats(&after)
		if got, limit := after.TotalAlloc-before.TotalAlloc, uint64(64<<10+64*len(message)); got > limit {
			t.Errorf("%s: %d bytes allocated, limit %d", name, got, limit)
		}
	}
}
