package ingest

import "eagre/flow"

// Fields are the fields that an exporter fills, a bit each. They decide what can
// be found in its flows. One record of each datagram is looked at.
type Fields uint16

// The fields that matter to one detector or another.
const (
	HasAddresses Fields = 1 << iota
	HasPorts
	HasTCPFlags
	HasInterfaces
	HasAS
	HasMasks
	HasNextHop
	HasDurations
	HasIPv6
	HasApp
	HasDirection
)

// metered are the fields that packets fill, besides the interface where the
// operator has named one.
const metered = HasAddresses | HasPorts | HasTCPFlags | HasDurations

// notice looks at the first row that a datagram brought.
func (f *Fields) notice(b *flow.Batch, row int) {
	set := func(is bool, field Fields) {
		if is {
			*f |= field
		}
	}
	set(b.Quality[row]&flow.Aggregated == 0 && !b.DstAddr[row].IsZero(), HasAddresses)
	set(b.SrcPort[row]|b.DstPort[row] != 0, HasPorts)
	set(b.TCPFlags[row] != 0, HasTCPFlags)
	set(b.InIf[row]|b.OutIf[row] != 0, HasInterfaces)
	set(b.SrcAS[row]|b.DstAS[row] != 0, HasAS)
	set(b.SrcMask[row]|b.DstMask[row] != 0, HasMasks)
	set(!b.NextHop[row].IsZero(), HasNextHop)
	set(b.Start[row] != b.End[row], HasDurations)
	set(!b.DstAddr[row].IsZero() && !b.DstAddr[row].Is4(), HasIPv6)
	set(b.App[row] != 0, HasApp)
	set(b.Direction[row] != flow.DirectionUnknown, HasDirection)
}

// feeds says which detectors need which fields. A detector works on an
// exporter's flows when all its fields are there.
var feeds = []struct {
	detector string
	needs    Fields
}{
	{"interface totals", HasInterfaces},
	{"port totals", HasPorts},
	{"host totals", HasAddresses},
	{"syn-flood", HasAddresses | HasTCPFlags},
	{"udp, icmp and dns floods", HasAddresses | HasPorts},
	{"signatures", HasAddresses | HasPorts},
	{"entry points", HasAddresses | HasInterfaces},
	{"AS reports", HasAS},
}

// Feeds names the detectors that can work with these fields, in a fixed order.
func (f Fields) Feeds() []string {
	out := []string{}
	for _, d := range feeds {
		if f&d.needs == d.needs {
			out = append(out, d.detector)
		}
	}
	return out
}

// Lacks names the detectors that cannot.
func (f Fields) Lacks() []string {
	out := []string{}
	for _, d := range feeds {
		if f&d.needs != d.needs {
			out = append(out, d.detector)
		}
	}
	return out
}
