package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"eagre/alert"
)

// mapping is a table of keys: the kind of a struct.
type mapping[S any] []key[S]

// key is one line of the table: a row for the manual, and the way in and out.
type key[S any] struct {
	row
	read  func(r *reader, n *yaml.Node, s *S)
	write func(s *S) *yaml.Node
}

// at makes a key: its name, its place inside the struct, its kind, and the sentence
// that the manual and Dump say about it.
func at[S, T any](name string, place func(*S) *T, k kind[T], doc string) key[S] {
	return key[S]{
		row:   row{name: name, doc: doc, shape: k.shape()},
		read:  func(r *reader, n *yaml.Node, s *S) { load(r, k, n, place(s)) },
		write: func(s *S) *yaml.Node { return k.write(*place(s)) },
	}
}

// must makes a key that may not be left out.
func (k key[S]) must() key[S] {
	k.required = true
	return k
}

// or tells the default in words, where Default does not tell all of it.
func (k key[S]) or(words string) key[S] {
	k.otherwise = words
	return k
}

func (m mapping[S]) read(r *reader, n *yaml.Node, into *S) {
	if n.Kind != yaml.MappingNode && !isNull(n) {
		r.fail(n, "%s stands here: want a mapping with the keys %s", nodeWords(n), strings.Join(m.names(), ", "))
		return
	}
	var seen []string
	for i := 0; i+1 < len(n.Content); i += 2 {
		name := n.Content[i]
		if name.Kind != yaml.ScalarNode || name.Tag == "!!merge" {
			continue // reported by strict
		}
		at := slices.IndexFunc(m, func(k key[S]) bool { return k.name == name.Value })
		if at < 0 {
			r.unknown(name, m.names())
			continue
		}
		seen = append(seen, name.Value)
		m[at].read(r, n.Content[i+1], into)
	}
	for _, k := range m {
		if k.required && !slices.Contains(seen, k.name) {
			r.fail(n, "%q is missing", k.name)
		}
	}
}

func (m mapping[S]) write(v S) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	for _, k := range m {
		value := k.write(&v)
		if value == nil {
			continue
		}
		name := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: k.name, HeadComment: comment(k.doc)}
		n.Content = append(n.Content, name, value)
	}
	if n.Content == nil {
		return nil
	}
	return n
}

func (m mapping[S]) shape() shape {
	s := shape{words: "a mapping"}
	for _, k := range m {
		s.rows = append(s.rows, k.row)
	}
	return s
}

func (m mapping[S]) names() (names []string) {
	for _, k := range m {
		names = append(names, k.name)
	}
	return names
}

// harmless is what a key looks like when it is one: no token, no password.
var harmless = regexp.MustCompile(`^[A-Za-z_-]{1,40}$`)

// quoteKey shows a key, unless it might be a secret in the wrong place.
func quoteKey(name string) string {
	if harmless.MatchString(name) {
		return fmt.Sprintf(" %q", name)
	}
	return ""
}

// unknown reports a key that is not in the table, with a guess at what was meant. In
// a file of the wrong kind there are very many, so what is not shown costs no guess.
func (r *reader) unknown(name *yaml.Node, known []string) {
	hint := "there are no keys here"
	switch {
	case r.full():
	case nearest(name.Value, known) != "":
		hint = fmt.Sprintf("did you mean %q?", nearest(name.Value, known))
	case len(known) > 0:
		hint = "keys here: " + strings.Join(known, ", ")
	}
	r.fail(name, "unknown key%s (%s)", quoteKey(name.Value), hint)
}

// quote shows a value in a message: short, and inert on a terminal.
func quote(text string) string { return `"` + alert.Inert(text, 60) + `"` }
