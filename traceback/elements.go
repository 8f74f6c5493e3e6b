package traceback

import (
	"cmp"
	"slices"
	"time"

	"eagre/anomaly"
	"eagre/network"
)

// elements are the network elements of a trace: entry points first, then in
// order of first appearance, then by address and ifIndex.
func (t *tracing) elements(nw *network.Map) []anomaly.NetworkElement {
	entries, total := t.entries(nw), t.countedTotal()
	out := make([]anomaly.NetworkElement, 0, len(t.groups))
	for _, key := range t.keys() {
		g := t.groups[key]
		if g.total == (count{}) {
			continue
		}
		e := t.element(g, nw)
		e.Entry = entries[key]
		if t.counted[key] && total.packets > 0 {
			e.Share = float64(g.total.packets) / float64(total.packets)
		}
		out = append(out, e)
	}
	slices.SortStableFunc(out, byAppearance)
	return out
}

func byAppearance(a, b anomaly.NetworkElement) int {
	if a.Entry != b.Entry {
		if a.Entry {
			return -1
		}
		return 1
	}
	return cmp.Or(a.FirstSeen.Compare(b.FirstSeen), a.Address.Compare(b.Address), cmp.Compare(a.Interface, b.Interface))
}

func (t *tracing) element(g *group, nw *network.Map) anomaly.NetworkElement {
	place := nw.Interface(g.key.exporter, g.key.index)
	mean, peak := amount(g.total, t.covered()), g.peak()
	e := anomaly.NetworkElement{
		Exporter: exporterName(nw, g.key), Address: g.key.exporter.Addr(),
		Interface: g.key.index, Name: place.Name, Direction: "in", Role: place.Role.String(),
		MaxBPS: float64(peak.bytes) * 8, MaxPPS: float64(peak.packets),
		MeanBPS: mean.BPS, MeanPPS: mean.PPS,
		FirstSeen: time.UnixMilli(g.firstSeen).UTC(),
	}
	if seconds := (t.from - t.historyFrom) / 1000; seconds > 0 {
		e.ExpectedPPS = float64(g.before.packets) / float64(seconds)
	}
	if place.SpeedBPS > 0 {
		e.LinkSeverityPercent = anomaly.Severity(e.MaxBPS, place.SpeedBPS)
	}
	return e
}

// peak is the most bytes and the most packets in any one second.
func (g *group) peak() count {
	var p count
	for _, s := range g.seconds {
		p.bytes, p.packets = max(p.bytes, s.bytes), max(p.packets, s.packets)
	}
	return p
}

// exporterName is what the map calls the exporter, or its address.
func exporterName(nw *network.Map, key interfaceKey) string {
	if e, ok := nw.Exporter(key.exporter); ok && e.Name != "" {
		return e.Name
	}
	return key.exporter.String()
}
