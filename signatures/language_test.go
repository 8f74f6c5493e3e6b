package signatures

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestBadExpressionsSayWhereAndWhy holds rows 87 to 94 of the bad inputs. Each
// expression stands in line 8 of its file, indented by two.
func TestBadExpressionsSayWhereAndWhy(t *testing.T) {
	for _, c := range []struct{ name, expr, want string }{
		{"87 unknown field", "SrcPrt == 53", `8:3: unknown field "SrcPrt"; did you mean src_port?`},
		{"87 nothing near", "colour == 53", `8:3: unknown field "colour"`},
		{"88 address and number", "src_addr > 5", `8:12: ">" compares numbers, but src_addr is an address and 5 is a number; an address is compared with ==, != or in`},
		{"88 number and text", `dst_port == "dns"`, `8:12: "==" cannot compare a number with text`},
		{"88 condition and number", "proto == 17 && dst_port", `8:18: "&&" needs true or false, this is a number`},
		{"88 prefix with ==", `src_addr == "10.0.0.0/8"`, `8:15: "10.0.0.0/8" is a prefix; use "in" instead of "=="`},
		{"88 no prefix", `src_addr in "10.0.0.0/33"`, `8:15: "10.0.0.0/33" is no address and no prefix`},
		{"88 no IPv6 prefix", `src_addr in "2001:db8::/129"`, `8:15: "2001:db8::/129" is no address and no prefix`},
		{"88 mapped prefix", `src_addr in "::ffff:10.0.0.0/104"`, `8:15: "::ffff:10.0.0.0/104" is IPv4 inside IPv6; write it as IPv4`},
		{"88 number in text", `proto in "17"`, `8:9: "in" needs a list or, for an address, a prefix on its right; this is text`},
		{"88 size against a field", "packet_size > bytes", `8:15: packet_size can only be compared with a constant whole number: it stands for bytes against N × packets`},
		{"88 arithmetic with a size", "packet_size + 28 == 404", `8:15: packet_size can only be compared with a constant whole number: it stands for bytes against N × packets`},
		{"88 flag letters", `flags("SX")`, `8:3: flags: 'X' is no TCP flag; the letters are FSRPAUEC`},
		{"89 a number", "bytes / 8", `8:9: the expression must be true/false, it is a number`},
		{"90 too long", strings.Repeat("bytes == 1 || ", 300) + "bytes == 2", `8:3: the expression has 4211 bytes (limit 4096)`},
		{"90 too many nodes", "bytes in [" + strings.Repeat("1,", 600) + "1]", `8:1036: the expression has more than 512 nodes (limit 512)`},
		{"90 brackets too deep", strings.Repeat("(", 33) + "fragment" + strings.Repeat(")", 33), `8:35: brackets are nested deeper than 32 (limit 32)`},
		{"90 operators too deep", strings.Repeat("!", 40) + "fragment", `8:36: operators are nested deeper than 32 (limit 32)`},
		{"91 range", "dst_port in 1024..65535", `8:19: ".." is not available in signatures; write dst_port >= … && dst_port <= …`},
		{"91 let", "let x = 1; x == bytes", `8:7: "let" is not available in signatures`},
		{"91 repeat", `repeat("a", 9) == "a"`, `8:3: "repeat" is not available in signatures`},
		{"91 map", "map([1], # + 1) == [2]", `8:3: "map" is not available in signatures`},
		{"91 reduce", "reduce([1], #acc + #) == 1", `8:3: "reduce" is not available in signatures`},
		{"91 sort", "sort([1]) == [1]", `8:3: "sort" is not available in signatures`},
		{"91 toJSON", `toJSON(bytes) == "1"`, `8:3: "toJSON" is not available in signatures`},
		{"91 fromJSON", `fromJSON("1") == 1`, `8:3: "fromJSON" is not available in signatures`},
		{"91 split", `split("a", "b") == []`, `8:3: "split" is not available in signatures`},
		{"91 join", `join(["a"]) == "a"`, `8:3: "join" is not available in signatures`},
		{"91 now", "now() == 1", `8:3: "now" is not available in signatures`},
		{"91 text +", `"a" + "b" == "ab"`, `8:7: "+" on text is not available in signatures`},
		{"91 nested closures", "all([1], any([2], # == 2))", `8:3: "all" is not available in signatures`},
		{"91 our own inner call", `in_networks(src_addr, 1)`, `8:3: "in_networks" is not available in signatures`},
		{"91 member", "src_addr.Hi == 1", `8:12: "." is not available in signatures`},
		{"91 if", "if fragment {true} else {false}", `8:3: "if" is not available in signatures`},
		{"91 ternary", "fragment ? true : false", `8:26: "? :" is not available in signatures`},
		{"91 power", "bytes ** 2 > 1", `8:9: "**" is not available in signatures`},
		{"91 environment", `$env["bytes"] == 1`, `8:7: "." is not available in signatures`},
		{"92 matches on a number", `bytes matches "1+"`, `8:9: "matches" is not available on a number: flow fields are numbers and addresses, not text; use ==, < or in`},
		{"92 no constant pattern", `bytes matches src_port`, `8:9: "matches": the pattern must be a constant; and flow fields are numbers and addresses, not text`},
		{"93 / 0", "bytes / 0 > 1", `8:9: division by zero`},
		{"93 % 0", "bytes % 0 == 1", `8:9: division by zero`},
		{"93 / (1-1)", "bytes / (1 - 1) > 1", `8:9: division by zero`},
		{"93 / 0.0", "bytes / 0.0 > 1", `8:9: division by zero`},
		{"93 by a field", "bytes / packets > 100", `8:9: "/" needs a constant on its right, which no flow can make zero (bytes per packet is packet_size)`},
		{"93 infinite", "bytes > 1e308 * 10", `8:11: 1e+308 is too large to be compared exactly; write it as a whole number`},
		{"94 never", "proto == 17 && proto == 6", `8:3: warning: this expression is never true: the rule matches no flow`},
		{"94 always", "dst_port < 53 || dst_port >= 53", `8:3: warning: this expression is always true: the rule matches every flow`},
		{"94 always, folded", "true || proto == 6", `8:3: warning: this expression is always true: the rule matches every flow`},
		{"94 port beyond ports", "proto == 6 && dst_port == 70000", "8:3: warning: this expression is never true: the rule matches no flow\nr.yaml:8:26: warning: this comparison is never true: dst_port is 0 to 65535"},
		{"82 host bits", `src_addr in "10.0.0.1/8"`, `8:15: warning: 10.0.0.1/8 has bits set behind its mask; it is read as 10.0.0.0/8`},
		{"91 map literal", "{} == nil", "8:3: \"{}\" is not available in signatures\nr.yaml:8:9: \"nil\" is not available in signatures"},
		{"91 slice and bytes", `b"a"[0:1] == 1`, `8:7: "[:]" is not available in signatures`},
		{"91 two statements", "fragment; fragment", `8:3: ";" is not available in signatures`},
		{"91 conditions compared", "fragment == syn_alone", `8:12: "==" between two conditions is not available in signatures; use && and ||`},
		{"88 a field called", "dst_port() == 1", `8:3: "dst_port" is a field, not a function`},
		{"88 minus a condition", "-fragment == 1", `8:3: "-" needs a number, this is true or false`},
		{"88 flags of nothing", "flags()", `8:3: flags takes one text of letters out of FSRPAUEC, as in flags("SA")`},
		{"88 fractions in a list", "bytes in [1.5]", `8:13: a list after "in" holds constant whole numbers only`},
		{"88 an empty list", "bytes in []", `8:12: the list is empty, so nothing is in it`},
		{"one =", "proto = 17", `8:9: unexpected token Operator("=") (did you mean "=="?)`},
		{"one &", "tcp_flags & 2 == 2", `8:13: unexpected token Operator("&") (did you mean "&&"? for TCP flags: flags("SA"))`},
		{"cut short", "proto == 17 &&", `8:17: the expression ends here, but something is missing`},
		{"several at once", "SrcPrt == 1 && src_addr > 5", "8:3: unknown field \"SrcPrt\"; did you mean src_port?\nr.yaml:8:27: \">\" compares numbers, but src_addr is an address and 5 is a number; an address is compared with ==, != or in"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff("r.yaml:"+c.want, said(broken("proto == 17 && dst_port == 53", c.expr))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTheCaretStandsUnderTheMistake(t *testing.T) {
	_, problems := Parse("r.yaml", []byte(broken("proto == 17 && dst_port == 53", "proto == 17 &&\n\n    /* ä */ SrcPrt == 53")))
	want := Problem{
		File: "r.yaml", Line: 10, Col: 13, Message: `unknown field "SrcPrt"; did you mean src_port?`,
		Snippet: " |     /* ä */ SrcPrt == 53\n |             ^",
	}
	if diff := cmp.Diff([]Problem{want}, problems); diff != "" {
		t.Error(diff)
	}
}

func TestAnExpressionStandsInABlockOrOnItsLine(t *testing.T) {
	block := "|\n  proto == 17 && dst_port == 53"
	for by, want := range map[string]string{
		"SrcPrt == 53":          `r.yaml:7:7: unknown field "SrcPrt"; did you mean src_port?`,
		`"SrcPrt == 53"`:        `r.yaml:7:8: unknown field "SrcPrt"; did you mean src_port?`,
		"|-\n\n    SrcPrt == 1": `r.yaml:9:5: unknown field "SrcPrt"; did you mean src_port?`,
		"|2\n    SrcPrt == 1":   `r.yaml:8:5: unknown field "SrcPrt"; did you mean src_port?`,
		">\n  SrcPrt == 1":      `r.yaml:7:7: the place of a mistake could not be shown in an expression written like this; write it as a block: expr: |`,
		`"SrcPrt\x20== 1"`:      `r.yaml:7:7: the place of a mistake could not be shown in an expression written like this; write it as a block: expr: |`,
		"SrcPrt\n  == 1":        `r.yaml:7:7: the place of a mistake could not be shown in an expression written like this; write it as a block: expr: |`,
		"[1]":                   `r.yaml:7:7: expr must be text, it is a list`,
		"":                      `r.yaml:7:6: expr must be text, it is empty`,
		`" "`:                   `r.yaml:7:8: the expression is empty`,
	} {
		if diff := cmp.Diff(want, said(broken(block, by))); diff != "" {
			t.Errorf("%q: %s", by, diff)
		}
	}
	if got := said(strings.ReplaceAll(broken("17", "SrcPrt"), "\n", "\r\n")); got != `r.yaml:8:12: unknown field "SrcPrt"; did you mean src_port?` {
		t.Errorf("with CRLF: %s", got)
	}
}
