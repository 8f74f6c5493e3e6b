package sflow

import (
	"eagre/flow"
	"eagre/ingest/header"
	"eagre/ingest/wire"
)

// Where things stand in a flow sample that is not expanded, from its format on,
// and in the raw packet header that is its only record.
const (
	atSequence  = 8
	atSource    = 12
	atRate      = 16
	atPool      = 20
	atDrops     = 24
	atPorts     = 28 // input and output
	atRecords   = 36 // how many
	atFormat    = 40 // of the first record
	atProtocol  = 48 // the record's length stands before it
	atFrame     = 52
	atStripped  = 56
	atCaptured  = 60
	atBytes     = 64 // the captured frame
	atEther     = atBytes + 12
	atIP        = atBytes + 14
	plainSample = atIP + len(header.Plain4{})
)

// What the lengths of a sample, of its only record and of the frame in that must
// add up to.
const (
	rawInSample = atProtocol - sampleHeader // bytes of a sample before the body of its only record
	rawBytes    = atBytes - sampleHeader    // and before the captured frame
	soleRecord  = 1<<32 | rawHeader         // one record, and its format
	captured4   = uint64(plainSample - atBytes)
	captured6   = uint64(atIP - atBytes + len(header.Plain6{}))
)

// plain turns up to a block of flow samples into rows, for as long as they are
// what nearly all are: not expanded, their interfaces known, a raw packet header
// that is an Ethernet frame, and beside it at most records of switch, router and
// gateway. It gives back what is left. A sample that is anything else, or has
// anything wrong with it, is left for the general way, which makes the same rows
// of plain ones.
//
// It is long and straight because it runs for each sample: eight rows of each
// column are an array, so that no column needs a check, and what is the same in
// all rows of a datagram is written eight rows at a time.
func (d *Datagram) plain(samples []byte, b *flow.Batch) []byte {
	at, to := b.N, b.N+block
	if b.Room() < block {
		return samples
	}
	src, dst, octets := (*[block]flow.IP)(b.SrcAddr[at:to]), (*[block]flow.IP)(b.DstAddr[at:to]), (*[block]uint64)(b.Bytes[at:to])
	srcPort, dstPort := (*[block]uint16)(b.SrcPort[at:to]), (*[block]uint16)(b.DstPort[at:to])
	in, out, rates := (*[block]uint32)(b.InIf[at:to]), (*[block]uint32)(b.OutIf[at:to]), (*[block]uint32)(b.SamplingRate[at:to])
	proto, flags, tos := (*[block]uint8)(b.Proto[at:to]), (*[block]uint8)(b.TCPFlags[at:to]), (*[block]uint8)(b.TOS[at:to])
	operator, tunnels := d.source.SamplingRate, d.Packets.Tunnels != nil
	n, most, watch := 0, int(min(block, d.said-d.held)), int64(d.watch)-int64(d.held)
each:
	for n < most && len(samples) >= plainSample {
		p := (*[plainSample]byte)(samples)
		length := be.Uint64(p[:]) - flowSample<<32 // beyond all bounds, unless it is a flow sample
		said, ports := be.Uint32(p[atRate:]), be.Uint64(p[atPorts:])
		rate, input, output := said, uint32(ports>>32), uint32(ports)
		if operator != 0 {
			rate = operator
		}
		if length > uint64(len(samples)-sampleHeader) || length%4 != 0 || length < rawBytes || rate-1 >= wire.MaxSamplingRate ||
			(ports|(ports+portsUnknown))&portFormats != 0 {
			break
		}
		if n == 0 {
			d.same.fill(b, at)
		}
		captured, ether := uint64(be.Uint32(p[atCaptured:])), be.Uint16(p[atEther:])
		lengths := be.Uint64(p[atFrame:]) // of the frame, and of what was stripped
		left := max(wireLength(uint32(lengths>>32), uint32(lengths)), int(captured)) - (atIP - atBytes)
		sole := be.Uint64(p[atRecords:]) == soleRecord && captured <= length-rawBytes &&
			be.Uint64(p[atFormat+4:]) == (length-rawInSample)<<32|protocolEthernet
		switch four := (*header.Plain4)(p[atIP:]); {
		case sole && ether == header.EtherIPv4 && captured >= captured4 && four.Plain() && !(tunnels && four.Tunnel()):
			src[n], dst[n] = four.Addresses()
			srcPort[n], dstPort[n] = four.Ports()
			proto[n], flags[n], tos[n] = four.Service()
			octets[n] = uint64(min(four.Length(), left))
		case sole && ether == header.EtherIPv6 && captured >= captured6 && !tunnels && (*header.Plain6)(samples[atIP:]).Plain():
			six := (*header.Plain6)(samples[atIP:])
			src[n], dst[n] = six.Addresses()
			srcPort[n], dstPort[n] = six.Ports()
			proto[n], flags[n], tos[n] = six.Service()
			octets[n] = uint64(min(six.Length(), left))
		case d.beside(samples[sampleHeader:][:length]):
			h := d.decoder.packet
			src[n], dst[n] = h.Src, h.Dst
			srcPort[n], dstPort[n] = h.SrcPort, h.DstPort
			proto[n], flags[n], tos[n] = h.Proto, h.TCPFlags, h.TOS
			octets[n] = uint64(h.IPBytes)
			d.decoder.extend(b, at+n)
		default:
			break each
		}
		in[n], out[n], rates[n] = input, output, rate
		if int64(n) >= watch {
			d.keep(unpackSource(be.Uint32(p[atSource:])), be.Uint32(p[atSequence:]), said, be.Uint32(p[atPool:]), be.Uint32(p[atDrops:]))
			watch = block
		}
		samples = samples[sampleHeader+length:]
		n++
	}
	b.N += n
	d.held += uint32(n)
	return samples
}

// beside reads the records of a flow sample that has more than a plain packet:
// it tells whether there is one raw packet header of Ethernet, and nothing that
// takes more thought. Then the decoder holds what they say.
func (d *Datagram) beside(body []byte) bool {
	s := &d.decoder
	s.reset()
	c := body[sampleBody:]
	for left := be.Uint32(body[sampleBody-4:]); left > 0; left-- {
		if len(c) < recordHeader {
			return false
		}
		format, length := be.Uint32(c), uint64(be.Uint32(c[4:]))
		if length%4 != 0 || length > uint64(len(c)-recordHeader) || !s.quickly(format, c[recordHeader:recordHeader+length]) {
			return false
		}
		c = c[recordHeader+length:]
	}
	longest := uint32(128)
	if s.raw && s.packet.Src.Is4() {
		longest = 32
	}
	return s.raw && s.src <= longest && s.dst <= longest
}

// quickly reads a record, and tells whether that was easy.
func (s *sample) quickly(format uint32, record []byte) bool {
	switch format {
	case rawHeader:
		return s.frame(record)
	case sampledIPv4, sampledIPv6, extendedMPLS:
		return false
	case extendedRouter, extendedGateway:
		c := wire.NewCursor(record)
		if format == extendedRouter {
			s.router(&c)
		} else {
			s.gateway(&c)
		}
		return !c.Failed()
	}
	return true
}

// frame reads a raw packet header of Ethernet, unless there was one before, and
// tells whether an IP packet is in it that is whole as far as it matters.
func (s *sample) frame(record []byte) bool {
	const fixed = atBytes - atProtocol
	if len(record) < fixed || be.Uint32(record) != protocolEthernet || s.raw {
		return false
	}
	captured := be.Uint32(record[atCaptured-atProtocol:])
	if uint64(captured) > uint64(len(record)-fixed) {
		return false
	}
	onWire := wireLength(be.Uint32(record[atFrame-atProtocol:]), be.Uint32(record[atStripped-atProtocol:]))
	s.known = s.parser.Parse(header.Ethernet, record[fixed:][:captured], onWire, &s.parsed)
	s.packet, s.raw, s.plausible = &s.parsed, s.known, true
	return s.known && !s.parsed.Partial
}

// extend writes into row i what a plain sample does not have.
func (s *sample) extend(b *flow.Batch, i int) {
	b.NextHop[i], b.SrcMask[i], b.DstMask[i] = s.nextHop, uint8(s.src), uint8(s.dst)
	b.SrcAS[i], b.DstAS[i] = s.srcAS, s.dstAS
	if s.parsed.Fragment {
		b.Quality[i] = flow.Fragment
	}
}
