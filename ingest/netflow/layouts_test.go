package netflow

import (
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/flow"
	"eagre/ingest/wire"
	"eagre/simulate"
)

// What the simulated routers send in each version comes back as it was, as far as
// the version can say it.
func TestFlowsOfSimulatedRoutersComeBack(t *testing.T) {
	now := time.UnixMilli(arrived).UTC()
	up := 90 * time.Hour
	r := rand.New(rand.NewPCG(3, 3))
	flows := make([]flow.Record, 20)
	for i := range flows {
		flows[i] = ordinary(r, now)
	}
	for name, payload := range map[string][]byte{
		"v1": simulate.AppendV1(nil, simulate.V1Header{Time: now, Uptime: up}, flows),
		"v5": simulate.AppendV5(nil, simulate.V5Header{Time: now, Uptime: up, EngineType: 3, EngineID: 4}, flows),
		"v6": simulate.AppendV6(nil, simulate.V5Header{Time: now, Uptime: up, EngineType: 3, EngineID: 4}, flows),
		"v7": simulate.AppendV7(nil, simulate.V7Header{Time: now, Uptime: up}, flows),
	} {
		t.Run(name, func(t *testing.T) {
			got, report, _ := decode(payload, exporter)
			want := make([]flow.Record, len(flows))
			for i, f := range flows {
				want[i] = f
				want[i].Version, want[i].Domain = got[0].Version, got[0].Domain
				if name == "v1" {
					want[i].SrcAS, want[i].DstAS, want[i].SrcMask, want[i].DstMask = 0, 0, 0, 0
				}
			}
			if diff := cmp.Diff(want, got, compareAddr); diff != "" || len(report.Notes()) > 0 {
				t.Errorf("notes %v, flows (-sent +got):\n%s", report.Notes(), diff)
			}
		})
	}
}

func ordinary(r *rand.Rand, now time.Time) flow.Record {
	packets := uint64(1 + r.Uint32N(100))
	end := now.Add(-time.Duration(r.IntN(9000)) * time.Millisecond)
	return flow.Record{
		Exporter: exporter.Exporter.Addr(), SrcAddr: flow.V4(r.Uint32()).Addr(), DstAddr: flow.V4(r.Uint32()).Addr(), NextHop: flow.V4(r.Uint32()).Addr(),
		SrcPort: uint16(r.Uint32()), DstPort: uint16(r.Uint32()), Proto: 6, TCPFlags: uint8(r.Uint32()), TOS: uint8(r.Uint32()),
		SrcAS: r.Uint32N(65536), DstAS: r.Uint32N(65536), InIf: r.Uint32N(65536), OutIf: r.Uint32N(65536),
		SrcMask: uint8(r.IntN(33)), DstMask: uint8(r.IntN(33)), Packets: packets, Bytes: packets * 100,
		Start: end.Add(-time.Duration(r.IntN(9000)) * time.Millisecond), End: end, SamplingRate: 1, Sampling: flow.SamplingAssumed,
	}
}

// Each scheme of version 8 has the fields it adds up by, and no others; what is not
// about two hosts is marked.
func TestSchemesSayWhatTheyAddUpBy(t *testing.T) {
	now := time.UnixMilli(arrived).UTC()
	sent := simulate.V8Record{Flows: 9, Record: ordinary(rand.New(rand.NewPCG(8, 8)), now)}
	sent.SrcAddr, sent.SrcMask = netip.MustParseAddr("192.0.2.0"), 24
	sent.DstAddr, sent.DstMask = netip.MustParseAddr("198.51.0.0"), 16
	type keep = func(to *flow.Record, from flow.Record)
	var (
		src     keep = func(to *flow.Record, from flow.Record) { to.SrcAddr, to.SrcMask = from.SrcAddr, from.SrcMask }
		dst     keep = func(to *flow.Record, from flow.Record) { to.DstAddr, to.DstMask = from.DstAddr, from.DstMask }
		srcAS   keep = func(to *flow.Record, from flow.Record) { to.SrcAS = from.SrcAS }
		dstAS   keep = func(to *flow.Record, from flow.Record) { to.DstAS = from.DstAS }
		in      keep = func(to *flow.Record, from flow.Record) { to.InIf = from.InIf }
		out     keep = func(to *flow.Record, from flow.Record) { to.OutIf = from.OutIf }
		service keep = func(to *flow.Record, from flow.Record) {
			to.Proto, to.SrcPort, to.DstPort = from.Proto, from.SrcPort, from.DstPort
		}
		tos   keep = func(to *flow.Record, from flow.Record) { to.TOS = from.TOS }
		hosts keep = func(to *flow.Record, from flow.Record) {
			to.SrcAddr, to.DstAddr, to.Quality = from.SrcAddr, from.DstAddr, 0
		}
		hostOnly keep = func(to *flow.Record, from flow.Record) { to.DstAddr = from.DstAddr }
	)
	for scheme, kept := range map[simulate.V8Scheme][]keep{
		simulate.V8AS: {srcAS, dstAS, in, out}, simulate.V8ASTOS: {srcAS, dstAS, in, out, tos},
		simulate.V8ProtocolPort: {service}, simulate.V8ProtocolPortTOS: {service, in, out, tos},
		simulate.V8SourcePrefix: {src, srcAS, in}, simulate.V8SourcePrefixTOS: {src, srcAS, in, tos},
		simulate.V8DestinationPrefix: {dst, dstAS, out}, simulate.V8DestinationPrefixTOS: {dst, dstAS, out, tos},
		simulate.V8Prefix: {src, dst, srcAS, dstAS, in, out}, simulate.V8PrefixTOS: {src, dst, srcAS, dstAS, in, out, tos},
		simulate.V8PrefixPort:  {src, dst, service, in, out, tos},
		simulate.V8Destination: {hostOnly, out, tos}, simulate.V8SourceDestination: {hosts, in, out, tos},
		simulate.V8FullFlow: {hosts, service, in, out, tos},
	} {
		t.Run(scheme.String(), func(t *testing.T) {
			header := simulate.V8Header{Time: now, Uptime: time.Hour, EngineID: 5, Scheme: scheme}
			got, report, _ := decode(simulate.AppendV8(nil, header, []simulate.V8Record{sent}), exporter)
			want := flow.Record{
				Exporter: exporter.Exporter.Addr(), Domain: uint32(scheme)<<16 | 5, Version: flow.NetFlowV8, Quality: flow.Aggregated,
				Packets: sent.Packets, Bytes: sent.Bytes, Start: sent.Start, End: sent.End, SamplingRate: 1, Sampling: flow.SamplingAssumed,
			}
			for _, keep := range kept {
				keep(&want, sent.Record)
			}
			if diff := cmp.Diff([]flow.Record{want}, got, compareAddr); diff != "" || len(report.Notes()) > 0 {
				t.Errorf("notes %v, flows (-want +got):\n%s", report.Notes(), diff)
			}
		})
	}
}

// Descriptions of the prefix schemes disagree about whose mask is first; a prefix
// without bits beyond its mask tells.
func TestMasksOfBothPrefixesFindTheirAddresses(t *testing.T) {
	cases := []struct {
		name     string
		src, dst uint32
		masks    [2]uint8
		srcMask  uint8
	}{
		{"only the destination's first", 0xc0000200, 0xc6330000, [2]uint8{16, 24}, 24},
		{"only the source's first", 0xc0000200, 0xc6330000, [2]uint8{24, 16}, 24},
		{"both fit: the destination's first", 0x0a000000, 0x0b000000, [2]uint8{8, 9}, 9},
		{"neither fits: the destination's first", 0xffffffff, 0xffffffff, [2]uint8{8, 9}, 9},
		{"a host and all", 0xc0000207, 0, [2]uint8{0, 32}, 32},
	}
	for _, k := range kinds {
		if k.scheme != 5 && k.scheme < 13 {
			continue
		}
		for _, c := range cases {
			var r any = v8Prefix{traffic: recent, Src: c.src, Dst: c.dst, Masks: c.masks}
			if k.scheme >= 13 {
				r = v8PrePortProtocol{traffic: recent, Src: c.src, Dst: c.dst, Masks: c.masks}
			}
			got, _, _ := decode(k.datagram(r), exporter)
			if other := c.masks[0] + c.masks[1] - c.srcMask; got[0].SrcMask != c.srcMask || got[0].DstMask != other {
				t.Errorf("%s, %s: got /%d and /%d, want /%d and /%d", k.name, c.name, got[0].SrcMask, got[0].DstMask, c.srcMask, other)
			}
		}
	}
}

// A switch whose flow mask is the destination alone says so in its flags.
func TestFieldsThatVersion7CallsInvalidAreNull(t *testing.T) {
	cases := []struct {
		name          string
		field         uint8
		flow          uint16
		src, dst, hop uint32
		lost          string
		quality       flow.Quality
	}{
		{"no flags: zero is an address", 0, 0, 0, 0, 0, "", 0},
		{"flags, and all is there", 3, 0, 1, 2, 3, "", 0},
		{"destination alone", 1, 0, 0, 2, 0, "src hop", flow.Aggregated},
		{"flags about the flow", 0, 0x8000, 0, 2, 3, "src", flow.Aggregated},
		{"no next hop", 0, 1, 1, 2, 0, "hop", 0},
		{"nothing at all", 0xff, 0xffff, 0, 0, 0, "src dst hop", flow.Aggregated},
	}
	for _, c := range cases {
		r := v7Record{v5Record: slammer(), RouterSC: 0x0a0a0a0a}
		r.FieldFlags, r.FlowFlags, r.Src, r.Dst, r.NextHop = c.field, c.flow, c.src, c.dst, c.hop
		got, report, _ := decode(kinds[4].datagram(r), exporter)
		lost := ""
		for _, a := range []struct {
			name    string
			address netip.Addr
		}{{"src", got[0].SrcAddr}, {"dst", got[0].DstAddr}, {"hop", got[0].NextHop}} {
			if !a.address.IsValid() {
				lost += " " + a.name
			}
		}
		if lost != "" {
			lost = lost[1:]
		}
		if lost != c.lost || got[0].Quality != c.quality {
			t.Errorf("%s: got no %q and quality %b, want no %q and %b", c.name, lost, got[0].Quality, c.lost, c.quality)
		}
		if noted := len(report.Notes()) == 1 && report.Notes()[0].Reason() == wire.FieldsInvalid; noted != (c.field != 0 || c.flow != 0) {
			t.Errorf("%s: got notes %v", c.name, report.Notes())
		}
	}
}

// Some version 1 exporters pad their records to 52 bytes, which only the length of
// the datagram tells.
func TestWideRecordsOfVersion1AreToldByTheLength(t *testing.T) {
	narrow, wide := v1Record{traffic: recent, SrcPort: 53}, v1WideRecord{}
	wide.v1Record = narrow
	for n := 1; n <= 24; n++ {
		narrows, wides := make([]any, n), make([]any, n)
		for i := range n {
			narrows[i], wides[i] = narrow, wide
		}
		a, reportA, _ := decode(kinds[0].datagram(narrows...), exporter)
		b, reportB, _ := decode(kinds[1].datagram(wides...), exporter)
		if diff := cmp.Diff(a, b, compareAddr); diff != "" || len(a) != n || len(reportA.Notes())+len(reportB.Notes()) > 0 {
			t.Errorf("%d records: got %d and %d, notes %v and %v", n, len(a), len(b), reportA.Notes(), reportB.Notes())
		}
	}
}
