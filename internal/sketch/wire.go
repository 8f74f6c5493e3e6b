package sketch

import (
	"encoding/binary"
	"fmt"
)

// Every wire form begins with a letter that says what it is and a version.
// Equal contents are equal bytes, so what is not written in the shortest way or
// not in order is refused.
const wireVersion = 1

const (
	distinctLetter  = 'D'
	topKLetter      = 'K'
	quantilesLetter = 'Q'
)

func appendHead(b []byte, letter byte) []byte { return append(b, letter, wireVersion) }

// cursor reads a wire form. The first mistake stays in err, and whatever is read
// after it is zero.
type cursor struct {
	rest []byte
	err  error
}

// open is a cursor behind the head.
func open(data []byte, letter byte) cursor {
	c := cursor{rest: data}
	head := c.take(2)
	switch {
	case c.err != nil:
	case head[0] != letter:
		c.fail("kind %q, want %q", head[0], letter)
	case head[1] != wireVersion:
		c.fail("version %d, want %d", head[1], wireVersion)
	}
	return c
}

func (c *cursor) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf(format, args...)
	}
	c.rest = nil
}

// take is the next n bytes, uncopied; nil if there are not so many.
func (c *cursor) take(n int) []byte {
	if n < 0 || n > len(c.rest) {
		c.fail("%d bytes wanted, %d left", n, len(c.rest))
		return nil
	}
	taken := c.rest[:n:n]
	c.rest = c.rest[n:]
	return taken
}

func (c *cursor) uint8() uint8 {
	if b := c.take(1); b != nil {
		return b[0]
	}
	return 0
}

// uvarint reads a number in its shortest form.
func (c *cursor) uvarint() uint64 {
	v, n := binary.Uvarint(c.rest)
	switch {
	case n == 0:
		c.fail("number cut short")
	case n < 0:
		c.fail("number above 64 bits")
	case n > 1 && c.rest[n-1] == 0:
		c.fail("number longer than it need be")
	default:
		c.rest = c.rest[n:]
		return v
	}
	return 0
}

// count reads how many things of at least so many bytes each follow. More than
// limit, or than there is room for, is a mistake.
func (c *cursor) count(limit uint64, size int) int {
	n := c.uvarint()
	if n > limit {
		c.fail("count %d, limit %d", n, limit)
		return 0
	}
	if n > uint64(len(c.rest)/size) {
		c.fail("count %d with %d bytes left", n, len(c.rest))
		return 0
	}
	return int(n)
}

// close says the first mistake; bytes that nobody read are one.
func (c *cursor) close() error {
	if c.err == nil && len(c.rest) > 0 {
		c.fail("%d bytes behind the end", len(c.rest))
	}
	return c.err
}
