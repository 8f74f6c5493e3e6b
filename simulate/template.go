package simulate

import (
	"encoding/binary"
	"fmt"

	"eagre/flow"
)

// Variable is the length of a field that carries its own length (RFC 7011 §7).
const Variable uint16 = 65535

// Field is one field of a template: an information element and its length in
// octets, which may be shorter than the element's own (RFC 7011 §6.2).
type Field struct {
	Element    uint16 // without the enterprise bit; in the scope of NetFlow v9 options a Scope number
	Length     uint16 // octets, or Variable
	Enterprise uint32 // private enterprise number; 0 is IANA's elements
}

// Reverse is the field for the other direction of a biflow (RFC 5103 §6.1).
func (f Field) Reverse() Field {
	f.Enterprise = reverseEnterprise
	return f
}

// Template is the layout of data records. With Scope above zero it is an options
// template, whose first Scope fields say what the rest is about.
type Template struct {
	ID     uint16 // 256 or above, unless a test wants otherwise
	Scope  int
	Fields []Field
	// Sampler is what the records say in samplerId and selectorId.
	Sampler uint32
}

// RecordBytes is the length of a record: the shortest, if fields are variable.
func (t *Template) RecordBytes() int {
	n := 0
	for _, f := range t.Fields {
		if f.Length == Variable {
			n++
		} else {
			n += int(f.Length)
		}
	}
	return n
}

// Times is how an exporter says when a flow began and ended.
type Times uint8

// The ways to say a time. The zero value is the format's own: sysUptime in NetFlow
// v9, milliseconds in IPFIX.
const (
	NaturalTimes      Times = iota
	SysUptimes              // elements 22 and 21, relative to when the exporter started
	Seconds                 // 150 and 151
	Milliseconds            // 152 and 153
	Microseconds            // 154 and 155, NTP timestamps
	Nanoseconds             // 156 and 157, NTP timestamps
	DeltaMicroseconds       // 158 and 159, relative to the export time
	timesCount
)

var timeFields = [timesCount][2]Field{
	SysUptimes:        {{Element: FlowStartSysUpTime, Length: 4}, {Element: FlowEndSysUpTime, Length: 4}},
	Seconds:           {{Element: FlowStartSeconds, Length: 4}, {Element: FlowEndSeconds, Length: 4}},
	Milliseconds:      {{Element: FlowStartMilliseconds, Length: 8}, {Element: FlowEndMilliseconds, Length: 8}},
	Microseconds:      {{Element: FlowStartMicroseconds, Length: 8}, {Element: FlowEndMicroseconds, Length: 8}},
	Nanoseconds:       {{Element: FlowStartNanoseconds, Length: 8}, {Element: FlowEndNanoseconds, Length: 8}},
	DeltaMicroseconds: {{Element: FlowStartDeltaMicroseconds, Length: 4}, {Element: FlowEndDeltaMicroseconds, Length: 4}},
}

// of is the way for a format.
func (t Times) of(format flow.Version) Times {
	switch {
	case t != NaturalTimes:
		return t
	case format == flow.IPFIX:
		return Milliseconds
	}
	return SysUptimes
}

// Fields are the first and the last moment of a flow.
func (t Times) Fields() []Field { return timeFields[t][:] }

// FlowTemplate is the template of an everyday router for flows of one family, in
// NetFlow v9 or IPFIX.
func FlowTemplate(format flow.Version, id uint16, six bool, times Times) Template {
	t := Template{ID: id}
	t.Fields = append(t.Fields, familyFields(six)...)
	t.Fields = append(t.Fields, []Field{
		{Element: SourceTransportPort, Length: 2},
		{Element: DestinationTransportPort, Length: 2},
		{Element: ProtocolIdentifier, Length: 1},
		{Element: IPClassOfService, Length: 1},
		{Element: TCPControlBits, Length: 1},
		{Element: IngressInterface, Length: 4},
		{Element: EgressInterface, Length: 4},
		{Element: BGPSourceASNumber, Length: 4},
		{Element: BGPDestinationASNumber, Length: 4},
		{Element: OctetDeltaCount, Length: 8},
		{Element: PacketDeltaCount, Length: 8},
		{Element: FlowDirection, Length: 1},
	}...)
	t.Fields = append(t.Fields, times.of(format).Fields()...)
	return t
}

func familyFields(six bool) []Field {
	if six {
		return []Field{
			{Element: SourceIPv6Address, Length: 16},
			{Element: DestinationIPv6Address, Length: 16},
			{Element: IPNextHopIPv6Address, Length: 16},
			{Element: SourceIPv6PrefixLength, Length: 1},
			{Element: DestinationIPv6PrefixLength, Length: 1},
			{Element: ICMPTypeCodeIPv6, Length: 2},
		}
	}
	return []Field{
		{Element: SourceIPv4Address, Length: 4},
		{Element: DestinationIPv4Address, Length: 4},
		{Element: IPNextHopIPv4Address, Length: 4},
		{Element: SourceIPv4PrefixLength, Length: 1},
		{Element: DestinationIPv4PrefixLength, Length: 1},
		{Element: ICMPTypeCodeIPv4, Length: 2},
	}
}

// PacketReport is the template of a PSAMP packet report (RFC 5476 §6.4.2): where and
// when a packet was seen, and its first bytes, from the link layer on (element 315)
// or from IP on (313).
func PacketReport(id uint16, link bool) Template {
	section := Field{Element: IPHeaderPacketSection, Length: Variable}
	if link {
		section.Element = DataLinkFrameSection
	}
	return Template{ID: id, Fields: []Field{
		{Element: SelectorID, Length: 4},
		{Element: ObservationTimeMilliseconds, Length: 8},
		{Element: IngressInterface, Length: 4},
		{Element: EgressInterface, Length: 4},
		{Element: DataLinkFrameSize, Length: 2},
		section,
	}}
}

// appendTemplate writes a template record: RFC 3954 §5.2 and §6.1, RFC 7011 §3.4.1
// and §3.4.2.
func appendTemplate(dst []byte, t *Template, ipfix bool) []byte {
	be := binary.BigEndian
	dst = be.AppendUint16(dst, t.ID)
	switch {
	case t.Scope == 0:
		dst = be.AppendUint16(dst, uint16(len(t.Fields)))
	case ipfix:
		dst = be.AppendUint16(be.AppendUint16(dst, uint16(len(t.Fields))), uint16(t.Scope))
	default: // octets, not fields
		dst = be.AppendUint16(be.AppendUint16(dst, uint16(4*t.Scope)), uint16(4*(len(t.Fields)-t.Scope)))
	}
	for _, f := range t.Fields {
		dst = appendField(dst, f, ipfix)
	}
	return dst
}

func appendField(dst []byte, f Field, ipfix bool) []byte {
	be := binary.BigEndian
	if f.Enterprise == 0 {
		return be.AppendUint16(be.AppendUint16(dst, f.Element), f.Length)
	}
	if !ipfix {
		panic(fmt.Sprintf("netflow v9: element %d of enterprise %d: v9 has no enterprises", f.Element, f.Enterprise))
	}
	dst = be.AppendUint16(be.AppendUint16(dst, f.Element|0x8000), f.Length)
	return be.AppendUint32(dst, f.Enterprise)
}
