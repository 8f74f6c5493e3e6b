package ipfix

import "math"

// ntpEpoch is 1970 in seconds of NTP.
const ntpEpoch = 2_208_988_800

// ages reads times as milliseconds before the export; negative ones lie behind it.
func ages(dst []int64, r *rows, o op) {
	at, from, exported := 0, r.bytes[o.offset:], r.at.exported
	switch o.class {
	case uptime:
		uptimes(dst, from, r, int(o.length))
	case millis:
		for i := range dst {
			dst[i] = exported - int64(be.Uint64(from[at:]))
			at += r.stride
		}
	case seconds:
		for i := range dst {
			dst[i] = exported - int64(be.Uint32(from[at:]))*1000
			at += r.stride
		}
	case ntp:
		for i := range dst {
			v := be.Uint64(from[at:])
			dst[i] = exported - (int64(v>>32)-ntpEpoch)*1000 - int64(v&math.MaxUint32*1000>>32)
			at += r.stride
		}
	case delta:
		for i := range dst {
			dst[i] = int64(integer(from[at:at+int(o.length)]) / 1000)
			at += r.stride
		}
	}
}

// uptimes reads times since boot, which are of 4 bytes almost everywhere.
func uptimes(dst []int64, from []byte, r *rows, length int) {
	at, up := 0, r.at.uptime
	if length == 4 {
		for i := range dst {
			dst[i] = int64(int32(up - be.Uint32(from[at:])))
			at += r.stride
		}
		return
	}
	for i := range dst {
		dst[i] = int64(int32(up - uint32(integer(from[at:at+length]))))
		at += r.stride
	}
}

// durations reads how long flows lasted, in milliseconds.
func (x *aside) durations(m *Message, r *rows, o op) {
	micro := o.class == micros
	o.class = unsigned
	integers(m, x.duration[:r.n], r, o)
	if micro {
		for i := range x.duration[:r.n] {
			x.duration[i] /= 1000
		}
	}
}
