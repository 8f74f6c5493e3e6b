package quality

import (
	"math"
	"time"
)

// Rhythm is how a customer's traffic follows the day and the week: the part of it that
// a calendar can know.
type Rhythm struct {
	Kind    CustomerKind `json:"kind"`
	Peak    float64      `json:"peak"`    // hour of day, UTC
	Depth   float64      `json:"depth"`   // 0 is flat, 1 sleeps at night
	Weekend float64      `json:"weekend"` // relative to a working day
	Trend   float64      `json:"trend"`   // growth in a week, .02 is 2 %
}

// CustomerKind is what a customer does.
type CustomerKind string

// The kinds of customer.
const (
	Eyeballs CustomerKind = "eyeballs" // people at home
	Hosting  CustomerKind = "hosting"  // servers for the world
	Office   CustomerKind = "office"   // people at work
)

func newRhythm(d draw, k CustomerKind) Rhythm {
	r := Rhythm{Kind: k, Trend: d.between(-0.01, 0.03)}
	switch k {
	case Office:
		r.Peak, r.Depth, r.Weekend = d.between(12, 15), d.between(0.6, 0.85), d.between(0.2, 0.5)
	case Eyeballs:
		r.Peak, r.Depth, r.Weekend = d.between(18.5, 21.5), d.between(0.5, 0.75), d.between(1, 1.25)
	default:
		r.Peak, r.Depth, r.Weekend = d.between(13, 20), d.between(0.2, 0.5), d.between(0.75, 1.05)
	}
	return r
}

// At is the factor on the mean rate at a time; since is when the world began. On
// holidays an office is closed and people are at home.
func (r Rhythm) At(t, since time.Time, holiday bool) float64 {
	hour := float64(t.Hour()) + float64(t.Minute())/60 + float64(t.Second())/3600
	v := r.day(hour)
	if free := t.Weekday() == time.Saturday || t.Weekday() == time.Sunday; free || holiday {
		v *= r.Weekend
	}
	if holiday {
		v *= onHoliday[r.Kind]
	}
	return v * math.Pow(1+r.Trend, t.Sub(since).Hours()/(7*24))
}

// onHoliday is how a holiday compares with a weekend.
var onHoliday = map[CustomerKind]float64{Office: 0.7, Eyeballs: 1.15, Hosting: 0.8}

// day is the shape of a working day, with mean one: a wave with its crest at the peak,
// that for an office has a flat top and falls off after hours.
func (r Rhythm) day(hour float64) float64 {
	x := 2 * math.Pi * (hour - r.Peak) / 24
	wave := math.Cos(x) + 0.2*math.Cos(2*x+0.7)
	if r.Kind == Office {
		wave = 1.3 * math.Tanh(2.2*(math.Cos(x)-0.35)) // about nine hours above its middle
		return max(0.05, 1+r.Depth*(wave+0.33)/1.3)
	}
	return max(0.05, 1+r.Depth*wave)
}
