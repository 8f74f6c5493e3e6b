package traceback

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// printable makes text that others wrote (interface names, titles) safe for a
// terminal: control characters, escape sequences, direction overrides, invisible
// and combining marks and broken UTF-8 are written as \x1b or \u202e.
func printable(s string) string {
	var out strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&out, `\x%02x`, s[0])
		case unicode.IsPrint(r) && !unicode.Is(unicode.M, r):
			out.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&out, `\x%02x`, r)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
		s = s[size:]
	}
	return out.String()
}

// width is how many columns a terminal gives to printable text.
func width(s string) int {
	n := 0
	for _, r := range s {
		n += runeWidth(r)
	}
	return n
}

// runeWidth is 2 for the wide ranges of East Asian scripts and for pictographs.
func runeWidth(r rune) int {
	switch {
	case r >= 0x1100 && r <= 0x115f, r >= 0x2e80 && r <= 0xa4cf, r >= 0xac00 && r <= 0xd7a3,
		r >= 0xf900 && r <= 0xfaff, r >= 0xfe30 && r <= 0xfe6f, r >= 0xff00 && r <= 0xff60,
		r >= 0xffe0 && r <= 0xffe6, r >= 0x1f300 && r <= 0x1faff, r >= 0x20000 && r <= 0x3fffd:
		return 2
	}
	return 1
}

// cut shortens text to so many columns, ending in "…".
func cut(s string, columns int) string {
	if width(s) <= columns {
		return s
	}
	used, end := 1, 0
	for i, r := range s {
		if used += runeWidth(r); used > columns {
			break
		}
		end = i + utf8.RuneLen(r)
	}
	return s[:end] + "…"
}

// wrap breaks text into lines of so many columns, at spaces where it can.
func wrap(s string, columns int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		word = cut(word, columns)
		switch {
		case line == "":
			line = word
		case width(line)+1+width(word) <= columns:
			line += " " + word
		default:
			lines, line = append(lines, line), word
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}
