package goflow

import (
	"net"
	"net/netip"
	"strconv"
	"time"

	"github.com/netsampler/goflow2/v2/pb"

	"eagre/flow"
)

// AppendJSON appends a record as the line that goflow2 prints with its default
// settings, all keys in their order, without a line end. received is when the
// record came in; the zero time is printed as 0. The direction of metering follows
// under the key flow_direction where it is known; goflow2 prints it only if its
// mapping.yaml says so.
func AppendJSON(dst []byte, r *flow.Record, received time.Time) []byte {
	m := message(r, received)
	p := printer{append(dst, '{')}
	p.text("type", m.Type.String())
	p.number("time_received_ns", m.TimeReceivedNs)
	p.number("sequence_num", 0)
	p.number("sampling_rate", m.SamplingRate)
	p.address("sampler_address", r.Exporter)
	p.number("time_flow_start_ns", m.TimeFlowStartNs)
	p.number("time_flow_end_ns", m.TimeFlowEndNs)
	p.number("bytes", m.Bytes)
	p.number("packets", m.Packets)
	p.address("src_addr", r.SrcAddr)
	p.address("dst_addr", r.DstAddr)
	p.text("etype", etherName(m.Etype))
	p.text("proto", protocolName(r.Proto))
	p.number("src_port", uint64(m.SrcPort))
	p.number("dst_port", uint64(m.DstPort))
	p.number("in_if", uint64(m.InIf))
	p.number("out_if", uint64(m.OutIf))
	p.details(m, r)
	p.direction(r.Direction)
	return append(p.b, '}')
}

// details are the keys from the link layer on.
func (p *printer) details(m *flowpb.FlowMessage, r *flow.Record) {
	p.text("src_mac", noMAC)
	p.text("dst_mac", noMAC)
	p.zeros("src_vlan", "dst_vlan", "vlan_id")
	p.number("ip_tos", uint64(m.IpTos))
	p.number("forwarding_status", uint64(m.ForwardingStatus))
	p.zeros("ip_ttl", "ip_flags")
	p.number("tcp_flags", uint64(m.TcpFlags))
	p.number("icmp_type", uint64(m.IcmpType))
	p.number("icmp_code", uint64(m.IcmpCode))
	p.zeros("ipv6_flow_label", "fragment_id", "fragment_offset")
	p.number("src_as", uint64(m.SrcAs))
	p.number("dst_as", uint64(m.DstAs))
	p.address("next_hop", r.NextHop)
	p.zeros("next_hop_as")
	p.network("src_net", r.SrcAddr, r.SrcMask)
	p.network("dst_net", r.DstAddr, r.DstMask)
	p.text("bgp_next_hop", "")
	p.lists("bgp_communities", "as_path", "mpls_ttl", "mpls_label", "mpls_ip")
	p.number("observation_domain_id", uint64(m.ObservationDomainId))
	p.zeros("observation_point_id")
	p.lists("layer_stack", "layer_size", "ipv6_routing_header_addresses")
	p.zeros("ipv6_routing_header_seg_left")
}

var noMAC = net.HardwareAddr(make([]byte, 6)).String()

// printer appends members to a JSON object. Its texts are names and addresses,
// which need no escapes.
type printer struct{ b []byte }

func (p *printer) key(name string) {
	if p.b[len(p.b)-1] != '{' {
		p.b = append(p.b, ',')
	}
	p.b = append(append(append(p.b, '"'), name...), '"', ':')
}

func (p *printer) number(name string, n uint64) {
	p.key(name)
	p.b = strconv.AppendUint(p.b, n, 10)
}

func (p *printer) text(name, s string) {
	p.key(name)
	p.b = append(append(append(p.b, '"'), s...), '"')
}

func (p *printer) address(name string, a netip.Addr) {
	p.key(name)
	p.b = append(p.b, '"')
	if a.IsValid() {
		p.b = a.AppendTo(p.b)
	}
	p.b = append(p.b, '"')
}

// network prints the prefix of an address, as goflow2 does for masks.
func (p *printer) network(name string, a netip.Addr, bits uint8) {
	prefix, err := a.Prefix(int(bits))
	if err != nil || !a.IsValid() {
		p.text(name, noPrefix)
		return
	}
	p.key(name)
	p.b = append(prefix.AppendTo(append(p.b, '"')), '"')
}

func (p *printer) zeros(names ...string) {
	for _, name := range names {
		p.number(name, 0)
	}
}

func (p *printer) lists(names ...string) {
	for _, name := range names {
		p.key(name)
		p.b = append(p.b, '[', ']')
	}
}

func (p *printer) direction(d flow.Direction) {
	switch d {
	case flow.Ingress:
		p.number("flow_direction", 0)
	case flow.Egress:
		p.number("flow_direction", 1)
	}
}
