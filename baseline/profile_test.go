package baseline

import (
	"bytes"
	"math"
	"testing"
	"time"
)

// TestTheExplanationAddsUp to what is expected.
func TestTheExplanationAddsUp(t *testing.T) {
	s := newSeries(t, 15)
	s.given.Minutes = new(Minutes)
	var calendar Calendar
	if err := calendar.Mark(time.March, 19, 0.8); err != nil {
		t.Fatal(err)
	}
	s.live(17*day + 7*time.Hour)
	now := s.model.Moment(s.at)
	s.given.Shape, s.given.Special = 0.3, calendar.Value(&now)
	e := s.profile.Expect(&now, s.given)
	sum := 0.
	for _, b := range s.profile.Buckets(&e, &calendar) {
		t.Logf("%-30s %6.3f × %7.3f, %d visits", b.Name, b.Weight, b.Value, b.Visits)
		sum += b.Weight * b.Value
	}
	if got, want := math.Exp(sum), e.Packets.Value; math.Abs(got/want-1) > 1e-9 {
		t.Errorf("got %v from the buckets, want %v", got, want)
	}
}

// TestAThresholdIsWhereSilenceEnds: a tick a little below it, twice, stays silent.
func TestAThresholdIsWhereSilenceEnds(t *testing.T) {
	s := newSeries(t, 16)
	s.live(14*day + 15*time.Hour)
	p := s.profile
	p.packets.ownSlow, p.bits.ownSlow = 1, 1 // so that the expectation alone decides
	p.short = 0
	now := s.model.Moment(s.at)
	e := p.Expect(&now, s.given)
	packets, bits := p.Threshold(&e, bar)
	for _, c := range []struct {
		name string
		seen Observation
		want bool
	}{
		{"packets below", Observation{Packets: 0.99 * packets}, false},
		{"packets above", Observation{Packets: 1.01 * packets}, true},
		{"bits below", Observation{Bits: 0.99 * bits}, false},
		{"bits above", Observation{Bits: 1.01 * bits}, true},
	} {
		first := p.Score(&e, c.seen)
		q := p
		q.packets.remember(s.model, &first.Packets)
		q.bits.remember(s.model, &first.Bits)
		if got := q.Score(&e, c.seen).S >= bar; got != c.want {
			t.Errorf("%s: got an alarm %v, want %v", c.name, got, c.want)
		}
	}
}

// TestFalseAlarmsSilenceAWildSeries, for a while.
func TestFalseAlarmsSilenceAWildSeries(t *testing.T) {
	s := newSeries(t, 17)
	s.live(8 * day)
	for range 20 {
		s.profile.FalseAlarm(s.model)
	}
	if got := s.profile.packets.bar; got != highestBar {
		t.Errorf("got a bar of %v, want it bounded by %v", got, highestBar)
	}
	s.live(7 * day)
	if got, want := float64(s.profile.packets.bar), highestBar/math.E; math.Abs(got-want) > 0.01 {
		t.Errorf("got a bar of %.3f after a week, want %.3f", got, want)
	}
}

// TestWhatIsNoNumberIsNothing: the door for counts takes anything.
func TestWhatIsNoNumberIsNothing(t *testing.T) {
	s := newSeries(t, 18)
	s.live(2 * day)
	now := s.model.Moment(s.at)
	for _, x := range []float64{math.NaN(), math.Inf(-1), -1, math.Inf(1), math.MaxFloat64, 0} {
		for _, given := range []Given{{}, {Interval: x, SizesVary: x, Shape: x, Special: x}} {
			p := s.profile
			e := p.Expect(&now, given)
			score := p.Score(&e, Observation{x, x})
			p.Learn(&e, Observation{x, x}, &score, Evidence{})
			if err := new(Profile).UnmarshalBinary(written(t, &p)); err != nil {
				t.Errorf("%v: %v", x, err)
			}
			if math.IsNaN(score.S) || math.IsInf(score.S, 0) {
				t.Errorf("%v: got a score of %v", x, score.S)
			}
		}
	}
}

// TestATickIsLearnedOnce, however often it is told.
func TestATickIsLearnedOnce(t *testing.T) {
	s := newSeries(t, 19)
	s.live(day)
	s.step()
	before := written(t, &s.profile)
	s.at = s.at.Add(-time.Minute)
	s.step()
	if !bytes.Equal(before, written(t, &s.profile)) {
		t.Error("got another state, want the same")
	}
}

// TestAProfileGrowsUp: a day makes it believed a little, three visits of the slot
// wholly.
func TestAProfileGrowsUp(t *testing.T) {
	s := newSeries(t, 22)
	for _, c := range []struct {
		age  time.Duration
		want Maturity
	}{{0, Young}, {23 * time.Hour, Young}, {2 * time.Hour, Growing}, {day + 22*time.Hour, Growing}, {day, Grown}} {
		s.live(c.age)
		if score, _ := s.step(); score.Maturity != c.want {
			t.Errorf("after %v: got %v, want %v", s.at.Sub(monday), score.Maturity, c.want)
		}
	}
}
