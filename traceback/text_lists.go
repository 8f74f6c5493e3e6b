package traceback

import (
	"fmt"
	"strconv"

	"eagre/anomaly"
)

// summary writes what was collected, in total and per network element.
func (p *page) summary(s Snapshot, samples int) {
	t := table{header: []string{"", "Bytes", "Packets", "Bytes/Pkt", "bps", "pps"}}
	t.add(append([]string{"Total"}, amountCells(s.Total.Amount)...)...)
	for _, e := range s.Elements {
		label := fmt.Sprintf("%s %d %s", printable(e.Exporter), e.Interface, printable(e.Name))
		if e.Entry {
			label += " ENTRY"
		}
		t.add(append([]string{label}, amountCells(e.Amount)...)...)
	}
	p.section("Summary", append([]string{collected(s, samples), ""}, t.lines()...)...)
}

// collected says which samples the numbers rest on.
func collected(s Snapshot, samples int) string {
	if samples == 1 {
		return fmt.Sprintf("Sample %d @ %s, collected for %d seconds", s.Number, s.Start.UTC().Format("15:04"), s.Seconds)
	}
	return fmt.Sprintf("All %d samples, collected for %s seconds: %s to %s UTC", samples,
		grouped(uint64(s.Seconds)), stamp(s.Start), stamp(s.End))
}

// lists writes the top lists. Where no value was seen (the ports of ICMP) a list
// has nothing to say; where none stands out, all are others.
func (p *page) lists(t Traffic) {
	for i, l := range t.lists() {
		if l.Distinct > 0 {
			p.list(listTitles[i], *l)
		}
	}
}

type listTitle struct{ section, column string }

// listTitles stand in the order of Traffic.lists.
var listTitles = [...]listTitle{
	{"Source Addresses", "Network / Mask"},
	{"Destination Addresses", "Network / Mask"},
	{"Source Ports", "Port"},
	{"Destination Ports", "Port"},
	{"Protocols", "Protocol"},
	{"TCP Flags", "Flags"},
	{"Input Interfaces", "Router / Interface"},
	{"Output Interfaces", "Router / Interface"},
	{"Source AS", "AS"},
	{"Destination AS", "AS"},
}

func (p *page) list(title listTitle, l List) {
	t := table{header: []string{title.column, "Bytes", "Packets", "Bytes/Pkt", "bps", "pps", "% bps"}}
	var percent float64
	for _, r := range l.Rows {
		t.add(append(append([]string{printable(r.Key)}, amountCells(r.Amount)...), fmt.Sprintf("%.2f", r.PercentBPS))...)
		percent += r.PercentBPS
	}
	if l.Rest.Packets > 0 {
		t.add(append(append([]string{"others"}, amountCells(l.Rest)...), fmt.Sprintf("%.2f", max(0, 100-percent)))...)
	}
	section := title.section
	if l.Distinct > len(l.Rows) {
		section += " (" + distinct(l) + ")"
	}
	p.section(section, t.lines()...)
}

// distinct says how many values were seen: "4,032 seen, counted per 16 values".
func distinct(l List) string {
	text := grouped(uint64(l.Distinct)) + " seen"
	if l.CountedPer != "" {
		text += ", counted per " + l.CountedPer
	}
	return text
}

func amountCells(a Amount) []string {
	return []string{
		anomaly.HumanBytes(float64(a.Bytes)), grouped(a.Packets), anomaly.HumanBytes(a.BytesPerPacket),
		anomaly.BPS.Human(a.BPS), anomaly.PPS.Human(a.PPS),
	}
}

// grouped is a number with its thousands apart: "762,849,600".
func grouped(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
