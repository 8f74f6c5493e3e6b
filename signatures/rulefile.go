package signatures

import (
	"regexp"
	"strings"
	"time"

	yaml "go.yaml.in/yaml/v4"

	"eagre/anomaly"
	"eagre/flow"
)

var (
	namePattern = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)
	idPattern   = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
)

// Parse reads the rules of one file. It returns the rules that are free of errors
// and all problems of all documents, in the order of their places. Warnings leave
// a rule in. name is how the file is called in problems.
func Parse(name string, data []byte) ([]Rule, []Problem) {
	src := newSource(name, data)
	if problem, bad := src.unreadable(data); bad {
		return nil, []Problem{problem}
	}
	var rules []Rule
	var problems []Problem
	try := flow.NewBatch()
	for _, doc := range src.documents() {
		r := ruleReader{reader: reader{source: src, offset: doc.line - 1}}
		read := r.rule(doc.text, try)
		problems = append(problems, r.problems...)
		if read && !Failed(r.problems) {
			rules = append(rules, r.Rule)
		}
	}
	return rules, Sort(problems)
}

// ruleReader reads one document into one rule.
type ruleReader struct {
	reader
	Rule
}

// required are the keys that every rule has. The others have a default.
var required = []string{"title", "id", "name", "stage", "level", "expr", "condition"}

// rule reads the document; false means that there is none. The cases are tried
// on the spare batch.
func (r *ruleReader) rule(text string, try *flow.Batch) bool {
	root := r.read(text)
	if root == nil || !r.plain(root, 0) {
		return false
	}
	r.File, r.Line = r.name, r.offset+root.Line
	r.Revision, r.Class, r.Timespan = 1, anomaly.Signature, defaultTimespan
	values := r.keys(root, "a rule", r.known())
	for _, key := range required {
		if values != nil && values[key] == nil {
			r.fail(root, "the key %q is missing", key)
		}
	}
	if values["expr"] != nil {
		r.expression(values["expr"])
	}
	r.tryCases(try)
	return true
}

// known is how each key of a rule is read.
func (r *ruleReader) known() map[string]func(*yaml.Node) {
	return map[string]func(*yaml.Node){
		"title":          r.filled(&r.Title, "title"),
		"id":             r.matching(&r.ID, "id", idPattern, "a UUID such as 0b9e4b4e-6c0f-4a56-9d6c-2f1c5e0f1434"),
		"name":           r.matching(&r.Name, "name", namePattern, "like "+namePattern.String()),
		"revision":       r.revision,
		"stage":          func(n *yaml.Node) { v, _ := r.word(n, "stage", stageNames); r.Stage = Stage(v) },
		"level":          func(n *yaml.Node) { v, _ := r.word(n, "level", levelNames); r.Level = Level(v) },
		"class":          r.class,
		"description":    r.text(&r.Description),
		"references":     r.texts(&r.References),
		"author":         r.text(&r.Author),
		"date":           r.date(&r.Date),
		"modified":       r.date(&r.Modified),
		"tags":           r.texts(&r.Tags),
		"falsepositives": r.texts(&r.FalsePositives),
		"license":        r.text(&r.License),
		"status":         r.status,
		"expr":           func(*yaml.Node) {}, // compiled once all keys are read
		"group-by":       r.groupBy,
		"timespan":       r.timespan,
		"condition":      func(n *yaml.Node) { r.Condition = r.condition(n) },
		"cases":          r.cases,
	}
}

func (r *ruleReader) filled(into *string, what string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		r.text(into)(n)
		if n.Kind == yaml.ScalarNode && n.ShortTag() != "!!null" && *into == "" {
			r.fail(n, "%s must not be empty", what)
		}
	}
}

func (r *ruleReader) matching(into *string, what string, pattern *regexp.Regexp, form string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		value := n.Value
		if what == "id" {
			value = strings.ToLower(value)
		}
		if n.Kind != yaml.ScalarNode || !pattern.MatchString(value) {
			r.fail(n, "%s must be %s, it is %s", what, form, nodeWord(n))
			return
		}
		*into = value
	}
}

func (r *ruleReader) revision(n *yaml.Node) {
	v, _ := r.number(n, "revision", 1, 1_000_000)
	r.Revision = int(v)
}

func (r *ruleReader) class(n *yaml.Node) {
	words := []string{string(anomaly.Signature), string(anomaly.Misuse)}
	if i, ok := r.word(n, "class", words); ok {
		r.Class = anomaly.Class(words[i])
	}
}

// statuses are the words of Sigma's specification 2.1.0.
var statuses = []string{"stable", "test", "experimental", "deprecated", "unsupported"}

func (r *ruleReader) status(n *yaml.Node) {
	if i, ok := r.word(n, "status", statuses); ok {
		r.Status = statuses[i]
	}
}

func (r *ruleReader) date(into *string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if _, err := time.Parse(time.DateOnly, n.Value); err != nil || n.Kind != yaml.ScalarNode {
			r.fail(n, "a date must be written as 2026-11-23, it is %s", nodeWord(n))
			return
		}
		*into = n.Value
	}
}

func (r *ruleReader) timespan(n *yaml.Node) {
	d, err := parseTimespan(n.Value)
	if err != nil || n.Kind != yaml.ScalarNode {
		r.fail(n, "%v", orListed(err, n, "timespan"))
		return
	}
	r.Timespan = d
}

func (r *ruleReader) groupBy(n *yaml.Node) {
	elements := r.elements(n)
	if len(elements) > MaxGroupFields {
		r.fail(n, "group-by has %d fields (limit %d)", len(elements), MaxGroupFields)
		return
	}
	for _, element := range elements {
		field, ok := r.word(element, "a field of group-by", fieldWords)
		switch {
		case !ok:
		case r.grouped(Field(field)):
			r.fail(element, "group-by names %s twice", element.Value)
		default:
			r.GroupBy = append(r.GroupBy, Field(field))
		}
	}
}

func (r *ruleReader) grouped(field Field) bool {
	for _, other := range r.GroupBy {
		if other == field {
			return true
		}
	}
	return false
}
