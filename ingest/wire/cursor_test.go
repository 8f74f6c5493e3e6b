package wire

import (
	"testing"

	"pgregory.net/rapid"
)

func TestCursorReadsBigEndianFields(t *testing.T) {
	c := NewCursor([]byte{1, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 4, 9, 9, 7})
	if a, b, d, e := c.U8(), c.U16(), c.U32(), c.U64(); a != 1 || b != 2 || d != 3 || e != 4 {
		t.Errorf("got %d %d %d %d, want 1 2 3 4", a, b, d, e)
	}
	sub := c.Sub(2)
	if got := sub.U16(); got != 0x0909 || sub.Len() != 0 || c.U8() != 7 || c.Len() != 0 || c.Failed() {
		t.Errorf("got sub %x (%d left), cursor %d left, failed %v", got, sub.Len(), c.Len(), c.Failed())
	}
}

func TestCursorThatWasAskedForTooMuchStaysEmpty(t *testing.T) {
	c := NewCursor([]byte{1, 2, 3})
	if got := c.U32(); got != 0 || !c.Failed() || c.Len() != 0 {
		t.Errorf("got %d, failed %v, %d left; want 0, true, 0", got, c.Failed(), c.Len())
	}
	if got := c.U8(); got != 0 {
		t.Errorf("got %d after a failure, want 0", got)
	}
	for _, n := range []int{-1, 1 << 40} {
		c := NewCursor([]byte{1, 2, 3})
		if sub := c.Sub(n); !sub.Failed() || !c.Failed() || sub.Len() != 0 {
			t.Errorf("Sub(%d): sub failed %v with %d left, cursor failed %v", n, sub.Failed(), sub.Len(), c.Failed())
		}
	}
}

// A loop that reads while bytes are left ends within as many turns as there
// were bytes, whatever it reads.
func TestCursorCannotFailToAdvance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bytes := rapid.SliceOfN(rapid.Byte(), 0, 64).Draw(t, "bytes")
		c := NewCursor(bytes)
		turns := 0
		for c.Len() > 0 {
			before := c.Len()
			step(&c, rapid.IntRange(0, 5).Draw(t, "read"), rapid.IntRange(1, 70).Draw(t, "n"))
			if c.Len() >= before {
				t.Fatalf("%d bytes left before a read and %d after it", before, c.Len())
			}
			turns++
		}
		if turns > len(bytes) {
			t.Fatalf("%d turns over %d bytes", turns, len(bytes))
		}
	})
}

func step(c *Cursor, read, n int) {
	switch read {
	case 0:
		c.U8()
	case 1:
		c.U16()
	case 2:
		c.U32()
	case 3:
		c.U64()
	case 4:
		c.Skip(n)
	case 5:
		c.Sub(n)
	}
}
