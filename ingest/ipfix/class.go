package ipfix

// class is how the bytes of a field are read, and which lengths it may have.
type class uint8

const (
	unknown  class = iota
	unsigned       // 1 to 8 bytes (reduced-size encoding, RFC 7011 §6.2)
	dscp           // unsigned, shifted to where it stands in the traffic class
	ipv4
	ipv6
	mac
	uptime  // milliseconds since boot
	seconds // since 1970
	millis  // since 1970
	ntp     // seconds since 1900 and a fraction (RFC 7011 §6.1.9, §6.1.10)
	delta   // microseconds before the export
	micros  // a duration
	float
	label // an application: engine and selector (RFC 6759)
	text
	opaque // bytes of any length
)

// allows tells whether a field of the class may have a length. Where only one
// is allowed it is told too. Times of no length are met in the field, and are
// absent.
func (c class) allows(length uint16) (ok bool, only uint32) {
	switch c {
	case unsigned, dscp:
		return length >= 1 && length <= 8, 0
	case uptime, delta, micros:
		return length <= 8, 0
	case ipv4:
		return length == 4, 4
	case ipv6:
		return length == 16, 16
	case mac:
		return length == 6, 6
	case seconds:
		return length == 4 || length == 0, 4
	case millis, ntp:
		return length == 8 || length == 0, 8
	case float:
		return length == 4 || length == 8, 0
	}
	return true, 0
}
