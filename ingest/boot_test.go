package ingest

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const (
	second = int64(1000)
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour
	noon   = int64(1_772_366_400_000)
)

// life is the true story of an exporter, in Unix milliseconds.
type life struct {
	now    int64 // true time, which is also ours
	booted int64
	clock  int64 // how far the exporter's clock is ahead
}

func (l *life) stamp(delay int64) stamp {
	return stamp{uptime: uint32(l.now - l.booted), exported: l.now + l.clock, arrival: l.now + delay}
}

func TestARestartIsSeenByTheBoot(t *testing.T) {
	cases := []struct {
		name        string
		first, next stamp
		want        run
	}{
		{"it goes on", stamp{90_000, noon, noon}, stamp{91_000, noon + second, noon + second}, thisRun},
		{"uptime begins anew", stamp{90_000_000, noon, noon}, stamp{3000, noon + minute, noon + minute}, newRun},
		{"soon after the last", stamp{21_000, noon, noon}, stamp{500, noon + 2*second, noon + 2*second}, newRun},
		{"after 30 days, which is beyond the sign of 32 bits", stamp{uint32(30 * day), noon, noon}, stamp{3000, noon + minute, noon + minute}, newRun},
		{"after a silence longer than it had been up", stamp{20_000, noon, noon}, stamp{60_000, noon + hour, noon + hour}, newRun},
		{"its clock begins in 1993 each time", stamp{90_000_000, 730_944_000_000 + 90_000_000, noon}, stamp{3000, 730_944_000_000 + 3000, noon + minute}, newRun},
		{"it tells no time", stamp{90_000_000, 0, noon}, stamp{3000, 0, noon + minute}, newRun},
		{"uptime wraps", stamp{1<<32 - 500, noon, noon}, stamp{500, noon + second, noon + second}, thisRun},
		{"uptime wraps twice in a silence of a hundred days", stamp{1<<32 - 500, noon, noon}, stamp{uint32((100*day - 500) % (1 << 32)), noon + 100*day, noon + 100*day}, thisRun},
		{"a datagram is overtaken", stamp{90_000, noon, noon}, stamp{89_000, noon - second, noon}, thisRun},
		{"a datagram is held up for a minute", stamp{90_000, noon, noon}, stamp{91_000, noon + second, noon + minute}, thisRun},
		{"its clock is set ahead", stamp{90_000, noon, noon}, stamp{91_000, noon + hour, noon + second}, thisRun},
		{"its clock is set back", stamp{90_000, noon, noon}, stamp{91_000, noon - hour, noon + second}, thisRun},
		{"our clock is set ahead, by more than it was up", stamp{90_000, noon, noon}, stamp{91_000, noon + second, noon + hour}, thisRun},
		{"our clock is set back", stamp{90_000, noon, noon}, stamp{91_000, noon + second, noon - hour}, thisRun},
		{"uptime stands still", stamp{90_000, noon, noon}, stamp{90_000, noon + day, noon + day}, thisRun},
		{"no uptime", stamp{0, noon, noon}, stamp{0, noon + hour, noon + hour}, thisRun},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var b boot
			if r := b.heard(c.first); r != thisRun {
				t.Errorf("the first datagram: got %d, want %d", r, thisRun)
			}
			if r := b.heard(c.next); r != c.want {
				t.Errorf("got %d, want %d", r, c.want)
			}
		})
	}
}

// At every edge of 32 bits, up to two milliseconds around it, the uptime goes on
// and the boot stays where it is.
func TestAWrapIsNoRestart(t *testing.T) {
	for _, edge := range []int64{1 << 31, 1 << 32, 1<<32 + 1<<31, 1 << 33} {
		for off := int64(-2); off <= 2; off++ {
			l := life{now: noon, booted: noon - edge - off + 3*second}
			var b boot
			for range 7 {
				if r := b.heard(l.stamp(0)); r != thisRun {
					t.Errorf("up for %d ms: got %d, want %d", l.now-l.booted, r, thisRun)
				}
				l.now += second
			}
			first := noon - int64(uint32(noon-l.booted))
			if b.at != first {
				t.Errorf("edge %d%+d: the boot moved by %d ms", edge, off, b.at-first)
			}
		}
	}
}

// They are taken for one that restarted, and not for one that does each time they
// take turns.
func TestTwoRoutersBehindOneAddressRestartOnce(t *testing.T) {
	old, young := life{now: noon, booted: noon - 40*day}, life{now: noon, booted: noon - 3*day}
	var b boot
	restarts := 0
	for range 100 {
		for _, l := range []*life{&old, &young} {
			l.now += minute
			if b.heard(l.stamp(0)) == newRun {
				restarts++
			}
		}
	}
	if restarts != 1 {
		t.Errorf("got %d restarts, want 1", restarts)
	}
}

// What was sent before a restart comes behind it, and belongs to the run before.
func TestADatagramFromBeforeTheRestartIsKnown(t *testing.T) {
	for _, clock := range []int64{0, -noon} { // with a clock and without
		old, young := life{noon, noon - 40*day, clock}, life{noon + minute, noon + 50*second, clock}
		var b boot
		b.heard(old.stamp(0))
		overtaken, next := old.stamp(minute), young
		overtaken.uptime++
		next.now += second
		got := []run{b.heard(young.stamp(0)), b.heard(overtaken), b.heard(next.stamp(0))}
		if diff := cmp.Diff([]run{newRun, formerRun, thisRun}, got); diff != "" {
			t.Errorf("clock %d (-want +got):\n%s", clock, diff)
		}
	}
}

// An IPFIX uptime is reckoned from the exporter's clock and the boot that it
// announced.
func TestARestartByTheAnnouncedBootNeedsBothClocks(t *testing.T) {
	up := func(ms int64, clock, after int64) stamp {
		return stamp{uint32(ms), noon + after + clock, noon + after}
	}
	cases := []struct {
		name   string
		stamps []stamp
		want   int
	}{
		{"it goes on", []stamp{up(day, 0, 0), up(day+minute, 0, minute)}, 0},
		{"another boot is announced", []stamp{up(day, 0, 0), up(30*second, 0, minute), up(40*second, 0, minute+10*second)}, 1},
		{"no boot is announced", []stamp{up(0, 0, 0), up(0, 0, hour)}, 0},
		{"its clock is set back", []stamp{up(day, 0, 0), up(day-hour+second, -hour, second), up(day-hour+minute, -hour, minute)}, 0},
		{"and the boot with it", []stamp{up(day, 0, 0), up(day-hour+second, -hour, second), up(day+minute, -hour, minute)}, 0},
		{"its clock is set ahead, and the boot with it", []stamp{up(day, 0, 0), up(day+hour+second, hour, second), up(day+minute, hour, minute)}, 0},
		{"its clock was set, and later it restarts", []stamp{up(day, 0, 0), up(day+hour+second, hour, second), up(30*second, hour, hour)}, 1},
		{"49.7 days go by", []stamp{up(1<<32-500, 0, 0), up(1<<32+500, 0, second)}, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var b boot
			got := 0
			for _, s := range c.stamps {
				if b.announced(s) {
					got++
				}
			}
			if got != c.want {
				t.Errorf("got %d restarts, want %d", got, c.want)
			}
		})
	}
}

// Whatever an exporter goes through, every restart is seen once, with the first
// datagram behind it, and nothing else is taken for one. What the bits cannot tell
// is left out: a boot that is a multiple of 49.7 days after one of the two before,
// or a restart that is heard of at the uptime at which the run before ended.
func TestRestartsAreSeenInAnyLife(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		l := life{now: noon, booted: noon - r.Int64N(200*day)}
		var b boot
		b.heard(l.stamp(0))
		for range 200 {
			l.now += wander + 1 + r.Int64N([]int64{second, minute, hour, day, 60 * day}[r.IntN(5)])
			want, up := thisRun, 1+r.Int64N(l.now-b.arrival)
			if r.IntN(4) == 0 && b.tells(l.now-up, up) {
				l.booted, want = l.now-up, newRun
			}
			if r.IntN(4) == 0 {
				l.clock = r.Int64N(200*day) - 100*day
			}
			if got := b.heard(l.stamp(r.Int64N(second))); got != want {
				t.Fatalf("at %v, up for %v: got %d, want %d", time.UnixMilli(l.now).UTC(), time.Duration(l.now-l.booted)*time.Millisecond, got, want)
			}
		}
	})
}

// tells whether the bits can tell another boot, however datagrams are delayed.
func (b *boot) tells(at, up int64) bool {
	apart := func(a, b int64) bool { d := int32(a - b); return d > 2*wander || d < -2*wander }
	return uint32(up) != b.uptime && apart(at, b.at) && apart(at, b.before) && apart(up, int64(b.last))
}
