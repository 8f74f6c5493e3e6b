package signatures

import (
	"fmt"

	"eagre/flow"
)

// Case is a flow that a rule's author has thought of: it must match, or must not.
type Case struct {
	Record flow.Record
	Want   bool // it must match
	// Line and Col are its place in the rule's file.
	Line, Col int
}

// CaseResult is what came of a case.
type CaseResult struct {
	Case
	Rule  string // its name
	Place string // "file:line" of the case
	Got   bool   // the rule's expression matches
}

// Passed tells whether the case came out as its author wants.
func (c CaseResult) Passed() bool { return c.Got == c.Want }

// String is "ok slammer: matches (rules/slammer.yaml:25)", or with "FAIL".
func (c CaseResult) String() string {
	verdict, matches := "ok", "does not match"
	if !c.Passed() {
		verdict = "FAIL"
	}
	if c.Got {
		matches = "matches"
	}
	return fmt.Sprintf("%s %s: %s (%s)", verdict, c.Rule, matches, c.Place)
}

// Test tries the rule's cases in their order: first those that must match.
func (r *Rule) Test() []CaseResult { return r.test(flow.NewBatch()) }

func (r *Rule) test(try *flow.Batch) []CaseResult {
	var results []CaseResult
	for _, list := range [][]Case{r.Match, r.NoMatch} {
		for _, c := range list {
			try.Reset(0, 0)
			try.Append(c.Record)
			results = append(results, CaseResult{c, r.Name, place(r.File, c.Line), r.MatchRow(try, 0)})
		}
	}
	return results
}

// tryCases warns of cases that do not come out as their author wants, once the
// rule is free of errors.
func (r *ruleReader) tryCases(try *flow.Batch) {
	if Failed(r.problems) {
		return
	}
	for _, result := range r.test(try) {
		switch {
		case result.Passed():
		case result.Want:
			r.problems = append(r.problems, r.problem(result.Line, result.Col, Warning, "this case must match, but does not"))
		default:
			r.problems = append(r.problems, r.problem(result.Line, result.Col, Warning, "this case must not match, but does"))
		}
	}
}
