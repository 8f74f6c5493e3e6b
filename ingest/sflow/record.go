package sflow

import (
	"eagre/flow"
	"eagre/ingest/header"
	"eagre/ingest/wire"
)

// Flow record formats of the standard (enterprise 0) that are read. What else
// there is says nothing that a flow holds, or less well: where a NAT record (1007,
// 1020) contradicts the packet header, the header's own addresses and ports are
// those that crossed the interface, and win.
const (
	rawHeader       = 1
	sampledIPv4     = 3
	sampledIPv6     = 4
	extendedSwitch  = 1001 // VLANs and priorities: a flow holds none
	extendedRouter  = 1002
	extendedGateway = 1003
	extendedMPLS    = 1006
)

// Header protocols of a raw packet header.
const (
	protocolEthernet = 1
	protocolIPv4     = 11
	protocolIPv6     = 12
	protocolMPLS     = 13
)

const (
	recordHeader = 8     // bytes: format and length
	shortestIP   = 20    // bytes of the shortest IPv4 packet
	longestIP    = 65575 // bytes of the longest IPv6 packet that is no jumbogram
)

// records are the records of a sample, one after the other, for as long as there
// are bytes.
type records struct {
	c      wire.Cursor
	said   uint32 // as the sample counts them
	held   uint32 // found so far
	format uint32
	length uint32
	record wire.Cursor // the one at hand
}

// next comes to the next record and tells whether there is one. What was wrong
// with the one before goes to the report.
func (r *records) next(report *wire.Report) bool {
	if r.record.Failed() {
		report.Add(wire.Note{Finding: wire.RecordCut, A: r.format, B: r.length})
	}
	r.c.Skip(min(padding(r.length), r.c.Len()))
	if r.held == r.said || r.c.Len() < recordHeader {
		if r.held != r.said {
			report.Add(wire.Note{Finding: wire.RecordCount, A: r.said, B: r.held})
		}
		return false
	}
	r.format, r.length = r.c.U32(), r.c.U32()
	if uint64(r.length) > uint64(r.c.Len()) {
		report.Add(wire.Note{Finding: wire.RecordTooLong, A: r.length, B: uint32(r.c.Len())})
		return false
	}
	r.held++
	r.record = r.c.Sub(int(r.length))
	return true
}

// padding is what XDR adds to come to a multiple of four (RFC 4506 §4.9).
func padding(length uint32) int { return int(-length & 3) }

// records reads the flow records of a sample.
func (s *sample) records(c wire.Cursor, report *wire.Report) {
	for r := (records{c: c, said: s.said}); r.next(report); {
		s.record(r.format, &r.record, report)
	}
	s.src, s.dst = s.mask(s.src, report), s.mask(s.dst, report)
}

func (s *sample) record(format uint32, c *wire.Cursor, report *wire.Report) {
	switch format {
	case rawHeader:
		s.header(c, report)
	case sampledIPv4:
		s.ipv4(c, report)
	case sampledIPv6:
		s.ipv6(c, report)
	case extendedRouter:
		s.router(c)
	case extendedGateway:
		s.gateway(c)
	case extendedMPLS:
		s.mpls(c)
	}
}

// header reads a raw packet header: protocol, frame length, bytes stripped from
// the frame, then the first bytes of it. The frame length includes link header
// and FCS; the size of the packet comes from its IP header.
func (s *sample) header(c *wire.Cursor, report *wire.Report) {
	protocol, frame, stripped, length := c.U32(), c.U32(), c.U32(), c.U32()
	link, ok := linkOf(protocol)
	if c.Failed() || !ok || s.raw {
		return
	}
	if uint64(length) > uint64(c.Len()) {
		report.Add(wire.Note{Finding: wire.RawHeaderTooLong, A: length, B: uint32(c.Len())})
		length = uint32(c.Len())
	}
	bytes := c.Bytes(int(length))
	packet := &s.parsed
	if s.parser.Parse(link, bytes, wireLength(frame, stripped), packet) {
		s.packet, s.known, s.raw, s.plausible = packet, true, true, true
	}
	if packet.Partial {
		report.Add(wire.Note{Finding: wire.HeaderCut})
	}
}

func linkOf(protocol uint32) (header.LinkType, bool) {
	switch protocol {
	case protocolEthernet:
		return header.Ethernet, true
	case protocolIPv4:
		return header.IPv4, true
	case protocolIPv6:
		return header.IPv6, true
	case protocolMPLS:
		return header.MPLS, true
	}
	return 0, false
}

// wireLength is the frame without what was stripped, within what a frame can be.
func wireLength(frame, stripped uint32) int {
	if stripped > frame {
		stripped = 0
	}
	return int(min(frame-stripped, longestIP+64))
}

// ipv4 reads a sampled IPv4 record, which an agent sends when it cannot copy
// packet headers.
func (s *sample) ipv4(c *wire.Cursor, report *wire.Report) {
	length, proto := c.U32(), c.U32()
	src, dst := c.U32(), c.U32()
	s.fields(flow.V4(src), flow.V4(dst), length, proto, c, report)
}

// ipv6 reads a sampled IPv6 record.
func (s *sample) ipv6(c *wire.Cursor, report *wire.Report) {
	length, proto := c.U32(), c.U32()
	src, dst := address(2, c), address(2, c)
	s.fields(src, dst, length, proto, c, report)
}

func (s *sample) fields(src, dst flow.IP, length, proto uint32, c *wire.Cursor, report *wire.Report) {
	p := &s.stated
	*p = header.Header{Src: src, Dst: dst, Proto: uint8(proto), IPBytes: length}
	p.SrcPort, p.DstPort = uint16(c.U32()), uint16(c.U32())
	p.TCPFlags, p.TOS = uint8(c.U32()), uint8(c.U32())
	if c.Failed() || s.raw {
		return
	}
	s.packet, s.known, s.plausible = p, true, length >= shortestIP && length <= longestIP
	if !s.plausible {
		report.Add(wire.Note{Finding: wire.Impossible})
	}
}

// router reads an extended router record: next hop and prefix lengths.
func (s *sample) router(c *wire.Cursor) {
	hop := address(c.U32(), c)
	src, dst := c.U32(), c.U32()
	if c.Failed() {
		return
	}
	s.nextHop, s.src, s.dst, s.routed = hop, src, dst, true
}

// mpls reads the next hop of an extended MPLS record, for want of a router's.
func (s *sample) mpls(c *wire.Cursor) {
	if hop := address(c.U32(), c); !s.routed {
		s.nextHop = hop
	}
}

// mask judges a prefix length, once it is known of what.
func (s *sample) mask(length uint32, report *wire.Report) uint32 {
	longest, family := uint32(32), uint32(4)
	if s.known && !s.packet.Src.Is4() {
		longest, family = 128, 6
	}
	if length > longest {
		report.Add(wire.Note{Finding: wire.MaskTooLong, A: length, B: family})
		return 0
	}
	return length
}

// gateway reads an extended gateway record as far as the AS path, whose last
// number is the destination's. The source's own number stands before it.
func (s *sample) gateway(c *wire.Cursor) {
	address(c.U32(), c)
	c.Skip(4) // the router's own AS
	s.srcAS = c.U32()
	c.Skip(4) // the peer the source is reached through
	for segments := c.U32(); segments > 0 && c.Len() >= 8; segments-- {
		c.Skip(4) // set or sequence
		s.path(c)
	}
}

func (s *sample) path(c *wire.Cursor) {
	numbers := c.U32()
	held := min(uint64(numbers), uint64(c.Len()/4))
	if held == 0 {
		return
	}
	c.Skip(int(held-1) * 4)
	s.dstAS = c.U32()
}
