package baseline

import (
	"fmt"
	"math"
	"time"
)

// Calendar is what days of the month and of the year add to a series: payday, the
// first of the month, holidays. A day of the year comes once a year, too rarely for
// every series to learn by itself, so one that has children (a customer, the
// network) learns it for all of them, and each child learns what part it follows.
// The zero value knows no special day. One goroutine may change it; while it does,
// nobody else may read.
type Calendar struct {
	month       [31]int16 // log ratios in steps of 1/2048
	year        [366]int16
	monthVisits [31]uint8
	yearVisits  [366]uint8

	monthSum, yearSum visit
	last              uint32 // minute that was learned last
	month0            uint8  // its day of the month
	year0             uint16 // and of the year
}

const (
	leastMonths = 3 // before these a day of the month says nothing
	monthMemory = 12
	yearMemory  = 3
	yearKappa   = 1 // of days of the year, of which one visit must be enough
)

func (c *Calendar) monthWeight(m *Model, day uint8) float64 {
	if v := c.monthVisits[day]; v >= leastMonths {
		return m.weights[v]
	}
	return 0
}

func (c *Calendar) yearWeight(day uint16) float64 {
	v := float64(c.yearVisits[day])
	return v / (v + yearKappa)
}

func (c *Calendar) monthValue(now *Moment) float64 {
	return float64(c.monthWeight(now.model, now.month) * (float64(c.month[now.month]) / wideUnit))
}

// Value is what the day adds, as a log ratio: Given.Special of the series that has
// the calendar and of its children.
func (c *Calendar) Value(now *Moment) float64 {
	return c.monthValue(now) + float64(c.yearWeight(now.year)*(float64(c.year[now.year])/wideUnit))
}

// Learn takes in what a tick of the series left to special days: Score.Rest of the
// one that has the calendar. Ticks that are too rare count as well, since a holiday
// is just that; those of an attack that others confirmed are kept from it.
func (c *Calendar) Learn(now *Moment, rest float64) {
	if now.minute/dayMinutes != c.last/dayMinutes {
		c.fold(now.model)
		c.month0, c.year0 = now.month, now.year
	}
	c.last = now.minute
	rest = clip(rest, math.MaxInt16/wideUnit)
	c.monthSum.add(rest)
	c.yearSum.add(rest - c.monthValue(now))
}

func (c *Calendar) fold(m *Model) {
	if mean, whole := c.monthSum.end(uint32(m.perDay)); whole {
		foldDay(&c.month[c.month0], &c.monthVisits[c.month0], mean, monthMemory)
	}
	if mean, whole := c.yearSum.end(uint32(m.perDay)); whole {
		foldDay(&c.year[c.year0], &c.yearVisits[c.year0], mean, yearMemory)
	}
}

func foldDay(mean *int16, visits *uint8, seen, memory float64) {
	part := max(1/(float64(*visits)+1), 1/memory)
	*mean = int16(packed(toward(float64(*mean)/wideUnit, seen, part), wideUnit, math.MaxInt16))
	if *visits < math.MaxUint8 {
		*visits++
	}
}

// Mark says beforehand what a date is like, as from a file of holidays: traffic is
// expected to be ratio times that of other such days. It counts like two visits.
func (c *Calendar) Mark(month time.Month, day int, ratio float64) error {
	date := time.Date(2000, month, day, 0, 0, 0, 0, time.UTC)
	if date.Month() != month || date.Day() != day {
		return fmt.Errorf("baseline: calendar: there is no day %d of month %d", day, int(month))
	}
	if !(ratio >= 0.001 && ratio <= 1000) {
		return fmt.Errorf("baseline: calendar: ratio %v of %s %d, want 0.001 to 1000", ratio, month, day)
	}
	at := date.YearDay() - 1
	c.year[at], c.yearVisits[at] = int16(packed(log(ratio), wideUnit, math.MaxInt16)), 2
	return nil
}

func (c *Calendar) buckets(now *Moment, gain float64) []Bucket {
	month, year := c.monthVisits[now.month], c.yearVisits[now.year]
	return []Bucket{
		{"day of month", gain * c.monthWeight(now.model, now.month), int(month), float64(c.month[now.month]) / wideUnit},
		{"day of year", gain * c.yearWeight(now.year), int(year), float64(c.year[now.year]) / wideUnit},
	}
}
