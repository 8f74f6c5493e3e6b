package sflow

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/flow"
	"eagre/ingest/wire"
)

var (
	arrived  = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	exporter = wire.Source{Exporter: flow.V4(0xc0000201), Arrival: arrived.UnixMilli()}
)

// words is big-endian 32-bit words, which is what sFlow is made of.
func words(v ...uint32) (out []byte) {
	for _, w := range v {
		out = binary.BigEndian.AppendUint32(out, w)
	}
	return out
}

func join(parts ...[]byte) (out []byte) {
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}

// datagram is one from agent 192.0.2.1, sub-agent 3, that counts its samples
// right unless told otherwise.
func datagram(samples ...[]byte) []byte {
	return join(words(5, 1, 0xc0000201, 3, 77, 3_600_000, uint32(len(samples))), join(samples...))
}

// typed puts format and length before a sample or record, and pads it.
func typed(format uint32, body []byte) []byte {
	return join(words(format, uint32(len(body))), body, make([]byte, padding(uint32(len(body)))))
}

func sampleOf(rate, in, out uint32, records ...[]byte) []byte {
	return typed(flowSample, join(words(1, in, rate, 1000, 0, in, out, uint32(len(records))), join(records...)))
}

func expandedSample(rate, in, out uint32, records ...[]byte) []byte {
	return typed(expandedFlowSample, join(words(1, 0, in, rate, 1000, 0, 0, in, 0, out, uint32(len(records))), join(records...)))
}

func rawRecord(frame uint32, head []byte) []byte {
	return typed(rawHeader, join(words(protocolEthernet, frame, 4, uint32(len(head))), head))
}

// slammerFrame is the first 64 bytes of a Slammer packet in an Ethernet frame
// of 422 bytes, FCS included.
func slammerFrame() []byte {
	head := make([]byte, 64)
	head[12], head[13] = 8, 0
	copy(head[14:], []byte{0x45, 0, 0x01, 0x94, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 7, 198, 51, 100, 7, 0x0d, 0xf7, 0x05, 0x9a})
	return head
}

func slammer() flow.Record {
	return flow.Record{
		Exporter: flow.V4(0xc0000201).Addr(), Domain: 3, Version: flow.SFlowV5,
		SrcAddr: flow.V4(0xc0000207).Addr(), DstAddr: flow.V4(0xc6336407).Addr(), SrcPort: 3575, DstPort: 1434, Proto: 17,
		InIf: 11, OutIf: 12, Start: arrived, End: arrived, Bytes: 404, Packets: 1, SamplingRate: 512, Sampling: flow.SamplingSample,
	}
}

func decode(payload []byte, source wire.Source) ([]flow.Record, *wire.Report) {
	_, records, report := decoded(payload, source)
	return records, report
}

func decoded(payload []byte, source wire.Source) (*Datagram, []flow.Record, *wire.Report) {
	d, report := new(Datagram), new(wire.Report)
	return d, d.readAll(payload, source, report, d.Next), report
}

// readAll decodes a datagram by a given Next.
func (d *Datagram) readAll(payload []byte, source wire.Source, report *wire.Report, next func(*flow.Batch, *wire.Report) bool) (out []flow.Record) {
	if !d.Open(payload, source, report) {
		return nil
	}
	b := flow.NewBatch()
	for more := true; more; {
		b.Reset(0, 0)
		more = next(b, report)
		for i := range b.N {
			out = append(out, b.Record(i))
		}
	}
	return out
}

// reopened decodes one more datagram.
func (d *Datagram) reopened(payload []byte) *wire.Report {
	var report wire.Report
	d.readAll(payload, exporter, &report, d.Next)
	return &report
}

var compareRecords = cmp.Comparer(func(a, b flow.Record) bool { return a == b })

func TestFlowSampleBecomesAFlowOfOnePacket(t *testing.T) {
	raw := rawRecord(422, slammerFrame())
	router := typed(extendedRouter, words(1, 0x0a000001, 24, 16))
	gateway := typed(extendedGateway, words(1, 0x0a000002, 65000, 64500, 64499, 2, 2, 2, 64510, 64511, 2, 1, 64512, 0, 0))
	routed := slammer()
	routed.NextHop, routed.SrcMask, routed.DstMask, routed.SrcAS, routed.DstAS = flow.V4(0x0a000001).Addr(), 24, 16, 64500, 64512
	small := slammer()
	small.Bytes, small.TCPFlags, small.TOS, small.Proto = 40, 2, 8, 6
	unknown := slammer()
	unknown.InIf, unknown.OutIf = 0, 0
	dropped := func(in uint32, status uint8) flow.Record {
		r := slammer()
		r.InIf, r.OutIf, r.Forwarding = in, 0, status
		return r
	}
	labelled := slammer()
	labelled.NextHop = flow.V4(0x0a000009).Addr()
	large := slammer()
	large.InIf, large.OutIf = 1285816721, 0xfffffffe
	whole := slammer()
	whole.SrcMask, whole.DstMask = 32, 0
	mpls := typed(extendedMPLS, words(1, 0x0a000009, 1, 100, 1, 200))
	six := small
	six.SrcAddr, six.DstAddr = v6(1).Addr(), v6(2).Addr()
	sixRouted := six
	sixRouted.SrcMask, sixRouted.DstMask, sixRouted.NextHop = 48, 128, v6(3).Addr()
	cases := []struct {
		name   string
		sample []byte
		want   flow.Record
	}{
		{"packet header", sampleOf(512, 11, 12, raw), slammer()},
		{"expanded", expandedSample(512, 11, 12, raw), slammer()},
		{"with router and gateway", sampleOf(512, 11, 12, raw, router, gateway), routed},
		{"among records that are not ours", sampleOf(512, 11, 12, typed(1001, words(1, 0, 2, 0)), typed(4413<<12|1, []byte("odd")), raw), slammer()},
		{"interface unknown, output dropped", sampleOf(512, 0x3fffffff, 1<<30|256, raw), dropped(0, 128)},
		{"dropped by an access list", sampleOf(512, 11, 1<<30|258, raw), dropped(11, 129)},
		{"dropped for a reason that nobody knows", sampleOf(512, 11, 1<<30|9999, raw), dropped(11, 128)},
		{"dropped, in an expanded sample", typed(expandedFlowSample, join(words(1, 0, 11, 512, 0, 0, 0, 11, 1, 257, 1), raw)), dropped(11, 137)},
		{"interfaces that need all 32 bits", typed(expandedFlowSample, join(words(1, 0, 11, 512, 0, 0, 0, 1285816721, 0, 0xfffffffe, 1), raw)), large},
		{"next hop of a label switched path", sampleOf(512, 11, 12, mpls, raw), labelled},
		{"next hop of the router before that of the path", sampleOf(512, 11, 12, raw, router, mpls, gateway), routed},
		{"next hop of the router behind that of the path", sampleOf(512, 11, 12, raw, mpls, router, gateway), routed},
		{"translated addresses, of which the packet's own win", sampleOf(512, 11, 12, raw, typed(1007, words(1, 1, 1, 2)), typed(1020, words(3, 4))), slammer()},
		{"VLAN tunnel, egress queue and tunnel records", sampleOf(512, 11, 12, typed(1012, words(2, 0x81000001, 0x81000002)), raw, typed(1036, words(42)), typed(1021, make([]byte, 28))), slammer()},
		{"masks as long as an address and as short as can be", sampleOf(512, 11, 12, raw, typed(extendedRouter, words(0, 32, 0))), whole},
		{"expanded, input unknown, output several", typed(expandedFlowSample, join(words(1, 0, 11, 512, 0, 0, 0, 0xffffffff, 2, 5, 1), raw)), unknown},
		{"sampled IPv4", sampleOf(512, 11, 12, typed(sampledIPv4, words(40, 6, 0xc0000207, 0xc6336407, 3575, 1434, 2, 8))), small},
		{"sampled IPv6", sampleOf(512, 11, 12, typed(sampledIPv6, join(words(40, 6), bytes6(1), bytes6(2), words(3575, 1434, 2, 8)))), six},
		{"IPv6 masks before it is known that they are", sampleOf(512, 11, 12, typed(extendedRouter, join(words(2), bytes6(3), words(48, 128))), typed(sampledIPv6, join(words(40, 6), bytes6(1), bytes6(2), words(3575, 1434, 2, 8)))), sixRouted},
		{"sampled IPv4 before the header, which knows better", sampleOf(512, 11, 12, typed(sampledIPv4, words(40, 6, 1, 2, 3, 4, 2, 8)), raw), slammer()},
		{"header before sampled IPv4", sampleOf(512, 11, 12, raw, typed(sampledIPv4, words(40, 6, 1, 2, 3, 4, 2, 8))), slammer()},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, report := decode(datagram(c.sample), exporter)
			if diff := cmp.Diff([]flow.Record{c.want}, got, compareRecords); diff != "" {
				t.Errorf("flow (-want +got):\n%s", diff)
			}
			if d, _ := report.Disposition(); d != wire.OK {
				t.Errorf("got %v with notes %v, want ok", d, report.Notes())
			}
		})
	}
}

func bytes6(last byte) []byte {
	return []byte{0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last}
}

func v6(last byte) flow.IP { return flow.V6(bytes6(last)) }

func TestOperatorsRateWinsOverTheSamples(t *testing.T) {
	source := exporter
	source.SamplingRate = 100
	got, _ := decode(datagram(sampleOf(0, 11, 12, rawRecord(422, slammerFrame()))), source)
	if len(got) != 1 || got[0].SamplingRate != 100 || got[0].Sampling != flow.SamplingOperator {
		t.Errorf("got %+v, want one flow at 1:100 by the operator", got)
	}
}

func TestAgentMayBeIPv6(t *testing.T) {
	payload := join(words(5, 2), bytes6(9), words(3, 77, 1, 1), sampleOf(512, 11, 12, rawRecord(422, slammerFrame())))
	var d Datagram
	var report wire.Report
	if !d.Open(payload, exporter, &report) || d.Agent != v6(9) || d.SubAgent != 3 || d.Sequence != 77 {
		t.Errorf("got agent %v, sub-agent %d, sequence %d, notes %v", d.Agent, d.SubAgent, d.Sequence, report.Notes())
	}
	if got, _ := decode(payload, exporter); len(got) != 1 {
		t.Errorf("got %d flows, want 1", len(got))
	}
}

// A datagram may hold more samples than a batch has room for.
func TestManySamplesGoThroughSeveralBatches(t *testing.T) {
	samples := make([][]byte, 1500)
	for i := range samples {
		samples[i] = sampleOf(512, 11, 12, typed(sampledIPv4, words(40, 6, 1, uint32(i), 3, 4, 2, 8)))
	}
	got, report := decode(datagram(samples...), exporter)
	if len(got) != len(samples) || report.Decoded != len(samples) {
		t.Fatalf("got %d flows, %d reported, want %d", len(got), report.Decoded, len(samples))
	}
	if want := flow.V4(1499).Addr(); got[1499].DstAddr != want {
		t.Errorf("last flow goes to %v, want %v", got[1499].DstAddr, want)
	}
}
