package wire

import "encoding/binary"

// Format is an export format as its first bytes tell it.
type Format uint8

// The formats.
const (
	UnknownFormatVersion Format = iota
	NetFlowV1
	NetFlowV5
	NetFlowV6
	NetFlowV7
	NetFlowV8
	NetFlowV9
	IPFIX
	SFlowV5
	SFlowOther // an older sFlow: known, not decoded
)

const (
	ipfixVersion  = 10
	shortest      = 4  // bytes that any header has
	sflowShortest = 28 // with an IPv4 agent
)

// NetFlow tells whether a format is one of the NetFlow family.
func (f Format) NetFlow() bool { return f >= NetFlowV1 && f <= IPFIX }

// byVersion are the formats of the NetFlow family by their version number.
var byVersion = [ipfixVersion + 1]Format{
	1: NetFlowV1, 5: NetFlowV5, 6: NetFlowV6, 7: NetFlowV7, 8: NetFlowV8, 9: NetFlowV9, ipfixVersion: IPFIX,
}

// Recognise tells the format and its version number. NetFlow and IPFIX begin
// with a 16-bit version, sFlow with a 32-bit one, so their first bytes differ.
// Bytes shorter than four have no format.
func Recognise(b []byte) (Format, uint32) {
	if len(b) < shortest {
		return UnknownFormatVersion, 0
	}
	short, long := uint32(binary.BigEndian.Uint16(b)), binary.BigEndian.Uint32(b)
	switch {
	case short <= ipfixVersion && byVersion[short] != UnknownFormatVersion:
		return byVersion[short], short
	case long == 5:
		return SFlowV5, long
	case long == 2, long == 4:
		return SFlowOther, long
	}
	return UnknownFormatVersion, short
}

type lengths struct{ header, record int }

// fits tells whether a datagram holds as many records as its header says.
func (l lengths) fits(b []byte) bool {
	return len(b) >= l.header && len(b) == l.header+l.record*int(binary.BigEndian.Uint16(b[2:]))
}

// wideV1 is version 1 as some switches send it.
var wideV1 = lengths{16, 52}

// fixed are the lengths of the formats that have one layout.
var fixed = [...]lengths{
	NetFlowV1: {16, 48}, NetFlowV5: {24, 48}, NetFlowV6: {24, 52}, NetFlowV7: {24, 52},
}

const (
	v8Header  = 28
	v8Scheme  = 22 // where the aggregation scheme stands
	v8Schemes = 14
)

// LooksExported tells whether a UDP payload is built like an export datagram:
// not only the version but also the lengths behind it must fit. It is how a
// capture is told apart from one of ordinary traffic.
func LooksExported(b []byte) bool {
	format, _ := Recognise(b)
	switch {
	case format >= NetFlowV1 && format <= NetFlowV7:
		return fixed[format].fits(b) || format == NetFlowV1 && wideV1.fits(b)
	case format == NetFlowV8:
		return len(b) > v8Header && (len(b)-v8Header)%4 == 0 && b[v8Scheme] >= 1 && b[v8Scheme] <= v8Schemes
	case format == SFlowV5:
		return looksSFlow(b)
	case format == IPFIX:
		return len(b) >= 16 && int(binary.BigEndian.Uint16(b[2:])) == len(b)
	case format == NetFlowV9:
		return looksV9(b)
	}
	return false
}

func looksSFlow(b []byte) bool {
	if len(b) < sflowShortest {
		return false
	}
	c := NewCursor(b[4:])
	switch c.U32() {
	case 1:
		c.Skip(4)
	case 2:
		c.Skip(16)
	default:
		return false
	}
	c.Skip(12) // sub-agent, sequence, uptime
	samples := c.U32()
	c.Skip(4)
	length := c.U32()
	return !c.Failed() && samples > 0 && int(samples) <= len(b)/8 && length > 0 && uint64(length) <= uint64(c.Len())
}

// looksV9 checks the first flow set of a NetFlow v9 datagram (RFC 3954 §5).
func looksV9(b []byte) bool {
	if len(b) < 24 {
		return false
	}
	set, length := binary.BigEndian.Uint16(b[20:]), int(binary.BigEndian.Uint16(b[22:]))
	return (set < 2 || set > 255) && length >= 4 && length <= len(b)-20
}
