package signatures

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	yaml "go.yaml.in/yaml/v4"
)

// reader reads one YAML document strictly, and notes every problem with its place.
type reader struct {
	*source
	offset   int // lines of the file before the document
	last     int // last line of the document
	problems []Problem
}

// read parses the document's text. A nil node means that there is nothing to read.
func (r *reader) read(text string) *yaml.Node {
	if len(text) > maxDocument {
		r.problems = append(r.problems, r.problem(r.offset+1, 1, Error, "the rule has %d bytes (limit %d)", len(text), maxDocument))
		return nil
	}
	r.last = r.offset + strings.Count(strings.TrimRight(text, "\n"), "\n") + 1
	loader, err := yaml.NewLoader(strings.NewReader(text))
	if err != nil {
		r.syntax(err)
		return nil
	}
	var root yaml.Node
	if err := loader.Load(&root); err != nil {
		if !errors.Is(err, io.EOF) {
			r.syntax(err)
		}
		return nil
	}
	if len(root.Content) != 1 || root.Content[0].ShortTag() == "!!null" {
		return nil
	}
	var next yaml.Node
	switch err := loader.Load(&next); {
	case errors.Is(err, io.EOF):
		return root.Content[0]
	case err != nil:
		r.syntax(err)
	default:
		r.fail(&next, `a second document starts here; put "---" before it`)
	}
	return nil
}

// syntax notes what the YAML parser says, with the reason it most often has.
func (r *reader) syntax(err error) {
	line, col, message := 1, 1, err.Error()
	var at *yaml.LoadError
	if errors.As(err, &at) {
		line, col, message = max(at.Mark.Line, 1), max(at.Mark.Column, 1), at.Message
	}
	if line += r.offset; line > r.last {
		line, col = r.last, len([]rune(r.line(r.last)))+1
	}
	if strings.HasPrefix(strings.TrimLeft(r.line(line), " "), "\t") {
		message = "a tab indents this line; YAML is indented with spaces"
	}
	r.problems = append(r.problems, r.problem(line, col, Error, "%s", message))
}

func (r *reader) fail(n *yaml.Node, format string, args ...any) {
	r.problems = append(r.problems, r.problem(r.offset+n.Line, n.Column, Error, format, args...))
}

// plain refuses what makes a document mean more than it shows: anchors, aliases,
// merge keys, tags, and depth. It returns false when something was refused.
func (r *reader) plain(n *yaml.Node, depth int) bool {
	switch {
	case depth > maxDepth:
		r.fail(n, "this is nested deeper than %d (limit %d)", maxDepth, maxDepth)
		return false
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		r.fail(n, "anchors and aliases are not allowed in a rule file; write the value out")
		return false
	case n.Tag == "!!merge":
		r.fail(n, "merge keys are not allowed in a rule file; write the keys out")
		return false
	case n.Style&yaml.TaggedStyle != 0:
		r.fail(n, "tags such as %s are not allowed in a rule file", n.Tag)
		return false
	}
	fine := true
	for _, child := range n.Content {
		fine = r.plain(child, depth+1) && fine
	}
	return fine
}

// keys reads a mapping: each known key's value goes to its function, and the
// values are returned by key. what names the mapping in messages.
func (r *reader) keys(n *yaml.Node, what string, known map[string]func(*yaml.Node)) map[string]*yaml.Node {
	if n.Kind != yaml.MappingNode {
		r.fail(n, "%s must be a mapping of keys to values, this is %s", what, nodeWord(n))
		return nil
	}
	seen, lines := map[string]*yaml.Node{}, map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		read, ok := known[key.Value]
		switch first := lines[key.Value]; {
		case key.Kind != yaml.ScalarNode:
			r.fail(key, "a key must be a plain word")
		case first > 0:
			r.fail(key, "the key %s is given twice, first in line %d", short(key.Value), first)
			continue
		case !ok:
			r.fail(key, "unknown key %s in %s%s", short(key.Value), what, didYouMean(key.Value, sortedKeys(known)))
		default:
			seen[key.Value] = value
			read(value)
		}
		lines[key.Value] = r.offset + key.Line
	}
	return seen
}

func sortedKeys[V any](m map[string]V) []string {
	var keys []string
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// nodeWord says what a node is.
func nodeWord(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	if n.ShortTag() == "!!null" {
		return "empty"
	}
	return short(n.Value)
}

// text reads a value that is one piece of text. Dates and numbers are text too:
// YAML's guesses about types are not asked.
func (r *reader) text(into *string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null" {
			r.fail(n, "this must be text, it is %s", nodeWord(n))
			return
		}
		*into = strings.TrimSpace(n.Value)
	}
}

// texts reads a list of texts.
func (r *reader) texts(into *[]string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		for _, element := range r.elements(n) {
			var s string
			r.text(&s)(element)
			*into = append(*into, s)
		}
	}
}

// elements is the values of a list.
func (r *reader) elements(n *yaml.Node) []*yaml.Node {
	if n.Kind != yaml.SequenceNode {
		r.fail(n, "this must be a list, it is %s", nodeWord(n))
		return nil
	}
	return n.Content
}

// number reads a decimal whole number within bounds.
func (r *reader) number(n *yaml.Node, what string, lo, hi uint64) (uint64, bool) {
	v, err := strconv.ParseUint(n.Value, 10, 64)
	if n.Kind != yaml.ScalarNode || n.Style != 0 || (err != nil && !errors.Is(err, strconv.ErrRange)) {
		r.fail(n, "%s must be a whole number, it is %s", what, nodeWord(n))
		return 0, false
	}
	if err != nil || v < lo || v > hi {
		r.fail(n, "%s %s out of %d–%d", what, n.Value, lo, hi)
		return 0, false
	}
	return v, true
}

// word reads one of a few words and gives its place among them.
func (r *reader) word(n *yaml.Node, what string, words []string) (int, bool) {
	if n.Kind == yaml.ScalarNode {
		if i := slices.Index(words, n.Value); i >= 0 {
			return i, true
		}
	}
	hint := ""
	if n.Kind == yaml.ScalarNode {
		hint = didYouMean(n.Value, words)
	}
	r.fail(n, "%s must be %s, it is %s%s", what, choice(words), nodeWord(n), hint)
	return 0, false
}

// choice lists words as "a, b or c".
func choice(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	last := len(words) - 1
	return fmt.Sprintf("%s or %s", strings.Join(words[:last], ", "), words[last])
}
