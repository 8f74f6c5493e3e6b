package baseline

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
)

// A snapshot begins with a letter that says of what it is and a version, and ends
// with a checksum (CRC-32C, RFC 3720 B.4) of all before it. Between them is the
// state, of fixed length, numbers with the small end first.
const snapshotVersion = 1

const snapshotFrame = 2 + crc32.Size

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// stateful is what has a snapshot: it walks over its state in one order, whether it
// is being written or read.
type stateful interface {
	walk(*form)
}

// AppendBinary writes the profile behind b: equal profiles give equal bytes, always
// as many. The error is always nil.
func (p *Profile) AppendBinary(b []byte) ([]byte, error) { return write(b, 'P', p), nil }

// UnmarshalBinary replaces the profile by what AppendBinary wrote. It keeps nothing
// of data. With an error the profile is as it was.
func (p *Profile) UnmarshalBinary(data []byte) error { return replace(p, 'P', "profile", data) }

// AppendBinary writes the cells behind b. The error is always nil.
func (m *Minutes) AppendBinary(b []byte) ([]byte, error) { return write(b, 'M', m), nil }

// UnmarshalBinary replaces the cells by what AppendBinary wrote; with an error they
// are as they were.
func (m *Minutes) UnmarshalBinary(data []byte) error { return replace(m, 'M', "minutes", data) }

// AppendBinary writes the calendar behind b. The error is always nil.
func (c *Calendar) AppendBinary(b []byte) ([]byte, error) { return write(b, 'Y', c), nil }

// UnmarshalBinary replaces the calendar by what AppendBinary wrote; with an error it
// is as it was.
func (c *Calendar) UnmarshalBinary(data []byte) error { return replace(c, 'Y', "calendar", data) }

// AppendBinary writes the profile behind b. The error is always nil.
func (c *Cold) AppendBinary(b []byte) ([]byte, error) { return write(b, 'C', c), nil }

// UnmarshalBinary replaces the profile by what AppendBinary wrote; with an error it
// is as it was.
func (c *Cold) UnmarshalBinary(data []byte) error { return replace(c, 'C', "cold profile", data) }

// AppendBinary writes the counts behind b. The error is always nil.
func (s *Sparse) AppendBinary(b []byte) ([]byte, error) { return write(b, 'S', s), nil }

// UnmarshalBinary replaces the counts by what AppendBinary wrote; with an error they
// are as they were.
func (s *Sparse) UnmarshalBinary(data []byte) error { return replace(s, 'S', "sparse class", data) }

// AppendBinary writes the habit behind b. The error is always nil.
func (h *Habit) AppendBinary(b []byte) ([]byte, error) { return write(b, 'H', h), nil }

// UnmarshalBinary replaces the habit by what AppendBinary wrote; with an error it is
// as it was.
func (h *Habit) UnmarshalBinary(data []byte) error { return replace(h, 'H', "habit", data) }

// AppendBinary writes the count of ticks behind b. The error is always nil.
func (d *Drop) AppendBinary(b []byte) ([]byte, error) { return write(b, 'D', d), nil }

// UnmarshalBinary replaces it by what AppendBinary wrote; with an error it is as it
// was.
func (d *Drop) UnmarshalBinary(data []byte) error { return replace(d, 'D', "drop", data) }

func write(b []byte, letter byte, of stateful) []byte {
	start := len(b)
	f := form{bytes: append(b, letter, snapshotVersion)}
	of.walk(&f)
	return binary.LittleEndian.AppendUint32(f.bytes, crc32.Checksum(f.bytes[start:], castagnoli))
}

// snapshotOf says what a pointer to T must be able to do.
type snapshotOf[T any] interface {
	*T
	stateful
}

// replace reads into a value of its own, which takes the place of the old one only
// when all of it was believed.
func replace[T any, P snapshotOf[T]](to P, letter byte, name string, data []byte) error {
	var fresh T
	if err := read(P(&fresh), letter, data); err != nil {
		return fmt.Errorf("baseline: %s: %w", name, err)
	}
	*to = fresh
	return nil
}

func read(into stateful, letter byte, data []byte) error {
	size := form{measuring: true}
	into.walk(&size)
	if want := size.length + snapshotFrame; len(data) != want {
		return fmt.Errorf("%d bytes, want %d", len(data), want)
	}
	body := data[:len(data)-crc32.Size]
	switch sum := binary.LittleEndian.Uint32(data[len(body):]); {
	case body[0] != letter:
		return fmt.Errorf("kind %q, want %q", body[0], letter)
	case body[1] != snapshotVersion:
		return fmt.Errorf("version %d, want %d", body[1], snapshotVersion)
	case sum != crc32.Checksum(body, castagnoli):
		return fmt.Errorf("checksum %08x, want %08x", crc32.Checksum(body, castagnoli), sum)
	}
	f := form{bytes: body[2:], reading: true}
	into.walk(&f)
	return f.err
}

// form is a snapshot being measured, written or read. When reading, the first value
// that cannot be stays in err.
type form struct {
	bytes     []byte
	length    int
	measuring bool
	reading   bool
	err       error
}

func (f *form) fail(format string, args ...any) {
	if f.err == nil {
		f.err = fmt.Errorf(format, args...)
	}
}

// take is the next n bytes to read, room for them to write, or nothing to measure.
func (f *form) take(n int) []byte {
	switch {
	case f.measuring:
		f.length += n
		return nil
	case f.reading:
		taken := f.bytes[:n]
		f.bytes = f.bytes[n:]
		return taken
	}
	f.bytes = append(f.bytes, make([]byte, n)...)
	return f.bytes[len(f.bytes)-n:]
}

func (f *form) uint8(v *uint8) {
	if b := f.take(1); f.reading {
		*v = b[0]
	} else if b != nil {
		b[0] = *v
	}
}

func (f *form) uint16(v *uint16) {
	if b := f.take(2); f.reading {
		*v = binary.LittleEndian.Uint16(b)
	} else if b != nil {
		binary.LittleEndian.PutUint16(b, *v)
	}
}

func (f *form) uint32(v *uint32) {
	if b := f.take(4); f.reading {
		*v = binary.LittleEndian.Uint32(b)
	} else if b != nil {
		binary.LittleEndian.PutUint32(b, *v)
	}
}

// float32 is a number that lies within bounds.
func (f *form) float32(name string, v *float32, low, high float32) {
	bits := math.Float32bits(*v)
	f.uint32(&bits)
	if !f.reading {
		return
	}
	*v = math.Float32frombits(bits)
	if !(low <= *v && *v <= high) {
		f.fail("%s: %v, want %v to %v", name, *v, low, high)
	}
}

func (f *form) uint8s(list []uint8) {
	for i := range list {
		f.uint8(&list[i])
	}
}

func (f *form) int8s(list []int8) {
	for i := range list {
		v := uint8(list[i])
		f.uint8(&v)
		list[i] = int8(v)
	}
}

func (f *form) int16s(list []int16) {
	for i := range list {
		v := uint16(list[i])
		f.uint16(&v)
		list[i] = int16(v)
	}
}

func (f *form) bool(name string, v *bool) {
	b := uint8(0)
	if *v {
		b = 1
	}
	f.uint8(&b)
	if *v = b == 1; b > 1 {
		f.fail("%s: %d, want 0 or 1", name, b)
	}
}
