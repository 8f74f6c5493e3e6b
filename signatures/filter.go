package signatures

import (
	"errors"

	"eagre/flow"
)

// Filter is a question about single flows in the language of signatures, without
// a rule around it. The zero value passes everything. It does not change, so
// goroutines may share it.
type Filter struct{ predicate predicate }

// ParseFilter compiles the text of a filter; an empty one passes everything. The
// error names what is wrong and shows where, with a caret.
func ParseFilter(text string) (*Filter, error) {
	if text == "" {
		return &Filter{}, nil
	}
	p, findings := compileExpression(text)
	var errs []error
	for _, f := range findings {
		if f.severity == Error {
			errs = append(errs, errors.New(f.message+"\n"+snippet(text, f.at+1)))
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return &Filter{p}, nil
}

// Match tells whether one flow of a batch passes. It is the cold path: a Set asks
// about whole batches.
func (f *Filter) Match(b *flow.Batch, row int) bool {
	return f.predicate == nil || f.predicate.test(b, row)
}
