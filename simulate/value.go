package simulate

import (
	"encoding/binary"
	"fmt"
	"net/netip"
)

// Value is one field of a data record as octets, for records that are no flows:
// options data, lists, and whatever a test wants to send.
type Value []byte

// Number is an unsigned number in so many octets, 0 to 8, big-endian; one too large
// for them goes out as their largest.
func Number(v uint64, octets int) Value { return appendNumber(nil, v, octets) }

// Address is an address, in the 4 octets or 16 of its family.
func Address(a netip.Addr) Value { return Value(a.Unmap().AsSlice()) }

// Text is a string.
func Text(s string) Value { return Value(s) }

// How the elements of a list relate to each other (RFC 6313 §4.4).
const (
	NoneOf       = 0x00
	ExactlyOneOf = 0x01
	OneOrMoreOf  = 0x02
	AllOf        = 0x03
	Ordered      = 0x04
	Undefined    = 0xff
)

// BasicList is values of one field (RFC 6313 §4.5.1).
func BasicList(semantic uint8, f Field, values ...Value) Value {
	out := appendField(Value{semantic}, f, true)
	for _, v := range values {
		out = appendValue(out, f, v)
	}
	return out
}

// SubTemplateList is records of one template (RFC 6313 §4.5.2).
func SubTemplateList(semantic uint8, t *Template, rows ...[]Value) Value {
	out := binary.BigEndian.AppendUint16(Value{semantic}, t.ID)
	for _, row := range rows {
		out = appendRow(out, t, row)
	}
	return out
}

// SubTemplates are the records of one template inside a SubTemplateMultiList.
type SubTemplates struct {
	Template *Template
	Rows     [][]Value
}

// SubTemplateMultiList is records of several templates (RFC 6313 §4.5.3).
func SubTemplateMultiList(semantic uint8, lists ...SubTemplates) Value {
	out := Value{semantic}
	for _, l := range lists {
		start := len(out)
		out = binary.BigEndian.AppendUint16(out, l.Template.ID)
		out = append(out, 0, 0)
		for _, row := range l.Rows {
			out = appendRow(out, l.Template, row)
		}
		binary.BigEndian.PutUint16(out[start+2:], uint16(len(out)-start)) // the header counts
	}
	return out
}

func appendRow(dst []byte, t *Template, row []Value) []byte {
	if len(row) != len(t.Fields) {
		panic(fmt.Sprintf("template %d: %d values for %d fields", t.ID, len(row), len(t.Fields)))
	}
	for i, f := range t.Fields {
		dst = appendValue(dst, f, row[i])
	}
	return dst
}

// appendValue fills a shorter value up with zeros; one too long is a mistake of the
// caller.
func appendValue(dst []byte, f Field, v Value) []byte {
	if f.Length == Variable {
		return append(appendLength(dst, len(v)), v...)
	}
	if len(v) > int(f.Length) {
		panic(fmt.Sprintf("element %d: %d octets in a field of %d", f.Element, len(v), f.Length))
	}
	dst = append(dst, v...)
	return appendZeros(dst, int(f.Length)-len(v))
}

// appendLength writes the length of a variable field in one octet, or in three
// (RFC 7011 §7).
func appendLength(dst []byte, n int) []byte {
	if n < 255 {
		return append(dst, uint8(n))
	}
	return binary.BigEndian.AppendUint16(append(dst, 255), uint16(n))
}

func appendZeros(dst []byte, n int) []byte {
	for range n {
		dst = append(dst, 0)
	}
	return dst
}

func appendNumber(dst []byte, v uint64, octets int) []byte {
	if octets < 8 {
		v = min(v, 1<<(8*octets)-1)
	}
	for i := octets - 1; i >= 0; i-- {
		if i >= 8 {
			dst = append(dst, 0)
			continue
		}
		dst = append(dst, uint8(v>>(8*i)))
	}
	return dst
}
