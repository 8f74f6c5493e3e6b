package goflow

import (
	"bytes"
	"encoding/json"
	"errors"
)

// object walks the members of a JSON object that is known to be valid (RFC 8259
// §4), which makes the walk simple: it only has to find where values end.
type object struct{ rest []byte }

var errNoObject = errors.New("not a JSON object")

// open checks a line and starts at its first member.
func open(line []byte) (object, error) {
	line = bytes.TrimSpace(line)
	if !json.Valid(line) || line[0] != '{' {
		return object{}, errNoObject
	}
	return object{rest: line[1 : len(line)-1]}, nil
}

// next is the next member as it stands in the line: the key with its quotes, and
// the value.
func (o *object) next() (key, value []byte, ok bool) {
	o.skip(',')
	if len(o.rest) == 0 {
		return nil, nil, false
	}
	key = o.take(stringEnd(o.rest))
	o.skip(':')
	return key, o.take(valueEnd(o.rest)), true
}

// skip passes over white space and a separator.
func (o *object) skip(separator byte) {
	for len(o.rest) > 0 && (o.rest[0] == separator || space(o.rest[0])) {
		o.rest = o.rest[1:]
	}
}

func space(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

func (o *object) take(n int) []byte {
	taken := o.rest[:n]
	o.rest = o.rest[n:]
	return taken
}

// stringEnd is where the string ends with which b begins.
func stringEnd(b []byte) int {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(b)
}

// valueEnd is where the value ends with which b begins.
func valueEnd(b []byte) int {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			i += stringEnd(b[i:]) - 1
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		default:
			if depth == 0 && (b[i] == ',' || space(b[i])) {
				return i
			}
		}
	}
	return len(b)
}
