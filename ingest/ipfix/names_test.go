package ipfix

import (
	"strings"
	"testing"
	"unicode"
)

func TestInterfacesAndApplicationsHaveNames(t *testing.T) {
	r := newReceiver()
	r.receive(v9(
		setOf(1, optionsV9(300, "1:4", "10:4 82:16 83:32")), setOf(1, optionsV9(301, "2:4", "83:64")), setOf(1, optionsV9(302, "1:4", "95:4 96:24 94:55")),
		setOf(300, record("1:4 10:4 82:16 83:32", 0, 1, "Te0/0/0", "TenGigabitEthernet0/0/0")),
		setOf(301, record("2:4 83:64", 1, "to the exchange"), record("2:4 83:64", 2, "to a customer")),
		setOf(302, record("1:4 95:4 96:24 94:55", 0, []byte{13, 0, 1, 0xc5}, "http", "web")),
	))
	for index, want := range map[uint32]string{1: "Te0/0/0", 2: "to a customer", 3: ""} {
		if got := r.x.InterfaceName(index); got != want {
			t.Errorf("interface %d: got %q, want %q", index, got, want)
		}
	}
	if got := r.x.ApplicationName(13<<56 | 0x1c5); got != "http" {
		t.Errorf("got application %q", got)
	}
	revision := r.x.Revision()
	r.receive(v9(setOf(300, record("1:4 10:4 82:16 83:32", 0, 1, "Te0/0/0", "TenGigabitEthernet0/0/0"))))
	if got := r.x.Revision(); got != revision {
		t.Errorf("got revision %d after the same names, want %d", got, revision)
	}
	r.receive(v9(setOf(300, record("1:4 10:4 82:16 83:32", 0, 1, "Te0/0/1", ""))))
	if got := r.x.InterfaceName(1); got != "Te0/0/1" || r.x.Revision() == revision {
		t.Errorf("got %q after a new name", got)
	}
}

// Row 64 and its relatives: names end up on screens and in logs.
func TestHostileNamesAreEscaped(t *testing.T) {
	cases := map[string]string{
		"Te0/0/0":                   "Te0/0/0",
		"gr\u00fcn":                 "gr\u00fcn",
		"padded  \x00\x00":          "padded",
		"a\x00b":                    `a\x00b`,
		"\x1b]0;title\x07":          `\x1b]0;title\x07`,
		"a\nb\tc":                   `a\x0ab\x09c`,
		"\xff\xfe":                  `\xff\xfe`,
		"right\u202eleft":           `right\U0000202eleft`,
		"zero\u200bwidth":           `zero\U0000200bwidth`,
		`back\slash`:                `back\x5cslash`,
		"<script>alert(1)</script>": "<script>alert(1)</script>",
	}
	for raw, want := range cases {
		r := newReceiver()
		r.receive(v10(setOf(3, optionsIPFIX(300, "10:4", "82:v")), setOf(300, record("10:4 82:v", 5, raw))))
		got := r.x.InterfaceName(5)
		if got != want {
			t.Errorf("%q: got %q, want %q", raw, got, want)
		}
		if strings.ContainsFunc(got, func(c rune) bool { return !unicode.IsPrint(c) }) {
			t.Errorf("%q does not print", got)
		}
	}
}

// Row 49.
func TestLongNamesAreCut(t *testing.T) {
	r := newReceiver()
	r.receive(v10(setOf(3, optionsIPFIX(300, "10:4", "82:v")), setOf(300, record("10:4 82:v", 5, strings.Repeat("x", 60_000)))))
	if got := r.x.InterfaceName(5); got != strings.Repeat("x", 256) {
		t.Errorf("got %d bytes", len(got))
	}
	r.says(t, "string of 60000 bytes; cut to 256", "1 records of options")
}

func TestNamesAreBounded(t *testing.T) {
	r := newReceiver()
	r.receive(v10(setOf(3, optionsIPFIX(300, "10:4", "82:v"), optionsIPFIX(301, "95:4", "96:v"))))
	for i := range 200 {
		var names, apps [][]byte
		for j := range 100 {
			names = append(names, record("10:4 82:v", 1000+100*i+j, strings.Repeat("n", 1+j)))
			apps = append(apps, record("95:4 96:v", 1000+100*i+j, strings.Repeat("a", 1+j)))
		}
		r.receive(v10(setOf(300, append(names, record("10:4 82:v", 1, "uplink"))...), setOf(301, apps...)))
	}
	if got := r.sentences(); len(got) != 2 || got[0] != "more names than are kept (limit 65536 bytes); one not announced lately is forgotten" {
		t.Errorf("got %v", got)
	}
	if got := r.x.Bytes(); got > 70<<10 {
		t.Errorf("got %d bytes", got)
	}
	if got := r.x.InterfaceName(1); got != "uplink" {
		t.Errorf("what is announced again and again was forgotten: got %q", got)
	}
}
