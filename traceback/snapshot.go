package traceback

import (
	"net/netip"
	"time"

	"eagre/flow"
	"eagre/network"
)

// Snapshot is the traffic of an anomaly over up to a minute, in total and per
// network element: "Sample 8 @ 21:14, collected for 60 seconds".
type Snapshot struct {
	Number  int       `json:"number"` // from 1, given by Report.Keep
	Start   time.Time `json:"start"`
	End     time.Time `json:"end"`
	Seconds int       `json:"seconds"` // of event time that it covers
	// Total counts packets once, although several routers saw them.
	Total    Traffic          `json:"total"`
	Elements []ElementTraffic `json:"elements"`
}

// Traffic is an amount and what it is made of, each list by bytes.
type Traffic struct {
	Amount
	SourceAddresses      List `json:"source_addresses"`
	DestinationAddresses List `json:"destination_addresses"`
	SourcePorts          List `json:"source_ports"`
	DestinationPorts     List `json:"destination_ports"`
	Protocols            List `json:"protocols"`
	TCPFlags             List `json:"tcp_flags"`
	InputInterfaces      List `json:"input_interfaces"`
	OutputInterfaces     List `json:"output_interfaces"`
	SourceAS             List `json:"source_as"`
	DestinationAS        List `json:"destination_as"`
}

// ElementTraffic is the traffic of one network element. Only the first
// ListedElements of a snapshot carry lists.
type ElementTraffic struct {
	Exporter  string     `json:"exporter"`
	Address   netip.Addr `json:"address"`
	Interface uint32     `json:"interface"`
	Name      string     `json:"name"`
	Entry     bool       `json:"entry"`
	Traffic
}

// ListedElements is how many elements of a snapshot have top lists.
const ListedElements = 8

// extend widens the held receive time to the event time in which anything was
// found: flows are exported after they ran.
func (t *tracing) extend(r *Recent) {
	heldFrom, heldTo := r.span()
	from, to := second(heldFrom), second(heldTo.Add(time.Second-time.Nanosecond))
	if len(t.groups) > 0 && t.first < t.last {
		from, to = min(from, t.first), max(to, t.last)
	}
	t.first, t.last = max(t.from, from), min(t.to, to)
}

// covered is the seconds of the window that what is held can speak about.
func (t *tracing) covered() int { return int(max(0, t.last-t.first) / 1000) }

func (t *tracing) snapshot(nw *network.Map) Snapshot {
	s := Snapshot{Seconds: t.covered(), Elements: []ElementTraffic{}}
	if s.Seconds > 0 {
		s.Start, s.End = time.UnixMilli(t.first).UTC(), time.UnixMilli(t.last).UTC()
	}
	all := newBreakdown(t.bound)
	for _, key := range t.keys() {
		if t.counted[key] {
			all.merge(t.groups[key].parts)
		}
	}
	s.Total = traffic(t.countedTotal(), all, s.Seconds, nw)
	for _, e := range t.elements(nw) {
		g := t.groups[interfaceKey{flow.FromAddr(e.Address), e.Interface}]
		part := ElementTraffic{Exporter: e.Exporter, Address: e.Address, Interface: e.Interface, Name: e.Name, Entry: e.Entry}
		part.Amount = amount(g.total, s.Seconds)
		if len(s.Elements) < ListedElements {
			part.Traffic = traffic(g.total, g.parts, s.Seconds, nw)
		}
		s.Elements = append(s.Elements, part)
	}
	return s
}
