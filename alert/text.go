package alert

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"eagre/anomaly"
)

// Inert makes a stranger's string harmless to show: control characters, marks that
// turn the direction of writing, invisible characters and broken UTF-8 are spelled
// out as \x1b or \u202e, line ends among them; beyond limit runes it ends in "…".
// Markup (HTML, mrkdwn) is not its business.
func Inert(s string, limit int) string {
	if plain(s) && len(s) <= limit {
		return s
	}
	var b strings.Builder
	for n := 0; len(s) > 0; n++ {
		if n == limit {
			return b.String() + "…"
		}
		r, size := utf8.DecodeRuneInString(s)
		b.WriteString(inertRune(r, s[:size]))
		s = s[size:]
	}
	return b.String()
}

func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

func inertRune(r rune, raw string) string {
	switch {
	case r == utf8.RuneError && len(raw) == 1, r < 0x80 && unicode.IsControl(r):
		return fmt.Sprintf(`\x%02x`, raw[0])
	case unicode.IsPrint(r):
		return raw
	case r > 0xffff:
		return fmt.Sprintf(`\U%08x`, r)
	}
	return fmt.Sprintf(`\u%04x`, r)
}

// Where names the victim or the offender as a person would: a host by its address, a
// network by its prefix. Nil is the empty string.
func Where(p *netip.Prefix) string {
	switch {
	case p == nil:
		return ""
	case p.IsSingleIP():
		return p.Addr().String()
	}
	return p.String()
}

// Whom is the one thing an anomaly is about in a headline: "to 198.51.100.7", "from
// 192.0.2.9", or the resource's name.
func Whom(a anomaly.Anomaly) string {
	switch {
	case a.Victim != nil:
		return "to " + Where(a.Victim)
	case a.Source != nil:
		return "from " + Where(a.Source)
	}
	return "on " + Inert(a.Resource.Name, 80)
}

// Rates prints a bit rate and a packet rate in human units.
func Rates(r anomaly.Rates) string {
	return anomaly.BPS.Human(r.BPS) + ", " + anomaly.PPS.Human(r.PPS)
}

var protocols = map[uint8]string{
	1: "icmp", 2: "igmp", 6: "tcp", 17: "udp", 41: "ipv6", 47: "gre", 50: "esp", 51: "ah",
	58: "ipv6-icmp", 89: "ospf", 103: "pim", 112: "vrrp", 132: "sctp",
}

// Pattern prints a fingerprint in words: "udp, destination port 1434, 404-byte
// packets (99.9 % of packets)". It is empty where nothing stands out.
func Pattern(f anomaly.Fingerprint) string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	if f.Protocol != nil {
		add("%s", protocol(*f.Protocol))
	}
	if f.SrcPort != nil {
		add("source port %d", *f.SrcPort)
	}
	if f.DstPort != nil {
		add("destination port %d", *f.DstPort)
	}
	if f.TCPFlags != nil {
		add("%s", flags(*f.TCPFlags))
	}
	if f.PacketSize != nil {
		add("%d-byte packets", *f.PacketSize)
	}
	if len(parts) == 0 {
		return ""
	}
	return fmt.Sprintf("%s (%.1f %% of packets)", strings.Join(parts, ", "), 100*f.Share)
}

func protocol(number uint8) string {
	if name, known := protocols[number]; known {
		return name
	}
	return fmt.Sprintf("protocol %d", number)
}

// flags spells the TCP flags of RFC 9293, section 3.1.
func flags(bits uint8) string {
	var set []string
	for i, name := range []string{"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"} {
		if bits&(1<<i) != 0 {
			set = append(set, name)
		}
	}
	if len(set) == 0 {
		return "no flags"
	}
	return strings.Join(set, "+")
}

// Entries prints where an anomaly came in, the first limit entry points, one a
// string: "edge1 transit-a, 71 %".
func Entries(a anomaly.Anomaly, limit int) []string {
	var out []string
	more := 0
	for _, e := range a.NetworkElements {
		switch {
		case !e.Entry:
		case len(out) == limit:
			more++
		default:
			out = append(out, entry(e))
		}
	}
	if more > 0 {
		out = append(out, fmt.Sprintf("and %d more", more))
	}
	return out
}

func entry(e anomaly.NetworkElement) string {
	exporter, port := Inert(e.Exporter, 60), Inert(e.Name, 60)
	if exporter == "" {
		exporter = e.Address.String()
	}
	if port == "" {
		port = fmt.Sprintf("interface %d", e.Interface)
	}
	return fmt.Sprintf("%s %s, %.0f %%", exporter, port, 100*e.Share)
}

// Lasted prints how long an anomaly has gone on at the time of the event: "42 s",
// "12 min 5 s", "3 h 14 min".
func Lasted(e anomaly.Event) string {
	d := e.Duration(e.At).Round(time.Second)
	h, m, s := int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60
	switch {
	case h > 0 && m > 0:
		return fmt.Sprintf("%d h %d min", h, m)
	case h > 0:
		return fmt.Sprintf("%d h", h)
	case m > 0 && s > 0:
		return fmt.Sprintf("%d min %d s", m, s)
	case m > 0:
		return fmt.Sprintf("%d min", m)
	}
	return fmt.Sprintf("%d s", s)
}

// Severe prints the severity: "958.2% of 3.40 Kpps". It is empty where there is no
// threshold to measure by.
func Severe(a anomaly.Anomaly) string {
	if a.Threshold.Value <= 0 {
		return ""
	}
	return strings.TrimSpace(a.SeverityText())
}

// Extent prints the largest rates seen, with the severity: "105.26 Mbps, 32.58 Kpps
// (958.2% of 3.40 Kpps)".
func Extent(a anomaly.Anomaly) string {
	if severe := Severe(a); severe != "" {
		return Rates(a.Maximum.Rates) + " (" + severe + ")"
	}
	return Rates(a.Maximum.Rates)
}
