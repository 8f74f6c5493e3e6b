package signatures

import (
	"fmt"
	"slices"
)

// Set is rules made ready to be matched. It is never changed once compiled, so
// any number of goroutines may share it. A nil Set has no rules.
type Set struct {
	rules    []Rule
	programs []predicate // of the rules, without what the index has answered
	index    index
}

// Compile puts rules together. Only live rules (stage shadow and stable) go into
// the set; all of them are checked against each other: an id or a name belongs
// to one rule (both places are named), and there are no more than MaxRules. When
// a problem is an error there is no set.
func Compile(rules []Rule) (*Set, []Problem) {
	problems := Conflicts(rules)
	if Failed(problems) {
		return nil, problems
	}
	s := &Set{}
	for _, r := range rules {
		if r.Live() && r.predicate != nil {
			s.rules = append(s.rules, r)
		}
	}
	var b indexBuilder
	for i := range s.rules {
		s.programs = append(s.programs, b.add(uint32(i), s.rules[i].predicate))
	}
	s.index = b.finish()
	return s, problems
}

// Rules is the rules of the set. A match names a rule by its place here. The
// slice is the set's own: look, do not change.
func (s *Set) Rules() []Rule {
	if s == nil {
		return nil
	}
	return s.rules
}

// Len is how many rules the set has.
func (s *Set) Len() int { return len(s.Rules()) }

// Conflicts says which rules cannot stand together.
func Conflicts(rules []Rule) []Problem {
	var problems []Problem
	if len(rules) > MaxRules {
		extra := rules[MaxRules]
		problems = append(problems, ruleProblem(extra, "this is rule %d: limit %d (signatures.max)", MaxRules+1, MaxRules))
	}
	ids, names := map[string]int{}, map[string]int{}
	for i, r := range rules {
		if first, taken := claim(ids, r.ID, i); taken {
			problems = append(problems, ruleProblem(r, "the id %s is also the id of %q at %s", r.ID, rules[first].Name, rules[first].Place()))
		}
		if first, taken := claim(names, r.Name, i); taken {
			problems = append(problems, ruleProblem(r, "the name %q is also the name of the rule at %s", r.Name, rules[first].Place()))
		}
	}
	return Sort(problems)
}

// claim gives a key to its first owner.
func claim(owners map[string]int, key string, owner int) (first int, taken bool) {
	if first, taken = owners[key]; !taken {
		owners[key] = owner
	}
	return first, taken
}

func ruleProblem(r Rule, format string, args ...any) Problem {
	return Problem{File: r.File, Line: r.Line, Col: 1, Message: fmt.Sprintf(format, args...)}
}

// without is a predicate with the question about a column left out, because the
// index answers it.
func without(p predicate, column columnID) predicate {
	parts, ok := p.(all)
	if !ok {
		parts = all{p}
	}
	rest := slices.DeleteFunc(slices.Clone(parts), func(part predicate) bool {
		w, ok := part.(*within)
		return ok && w.column == column
	})
	switch len(rest) {
	case 0:
		return constant(true)
	case 1:
		return rest[0]
	}
	return rest
}
