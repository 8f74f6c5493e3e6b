package config

import (
	"fmt"

	"go.yaml.in/yaml/v4"
)

// list is any number of values.
type list[T any] struct {
	of  kind[T]
	min int
	max int
}

func (k list[T]) read(r *reader, n *yaml.Node, into *[]T) {
	*into = nil
	if n.Kind != yaml.SequenceNode {
		r.fail(n, "%s stands here: want a list ([] is an empty one)", nodeWords(n))
		return
	}
	if len(n.Content) < k.min || len(n.Content) > k.max {
		r.fail(n, "%d values in this list, want %d to %d", len(n.Content), k.min, k.max)
		return
	}
	if len(n.Content) > 0 {
		*into = make([]T, len(n.Content))
	}
	for i, c := range n.Content {
		load(r, k.of, c, &(*into)[i])
	}
}

func (k list[T]) write(v []T) *yaml.Node {
	n := &yaml.Node{Kind: yaml.SequenceNode}
	if len(v) == 0 || k.of.shape().scalar {
		n.Style = yaml.FlowStyle
	}
	for i := range v {
		n.Content = append(n.Content, k.of.write(v[i]))
	}
	commentOnce(n)
	return n
}

func (k list[T]) shape() shape {
	of := k.of.shape()
	return shape{words: "a list, each " + of.words, rows: of.rows, list: true}
}

// commentOnce keeps the manual out of all but the first element of a list, and its
// first sentence above the dash.
func commentOnce(n *yaml.Node) {
	for i, c := range n.Content {
		switch {
		case i > 0:
			withoutComments(c)
		case c.Kind == yaml.MappingNode && len(c.Content) > 0:
			c.HeadComment, c.Content[0].HeadComment = c.Content[0].HeadComment, ""
		}
	}
}

func withoutComments(n *yaml.Node) {
	n.HeadComment = ""
	for _, c := range n.Content {
		withoutComments(c)
	}
}

// few is one value, or a list of them.
type few[T any] struct{ list[T] }

func (k few[T]) read(r *reader, n *yaml.Node, into *[]T) {
	if n.Kind != yaml.SequenceNode {
		n = &yaml.Node{Kind: yaml.SequenceNode, Line: n.Line, Column: n.Column, Content: []*yaml.Node{n}}
	}
	k.list.read(r, n, into)
}

func (k few[T]) write(v []T) *yaml.Node {
	if len(v) == 1 {
		return k.of.write(v[0])
	}
	if len(v) == 0 {
		return nil
	}
	return k.list.write(v)
}

func (k few[T]) shape() shape {
	of := k.of.shape()
	return shape{words: fmt.Sprintf("%s, or a list of them", of.words), scalar: of.scalar}
}

// some is a list that Dump leaves out where it is empty.
type some[T any] struct{ list[T] }

func (k some[T]) write(v []T) *yaml.Node {
	if len(v) == 0 {
		return nil
	}
	return k.list.write(v)
}
