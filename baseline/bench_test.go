package baseline

import (
	"testing"
	"time"
	"unsafe"
)

// TestAProfileIsSmall: a million of them must fit.
func TestAProfileIsSmall(t *testing.T) {
	for _, c := range []struct {
		name      string
		got, most uintptr
	}{
		{"profile for packets and bits", unsafe.Sizeof(Profile{}), 1280},
		{"profile of a cold series", unsafe.Sizeof(Cold{}), 64},
		{"five minutes of the day", unsafe.Sizeof(Minutes{}), 576},
		{"sparse class", unsafe.Sizeof(Sparse{}), 64},
		{"habit of a host", unsafe.Sizeof(Habit{}), 16},
	} {
		t.Logf("%s: %d bytes", c.name, c.got)
		if c.got > c.most {
			t.Errorf("%s: got %d bytes, want at most %d", c.name, c.got, c.most)
		}
	}
}

// learned is a crowd of profiles a week old with what they see next.
type learned struct {
	model    *Model
	profiles []Profile
	seen     []Observation
	at       time.Time
}

func learn(tb testing.TB, profiles int) learned {
	tb.Helper()
	s := newSeries(tb, 1)
	s.live(7 * day)
	l := learned{model: s.model, at: s.at, profiles: make([]Profile, profiles), seen: make([]Observation, 1440)}
	for i := range l.profiles {
		l.profiles[i] = s.profile
	}
	for i := range l.seen {
		l.seen[i] = s.world.see(s.at.Add(time.Duration(i)*time.Minute), 1)
	}
	return l
}

// BenchmarkStep is one tick of one profile, packets and bits: expect, score, learn.
// It is measured over profiles that the caches hold, and over more than they hold; the
// moment is worked out once for all of them.
func BenchmarkStep(b *testing.B) {
	for _, c := range []struct {
		name     string
		profiles int
	}{{"near", 64}, {"far", 50_000}} {
		b.Run(c.name, func(b *testing.B) {
			l := learn(b, c.profiles)
			b.ReportAllocs()
			b.ResetTimer()
			var now Moment
			for i := range b.N {
				if tick := i / c.profiles; i%c.profiles == 0 {
					now = l.model.Moment(l.at.Add(time.Duration(tick) * time.Minute))
				}
				l.step(i%c.profiles, &now, i/c.profiles)
			}
		})
	}
}

func (l *learned) step(i int, now *Moment, tick int) {
	p, seen := &l.profiles[i], l.seen[tick%len(l.seen)]
	e := p.Expect(now, Given{Interval: 1000})
	score := p.Score(&e, seen)
	p.Learn(&e, seen, &score, Evidence{})
}

// TestAStepAllocatesNothing keeps the garbage collector out of the hot path.
func TestAStepAllocatesNothing(t *testing.T) {
	l := learn(t, 1)
	tick := 0
	got := testing.AllocsPerRun(1000, func() {
		now := l.model.Moment(l.at.Add(time.Duration(tick) * time.Minute))
		l.step(0, &now, tick)
		tick++
	})
	if got > 1 { // the moment, which all profiles share
		t.Errorf("got %v allocations a step, want none", got)
	}
}

func BenchmarkExp(b *testing.B) {
	x := 0.
	for i := range b.N {
		x += exp(float64(i&15) - 8)
	}
	sink = x
}

func BenchmarkLog(b *testing.B) {
	x := 0.
	for i := range b.N {
		x += log(float64(i&1023) + 1)
	}
	sink = x
}

var sink float64
