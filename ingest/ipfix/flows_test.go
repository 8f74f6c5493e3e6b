package ipfix

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/flow"
	"eagre/ingest/wire"
)

// plain is what every flow of these tests has; change says what is special.
func plain(version flow.Version, change func(*flow.Record)) flow.Record {
	r := flow.Record{
		Exporter: netip.MustParseAddr("192.0.2.1"), Domain: domain7, Version: version, SrcAddr: local, DstAddr: remote,
		Packets: 2, Bytes: 808, Start: time.UnixMilli(arrived).UTC(), End: time.UnixMilli(arrived).UTC(),
		SamplingRate: 1, Sampling: flow.SamplingAssumed,
	}
	if change != nil {
		change(&r)
	}
	return r
}

// ask decodes one record of a template in one datagram.
func ask(t *testing.T, spec string, values ...any) (*receiver, []flow.Record) {
	t.Helper()
	r := newReceiver()
	return r, r.receive(v10(setOf(2, tmpl(256, spec)), setOf(256, record(spec, values...))))
}

const addressed = "8:4 12:4 2:4 1:4 "

func askAbout(t *testing.T, spec string, values ...any) flow.Record {
	t.Helper()
	return askWith(t, addressed+spec, append([]any{local, remote, 2, 808}, values...)...)
}

func askWith(t *testing.T, spec string, values ...any) flow.Record {
	t.Helper()
	r, got := ask(t, spec, values...)
	if len(got) != 1 {
		t.Fatalf("got %d flows (%v), want 1", len(got), r.sentences())
	}
	return got[0]
}

func TestV9RecordBecomesAFlow(t *testing.T) {
	r := newReceiver()
	got := r.receive(v9(
		setOf(0, tmpl(256, typicalV9)),
		setOf(256, record(typicalV9, 2, 808, local, remote, 3, 9, boot-1500, boot-1400, 3575, 1434, 64500, 64501, netip.MustParseAddr("10.0.0.1"), 24, 16, 17, 2, 8, 1, 0)),
	))
	want := plain(flow.NetFlowV9, func(f *flow.Record) {
		f.InIf, f.OutIf, f.SrcPort, f.DstPort, f.Proto, f.TCPFlags, f.TOS = 3, 9, 3575, 1434, 17, 2, 8
		f.SrcAS, f.DstAS, f.SrcMask, f.DstMask, f.NextHop = 64500, 64501, 24, 16, netip.MustParseAddr("10.0.0.1")
		f.Direction, f.Start, f.End = flow.Egress, time.UnixMilli(arrived-1500).UTC(), time.UnixMilli(arrived-1400).UTC()
	})
	same(t, got, []flow.Record{want})
	r.says(t)
	if r.m.Sequence != sequence || r.m.Uptime != boot || r.m.Domain != domain7 || r.m.Exported != arrived || r.m.Units != 1 || !r.m.Counted {
		t.Errorf("got message %d/%d/%d/%d/%d/%v", r.m.Sequence, r.m.Uptime, r.m.Domain, r.m.Exported, r.m.Units, r.m.Counted)
	}
}

func TestIPFIXRecordOfIPv6BecomesAFlow(t *testing.T) {
	const spec = "27:16 28:16 62:16 2:8 1:8 152:8 153:8 7:2 11:2 4:1 6:2 5:1 29:1 30:1 10:4 14:4 16:4 17:4 89:1 95:4"
	r, got := ask(t, spec, local6, remote6, netip.MustParseAddr("fe80::1"), 2, 808, int(arrived)-1500, int(arrived)-1400, 3575, 53, 17, 0x102, 8, 48, 64,
		3, 9, 64500, 64501, 0x40, []byte{3, 0, 0, 53})
	want := plain(flow.IPFIX, func(f *flow.Record) {
		f.SrcAddr, f.DstAddr, f.NextHop = local6, remote6, netip.MustParseAddr("fe80::1")
		f.InIf, f.OutIf, f.SrcPort, f.DstPort, f.Proto, f.TCPFlags, f.TOS = 3, 9, 3575, 53, 17, 2, 8
		f.SrcAS, f.DstAS, f.SrcMask, f.DstMask, f.Forwarding, f.App = 64500, 64501, 48, 64, 0x40, 3<<56|53
		f.Start, f.End = time.UnixMilli(arrived-1500).UTC(), time.UnixMilli(arrived-1400).UTC()
	})
	same(t, got, []flow.Record{want})
	r.says(t)
}

// What fills a column when elements are many, missing or odd.
func TestElementsFillColumnsInTheirOrder(t *testing.T) {
	v6 := netip.MustParseAddr("2001:db8::5")
	v4 := netip.MustParseAddr("10.9.8.7")
	none := netip.AddrFrom4([4]byte{})
	cases := []struct {
		name   string
		spec   string
		values []any
		want   func(*flow.Record)
	}{
		{"ports of UDP", "180:2 181:2", []any{5, 6}, func(f *flow.Record) { f.SrcPort, f.DstPort = 5, 6 }},
		{"ports of TCP", "182:2 183:2", []any{5, 6}, func(f *flow.Record) { f.SrcPort, f.DstPort = 5, 6 }},
		{"the general port before that of a protocol", "181:2 11:2", []any{5, 6}, func(f *flow.Record) { f.DstPort = 6 }},
		{"a port of zero is filled in", "181:2 11:2", []any{5, 0}, func(f *flow.Record) { f.DstPort = 5 }},
		{"ICMP type and code", "4:1 32:2", []any{1, 0x0301}, func(f *flow.Record) { f.Proto, f.DstPort = 1, 0x0301 }},
		{"ICMP type and code in the port already", "4:1 11:2 32:2", []any{1, 0x0800, 0x0301}, func(f *flow.Record) { f.Proto, f.DstPort = 1, 0x0800 }},
		{"ICMP type and code one by one", "4:1 176:1 177:1", []any{1, 3, 1}, func(f *flow.Record) { f.Proto, f.DstPort = 1, 0x0301 }},
		{"ICMPv6", "4:1 139:2", []any{58, 0x8700}, func(f *flow.Record) { f.Proto, f.DstPort = 58, 0x8700 }},
		{"ICMPv6 one by one", "4:1 178:1 179:1", []any{58, 135, 0}, func(f *flow.Record) { f.Proto, f.DstPort = 58, 0x8700 }},
		{"no ICMP in TCP", "4:1 32:2", []any{6, 0x0301}, func(f *flow.Record) { f.Proto = 6 }},
		{"flags of one byte", "6:1", []any{0x12}, func(f *flow.Record) { f.TCPFlags = 0x12 }},
		{"flags of four bytes", "6:4", []any{0x12}, func(f *flow.Record) { f.TCPFlags = 0x12 }},
		{"flags as CERT's meter splits them", "6871/14:1 6871/15:1", []any{2, 0x18}, func(f *flow.Record) { f.TCPFlags = 0x1a }},
		{"code point as traffic class", "195:1", []any{46}, func(f *flow.Record) { f.TOS = 184 }},
		{"traffic class of the way out", "55:1", []any{184}, func(f *flow.Record) { f.TOS = 184 }},
		{"neighbour systems for those unknown", "16:2 129:2 17:4 128:4", []any{0, 7018, 64500, 3356}, func(f *flow.Record) { f.SrcAS, f.DstAS = 7018, 64500 }},
		{"next hop of BGP where there is no other", "15:4 18:4", []any{none, v4}, func(f *flow.Record) { f.NextHop = v4 }},
		{"no next hop stays an address", "15:4", []any{none}, func(f *flow.Record) { f.NextHop = none }},
		{"unknown interfaces", "10:4 14:4", []any{0x3fffffff, 0xffffffff}, nil},
		{"physical interfaces fill in", "10:4 252:4 14:4 253:4", []any{0, 3, 9, 4}, func(f *flow.Record) { f.InIf, f.OutIf = 3, 9 }},
		{"interfaces of two bytes", "10:2 14:2", []any{3, 9}, func(f *flow.Record) { f.InIf, f.OutIf = 3, 9 }},
		{"a fragment behind the first", "88:2", []any{0x100}, func(f *flow.Record) { f.Quality = flow.Fragment }},
		{"a first fragment", "88:2", []any{0}, nil},
		{"ingress", "61:1", []any{0}, func(f *flow.Record) { f.Direction = flow.Ingress }},
		{
			"addresses after translation do not count beside those before", "225:4 226:4 227:2 228:2 7:2",
			[]any{v4, v4, 1, 2, 3},
			func(f *flow.Record) { f.SrcPort, f.DstPort = 3, 2 },
		},
		{"prefixes do not count beside addresses", "44:4 45:4", []any{v4, v4}, nil},
		{"masks of either family", "9:1 29:1", []any{0, 25}, func(f *flow.Record) { f.SrcMask = 25 }},
		{"layer 2 octets only where there are no others", "352:8", []any{999}, nil},
		{"octets at the way out do not count twice", "23:4 24:4", []any{999, 9}, nil},
		{"totals do not count beside deltas", "85:8 86:8", []any{99999, 99}, nil},
		{"an application of one byte", "95:1", []any{3}, func(f *flow.Record) { f.App = 3 << 56 }},
		{"an application of a vendor's engine", "95:9", []any{[]byte{20, 0, 0, 0x30, 0x44, 1, 2, 3, 4}}, func(f *flow.Record) { f.App = 20<<56 | 0x3044<<24 | 0x020304 }},
		{"an application of variable length", "95:v", []any{[]byte{13, 0, 1, 2}}, func(f *flow.Record) { f.App = 13<<56 | 0x102 }},
		{"an application longer than the column", "95:12", []any{[]byte{1, 9, 9, 9, 9, 1, 2, 3, 4, 5, 6, 7}}, func(f *flow.Record) { f.App = 1<<56 | 0x01020304050607 }},
		{"fields nobody knows", "9999/1:4 6871/40:v 210:3 32002:2", []any{1, "text", 0, 5}, nil},
		{"both families, the other is empty", "27:16 28:16", []any{netip.IPv6Unspecified(), v6}, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := askAbout(t, c.spec, c.values...)
			if diff := cmp.Diff(plain(flow.IPFIX, c.want), got, compareAddr); diff != "" {
				t.Errorf("flow (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCountersAndAddressesInPlaceOfOthers(t *testing.T) {
	cases := []struct {
		name   string
		spec   string
		values []any
		want   func(*flow.Record)
	}{
		{"totals", "8:4 12:4 85:8 86:8", []any{local, remote, 808, 2}, nil},
		{"octets at the way out", "8:4 12:4 23:8 24:8", []any{local, remote, 808, 2}, nil},
		{"octets at the way out where those in are zero", "8:4 12:4 1:8 2:8 23:8 24:8", []any{local, remote, 0, 0, 808, 2}, nil},
		{"layer 2 octets", "8:4 12:4 352:8 2:8", []any{local, remote, 808, 2}, nil},
		{"counters of a firewall, payload alone", "8:4 12:4 231:4 298:4", []any{local, remote, 30, 2}, func(f *flow.Record) { f.Bytes = 30 }},
		{"translated addresses", "225:4 226:4 227:2 228:2 1:4 2:4", []any{local, remote, 5, 6, 808, 2}, func(f *flow.Record) { f.SrcPort, f.DstPort = 5, 6 }},
		{"translated addresses, IPv6", "281:16 282:16 1:4 2:4", []any{local6, remote6, 808, 2}, func(f *flow.Record) { f.SrcAddr, f.DstAddr = local6, remote6 }},
		{
			"prefixes", "44:4 45:4 9:1 13:1 1:4 2:4",
			[]any{local, remote, 24, 16, 808, 2},
			func(f *flow.Record) { f.SrcMask, f.DstMask, f.Quality = 24, 16, flow.Aggregated },
		},
		{
			"prefixes, IPv6", "170:16 169:16 1:4 2:4",
			[]any{local6, remote6, 808, 2},
			func(f *flow.Record) { f.SrcAddr, f.DstAddr, f.Quality = local6, remote6, flow.Aggregated },
		},
		{
			"no addresses", "10:4 1:4 2:4",
			[]any{3, 808, 2},
			func(f *flow.Record) {
				f.SrcAddr, f.DstAddr, f.InIf, f.Quality = netip.Addr{}, netip.Addr{}, 3, flow.Aggregated
			},
		},
		{"one address", "8:4 1:4 2:4", []any{local, 808, 2}, func(f *flow.Record) { f.DstAddr, f.Quality = netip.Addr{}, flow.Aggregated }},
		{
			"both families", "8:4 27:16 12:4 28:16 1:4 2:4",
			[]any{netip.AddrFrom4([4]byte{}), local6, netip.AddrFrom4([4]byte{}), remote6, 808, 2},
			func(f *flow.Record) { f.SrcAddr, f.DstAddr = local6, remote6 },
		},
		{"octets without packets", "8:4 12:4 1:4", []any{local, remote, 808}, func(f *flow.Record) { f.Packets = 0 }},
		{"packets without octets", "8:4 12:4 2:4", []any{local, remote, 2}, func(f *flow.Record) { f.Bytes = 0 }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := askWith(t, c.spec, c.values...)
			if diff := cmp.Diff(plain(flow.IPFIX, c.want), got, compareAddr); diff != "" {
				t.Errorf("flow (-want +got):\n%s", diff)
			}
		})
	}
}

// Row 31: numbers may be of any length from one to eight.
func TestNumbersOfReducedSize(t *testing.T) {
	for length := 1; length <= 8; length++ {
		spec := "8:4 12:4 2:1 1:" + string(rune('0'+length))
		if got := askWith(t, spec, local, remote, 2, 200); got.Bytes != 200 || got.Packets != 2 {
			t.Errorf("length %d: got %d bytes in %d packets, want 200 in 2", length, got.Bytes, got.Packets)
		}
	}
}

func TestRecordsWithoutTrafficAreUnderstood(t *testing.T) {
	cases := []struct {
		name, spec string
		values     []any
	}{
		{"a translation event", "8:4 12:4 225:4 226:4 230:1", []any{local, remote, local, remote, 4}},
		{"a connection that was created", "8:4 12:4 231:4 232:4 233:1", []any{local, remote, 0, 0, 1}},
		{"an event of variable length", "8:4 12:4 371:v", []any{local, remote, "user"}},
		{"a total in an update of a firewall", "8:4 12:4 85:4 233:1", []any{local, remote, 999, 5}},
	}
	for _, c := range cases {
		r, got := ask(t, c.spec, c.values...)
		if len(got) != 0 || r.m.Units != 1 || !r.m.Counted {
			t.Errorf("%s: got %d flows, %d units", c.name, len(got), r.m.Units)
		}
		r.says(t, "1 records describe no traffic; skipped")
		r.disposed(t, wire.OK)
	}
}

func TestAConnectionCountsOnceHoweverOftenItIsReported(t *testing.T) {
	const deltas, old = "8:4 12:4 231:4 232:4 298:4 299:4 233:1", "8:4 12:4 85:4 40005:1"
	r := newReceiver()
	got := total(r.receive(v9(setOf(0, tmpl(256, deltas), tmpl(257, old)),
		setOf(256, record(deltas, local, remote, 0, 0, 0, 0, 1), record(deltas, local, remote, 500, 0, 5, 0, 5), record(deltas, local, remote, 100, 70, 1, 1, 2)),
		setOf(257, record(old, local, remote, 0, 1), record(old, local, remote, 600, 5), record(old, local, remote, 900, 2)))))
	if want := (sums{flows: 4, packets: 7, bytes: 500 + 100 + 70 + 900}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	r.says(t, "3 records describe no traffic; skipped")
}

func TestFaultsOfRecordsAreMarked(t *testing.T) {
	cases := []struct {
		name   string
		spec   string
		values []any
		want   func(*flow.Record)
		says   string
	}{
		{"direction 2", "61:1", []any{2}, nil, "direction 2; null"},
		{"IP version 5", "60:1", []any{5}, nil, "ip version 5; ignored"},
		{"mask 33", "9:1", []any{33}, nil, "prefix length 33 for IPv4; mask null"},
		{
			"ends before it starts", "152:8 153:8",
			[]any{int(arrived) - 5000, int(arrived) - 9000},
			func(f *flow.Record) {
				f.Start, f.End = time.UnixMilli(arrived-9000).UTC(), time.UnixMilli(arrived-9000).UTC()
				f.Quality = flow.BadDuration
			}, "1 records end before they start, in the future, or 24 days later; clamped",
		},
		{
			"three hours old", "152:8 153:8",
			[]any{int(arrived) - 3*3600_000, int(arrived) - 3*3600_000},
			func(f *flow.Record) { f.Quality = flow.LateReceived }, "1 records ended more than 2 h ago; clamped",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r, got := ask(t, addressed+c.spec, append([]any{local, remote, 2, 808}, c.values...)...)
			same(t, got, []flow.Record{plain(flow.IPFIX, c.want)})
			r.says(t, c.says)
			r.disposed(t, wire.OK)
		})
	}
}

// Row 57, and its innocent neighbours.
func TestImpossibleCountersAreKeptAndMarked(t *testing.T) {
	cases := []struct {
		name           string
		packets, bytes int
		impossible     bool
	}{
		{"2^63 bytes", 1, -1 << 63, true},
		{"below the size of headers", 100, 1999, true},
		{"packets as many as bytes can hold", -1, -1, true},
		{"bytes without packets", 0, 40, true},
		{"smallest packets", 100, 2000, false},
		{"a very large flow", 1 << 30, 1 << 40, false},
	}
	for _, c := range cases {
		got := askWith(t, "8:4 12:4 2:8 1:8", local, remote, c.packets, c.bytes)
		if got.Bytes != uint64(c.bytes) || got.Packets != uint64(c.packets) || (got.Quality == flow.Implausible) != c.impossible {
			t.Errorf("%s: got %d packets, %d bytes, quality %d", c.name, got.Packets, got.Bytes, got.Quality)
		}
	}
}

func TestReverseDirectionIsARowOfItsOwn(t *testing.T) {
	forward := func(f *flow.Record) {
		f.SrcPort, f.DstPort, f.Proto, f.TCPFlags, f.InIf, f.OutIf, f.SrcAS, f.SrcMask = 4000, 443, 6, 0x1b, 3, 9, 64500, 24
		f.Direction, f.NextHop = flow.Ingress, netip.MustParseAddr("10.0.0.1")
	}
	backward := func(f *flow.Record) {
		f.SrcAddr, f.DstAddr, f.SrcPort, f.DstPort, f.Proto, f.TCPFlags, f.InIf, f.OutIf = remote, local, 443, 4000, 6, 0x12, 9, 3
		f.DstAS, f.DstMask, f.Packets, f.Bytes = 64500, 24, 3, 900
	}
	spec := addressed + "7:2 11:2 4:1 6:1 10:4 14:4 16:4 9:1 61:1 15:4 29305/2:4 29305/1:4 29305/6:1"
	values := func(packets, bytes int) []any {
		return []any{local, remote, 2, 808, 4000, 443, 6, 0x1b, 3, 9, 64500, 24, 0, netip.MustParseAddr("10.0.0.1"), packets, bytes, 0x12}
	}
	t.Run("both", func(t *testing.T) {
		r, got := ask(t, spec, values(3, 900)...)
		same(t, got, []flow.Record{plain(flow.IPFIX, forward), plain(flow.IPFIX, backward)})
		if r.m.Units != 1 || r.report.Decoded != 2 {
			t.Errorf("got %d units and %d rows, want 1 and 2", r.m.Units, r.report.Decoded)
		}
	})
	t.Run("one", func(t *testing.T) {
		_, got := ask(t, spec, values(0, 0)...)
		same(t, got, []flow.Record{plain(flow.IPFIX, forward)})
	})
	t.Run("reverse without forward", func(t *testing.T) { // row 55
		v := values(3, 900)
		v[2], v[3] = 0, 0
		r, got := ask(t, spec, v...)
		same(t, got, []flow.Record{plain(flow.IPFIX, backward)})
		r.says(t)
	})
	t.Run("neither", func(t *testing.T) {
		v := values(0, 0)
		v[2], v[3] = 0, 0
		r, got := ask(t, spec, v...)
		same(t, got, nil)
		r.says(t, "1 records describe no traffic; skipped")
	})
}

func TestReverseICMPHasItsOwnTypeAndTimes(t *testing.T) {
	_, got := ask(t, addressed+"4:1 11:2 152:8 153:8 29305/2:4 29305/1:4 29305/32:2 29305/5:1 29305/152:8 29305/153:8",
		local, remote, 2, 808, 1, 0x0800, int(arrived)-9000, int(arrived)-8000, 1, 404, 0x0001, 7, int(arrived)-8500, int(arrived)-8400)
	want := plain(flow.IPFIX, func(f *flow.Record) {
		f.SrcAddr, f.DstAddr, f.Proto, f.DstPort, f.TOS, f.Packets, f.Bytes = remote, local, 1, 1, 7, 1, 404
		f.Start, f.End = time.UnixMilli(arrived-8500).UTC(), time.UnixMilli(arrived-8400).UTC()
	})
	same(t, got[1:], []flow.Record{want})
}

// Responder's counters alone are what some routers call something else.
func TestResponderCountsOnlyBesideTheInitiator(t *testing.T) {
	if _, got := ask(t, addressed+"232:2", local, remote, 2, 808, 77); len(got) != 1 {
		t.Errorf("got %d flows, want 1", len(got))
	}
	if _, got := ask(t, "8:4 12:4 231:4 232:4", local, remote, 500, 77); len(got) != 2 || got[1].Bytes != 77 || got[1].SrcAddr != remote {
		t.Errorf("got %+v, want the other direction too", got)
	}
}

// A batch that has no room for both rows of a record is full.
func TestBiflowWaitsForRoomForBoth(t *testing.T) {
	const spec = addressed + "29305/2:4 29305/1:4"
	one := record(spec, local, remote, 2, 808, 3, 900)
	records := [][]byte{}
	for range 700 {
		records = append(records, one)
	}
	r := newReceiver()
	if got := r.receive(v10(setOf(2, tmpl(256, spec)), setOf(256, records...))); len(got) != 1400 || r.m.Units != 700 {
		t.Errorf("got %d flows of %d records, want 1400 of 700", len(got), r.m.Units)
	}
}
