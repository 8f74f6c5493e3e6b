package signatures

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// The limits of a rule file.
const (
	maxFile     = 8 << 20  // bytes
	maxDocument = 64 << 10 // bytes of one rule
	maxDepth    = 16       // of YAML nesting
)

// source is the text of a file, kept so that a problem can show its line.
type source struct {
	name  string
	lines []string // without line ends
}

func newSource(name string, data []byte) *source {
	lines := strings.Split(string(data), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSuffix(line, "\r")
	}
	return &source{name, lines}
}

// line is the text of a line, counted from 1; empty where there is none.
func (s *source) line(n int) string {
	if n < 1 || n > len(s.lines) {
		return ""
	}
	return s.lines[n-1]
}

func (s *source) problem(line, col int, severity Severity, format string, args ...any) Problem {
	line, col = max(line, 1), max(col, 1)
	return Problem{
		File: s.name, Line: line, Col: col, Severity: severity,
		Message: fmt.Sprintf(format, args...), Snippet: snippet(s.line(line), col),
	}
}

// document is one YAML document of a file.
type document struct {
	text string
	line int // of its first line in the file, from 1
}

// documents cuts a file at its "---" lines. In YAML such a line ends a document
// wherever it stands, so one broken document does not hide the next.
func (s *source) documents() []document {
	var docs []document
	from := 0
	for i, line := range s.lines {
		if i > from && (line == "---" || strings.HasPrefix(line, "--- ")) {
			docs = append(docs, s.document(from, i))
			from = i
		}
	}
	return append(docs, s.document(from, len(s.lines)))
}

func (s *source) document(from, to int) document {
	return document{strings.Join(s.lines[from:to], "\n") + "\n", from + 1}
}

// unreadable says why a file is no plain UTF-8 text, if it is not.
func (s *source) unreadable(data []byte) (Problem, bool) {
	switch {
	case len(data) > maxFile:
		return s.problem(1, 1, Error, "the file is larger than %d MiB (limit %d bytes)", maxFile>>20, maxFile), true
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}), bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		return Problem{File: s.name, Line: 1, Col: 1, Message: "the file is UTF-16; save it as UTF-8"}, true
	case bytes.HasPrefix(data, []byte{0xef, 0xbb, 0xbf}):
		return Problem{File: s.name, Line: 1, Col: 1, Message: "the file starts with a byte order mark (BOM); save it as UTF-8 without one"}, true
	}
	for i, line := range s.lines {
		if col, what := badRune(line); what != "" {
			return s.problem(i+1, col, Error, "%s is not allowed in a rule file", what), true
		}
	}
	return Problem{}, false
}

// badRune finds what is no printable text in a line: its column and its name.
func badRune(line string) (col int, what string) {
	for i, r := range line {
		col++
		switch {
		case r == 0:
			return col, "a NUL byte"
		case r == utf8.RuneError && !strings.HasPrefix(line[i:], "\uFFFD"):
			return col, "a byte that is no UTF-8"
		case r < ' ' && r != '\t', r == 0x7f, r == 0xfeff:
			return col, fmt.Sprintf("the control character %U", r)
		}
	}
	return 0, ""
}

func place(file string, line int) string { return fmt.Sprintf("%s:%d", file, line) }
