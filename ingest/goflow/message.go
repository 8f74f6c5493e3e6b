package goflow

import (
	"net/netip"
	"time"

	"github.com/netsampler/goflow2/v2/pb"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"eagre/flow"
)

// AppendProtobuf appends a record as one FlowMessage without a length before it.
// received is when the record came in; the zero time leaves that out.
func AppendProtobuf(dst []byte, r *flow.Record, received time.Time) []byte {
	return marshal(dst, message(r, received))
}

// AppendDelimited is AppendProtobuf with the length before the message, as
// streams and files have it.
func AppendDelimited(dst []byte, r *flow.Record, received time.Time) []byte {
	m := message(r, received)
	return marshal(protowire.AppendVarint(dst, uint64(proto.Size(m))), m)
}

// marshal cannot fail: the message has no required fields and no strings.
func marshal(dst []byte, m *flowpb.FlowMessage) []byte {
	out, err := proto.MarshalOptions{Deterministic: true}.MarshalAppend(dst, m)
	if err != nil {
		return dst
	}
	return out
}

// message is a record as goflow2 would have made it.
func message(r *flow.Record, received time.Time) *flowpb.FlowMessage {
	m := &flowpb.FlowMessage{
		Type: flowType(r.Version), TimeReceivedNs: nanos(received), SamplingRate: uint64(r.SamplingRate),
		SamplerAddress: r.Exporter.AsSlice(), TimeFlowStartNs: nanos(r.Start), TimeFlowEndNs: nanos(r.End),
		Bytes: r.Bytes, Packets: r.Packets, SrcAddr: r.SrcAddr.AsSlice(), DstAddr: r.DstAddr.AsSlice(),
		Etype: etherType(r), Proto: uint32(r.Proto), SrcPort: uint32(r.SrcPort), DstPort: uint32(r.DstPort),
		InIf: r.InIf, OutIf: r.OutIf, IpTos: uint32(r.TOS), ForwardingStatus: uint32(r.Forwarding), TcpFlags: uint32(r.TCPFlags),
		SrcAs: r.SrcAS, DstAs: r.DstAS, NextHop: r.NextHop.AsSlice(), SrcNet: uint32(r.SrcMask), DstNet: uint32(r.DstMask),
		ObservationDomainId: r.Domain,
	}
	if r.Proto == protoICMP || r.Proto == protoICMPv6 {
		m.IcmpType, m.IcmpCode = uint32(r.DstPort>>8), uint32(r.DstPort&0xff)
	}
	switch r.Direction {
	case flow.Ingress:
		direct(m, 0)
	case flow.Egress:
		direct(m, 1)
	}
	return m
}

// flowType is the format in goflow2's words, which has some of ours only.
func flowType(v flow.Version) flowpb.FlowMessage_FlowType {
	switch v {
	case flow.SFlowV5:
		return flowpb.FlowMessage_SFLOW_5
	case flow.NetFlowV5:
		return flowpb.FlowMessage_NETFLOW_V5
	case flow.NetFlowV9:
		return flowpb.FlowMessage_NETFLOW_V9
	case flow.IPFIX:
		return flowpb.FlowMessage_IPFIX
	}
	return flowpb.FlowMessage_FLOWUNKNOWN
}

func etherType(r *flow.Record) uint32 {
	for _, a := range []netip.Addr{r.SrcAddr, r.DstAddr} {
		switch {
		case a.Is4():
			return etherIPv4
		case a.Is6():
			return etherIPv6
		}
	}
	return 0
}

// nanos is a time since 1970, 0 where there is none that fits.
func nanos(t time.Time) uint64 {
	if t.Unix() < 0 || t.Year() > lastYear {
		return 0
	}
	return uint64(t.UnixNano())
}

const lastYear = 2261 // as far as 64 bits of nanoseconds reach
