package counters

import "math"

// What stands for a counter that an agent does not have: all bits are ones
// (sFlow version 5, section 5).
const (
	Unknown32 = math.MaxUint32
	Unknown64 = math.MaxUint64
)

// Since32 is how far a counter of 32 bits went, around its end too; 0 where one
// of the readings is unknown.
func Since32(now, last uint32) uint64 {
	if now == Unknown32 || last == Unknown32 {
		return 0
	}
	return uint64(now - last)
}

// Since64 is how far a counter of 64 bits went; 0 where one of the readings is
// unknown. Some agents fill it from one of 32 bits, which then goes around there.
func Since64(now, last uint64) uint64 {
	switch {
	case now == Unknown64 || last == Unknown64:
		return 0
	case now < last && last <= math.MaxUint32:
		return uint64(uint32(now - last))
	}
	return now - last
}
