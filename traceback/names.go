package traceback

import (
	"fmt"
	"strings"

	"eagre/anomaly"
	"eagre/network"
)

// serviceNames are the ports an operator meets in attacks (IANA's names).
var serviceNames = map[uint64]string{
	7: "echo", 17: "qotd", 19: "chargen", 20: "ftp-data", 21: "ftp", 22: "ssh", 23: "telnet", 25: "smtp",
	53: "domain", 69: "tftp", 80: "http", 110: "pop3", 111: "sunrpc", 123: "ntp", 135: "epmap", 137: "netbios-ns",
	139: "netbios-ssn", 143: "imap", 161: "snmp", 179: "bgp", 389: "ldap", 443: "https", 445: "microsoft-ds",
	500: "isakmp", 587: "submission", 993: "imaps", 1194: "openvpn", 1433: "ms-sql-s", 1434: "ms-sql-m",
	1900: "ssdp", 3306: "mysql", 3389: "ms-wbt-server", 3478: "stun", 4500: "ipsec-nat-t", 5060: "sip",
	5353: "mdns", 5683: "coap", 6881: "bittorrent", 8080: "http-alt", 11211: "memcache", 25565: "minecraft",
}

// protocolName is "udp (17)", or "ip (201)" for one without a name.
func protocolName(p uint8) string {
	name := anomaly.ProtocolName(p)
	if name == "" {
		name = "ip"
	}
	return fmt.Sprintf("%s (%d)", name, p)
}

// flagsName is "S (0x02)": the letters from the lowest bit up, RFC 9293 §3.1.
func flagsName(f uint8) string {
	var letters strings.Builder
	for i, letter := range "FSRPAUEC" {
		if f>>i&1 == 1 {
			letters.WriteRune(letter)
		}
	}
	if f == 0 {
		return "none (0x00)"
	}
	return fmt.Sprintf("%s (0x%02x)", letters.String(), f)
}

// portName is "80 (http)".
func portName(p uint16) string {
	if name := serviceNames[uint64(p)]; name != "" {
		return fmt.Sprintf("%d (%s)", p, name)
	}
	return fmt.Sprint(p)
}

// interfaceLabel is "edge1 1 transit-a".
func interfaceLabel(nw *network.Map, k interfaceKey) string {
	if k.index == severalInterfaces {
		if k.exporter.IsZero() {
			return "several exporters"
		}
		return exporterName(nw, k) + " several interfaces"
	}
	label := fmt.Sprintf("%s %d", exporterName(nw, k), k.index)
	if name := nw.Interface(k.exporter, k.index).Name; name != "" {
		label += " " + name
	}
	return label
}
