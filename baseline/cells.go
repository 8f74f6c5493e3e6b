package baseline

import "math"

// cells are the tables of a profile's own calendar: what each slot adds to the
// level, in logarithms, and how often it was visited. Wide cells, of the first four
// tables, hold ±16 in steps of 1/2048; narrow ones, of what little is left for the
// hour of the week, ±2 in steps of 1/64.
type cells struct {
	wide   [atHourOfWeek]int16
	narrow [cellCount - atHourOfWeek]int8
	visits [cellCount]uint8
}

const (
	wideUnit   = 2048
	narrowUnit = 64
)

func (c *cells) mean(slot uint16) float64 {
	if slot < atHourOfWeek {
		return float64(c.wide[slot]) / wideUnit
	}
	return float64(c.narrow[slot-atHourOfWeek]) / narrowUnit
}

func (c *cells) set(slot uint16, mean float64) {
	if slot < atHourOfWeek {
		c.wide[slot] = int16(packed(mean, wideUnit, math.MaxInt16))
		return
	}
	c.narrow[slot-atHourOfWeek] = int8(packed(mean, narrowUnit, math.MaxInt8))
}

// packed is a mean in whole units.
func packed(mean, unit, limit float64) float64 {
	return clip(math.RoundToEven(mean*unit), limit)
}

// memories is in how many visits a cell forgets: two weeks of days, six weeks of
// weekdays.
var memories = [bucketCount]float64{14, 8, 6, 6, 6}

// fold teaches a slot what one visit of it was like.
func (c *cells) fold(bucket int, slot uint16, mean float64) {
	c.set(slot, toward(c.mean(slot), mean, visitPart(c.visits[slot], memories[bucket])))
	if c.visits[slot] < math.MaxUint8 {
		c.visits[slot]++
	}
}

// tables says where the cells of each bucket begin, and where the last ends.
var tables = [bucketCount + 1]uint16{atHalfHour, atHalfHourWeekend, atWeekday, atTwelveHours, atHourOfWeek, cellCount}

// centre takes from every cell of a bucket what all have in common, and returns it
// for the level, to which it belongs: otherwise growth would hide in the cells from
// the guard. A bucket of which a slot was never seen has nothing in common yet.
func (c *cells) centre(m *Model, bucket int) float64 {
	first, end := tables[bucket], tables[bucket+1]
	sum, weight := 0., 0.
	for slot := first; slot < end; slot++ {
		if c.visits[slot] == 0 {
			return 0
		}
		times := repeats(bucket, slot-first)
		sum += times * c.mean(slot)
		weight += times
	}
	unit := 1. / wideUnit
	if bucket == hourOfWeek {
		unit = 1. / narrowUnit
	}
	common := math.RoundToEven(sum/weight/unit) * unit
	moved := 0.
	for slot := first; slot < end; slot++ {
		c.set(slot, c.mean(slot)-common)
		moved += repeats(bucket, slot-first) * float64(m.weights[c.visits[slot]]*common)
	}
	return moved / weight
}

// repeats is how often a slot comes in a week, for the bucket in which not all come
// as often.
func repeats(bucket int, slot uint16) float64 {
	switch {
	case bucket != halfHourWeekend:
		return 1
	case slot < 48:
		return 5
	}
	return 2
}

// visitPart is how far a cell moves to its next visit. The level was still moving
// at the first one, so the second replaces it.
func visitPart(visits uint8, memory float64) float64 {
	return max(1/max(float64(visits), 1), 1/memory)
}

// visit sums what the present visit of a slot leaves to its cell. Cells learn once
// a visit: steps of a tick would be too small for them.
type visit struct {
	sum float32
	n   uint32
}

func (v *visit) add(residual float64) {
	v.sum += float32(residual)
	v.n++
}

// end is the mean of a visit that is over; false where less than half of it was
// seen, which would say more about the part than about the slot.
func (v *visit) end(ticks uint32) (mean float64, whole bool) {
	mean, whole = float64(v.sum)/float64(max(v.n, 1)), 2*v.n >= ticks
	*v = visit{}
	return mean, whole
}

// Minutes are the cells of the five minutes of a day, for the series that are worth
// another half a kibibyte: interfaces and managed objects. The zero value has learned
// nothing; one goroutine owns it, together with the profile that it belongs to.
type Minutes struct {
	means  [288]int8 // in steps of 1/64
	visits [288]uint8
}

const minutesMemory = 14

func (m *Minutes) mean(slot uint16) float64 { return float64(m.means[slot]) / narrowUnit }

func (m *Minutes) fold(slot uint16, mean float64) {
	part := visitPart(m.visits[slot], minutesMemory)
	m.means[slot] = int8(packed(toward(m.mean(slot), mean, part), narrowUnit, math.MaxInt8))
	if m.visits[slot] < math.MaxUint8 {
		m.visits[slot]++
	}
}
