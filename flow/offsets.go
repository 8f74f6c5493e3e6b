package flow

import "encoding/binary"

var le = binary.LittleEndian

// Offsets of one to four bytes are what ordinary columns have. They are moved four
// or eight at a time through arrays, whose bounds need no checks; the few values
// that are left, and all wider offsets, one by one.

// narrow writes the offsets of all values from base, width bytes each. It may
// touch slack bytes past the last one.
func narrow[T integer](out []byte, values []T, width int, base T) {
	switch width {
	case 1:
		for ; len(values) >= 8 && len(out) >= 8; out, values = out[8:], values[8:] {
			o, v := (*[8]byte)(out), (*[8]T)(values)
			o[0], o[1], o[2], o[3] = byte(v[0]-base), byte(v[1]-base), byte(v[2]-base), byte(v[3]-base)
			o[4], o[5], o[6], o[7] = byte(v[4]-base), byte(v[5]-base), byte(v[6]-base), byte(v[7]-base)
		}
	case 2:
		for ; len(values) >= 8 && len(out) >= 16; out, values = out[16:], values[8:] {
			o, v := (*[16]byte)(out), (*[8]T)(values)
			le.PutUint16(o[0:], uint16(v[0]-base))
			le.PutUint16(o[2:], uint16(v[1]-base))
			le.PutUint16(o[4:], uint16(v[2]-base))
			le.PutUint16(o[6:], uint16(v[3]-base))
			le.PutUint16(o[8:], uint16(v[4]-base))
			le.PutUint16(o[10:], uint16(v[5]-base))
			le.PutUint16(o[12:], uint16(v[6]-base))
			le.PutUint16(o[14:], uint16(v[7]-base))
		}
	case 3:
		for ; len(values) >= 4 && len(out) >= 13; out, values = out[12:], values[4:] {
			o, v := (*[13]byte)(out), (*[4]T)(values)
			le.PutUint32(o[0:], uint32(v[0]-base))
			le.PutUint32(o[3:], uint32(v[1]-base))
			le.PutUint32(o[6:], uint32(v[2]-base))
			le.PutUint32(o[9:], uint32(v[3]-base))
		}
	case 4:
		for ; len(values) >= 4 && len(out) >= 16; out, values = out[16:], values[4:] {
			o, v := (*[16]byte)(out), (*[4]T)(values)
			le.PutUint32(o[0:], uint32(v[0]-base))
			le.PutUint32(o[4:], uint32(v[1]-base))
			le.PutUint32(o[8:], uint32(v[2]-base))
			le.PutUint32(o[12:], uint32(v[3]-base))
		}
	}
	for i, v := range values {
		at := i * width
		le.PutUint64(out[at:at+8:at+8], uint64(v-base))
	}
}

// widen is the way back. The bytes of src go on past the column, at least as
// far as the checksum.
func widen[T integer](to []T, src []byte, width int, base T) {
	switch width {
	case 1:
		for ; len(to) >= 8 && len(src) >= 8; to, src = to[8:], src[8:] {
			t, s := (*[8]T)(to), (*[8]byte)(src)
			t[0], t[1], t[2], t[3] = base+T(s[0]), base+T(s[1]), base+T(s[2]), base+T(s[3])
			t[4], t[5], t[6], t[7] = base+T(s[4]), base+T(s[5]), base+T(s[6]), base+T(s[7])
		}
	case 2:
		for ; len(to) >= 8 && len(src) >= 16; to, src = to[8:], src[16:] {
			t, s := (*[8]T)(to), (*[16]byte)(src)
			t[0], t[1] = base+T(le.Uint16(s[0:])), base+T(le.Uint16(s[2:]))
			t[2], t[3] = base+T(le.Uint16(s[4:])), base+T(le.Uint16(s[6:]))
			t[4], t[5] = base+T(le.Uint16(s[8:])), base+T(le.Uint16(s[10:]))
			t[6], t[7] = base+T(le.Uint16(s[12:])), base+T(le.Uint16(s[14:]))
		}
	case 3:
		const mask = 1<<24 - 1
		for ; len(to) >= 4 && len(src) >= 13; to, src = to[4:], src[12:] {
			t, s := (*[4]T)(to), (*[13]byte)(src)
			t[0], t[1] = base+T(le.Uint32(s[0:])&mask), base+T(le.Uint32(s[3:])&mask)
			t[2], t[3] = base+T(le.Uint32(s[6:])&mask), base+T(le.Uint32(s[9:])&mask)
		}
	case 4:
		for ; len(to) >= 4 && len(src) >= 16; to, src = to[4:], src[16:] {
			t, s := (*[4]T)(to), (*[16]byte)(src)
			t[0], t[1] = base+T(le.Uint32(s[0:])), base+T(le.Uint32(s[4:]))
			t[2], t[3] = base+T(le.Uint32(s[8:])), base+T(le.Uint32(s[12:]))
		}
	}
	widenSingly(to, src, width, base)
}

// widenSingly reads eight bytes for every value and masks away what belongs to the
// next ones; the last few values, where eight bytes would end past the message,
// are read with care.
func widenSingly[T integer](to []T, src []byte, width int, base T) {
	mask := ^uint64(0) >> (64 - 8*width)
	whole := min(len(to), max(0, len(src)-8+width)/width)
	for i := range to[:whole] {
		at := i * width
		to[i] = base + T(le.Uint64(src[at:at+8:at+8])&mask)
	}
	for i := whole; i < len(to); i++ {
		var tail [8]byte
		copy(tail[:], src[i*width:])
		to[i] = base + T(le.Uint64(tail[:])&mask)
	}
}
