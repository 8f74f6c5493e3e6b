package config

import (
	"errors"

	"go.yaml.in/yaml/v4"
)

// kind is one way to read a value from a node, to write it back, and to describe
// it in the manual.
type kind[T any] interface {
	// read sets *into, or reports what is wrong with the node.
	read(r *reader, n *yaml.Node, into *T)
	// write is the node that reads as v again; nil leaves the key out.
	write(v T) *yaml.Node
	shape() shape
}

// shape describes a kind to people.
type shape struct {
	words  string // "a duration"
	scalar bool   // one line of text can give it, so the environment can
	rows   []row  // the keys of a mapping, or of a list's mappings
	list   bool
}

// row describes a key.
type row struct {
	name, doc string
	required  bool
	otherwise string // the default in words, where it hangs on other keys
	shape     shape
}

// load reads a node by its kind and remembers the place. What the strictness of the
// document has already refused is passed over.
func load[T any](r *reader, k kind[T], n *yaml.Node, into *T) {
	if n.Kind == yaml.AliasNode {
		return
	}
	r.places[into] = r.placeOf(n)
	k.read(r, n, into)
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// scalar is a value on one line.
type scalar[T any] struct {
	words  string
	tag    string // of YAML; empty is a string
	parse  func(text string) (T, error)
	format func(T) string // empty leaves the key out
}

// caution is what parse returns beside a value that is good, but not what was meant.
type caution string

func (c caution) Error() string { return string(c) }

func (k scalar[T]) read(r *reader, n *yaml.Node, into *T) {
	if n.Kind != yaml.ScalarNode || isNull(n) {
		r.fail(n, "%s stands here: want %s", nodeWords(n), k.words)
		return
	}
	v, err := k.parse(n.Value)
	var c caution
	switch {
	case errors.As(err, &c):
		r.report(r.placeOf(n), Warning, "%s", c)
	case err != nil:
		r.fail(n, "%s", err)
		return
	}
	*into = v
}

func (k scalar[T]) write(v T) *yaml.Node {
	text := k.format(v)
	if text == "" {
		return nil
	}
	tag := k.tag
	if tag == "" {
		tag = "!!str"
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: text}
}

func (k scalar[T]) shape() shape { return shape{words: k.words, scalar: true} }

func nodeWords(n *yaml.Node) string {
	switch {
	case isNull(n):
		return "nothing"
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	}
	return "a single value"
}

// pointer is a value that may be absent.
type pointer[T any] struct{ kind[T] }

func (k pointer[T]) read(r *reader, n *yaml.Node, into **T) {
	*into = new(T)
	load(r, k.kind, n, *into)
}

// begun is a value that may be absent, and begins with defaults where it is there.
type begun[T any] struct {
	pointer[T]
	from func() T
}

func (k begun[T]) read(r *reader, n *yaml.Node, into **T) {
	v := k.from()
	*into = &v
	load(r, k.kind, n, *into)
}

func (k pointer[T]) write(v *T) *yaml.Node {
	if v == nil {
		return nil
	}
	if n := k.kind.write(*v); n != nil {
		return n
	}
	return &yaml.Node{Kind: yaml.MappingNode, Style: yaml.FlowStyle}
}
