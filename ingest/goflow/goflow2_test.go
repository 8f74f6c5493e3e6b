package goflow

import (
	"bytes"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/netsampler/goflow2/v2/decoders/netflowlegacy"
	"github.com/netsampler/goflow2/v2/decoders/sflow"
	"github.com/netsampler/goflow2/v2/decoders/utils"
	"github.com/netsampler/goflow2/v2/producer"
	protoproducer "github.com/netsampler/goflow2/v2/producer/proto"

	"eagre/flow"
)

// said is what goflow2 says about one flow, in both its forms.
type said struct{ line, delimited []byte }

// goflow2 lets goflow2 turn a datagram that is decoded into its messages.
func goflow2(t *testing.T, datagram any, config protoproducer.ProducerConfig) (out []said) {
	t.Helper()
	compiled, err := config.Compile()
	check(t, err)
	p, err := protoproducer.CreateProtoProducer(compiled, protoproducer.CreateSamplingSystem)
	check(t, err)
	router := netip.MustParseAddr("192.0.2.1")
	messages, err := p.Produce(datagram, &producer.ProduceArgs{Src: netip.AddrPortFrom(router, 4000), SamplerAddress: router, TimeReceived: arrived})
	check(t, err)
	for _, m := range messages {
		message := m.(*protoproducer.ProtoProducerMessage)
		line, err := message.MarshalJSON()
		check(t, err)
		delimited, err := message.MarshalBinary()
		check(t, err)
		out = append(out, said{line, delimited})
	}
	return out
}

func ipv4(s string) netflowlegacy.IPAddress {
	a := netip.MustParseAddr(s).As4()
	return netflowlegacy.IPAddress(uint32(a[0])<<24 | uint32(a[1])<<16 | uint32(a[2])<<8 | uint32(a[3]))
}

func ipv6(s string) utils.IPAddress { return netip.MustParseAddr(s).AsSlice() }

// slammer is a NetFlow v5 datagram about the worm, decoded by goflow2.
func slammer() *netflowlegacy.PacketNetFlowV5 {
	return &netflowlegacy.PacketNetFlowV5{
		Version: 5, Count: 1, SysUptime: 100_000, UnixSecs: uint32(arrived.Unix()), SamplingInterval: 1<<14 | 100,
		Records: []netflowlegacy.RecordsNetFlowV5{{
			SrcAddr: ipv4("198.51.100.7"), DstAddr: ipv4("203.0.113.9"), NextHop: ipv4("192.0.2.254"), Input: 3, Output: 4,
			DPkts: 2, DOctets: 808, First: 90_000, Last: 95_000, SrcPort: 5353, DstPort: 1434, Proto: 17, Tos: 8,
			SrcAS: 64500, DstAS: 64501, SrcMask: 24, DstMask: 16,
		}},
	}
}

func slammerRecord() flow.Record {
	return flow.Record{
		Exporter: netip.MustParseAddr("192.0.2.1"), Version: flow.Imported,
		SrcAddr: netip.MustParseAddr("198.51.100.7"), DstAddr: netip.MustParseAddr("203.0.113.9"), NextHop: netip.MustParseAddr("192.0.2.254"),
		InIf: 3, OutIf: 4, SrcPort: 5353, DstPort: 1434, Proto: 17, TOS: 8, SrcMask: 24, DstMask: 16, SrcAS: 64500, DstAS: 64501,
		Start: arrived.Add(-10 * time.Second), End: arrived.Add(-5 * time.Second), Bytes: 808, Packets: 2,
		SamplingRate: 100, Sampling: flow.SamplingImported,
	}
}

func TestWhatGoflow2SaysIsRead(t *testing.T) {
	for _, one := range goflow2(t, slammer(), protoproducer.ProducerConfig{}) {
		for name, s := range map[string]*Stream{
			"JSON": NewLines(bytes.NewReader(one.line), time.Time{}), "delimited": NewDelimited(bytes.NewReader(one.delimited), time.Time{}),
			"payload JSON": NewPayload(one.line, time.Time{}), "payload delimited": NewPayload(one.delimited, time.Time{}), "payload single": NewPayload(one.delimited[1:], time.Time{}),
		} {
			var got flow.Record
			received, err := s.Next(&got)
			check(t, err)
			if diff := cmp.Diff(slammerRecord(), got, same); diff != "" || !received.Equal(arrived) {
				t.Errorf("%s: received %v, record (-want +got):\n%s", name, received, diff)
			}
		}
	}
}

// With a mapping of its own goflow2 prints fewer keys, and a time as text.
func TestRenderedTimesAndChosenFieldsAreRead(t *testing.T) {
	config := protoproducer.ProducerConfig{Formatter: protoproducer.FormatterConfig{
		Fields:   []string{"time_received_ns", "bytes", "packets", "src_addr", "dst_addr", "proto", "csum"},
		Render:   map[string]protoproducer.RendererID{"time_received_ns": protoproducer.RendererDateTimeNano},
		Protobuf: []protoproducer.ProtobufFormatterConfig{{Name: "csum", Index: 999, Type: "varint"}},
	}}
	for _, one := range goflow2(t, slammer(), config) {
		var d Decoder
		var got flow.Record
		received, err := d.FromJSON(one.line, time.Time{}, &got)
		check(t, err)
		if !received.Equal(arrived) || !got.End.Equal(arrived) || got.Proto != 17 || got.Sampling != flow.SamplingUnknown {
			t.Errorf("%s\nreceived %v, got %+v", one.line, received, got)
		}
	}
}

func TestLinesArePrintedAsGoflow2PrintsThem(t *testing.T) {
	for _, one := range goflow2(t, slammer(), protoproducer.ProducerConfig{}) {
		r := slammerRecord()
		r.Version = flow.NetFlowV5
		if diff := cmp.Diff(string(one.line), string(AppendJSON(nil, &r, arrived))); diff != "" {
			t.Errorf("line (-goflow2 +ours):\n%s", diff)
		}
		if !bytes.Equal(one.delimited, AppendDelimited(nil, &r, arrived)) {
			t.Errorf("the delimited message differs from goflow2's")
		}
	}
}

func TestIPv6SampleOfGoflow2IsRead(t *testing.T) {
	packet := &sflow.Packet{Version: 5, Samples: []any{sflow.FlowSample{
		SamplingRate: 512, Input: unknownInterface, Output: 7,
		Records: []sflow.FlowRecord{{Data: sflow.SampledIPv6{
			SampledIPBase: sflow.SampledIPBase{
				Length: 120, Protocol: 58, SrcIP: ipv6("2001:db8::1"), DstIP: ipv6("2001:db8::2"),
			},
		}}},
	}}}
	for _, one := range goflow2(t, packet, protoproducer.ProducerConfig{}) {
		var d Decoder
		var fromLine, fromMessage flow.Record
		_, err := d.FromJSON(one.line, time.Time{}, &fromLine)
		check(t, err)
		_, err = d.FromProtobuf(one.delimited[1:], time.Time{}, &fromMessage)
		check(t, err)
		if diff := cmp.Diff(fromMessage, fromLine, same); diff != "" {
			t.Errorf("record (-protobuf +JSON):\n%s", diff)
		}
		if fromLine.SrcAddr != netip.MustParseAddr("2001:db8::1") || fromLine.InIf != 0 || fromLine.OutIf != 7 || fromLine.SamplingRate != 512 || !fromLine.Start.Equal(arrived) {
			t.Errorf("got %+v", fromLine)
		}
	}
}

// The direction of metering is no field of the message: goflow2 adds it by a
// number that its mapping.yaml names, and so do we.
func TestDirectionCrossesUnderGoflow2sNumber(t *testing.T) {
	r := slammerRecord()
	for _, direction := range []flow.Direction{flow.DirectionUnknown, flow.Ingress, flow.Egress} {
		r.Direction = direction
		var d Decoder
		var fromLine, fromMessage flow.Record
		_, err := d.FromJSON(AppendJSON(nil, &r, arrived), time.Time{}, &fromLine)
		check(t, err)
		_, err = d.FromProtobuf(AppendProtobuf(nil, &r, arrived), time.Time{}, &fromMessage)
		check(t, err)
		if fromLine.Direction != direction || fromMessage.Direction != direction {
			t.Errorf("%v: got %v from JSON, %v from protobuf", direction, fromLine.Direction, fromMessage.Direction)
		}
	}
}
