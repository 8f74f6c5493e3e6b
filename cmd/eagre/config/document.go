package config

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// maxDepth bounds how deep collections may stand inside each other.
const maxDepth = 40

// document turns text into a tree, or reports by which rule it cannot. The rules
// leave of YAML what two people read alike: one document in UTF-8, indented with
// spaces, without anchors, aliases, merge keys, tags and double keys. Nil is an
// empty or a refused document.
func (r *reader) document(data []byte) *yaml.Node {
	if !r.encoding(data) || !r.spaces(data) {
		return nil
	}
	loader, err := yaml.NewLoader(bytes.NewReader(data))
	if err != nil {
		r.syntax(err)
		return nil
	}
	n := r.next(loader)
	if n == nil {
		return nil
	}
	if more := r.next(loader); more != nil {
		r.fail(more, "a second document begins here: a configuration is one document")
	}
	r.strict(n, 1)
	return n
}

// next is the root of the next document; nil at the end, and after an error.
func (r *reader) next(loader *yaml.Loader) *yaml.Node {
	var doc yaml.Node
	err := loader.Load(&doc)
	if err == nil && len(doc.Content) == 1 {
		return doc.Content[0]
	}
	if err != nil && !errors.Is(err, io.EOF) {
		r.syntax(err)
	}
	return nil
}

// syntax reports what the YAML parser says. It may quote an alias, which might be
// anything, so that one is said in our words.
func (r *reader) syntax(err error) {
	var e *yaml.LoadError
	if !errors.As(err, &e) {
		r.report(place{source: r.file}, Error, "not readable as YAML")
		return
	}
	said := "YAML: " + e.Message
	switch {
	case strings.HasPrefix(e.Message, "unknown anchor"):
		said = noAliases
	case strings.HasPrefix(e.Message, "found character that cannot start"):
		said += " (put the value into quotes)"
	case strings.HasPrefix(e.Message, "exceeded max depth"):
		said = tooDeep
	}
	r.report(place{r.file, e.Mark.Line, e.Mark.Column}, Error, "%s", said)
}

const (
	noAliases = "anchors and aliases (&name, *name) are not used here: write the value again"
	tooDeep   = "nested deeper than 40 levels"
)

// encoding refuses what is no text of ours before a parser sees it.
func (r *reader) encoding(data []byte) bool {
	at, wrong := 0, ""
	switch {
	case len(data) > maxFile:
		wrong = "the file is larger than 2 MiB"
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}), bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		wrong = "the file is UTF-16: write it in UTF-8"
	case bytes.HasPrefix(data, []byte("\ufeff")):
		wrong = "the file begins with a byte order mark: write it without"
	default:
		at, wrong = odd(data)
	}
	if wrong != "" {
		r.report(r.offset(data, at), Error, "%s", wrong)
	}
	return wrong == ""
}

// odd finds the first thing in a file that is not a character of a text.
func odd(data []byte) (at int, wrong string) {
	for at < len(data) {
		c, size := utf8.DecodeRune(data[at:])
		switch {
		case c == utf8.RuneError && size == 1:
			return at, "this is not UTF-8"
		case c == 0:
			return at, "a NUL byte stands here (is the file UTF-16? write it in UTF-8)"
		case unicode.IsControl(c) && c != '\t' && c != '\n' && c != '\r':
			return at, "a control character stands here"
		}
		at += size
	}
	return 0, ""
}

// offset is the place of a byte.
func (r *reader) offset(data []byte, at int) place {
	line := bytes.Count(data[:at], []byte{'\n'}) + 1
	start := bytes.LastIndexByte(data[:at], '\n') + 1
	return place{r.file, line, utf8.RuneCount(data[start:at]) + 1}
}

// spaces refuses each line that is indented with a tab.
func (r *reader) spaces(data []byte) bool {
	good, line := true, 0
	for text := range bytes.Lines(data) {
		line++
		body := bytes.TrimLeft(text, " \t")
		indent := text[:len(text)-len(body)]
		if tab := bytes.IndexByte(indent, '\t'); tab >= 0 && len(bytes.TrimSpace(body)) > 0 {
			r.report(place{r.file, line, tab + 1}, Error, "a tab stands in the indentation: indent with spaces")
			good = false
		}
	}
	return good
}

// strict walks the tree and reports what the rules leave out.
func (r *reader) strict(n *yaml.Node, depth int) {
	switch {
	case n.Kind == yaml.AliasNode, n.Anchor != "":
		r.fail(n, noAliases)
	case n.Style&yaml.TaggedStyle != 0:
		r.fail(n, "tags (!name) are not used here")
	}
	if len(n.Content) > 0 && depth > maxDepth {
		r.fail(n, tooDeep)
		return
	}
	if n.Kind == yaml.MappingNode {
		r.strictKeys(n)
	}
	for _, c := range n.Content {
		r.strict(c, depth+1)
	}
}

func (r *reader) strictKeys(n *yaml.Node) {
	first := make(map[string]*yaml.Node, len(n.Content)/2)
	for i := 0; i < len(n.Content); i += 2 {
		name := n.Content[i]
		other, double := first[name.Value]
		switch {
		case name.Kind == yaml.AliasNode: // reported by strict
		case name.Kind != yaml.ScalarNode:
			r.fail(name, "a key is a single word")
		case name.Tag == "!!merge":
			r.fail(name, "merge keys (<<) are not used here: write the values again")
		case double:
			r.fail(name, "duplicate key%s, first at %s", quoteKey(name.Value), r.placeOf(other))
		default:
			first[name.Value] = name
		}
	}
}
