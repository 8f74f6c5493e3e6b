package config

import (
	"strings"
	"testing"
)

// The bad inputs that the reliability page lists by row, with the answers it states.
// The files in testdata/bad vary them.
func TestBadInputGetsItsStatedAnswer(t *testing.T) {
	tabbed := "admin:\n\tlisten: x"
	for _, c := range []struct{ name, text, want string }{
		{"79 unknown key", strings.Repeat("#\n", 13) + "  listn: {}", `engine.yaml:14:3: unknown key "listn" (did you mean "listen"?)`},
		{"80 duplicate key", "admin: {}\nadmin: {}", `engine.yaml:2:1: duplicate key "admin", first at 1:1`},
		{"80 tab", tabbed, "engine.yaml:2:1: a tab stands in the indentation: indent with spaces"},
		{"80 anchor", "admin: &a {}", "engine.yaml:1:8: anchors and aliases (&name, *name) are not used here: write the value again"},
		{"80 merge key", "admin: {<<: {}}", "engine.yaml:1:9: merge keys (<<) are not used here: write the values again"},
		{"80 several documents", "admin: {}\n---\nadmin: {}", "engine.yaml:3:1: a second document begins here: a configuration is one document"},
		{"81 port beyond the last", "admin: {listen: 'localhost:70000'}", "engine.yaml:1:17: port 70000 out of 1–65535"},
		{"81 half a hexadecimal port", "admin: {listen: 'localhost:0x'}", `engine.yaml:1:17: port "0x": want a number in 1–65535`},
		{"81 a word for a port", "admin: {listen: 'localhost:yes'}", `engine.yaml:1:17: port "yes": want a number in 1–65535`},
		{"82 prefix length", "networks: {dark: [10.0.0.0/33]}", `engine.yaml:1:19: prefix "10.0.0.0/33": length "33" out of 0–32`},
		{"82 prefix length, IPv6", "networks: {dark: ['2001:db8::/129']}", `engine.yaml:1:19: prefix "2001:db8::/129": length "129" out of 0–128`},
		{"82 host bits", "networks: {dark: [10.1.2.3/8]}", "engine.yaml:1:19: warning: prefix 10.1.2.3/8 has host bits set: taken as 10.0.0.0/8"},
		{"82 host bits, IPv6", "networks: {dark: ['2001:db8::1/32']}", "engine.yaml:1:19: warning: prefix 2001:db8::1/32 has host bits set: taken as 2001:db8::/32"},
		{
			"82 one prefix, two owners", "networks: {managed: [{name: a, prefixes: [10.0.0.0/8]}, {name: b, prefixes: [10.0.0.0/8]}]}",
			`engine.yaml:1:78: prefix 10.0.0.0/8 of "b" belongs to "a" already, at 1:43`,
		},
		{
			"82 unused space with an owner", "networks: {managed: [{name: a, prefixes: [10.0.0.0/8]}], dark: [10.0.0.0/8, 10.1.0.0/16]}",
			`engine.yaml:1:65: prefix 10.0.0.0/8 is not unused: it belongs to "a", at 1:43`,
		},
		{"83 no unit", "learning: {until: 5}", `engine.yaml:1:19: duration "5" needs a unit (5s, 5m, 5h)`},
		{"83 negative", "learning: {until: -1s}", `engine.yaml:1:19: duration "-1s" out of 0s–366d`},
		{"83 beyond all time", "learning: {until: 1e99h}", `engine.yaml:1:19: duration "1e99h" out of 0s–366d`},
		{"84 not a number", "thresholds: {syn-flood: NaN}", `engine.yaml:1:25: "NaN": want plain digits and a unit; accepted units: pps kpps Mpps, bps kbps Mbps Gbps Tbps`},
		{"84 digits in groups", "thresholds: {syn-flood: 1_000}", `engine.yaml:1:25: "1_000": want plain digits and a unit; accepted units: pps kpps Mpps, bps kbps Mbps Gbps Tbps`},
		{"84 Gbit", "thresholds: {syn-flood: 10 Gbit}", `engine.yaml:1:25: "10 Gbit": not a unit for this; accepted units: pps kpps Mpps, bps kbps Mbps Gbps Tbps`},
		{"84 packets for a capacity", "networks: {managed: [{name: a, prefixes: [10.0.0.0/8], capacity: 5kpps}]}", `engine.yaml:1:66: "5kpps": not a unit for this; accepted units: bps kbps Mbps Gbps Tbps`},
		{"97 inline secret", "alerts: {receivers: [{name: a, slack: {channel: '#a', token: xoxb-1}}]}", "engine.yaml:1:62: secrets are not written here: use {file: PATH}, {env: NAME} or {credential: NAME}"},
		{"98 password in a URL", "alerts: {receivers: [{name: a, webhook: {url: 'https://u:p@h.example/k', secret: {env: K}}}]}", "engine.yaml:1:47: url https://h.example/…: user and password do not belong into a URL"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, problems := Parse("engine.yaml", []byte(c.text))
			wantSame(t, "problems", c.want+"\n", textOf(problems))
		})
	}
}
