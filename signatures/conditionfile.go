package signatures

import (
	"fmt"

	yaml "go.yaml.in/yaml/v4"
)

// condition reads {pps: {gte: 3400}}, any: [...] or all: [...].
func (r *ruleReader) condition(n *yaml.Node) Condition {
	var c Condition
	known := r.metrics(&c)
	for i, word := range []string{"any", "all"} {
		known[word] = func(list *yaml.Node) { c = r.terms(list, i == 0) }
	}
	values := r.keys(n, "condition", known)
	switch {
	case values == nil:
	case len(n.Content) > 2:
		r.fail(n, "several limits are put in a list below any: or all:")
	case len(n.Content) == 0:
		r.fail(n, "the condition is empty")
	}
	return c
}

func (r *ruleReader) terms(list *yaml.Node, any bool) Condition {
	c := Condition{Any: any}
	elements := r.elements(list)
	if list.Kind == yaml.SequenceNode && len(elements) == 0 {
		r.fail(list, "the list is empty")
	}
	for _, element := range elements {
		r.keys(element, "a term of the condition", r.metrics(&c))
		if element.Kind == yaml.MappingNode && len(element.Content) != 2 {
			r.fail(element, "a term has exactly one limit; give each its own line in the list")
		}
	}
	return c
}

// metrics reads a term under the name of each metric.
func (r *ruleReader) metrics(c *Condition) map[string]func(*yaml.Node) {
	known := map[string]func(*yaml.Node){}
	for i, name := range metricNames {
		known[name] = func(n *yaml.Node) { c.Terms = append(c.Terms, r.term(n, Metric(i))) }
	}
	return known
}

// term reads {gte: 3400}, and {field: dst_addr, gte: 50} for a value_count.
func (r *ruleReader) term(n *yaml.Node, m Metric) Term {
	t := Term{Metric: m}
	known := map[string]func(*yaml.Node){
		"gte": func(n *yaml.Node) { r.limit(n, &t) },
		"gt":  func(n *yaml.Node) { t.Above = true; r.limit(n, &t) },
	}
	for _, op := range []string{"lt", "lte", "eq", "neq"} {
		known[op] = func(n *yaml.Node) {
			r.fail(n, "%s is not available: a rate of an open window only grows, so only gte and gt can fire before the window is over", op)
		}
	}
	if m == ValueCount {
		known["field"] = func(n *yaml.Node) { v, _ := r.word(n, "field", fieldWords[:Proto]); t.Field = Field(v) }
	}
	values := r.keys(n, m.String(), known)
	if values == nil {
		return t
	}
	if m == ValueCount && values["field"] == nil {
		r.fail(n, "value_count needs a field (%s)", choice(fieldWords[:Proto]))
	}
	switch _, gte := values["gte"]; {
	case gte && values["gt"] != nil:
		r.fail(n, "%s has both gte and gt", m)
	case !gte && values["gt"] == nil && !r.anyOf(values, "lt", "lte", "eq", "neq"):
		r.fail(n, "%s needs a limit: gte or gt", m)
	}
	return t
}

func (r *ruleReader) anyOf(values map[string]*yaml.Node, keys ...string) bool {
	for _, key := range keys {
		if values[key] != nil {
			return true
		}
	}
	return false
}

func (r *ruleReader) limit(n *yaml.Node, t *Term) {
	v, err := parseLimit(n.Value, t.Metric)
	if err != nil || n.Kind != yaml.ScalarNode {
		r.fail(n, "%v", orListed(err, n, t.Metric.String()))
		return
	}
	t.Limit = v
}

// orListed is the error of reading a value, or that the value is no single one.
func orListed(err error, n *yaml.Node, what string) error {
	if n.Kind != yaml.ScalarNode {
		return fmt.Errorf("%s must be one value, this is %s", what, nodeWord(n))
	}
	return err
}
