package traceback

import (
	"fmt"
	"strings"

	"eagre/anomaly"
)

// elements writes the affected network elements, router by router in the order
// in which the anomaly names them.
func (p *page) elements() {
	elements := p.anomaly.NetworkElements
	if len(elements) == 0 {
		p.section("Affected Network Elements", "None seen in the flows that are held.")
		return
	}
	t := table{left: make([]bool, 9)}
	t.left[7] = true
	t.add(fmt.Sprintf("%-*s", elementWidth, ""), "Expected", "Observed", "bps", "Observed", "pps", "", "", "First")
	t.add("", "pps", "Max", "Mean", "Max", "Mean", "Share", "", "seen")
	above := [][]string{nil, nil} // the lines that stand above row i of t
	for i, e := range elements {
		label := "  " + elementLabel(e)
		heading := routerHeading(elements, i)
		if width(label) > elementWidth { // its name has a line of its own
			heading, label = append(heading, cut(label, pageWidth)), ""
		}
		above = append(above, heading)
		t.add(label, bare(e.ExpectedPPS), bare(e.MaxBPS), bare(e.MeanBPS), bare(e.MaxPPS), bare(e.MeanPPS),
			elementShare(e), entryMark(e), e.FirstSeen.UTC().Format("15:04:05"))
	}
	var lines []string
	for i, l := range t.lines() {
		lines = append(append(lines, above[i]...), l)
	}
	p.section("Affected Network Elements", lines...)
}

// elementWidth is how long an interface's label may be beside its numbers.
const elementWidth = 25

// routerHeading is "Router edge1 (192.0.2.1), importance high" where element i
// is the first of a run on one router. The importance is the run's highest.
func routerHeading(elements []anomaly.NetworkElement, i int) []string {
	e := elements[i]
	if i > 0 && elements[i-1].Address == e.Address {
		return nil
	}
	highest := e.Importance
	for _, next := range elements[i:] {
		if next.Address != e.Address {
			break
		}
		highest = max(highest, next.Importance)
	}
	name := printable(e.Exporter)
	if name != e.Address.String() {
		name = fmt.Sprintf("%s (%s)", name, e.Address)
	}
	return []string{cut(fmt.Sprintf("Router %s, importance %s", name, highest), pageWidth)}
}

func elementLabel(e anomaly.NetworkElement) string {
	label := fmt.Sprintf("%d %s", e.Interface, printable(e.Name))
	if e.Interface == 0 {
		label = "interface unknown"
	}
	if e.Role != "" && e.Role != "unknown" {
		label = strings.TrimSpace(label) + ", " + printable(e.Role)
	}
	return strings.TrimSpace(label)
}

func elementShare(e anomaly.NetworkElement) string {
	if e.Share == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f%%", 100*e.Share)
}

func entryMark(e anomaly.NetworkElement) string {
	switch {
	case e.Entry:
		return "ENTRY"
	case e.Share == 0:
		return "again" // a second view of packets that were counted elsewhere
	}
	return ""
}

// bare is a number with its decimal prefix and no unit, which the column names.
func bare(v float64) string {
	if v == 0 {
		return "-"
	}
	return strings.TrimSpace(anomaly.Count.Human(v))
}

// characterization writes the fingerprint and the values that stand out.
func (p *page) characterization(t Traffic) {
	f := p.anomaly.Fingerprint
	var lines []string
	add := func(name string, values ...string) {
		for _, v := range values {
			lines = append(lines, cut(fmt.Sprintf("%-14s%s", name, printable(v)), pageWidth))
			name = ""
		}
	}
	add("Sources", leading(t.SourceAddresses)...)
	add("  ports", fixedPort(f.SrcPort, t.SourcePorts)...)
	add("Destinations", leading(t.DestinationAddresses)...)
	add("  ports", fixedPort(f.DstPort, t.DestinationPorts)...)
	if f.Protocol != nil {
		add("Protocols", protocolName(*f.Protocol))
	}
	if f.TCPFlags != nil {
		add("TCP Flags", flagsName(*f.TCPFlags))
	}
	if f.PacketSize != nil {
		add("Packet size", fmt.Sprintf("%d bytes", *f.PacketSize))
	}
	if f.Share > 0 {
		add("Share", fmt.Sprintf("%.1f%% of the packets match all fixed fields", 100*f.Share))
	}
	if len(lines) > 0 {
		p.section("Traffic Characterization", lines...)
	}
}

// leading is up to three rows that hold at least a twentieth of the bytes, or
// how widely the values are spread.
func leading(l List) []string {
	var out []string
	for _, r := range l.Rows {
		if r.PercentBPS >= 100/rowDivisor && len(out) < 3 {
			out = append(out, r.Key)
		}
	}
	if len(out) == 0 && l.Distinct > 0 {
		out = append(out, "widely spread, "+distinct(l))
	}
	return out
}

// fixedPort prefers the fingerprint's port to the list.
func fixedPort(port *uint16, l List) []string {
	if port != nil {
		return []string{portName(*port)}
	}
	return leading(l)
}
