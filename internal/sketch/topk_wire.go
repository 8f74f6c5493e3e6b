package sketch

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

var errNoWords = errors.New("sketch: top-k: keys that cannot be written")

// AppendBinary writes the summary behind b: head, capacity, total, floor,
// evicted, and the keys as Top lists them, each with its length, count and
// excess. Equal contents give equal bytes. It is an error if Keys has no Append.
func (t *TopK[K]) AppendBinary(b []byte) ([]byte, error) {
	if t.keys.Append == nil {
		return b, errNoWords
	}
	b = appendHead(b, topKLetter)
	for _, v := range []uint64{uint64(t.capacity), t.total, t.floor, t.evicted, uint64(t.Len())} {
		b = binary.AppendUvarint(b, v)
	}
	var key []byte
	for _, h := range t.Top(t.Len()) {
		key = t.keys.Append(key[:0], h.Key)
		b = binary.AppendUvarint(b, uint64(len(key)))
		b = append(b, key...)
		b = binary.AppendUvarint(b, h.Count)
		b = binary.AppendUvarint(b, h.Excess)
	}
	return b, nil
}

// UnmarshalBinary replaces the summary by what AppendBinary wrote, in t's own
// order of keys and with the smaller capacity of the two. With an error the
// summary is as it was.
func (t *TopK[K]) UnmarshalBinary(data []byte) error {
	if t.keys.Append == nil || t.keys.Parse == nil {
		return errNoWords
	}
	c := open(data, topKLetter)
	read, list := t.read(&c)
	if err := c.close(); err != nil {
		return fmt.Errorf("sketch: top-k: %w", err)
	}
	read.hold(list, min(t.capacity, read.capacity))
	*t = *read
	return nil
}

// read is a summary as it was sent, and the keys that it is to hold.
func (t *TopK[K]) read(c *cursor) (*TopK[K], []Hitter[K]) {
	capacity := c.uvarint()
	if capacity < 1 || capacity > MaxCapacity {
		c.fail("capacity %d, want 1 to %d", capacity, MaxCapacity)
		return nil, nil
	}
	read := NewTopK(int(capacity), t.keys)
	read.total, read.floor, read.evicted = c.uvarint(), c.uvarint(), c.uvarint()
	list := make([]Hitter[K], c.count(capacity, 3))
	for i := range list {
		if list[i] = t.readHitter(c); c.err != nil {
			return nil, nil
		}
	}
	if err := read.plausible(list); err != nil {
		c.fail("%w", err)
	}
	return read, list
}

func (t *TopK[K]) readHitter(c *cursor) (h Hitter[K]) {
	written := c.take(c.count(math.MaxUint64, 1))
	h.Count, h.Excess = c.uvarint(), c.uvarint()
	if c.err != nil {
		return h
	}
	var err error
	if h.Key, err = t.keys.Parse(written); err != nil {
		c.fail("key %x: %w", written, err)
	} else if !bytes.Equal(t.keys.Append(nil, h.Key), written) {
		c.fail("key %x is not how its key is written", written)
	}
	return h
}

// plausible says what is wrong with a list that no stream could have led to.
func (t *TopK[K]) plausible(list []Hitter[K]) error {
	full := len(list) == t.capacity
	if (t.floor > 0) != (t.evicted > 0) || t.floor > 0 && !full {
		return fmt.Errorf("floor %d with %d keys of %d and %d evicted", t.floor, len(list), t.capacity, t.evicted)
	}
	sum, seen := uint64(0), make(map[K]bool, len(list))
	for i, h := range list {
		switch {
		case h.Count == 0 || h.Count < t.floor || h.Excess > t.floor:
			return fmt.Errorf("key %v: count %d, excess %d, floor %d", h.Key, h.Count, h.Excess, t.floor)
		case i > 0 && t.compare(list[i-1], h) >= 0 || seen[h.Key]:
			return fmt.Errorf("key %v out of order", h.Key)
		}
		sum, seen[h.Key] = addSaturating(sum, h.Count), true
	}
	if sum > t.total || t.floor == 0 && sum != t.total {
		return fmt.Errorf("counts of %d in all, total %d", sum, t.total)
	}
	return nil
}
