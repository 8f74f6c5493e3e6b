package goflow

import (
	"fmt"
	"math"
	"net/netip"
	"time"

	"github.com/netsampler/goflow2/v2/pb"

	"eagre/flow"
	"eagre/ingest/wire"
)

// EtherTypes, ICMP protocols and the interface index that means none.
const (
	etherIPv4 = 0x0800
	etherIPv6 = 0x86dd

	protoICMP   = 1
	protoICMPv6 = 58

	unknownInterface = 0x3fffffff
)

// record reads the message that is held.
func (d *Decoder) record(at time.Time, r *flow.Record) (time.Time, error) {
	m := &d.message
	if err := sound(m); err != nil {
		return time.Time{}, err
	}
	received, err := arrival(m, at)
	if err != nil {
		return time.Time{}, err
	}
	*r = flow.Record{
		Version: flow.Imported, Domain: m.ObservationDomainId,
		SrcPort: uint16(m.SrcPort), DstPort: uint16(m.DstPort),
		Proto: uint8(m.Proto), TCPFlags: uint8(m.TcpFlags), TOS: uint8(m.IpTos),
		SrcAS: m.SrcAs, DstAS: m.DstAs, InIf: known(m.InIf), OutIf: known(m.OutIf),
		Direction: direction(m), Forwarding: uint8(m.ForwardingStatus),
		Bytes: m.Bytes, Packets: m.Packets,
	}
	if err := addresses(m, r); err != nil {
		return time.Time{}, err
	}
	if icmp := r.Proto == protoICMP || r.Proto == protoICMPv6; icmp && m.IcmpType|m.IcmpCode != 0 {
		r.DstPort = uint16(m.IcmpType)<<8 | uint16(uint8(m.IcmpCode))
	}
	if m.FragmentOffset > 0 {
		r.Quality |= flow.Fragment
	}
	r.SamplingRate, r.Sampling = sampling(m)
	span(m, received, r)
	judge(r)
	return received, nil
}

// sound refuses what is no flow or cannot be one.
func sound(m *flowpb.FlowMessage) error {
	switch {
	case m.Proto > math.MaxUint8:
		return fmt.Errorf("proto: %d is no IP protocol", m.Proto)
	case max(m.SrcPort, m.DstPort) > math.MaxUint16:
		return fmt.Errorf("src_port, dst_port: %d is no port", max(m.SrcPort, m.DstPort))
	case max(m.IcmpType, m.IcmpCode) > math.MaxUint8:
		return fmt.Errorf("icmp_type, icmp_code: %d is out of range", max(m.IcmpType, m.IcmpCode))
	case m.Etype != 0 && m.Etype != etherIPv4 && m.Etype != etherIPv6 && len(m.SrcAddr)+len(m.DstAddr) == 0:
		return ErrNotIP
	case m.Packets == 0 && m.Bytes == 0:
		return ErrNoTraffic
	}
	return nil
}

func addresses(m *flowpb.FlowMessage, r *flow.Record) error {
	for _, a := range []struct {
		name  string
		bytes []byte
		to    *netip.Addr
	}{
		{"sampler_address", m.SamplerAddress, &r.Exporter},
		{"src_addr", m.SrcAddr, &r.SrcAddr},
		{"dst_addr", m.DstAddr, &r.DstAddr},
		{"next_hop", m.NextHop, &r.NextHop},
	} {
		if n := len(a.bytes); n != 0 && n != 4 && n != 16 {
			return fmt.Errorf("%s: an address of %d bytes", a.name, n)
		}
		addr, _ := netip.AddrFromSlice(a.bytes)
		*a.to = flow.FromAddr(addr).Addr()
	}
	if !r.SrcAddr.IsValid() || !r.DstAddr.IsValid() {
		r.Quality |= flow.Aggregated
	}
	r.SrcMask, r.DstMask = mask(m.SrcNet, r.SrcAddr), mask(m.DstNet, r.DstAddr)
	return nil
}

// mask is a prefix length, 0 where it does not fit the address.
func mask(bits uint32, of netip.Addr) uint8 {
	if bits > uint32(of.BitLen()) {
		return 0
	}
	return uint8(bits)
}

func known(index uint32) uint32 {
	if index == unknownInterface {
		return 0
	}
	return index
}

func sampling(m *flowpb.FlowMessage) (uint32, flow.Sampling) {
	if m.SamplingRate == 0 || m.SamplingRate > wire.MaxSamplingRate {
		return 0, flow.SamplingUnknown
	}
	return uint32(m.SamplingRate), flow.SamplingImported
}

const (
	ipHeader    = 20     // bytes that every IP packet has
	fastestBits = 100e12 // bit/s; a flow above is not believed
	shortest    = time.Second
)

// judge marks impossible counters. A flow shorter than a second counts as one, as
// exporters round.
func judge(r *flow.Record) {
	bits := float64(r.Bytes) * float64(max(r.SamplingRate, 1)) * 8
	seconds := max(r.End.Sub(r.Start), shortest).Seconds()
	tooSmall := r.Packets > r.Bytes/ipHeader
	if tooSmall || r.Packets == 0 || bits/seconds > fastestBits {
		r.Quality |= flow.Implausible
	}
}
