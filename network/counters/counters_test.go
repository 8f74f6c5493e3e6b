package counters

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/flow"
)

func TestCountersGoAroundAtTheirWidth(t *testing.T) {
	cases := []struct {
		name      string
		last, now uint64
		want      uint64
	}{
		{"nothing moved", 77, 77, 0},
		{"a counter of 64 bits goes around", ^uint64(0) - 1, 8, 10},
		{"one of 32 bits in a field of 64 goes around", 0xffff_fff0, 0x10, 0x20},
		{"beyond 32 bits", 0xffff_fff0, 0x1_0000_0010, 0x20},
		{"unknown before", Unknown64, 5, 0},
		{"unknown now", 5, Unknown64, 0},
	}
	for _, c := range cases {
		if got := Since64(c.now, c.last); got != c.want {
			t.Errorf("%s: got %d, want %d", c.name, got, c.want)
		}
	}
	if got := Since32(Unknown32, 5) + Since32(5, Unknown32); got != 0 {
		t.Errorf("unknown counters of 32 bits moved by %d", got)
	}
}

// The slow twin counts a packet at a time.
func TestDifferencesAreWhatCountingGives(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		steps := dice.Uint32N(2000)
		narrow, wide := uint32(1<<32-1000), uint64(1<<64-1000)
		firstNarrow, firstWide := narrow, wide
		for range steps {
			narrow++
			wide++
		}
		if narrow != Unknown32 && Since32(narrow, firstNarrow) != uint64(steps) {
			t.Errorf("32 bits: got %d, want %d", Since32(narrow, firstNarrow), steps)
		}
		if wide != Unknown64 && Since64(wide, firstWide) != uint64(steps) {
			t.Errorf("64 bits: got %d, want %d", Since64(wide, firstWide), steps)
		}
	}
}

func TestWhatNoInterfaceCarriesIsNotBelieved(t *testing.T) {
	const second = time.Second
	cases := []struct {
		name  string
		speed uint64
		moved Moved
		over  time.Duration
		want  bool
	}{
		{"line rate", 1e9, Moved{Octets: 125e6, Packets: 1_488_095}, second, true},
		{"counters a second old", 1e9, Moved{Octets: 2 * 125e6}, second, true},
		{"beyond one and a half of the speed", 1e9, Moved{Octets: 400e6}, second, false},
		{"more packets than headers fit in", 1e9, Moved{Octets: 1, Packets: 1 << 60}, second, false},
		{"no speed, much", 0, Moved{Octets: 1 << 33}, 20 * second, true},
		{"no speed, absurd", 0, Moved{Octets: 1 << 50}, 20 * second, false},
	}
	for _, c := range cases {
		in, out := Movement{Speed: c.speed, In: c.moved}, Movement{Speed: c.speed, Out: c.moved}
		if got := in.Believable(c.over); got != c.want || out.Believable(c.over) != got {
			t.Errorf("%s: believed %v in, %v out, want %v", c.name, got, out.Believable(c.over), c.want)
		}
	}
}

func TestNarrowCountersOfFastInterfacesSayNothing(t *testing.T) {
	for _, c := range []struct {
		speed uint64
		over  time.Duration
		want  bool
	}{{1e9, 30 * time.Second, false}, {1e9, time.Minute, true}, {100e6, time.Minute, false}, {100e6, time.Hour, true}, {0, time.Hour, false}} {
		if got := Rolls(c.speed, c.over); got != c.want {
			t.Errorf("%d bit/s over %v: got %v, want %v", c.speed, c.over, got, c.want)
		}
	}
}

func TestMovementsThatFollowEachOtherAreOne(t *testing.T) {
	router := flow.V4(0xc0000201)
	one := Movement{Exporter: router, Index: 3, From: 1000, To: 21_000, In: Moved{10, 2, 1, 0}, Out: Moved{5, 1, 0, 3}}
	two := Movement{Exporter: router, Index: 3, Name: "eth0", Speed: 1e9, From: 21_000, To: 41_000, In: Moved{100, 20, 10, 1}, Out: Moved{50, 10, 1, 1}}
	later, other := two, two
	later.From++
	other.Agent = flow.V4(1)
	if !two.Follows(&one) || later.Follows(&one) || other.Follows(&one) {
		t.Errorf("got follows %v, %v, %v, want true, false, false", two.Follows(&one), later.Follows(&one), other.Follows(&one))
	}
	one.Join(&two)
	want := Movement{
		Exporter: router, Index: 3, Name: "eth0", Speed: 1e9, From: 1000, To: 41_000,
		In: Moved{110, 22, 11, 1}, Out: Moved{55, 11, 1, 4},
	}
	if diff := cmp.Diff(want, one); diff != "" || one.Span() != 40*time.Second {
		t.Errorf("span %v, movement (-want +got):\n%s", one.Span(), diff)
	}
}
