package ipfix

import (
	"bytes"
	"unicode"
	"unicode/utf8"
	"unsafe"

	"eagre/ingest/wire"
)

// name is what an interface is called.
type name struct {
	text        string
	description bool // no more than a description (element 83)
}

// longestEscape is how many bytes one character may become.
const longestEscape = 10

const nameCost = int(unsafe.Sizeof(row[name]{}))

// InterfaceName is what the exporter calls an interface, "" where it has not
// said. A name is text from outside, about 256 bytes at most, in which everything that
// does not print is escaped.
func (x *Exporter) InterfaceName(ifIndex uint32) string {
	if n := x.interfaces.get(uint64(ifIndex)); n != nil {
		return n.text
	}
	return ""
}

// ApplicationName is what the exporter calls an application, by the number that
// is in the App column; "" where it has not said. The same holds for the text as
// for the names of interfaces.
func (x *Exporter) ApplicationName(app uint64) string {
	if n := x.applications.get(app); n != nil {
		return *n
	}
	return ""
}

// nameInterface keeps a name. A description does not replace a name.
func (x *Exporter) nameInterface(ifIndex uint64, raw []byte, description bool, report *wire.Report) {
	var buf [maxString + longestEscape]byte
	text := printable(buf[:0], raw, report)
	old := x.interfaces.renew(ifIndex)
	if len(text) == 0 || old != nil && (string(text) == old.text || description && !old.description) {
		return
	}
	x.revision++
	if old != nil {
		x.nameBytes += len(text) - len(old.text)
		*old = name{string(text), description}
	} else {
		x.nameBytes += nameCost + len(text)
		x.interfaces.insert(ifIndex, name{string(text), description})
	}
	x.boundNames(report)
}

func (x *Exporter) nameApplication(app uint64, raw []byte, report *wire.Report) {
	var buf [maxString + longestEscape]byte
	text := printable(buf[:0], raw, report)
	old := x.applications.renew(app)
	if len(text) == 0 || old != nil && string(text) == *old {
		return
	}
	x.revision++
	if old != nil {
		x.nameBytes += len(text) - len(*old)
		*old = string(text)
	} else {
		x.nameBytes += nameCost + len(text)
		x.applications.insert(app, string(text))
	}
	x.boundNames(report)
}

// boundNames takes names out until the rest may stay; the larger table gives.
func (x *Exporter) boundNames(report *wire.Report) {
	for x.nameBytes > x.limits.Names {
		report.Add(wire.Note{Finding: wire.NamesTooMany, A: uint32(x.limits.Names)})
		if len(x.interfaces.rows) > len(x.applications.rows) {
			x.nameBytes -= nameCost + len(x.interfaces.evict().text)
		} else {
			x.nameBytes -= nameCost + len(x.applications.evict())
		}
	}
}

// printable appends a string of the wire, without the padding at its end and cut
// to maxString bytes. What is not text or does not print is escaped, as strings
// end up on terminals and in logs.
func printable(dst, raw []byte, report *wire.Report) []byte {
	raw = bytes.TrimRight(raw, "\x00 ")
	if len(raw) > maxString {
		report.Add(wire.Note{Finding: wire.StringTooLong, A: uint32(len(raw)), B: maxString})
		raw = raw[:maxString]
	}
	for len(raw) > 0 && len(dst) < maxString {
		r, n := utf8.DecodeRune(raw)
		switch {
		case r == utf8.RuneError && n == 1:
			dst = escape(dst, 'x', uint32(raw[0]), 2)
		case unicode.IsPrint(r) && r != '\\':
			dst = append(dst, raw[:n]...)
		case r < utf8.RuneSelf:
			dst = escape(dst, 'x', uint32(r), 2)
		default:
			dst = escape(dst, 'U', uint32(r), 8)
		}
		raw = raw[n:]
	}
	return dst
}

// escape appends \, a letter and so many hexadecimal digits of v.
func escape(dst []byte, letter byte, v uint32, digits int) []byte {
	dst = append(dst, '\\', letter)
	for digits--; digits >= 0; digits-- {
		dst = append(dst, "0123456789abcdef"[v>>(4*digits)&15])
	}
	return dst
}
