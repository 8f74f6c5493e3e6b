package oracle

import (
	"net/netip"
	"strconv"
	"time"

	"eagre/flow"
)

// said is what a decoder says of one flow, as text in one spelling for all. What
// a decoder does not say is missing.
type said map[field]string

type field string

// The fields that are compared.
const (
	source      field = "source"
	destination field = "destination"
	sourcePort  field = "source port"
	destPort    field = "destination port"
	protocol    field = "protocol"
	flags       field = "tcp flags"
	tos         field = "tos"
	packets     field = "packets"
	octets      field = "bytes"
	allPackets  field = "packets × sampling rate"
	allOctets   field = "bytes × sampling rate"
	input       field = "input interface"
	output      field = "output interface"
	sourceAS    field = "source AS"
	destAS      field = "destination AS"
	sourceMask  field = "source mask"
	destMask    field = "destination mask"
	nextHop     field = "next hop"
	forwarding  field = "forwarding status"
	egress      field = "egress"
	first       field = "first packet"
	last        field = "last packet"
	sampling    field = "sampling rate"

	marks     field = "marks"             // what eagre found wrong: flow.Quality
	presence  field = "the record itself" // one has a record that the other has not
	judgement field = "the judgement"     // the judge gave up
)

const (
	noAddress    = "none"
	milliseconds = "2006-01-02T15:04:05.000"
)

// ours is what eagre says.
func ours(r flow.Record) said {
	rate := max(1, uint64(r.SamplingRate))
	return said{
		source: address(r.SrcAddr), destination: address(r.DstAddr), nextHop: address(r.NextHop),
		sourcePort: number(r.SrcPort), destPort: number(r.DstPort),
		protocol: number(r.Proto), flags: number(r.TCPFlags), tos: number(r.TOS),
		packets: number(r.Packets), octets: number(r.Bytes), allPackets: number(r.Packets * rate), allOctets: number(r.Bytes * rate),
		input: number(r.InIf), output: number(r.OutIf), sourceAS: number(r.SrcAS), destAS: number(r.DstAS),
		sourceMask: number(r.SrcMask), destMask: number(r.DstMask),
		forwarding: number(r.Forwarding), egress: strconv.FormatBool(r.Direction == flow.Egress),
		first: instant(r.Start), last: instant(r.End), sampling: number(rate), marks: number(r.Quality),
	}
}

func number[T ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~int](n T) string {
	return strconv.FormatUint(uint64(n), 10)
}

// address spells all that means none alike: some leave it out, some say 0.0.0.0
// or ::.
func address(a netip.Addr) string {
	if a = a.Unmap(); !a.IsValid() || a.IsUnspecified() {
		return noAddress
	}
	return a.String()
}

func instant(t time.Time) string { return t.UTC().Format(milliseconds) }

// identity is what is the same in two accounts of one flow, whatever else differs.
var identity = [...]field{source, destination, sourcePort, destPort, protocol}

func (s said) identity() (all []string) {
	for _, f := range identity {
		all = append(all, s[f])
	}
	return all
}

// sameFlow tells whether two accounts are of one flow, as far as both say. ICMP has
// no ports, and what stands in their place differs.
func sameFlow(a, b said) bool {
	for _, f := range identity {
		x, saysX := a[f]
		y, saysY := b[f]
		if saysX && saysY && x != y && !(a.icmp() && (f == sourcePort || f == destPort)) {
			return false
		}
	}
	return true
}

func (s said) icmp() bool { return s[protocol] == "1" || s[protocol] == "58" }
