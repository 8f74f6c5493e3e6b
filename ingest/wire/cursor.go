package wire

import "encoding/binary"

// Cursor reads big-endian fields from bytes that are not trusted. It never reads
// past their end and never panics: a read that does not fit returns zero, empties
// the cursor and is remembered (Failed). So a loop that runs while Len is above
// zero and reads at least one field per turn ends, whatever the bytes claim.
//
// The zero Cursor is empty. A Cursor is a value: a copy reads on independently.
type Cursor struct {
	b      []byte
	failed bool
}

// NewCursor starts at the first byte of b, which is not copied.
func NewCursor(b []byte) Cursor { return Cursor{b: b} }

// Len is how many bytes are left.
func (c *Cursor) Len() int { return len(c.b) }

// Failed tells whether some read did not fit.
func (c *Cursor) Failed() bool { return c.failed }

// Rest is the bytes that are left, without reading them.
func (c *Cursor) Rest() []byte { return c.b }

func (c *Cursor) fail() { c.b, c.failed = nil, true }

// U8 reads one byte.
func (c *Cursor) U8() uint8 {
	if len(c.b) < 1 {
		c.fail()
		return 0
	}
	v := c.b[0]
	c.b = c.b[1:]
	return v
}

// U16 reads two bytes.
func (c *Cursor) U16() uint16 {
	if len(c.b) < 2 {
		c.fail()
		return 0
	}
	v := binary.BigEndian.Uint16(c.b)
	c.b = c.b[2:]
	return v
}

// U32 reads four bytes.
func (c *Cursor) U32() uint32 {
	if len(c.b) < 4 {
		c.fail()
		return 0
	}
	v := binary.BigEndian.Uint32(c.b)
	c.b = c.b[4:]
	return v
}

// U64 reads eight bytes.
func (c *Cursor) U64() uint64 {
	if len(c.b) < 8 {
		c.fail()
		return 0
	}
	v := binary.BigEndian.Uint64(c.b)
	c.b = c.b[8:]
	return v
}

// Bytes reads the next n bytes without copying them; nil when they do not fit.
func (c *Cursor) Bytes(n int) []byte {
	if uint(n) > uint(len(c.b)) {
		c.fail()
		return nil
	}
	v := c.b[:n:n]
	c.b = c.b[n:]
	return v
}

// Skip passes over n bytes.
func (c *Cursor) Skip(n int) {
	if uint(n) > uint(len(c.b)) {
		c.fail()
		return
	}
	c.b = c.b[n:]
}

// Sub reads the next n bytes as a Cursor of their own, which cannot leave them.
// When they do not fit both cursors have failed.
func (c *Cursor) Sub(n int) Cursor {
	b := c.Bytes(n)
	return Cursor{b: b, failed: c.failed}
}
