package baseline

import "time"

// Moment is a tick with its place in the day, the week, the month and the year: the
// same for all series, so that it is worked out once. The place is that of the
// clock on the wall in the time zone of the time given, as people's habits are. It
// does not change, so that any number of goroutines may use one; the zero value
// belongs to no model and must not be used.
type Moment struct {
	model  *Model
	minute uint32 // of wall-clock time since 1970
	slots  slots
	month  uint8  // day of month, from 0
	year   uint16 // day of a leap year, from 0, so that a date is the same in every year
}

// slots says which cell of each table a minute falls into; the tables of a profile
// lie behind each other.
type slots struct {
	cells [bucketCount]uint16
	five  uint16 // 5 minutes of the day
	hour  uint8  // of the day
}

// The buckets a profile keeps by itself, in the order in which each learns what is
// left by those before it.
const (
	halfHour        = iota // of the day
	halfHourWeekend        // and of working days and weekends apart
	weekday
	twelveHours // of the week
	hourOfWeek
	bucketCount
)

// Where the cells of each begin.
const (
	atHalfHour        = 0
	atHalfHourWeekend = atHalfHour + 48
	atWeekday         = atHalfHourWeekend + 96
	atTwelveHours     = atWeekday + 7
	atHourOfWeek      = atTwelveHours + 14
	cellCount         = atHourOfWeek + 168
)

// minutesOf is how long one visit of a slot lasts.
var minutesOf = [bucketCount]uint32{30, 30, 1440, 720, 60}

const (
	fiveMinutes = 5
	dayMinutes  = 1440
)

// Moment is the tick in which at lies. Times before 1970 count as 1970.
func (m *Model) Moment(at time.Time) Moment {
	_, offset := at.Zone()
	minute := uint32(max(0, (at.Unix()+int64(offset))/60))
	minute -= minute % m.tick
	_, month, day := at.Date()
	leap := time.Date(2000, month, day, 0, 0, 0, 0, time.UTC)
	return Moment{model: m, minute: minute, slots: slotsOf(minute), month: uint8(day - 1), year: uint16(leap.YearDay() - 1)}
}

// slotsOf is arithmetic alone, so that a profile can tell the slots of the tick it
// learned last. The first of January 1970 was a Thursday; weeks begin with Sunday.
func slotsOf(minute uint32) slots {
	day := (minute/dayMinutes + 4) % 7
	inDay := minute % dayMinutes
	half := inDay / 30
	weekend := half
	if day == 0 || day == 6 {
		weekend += 48
	}
	return slots{
		cells: [bucketCount]uint16{
			halfHour:        uint16(atHalfHour + half),
			halfHourWeekend: uint16(atHalfHourWeekend + weekend),
			weekday:         uint16(atWeekday + day),
			twelveHours:     uint16(atTwelveHours + 2*day + inDay/720),
			hourOfWeek:      uint16(atHourOfWeek + 24*day + inDay/60),
		},
		five: uint16(inDay / fiveMinutes),
		hour: uint8(inDay / 60),
	}
}

// sameVisit tells whether two minutes belong to one visit of a slot so long.
func sameVisit(a, b, length uint32) bool { return a/length == b/length }
