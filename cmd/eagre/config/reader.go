package config

import (
	"fmt"

	"go.yaml.in/yaml/v4"
)

// reader collects what is wrong, and remembers where each value came from, so that
// values can be compared after all have been read.
type reader struct {
	file     string
	source   string // what is being read: the file, or "env NAME"
	problems []Problem
	failed   bool          // one of them, or of the unsaid, is an error
	unsaid   int           // problems beyond maxProblems
	places   map[any]place // by pointer to the value inside the Config
}

type place struct {
	source    string
	line, col int
}

func newReader(file string) *reader {
	return &reader{file: file, source: file, places: map[any]place{}}
}

func (r *reader) placeOf(n *yaml.Node) place { return place{r.source, n.Line, n.Column} }

func (r *reader) report(at place, s Severity, format string, args ...any) {
	r.failed = r.failed || s == Error
	if r.full() {
		r.unsaid++
		return
	}
	r.problems = append(r.problems, Problem{at.source, at.line, at.col, s, fmt.Sprintf(format, args...)})
}

// full tells that further problems are counted, but not shown.
func (r *reader) full() bool { return len(r.problems) >= maxProblems }

// fail reports an error at a node.
func (r *reader) fail(n *yaml.Node, format string, args ...any) {
	r.report(r.placeOf(n), Error, format, args...)
}

// failAt reports an error at the place where the value behind a pointer came from.
func (r *reader) failAt(value any, format string, args ...any) {
	r.report(r.place(value), Error, format, args...)
}

// warnAt reports a warning in the same way.
func (r *reader) warnAt(value any, format string, args ...any) {
	r.report(r.place(value), Warning, format, args...)
}

// place is where a value came from; one that nobody gave has the file alone.
func (r *reader) place(value any) place {
	if at, ok := r.places[value]; ok {
		return at
	}
	return place{source: r.file}
}

// given tells whether the value behind a pointer was written by the operator.
func (r *reader) given(value any) bool {
	_, ok := r.places[value]
	return ok
}

// String names a place inside a message about another one.
func (p place) String() string {
	if p.line == 0 {
		return p.source
	}
	return fmt.Sprintf("%d:%d", p.line, p.col)
}
