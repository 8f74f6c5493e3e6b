package wire

import "encoding/binary"

// Format is an export format as its first bytes tell it.
type Format uint8

// The formats.
const (
	UnknownFormatVersion Format = iota
	NetFlowV5
	NetFlowOther // NetFlow v1, v6 to v9 and IPFIX: known, not decoded
	SFlowV5
	SFlowOther // an older sFlow: known, not decoded
)

const (
	ipfixVersion  = 10
	shortest      = 4 // bytes that any header has
	v5Header      = 24
	v5Record      = 48
	sflowShortest = 28 // with an IPv4 agent
)

// Recognise tells the format and its version number. NetFlow and IPFIX begin
// with a 16-bit version, sFlow with a 32-bit one, so their first bytes differ.
// Bytes shorter than four have no format.
func Recognise(b []byte) (Format, uint32) {
	if len(b) < shortest {
		return UnknownFormatVersion, 0
	}
	short, long := uint32(binary.BigEndian.Uint16(b)), binary.BigEndian.Uint32(b)
	switch {
	case short == 5:
		return NetFlowV5, short
	case short == 1, short >= 6 && short <= ipfixVersion:
		return NetFlowOther, short
	case long == 5:
		return SFlowV5, long
	case long == 2, long == 4:
		return SFlowOther, long
	}
	return UnknownFormatVersion, short
}

// LooksExported tells whether a UDP payload is built like an export datagram:
// not only the version but also the lengths behind it must fit. It is how a
// capture is told apart from one of ordinary traffic.
func LooksExported(b []byte) bool {
	format, version := Recognise(b)
	switch {
	case format == NetFlowV5:
		return len(b) >= v5Header && len(b) == v5Header+v5Record*int(binary.BigEndian.Uint16(b[2:]))
	case format == SFlowV5:
		return looksSFlow(b)
	case version == ipfixVersion:
		return len(b) >= 16 && int(binary.BigEndian.Uint16(b[2:])) == len(b)
	case version == 9:
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
