package config

import (
	"cmp"
	"fmt"
	"slices"
)

// Severity tells an error, with which no configuration is handed out, from a
// warning, with which one is.
type Severity uint8

// The severities.
const (
	Error Severity = iota
	Warning
)

func (s Severity) String() string { return [...]string{"error", "warning"}[min(s, Warning)] }

// Problem is one thing that is wrong, and where. No message holds a secret or the
// inside of a URL.
type Problem struct {
	File     string // as given to Load, or "env NAME" for an environment variable
	Line     int    // from 1; 0 where there is no line, as for an environment variable
	Col      int    // from 1, in characters
	Severity Severity
	Message  string
}

// String is the problem as compilers write theirs:
// eagre.yaml:14:3: unknown key "listn" (did you mean "listen"?)
func (p Problem) String() string {
	place := p.File
	if p.Line > 0 {
		place = fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
	}
	if p.Severity == Warning {
		return place + ": warning: " + p.Message
	}
	return place + ": " + p.Message
}

// HasErrors tells whether a problem is more than a warning.
func HasErrors(problems []Problem) bool {
	return slices.ContainsFunc(problems, func(p Problem) bool { return p.Severity == Error })
}

// maxProblems bounds the list: whoever has more has the wrong file.
const maxProblems = 1000

// byPosition sorts in the order of the text, the environment last.
func byPosition(file string) func(a, b Problem) int {
	last := func(p Problem) int {
		if p.File == file {
			return 0
		}
		return 1
	}
	return func(a, b Problem) int {
		return cmp.Or(cmp.Compare(last(a), last(b)), cmp.Compare(a.File, b.File),
			cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	}
}
