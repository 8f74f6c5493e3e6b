package ingest

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// shown gives a skew the offsets of datagrams that come a second apart and returns
// how often the clock was set.
func (k *skew) shown(from int64, offsets ...int64) (steps int) {
	for i, ms := range offsets {
		if k.notice(ms, from+int64(i)*1000) {
			steps++
		}
	}
	return steps
}

func (k *skew) check(t *testing.T, steps, wantSteps int, want int64) {
	t.Helper()
	if got, known := k.offset(); got != time.Duration(want)*time.Millisecond || !known || steps != wantSteps {
		t.Errorf("got %v, known %t, set %d times; want %d ms, set %d times", got, known, steps, want, wantSteps)
	}
}

func repeated(ms int64, times int) []int64 {
	out := make([]int64, times)
	for i := range out {
		out[i] = ms
	}
	return out
}

func TestAClockIsUnknownBeforeADatagramToldIt(t *testing.T) {
	var k skew
	if offset, known := k.offset(); known || offset != 0 {
		t.Errorf("got %v, %t; want it unknown", offset, known)
	}
}

func TestDelaysOfSomeDatagramsDoNotMoveTheClock(t *testing.T) {
	var k skew
	steps := k.shown(0, -20, -2000, -21, -22, -900, -20, -4000, -19, -18)
	k.check(t, steps, 0, -21)
}

// A burst shows one moment, however many datagrams it has.
func TestABurstIsOneLookAtTheClock(t *testing.T) {
	var k skew
	steps := k.shown(0, 0, 1, 2)
	for range 1000 {
		k.notice(-3000, 2001)
	}
	k.check(t, steps, 0, 1)
}

func TestAClockThatIsSetIsFollowedWithinFiveLooks(t *testing.T) {
	for name, jump := range map[string]int64{"one hour ahead": 3_600_000, "one hour behind": -3_600_000, "by a little more than counts": clockStep + 1} {
		t.Run(name, func(t *testing.T) {
			var k skew
			steps := k.shown(0, repeated(0, 300)...)
			steps += k.shown(300_000, repeated(jump, stepAfter-1)...)
			k.check(t, steps, 0, 0)
			steps += k.shown(310_000, repeated(jump, 300)...)
			k.check(t, steps, 1, jump)
		})
	}
}

func TestAJumpThatIsNoneIsNotCounted(t *testing.T) {
	cases := []struct {
		name    string
		offsets []int64
		want    int64
	}{
		{"by five seconds exactly", append(repeated(0, 9), repeated(clockStep, 8)...), 0},
		{"four datagrams held up together", append(append(repeated(0, 9), repeated(-30_000, 4)...), 0), 0},
		{"offsets that do not agree", append(repeated(0, 9), -10_000, 20_000, -30_000, 40_000, -50_000, 60_000, -70_000), 0},
		{"two engines with clocks an hour apart", []int64{0, 3_600_000, 0, 3_600_000, 0, 3_600_000, 0, 3_600_000, 0, 3_600_000, 0, 3_600_000}, 0},
		{"the very first was held up", append([]int64{-40_000}, repeated(5, 9)...), 5},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var k skew
			steps := k.shown(0, c.offsets...)
			k.check(t, steps, 0, c.want)
		})
	}
}

// A second a minute is a clock that is bad, and was not set.
func TestADriftIsNoStep(t *testing.T) {
	var k skew
	steps := 0
	for i := range int64(1000) {
		if k.notice(i*1000, i*60_000) {
			steps++
		}
	}
	k.check(t, steps, 0, (1000-offsetsKept/2-1)*1000)
}

// The slow twin keeps all offsets, and counts for each of the newest how many are
// below and how many above it.
func TestRunningMedianIsThatOfItsSlowTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var k skew
		var all []int64
		at := int64(0)
		for range rapid.IntRange(1, 400).Draw(t, "datagrams") {
			offset := rapid.Int64Range(-clockStep/2, clockStep/2).Draw(t, "offset")
			at += rapid.Int64Range(offsetSpacing, 100_000).Draw(t, "gap")
			k.notice(offset, at)
			all = append(all, offset)
		}
		got, _ := k.offset()
		if !isMedian(all[max(len(all)-offsetsKept, 0):], got.Milliseconds()) {
			t.Fatalf("%v is not in the middle of the newest of %v", got, all)
		}
	})
}

// isMedian tells whether a member of a list has no more below it than above and at
// itself, and no more above than below and at itself.
func isMedian(of []int64, v int64) bool {
	below, at, above := 0, 0, 0
	for _, o := range of {
		switch {
		case o < v:
			below++
		case o > v:
			above++
		default:
			at++
		}
	}
	return at > 0 && below <= above+at && above <= below+at
}
