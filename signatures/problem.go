package signatures

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Severity says whether a problem keeps a rule from running.
type Severity uint8

// The severities of a problem.
const (
	Error   Severity = iota // the rule is refused
	Warning                 // the rule runs, but hardly as its author meant it
)

func (s Severity) String() string {
	if s == Warning {
		return "warning"
	}
	return "error"
}

// Problem is something wrong with a rule file, at a place. Line and Col count
// from 1; both are 0 where the file itself could not be read. It is a value and
// an error.
type Problem struct {
	File      string
	Line, Col int
	Severity  Severity
	Message   string // one sentence
	Snippet   string // the line and a caret under the place, two lines without a final newline; may be empty
}

// Error is "file:line:col: sentence", the form that editors jump to.
func (p Problem) Error() string {
	message := p.Message
	if p.Severity == Warning {
		message = "warning: " + message
	}
	if p.Line == 0 {
		return p.File + ": " + message
	}
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Col, message)
}

// Failed tells whether an error is among the problems.
func Failed(problems []Problem) bool {
	return slices.ContainsFunc(problems, func(p Problem) bool { return p.Severity == Error })
}

// Sort puts problems in the order of their places and drops repetitions.
func Sort(problems []Problem) []Problem {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Col, b.Col), cmp.Compare(a.Severity, b.Severity), cmp.Compare(a.Message, b.Message))
	})
	return slices.Compact(problems)
}

const snippetWidth = 100 // runes of a line that are shown around the caret

// snippet is the line with a caret under column col. Long lines are cut around
// the column, and what a terminal would obey is made visible instead.
func snippet(line string, col int) string {
	runes := []rune(line)
	at := min(max(col-1, 0), len(runes))
	from := max(0, at-snippetWidth/2)
	runes = runes[from:min(len(runes), from+snippetWidth)]
	for i, r := range runes {
		if r == '\t' {
			runes[i] = ' '
		} else if !unicode.IsPrint(r) {
			runes[i] = '·'
		}
	}
	return " | " + strings.TrimRight(string(runes), " ") + "\n | " + strings.Repeat(" ", at-from) + "^"
}

// short quotes a value from a file for a message: escaped, and cut when long.
func short(s string) string {
	if runes := []rune(s); len(runes) > 64 {
		s = string(runes[:64]) + "…"
	}
	return fmt.Sprintf("%q", s)
}
