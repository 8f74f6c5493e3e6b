package snmp

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"eagre/flow"
	"eagre/network/counters"
)

// after is what an interface says a minute later.
func (r reading) after(change func(*reading)) *reading {
	r.at, r.uptime = r.at+60_000, r.uptime+6000
	change(&r)
	return &r
}

func plainReading() reading {
	d := direction{octets: count{1 << 40, 64}, unicast: count{1000, 64}, multicast: count{100, 64}, broadcast: count{10, 64}, discards: count{1, 32}, errors: count{1, 32}}
	return reading{index: 3, name: "eth0", speed: 1e9, at: began.UnixMilli(), uptime: 360_000, broken: 7, in: d, out: d}
}

func TestCountersThatBeganAnewTellNothing(t *testing.T) {
	cases := []struct {
		name   string
		change func(*reading)
		want   stillness
	}{
		{"nothing happened", func(*reading) {}, moved},
		{"the agent started again", func(r *reading) { r.uptime = 500 }, restarted},
		{"the agent started again and caught up", func(r *reading) { r.uptime -= 5500 }, restarted},
		{"the agent's time leapt", func(r *reading) { r.uptime += 100_000 }, restarted},
		{"its clock is a little off", func(r *reading) { r.uptime += 300 }, moved},
		{"counting was interrupted", func(r *reading) { r.broken = 363_000 }, interrupted},
		{"64 bits became 32", func(r *reading) { r.in.octets = count{5, 32} }, interrupted},
		{"64 bits went back", func(r *reading) { r.out.octets.value = 5 }, reset},
		{"more than the interface can carry", func(r *reading) { r.in.octets.value += 20e9 }, reset},
	}
	for _, c := range cases {
		first := plainReading()
		if _, got := first.after(c.change).since(&first, flow.FromAddr(router6)); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

// sysUpTime goes around after 497 days, and that is no restart.
func TestWrappedUptimeIsNoRestart(t *testing.T) {
	first := plainReading()
	first.uptime = ^uint32(0) - 100
	if _, got := first.after(func(*reading) {}).since(&first, flow.FromAddr(router4)); got != moved {
		t.Errorf("got %v, want movement", got)
	}
}

// What 32 bits can tell of a fast interface in a minute, and what not.
func TestNarrowCountersTellWhatTheyCan(t *testing.T) {
	cases := []struct {
		name  string
		speed uint64
		bits  uint8
		want  counters.Moved
	}{
		{"100 Mbit/s in 32 bits", 100e6, 32, counters.Moved{Octets: 600, Packets: 60}},
		{"1 Gbit/s in 32 bits: octets may go around twice", 1e9, 32, counters.Moved{Packets: 60}},
		{"100 Gbit/s in 32 bits: packets too", 100e9, 32, counters.Moved{}},
		{"100 Gbit/s in 64 bits", 100e9, 64, counters.Moved{Octets: 600, Packets: 60}},
	}
	for _, c := range cases {
		first := reading{speed: c.speed, at: began.UnixMilli(), in: direction{octets: count{1 << 20, c.bits}, unicast: count{1000, c.bits}}}
		m, why := first.after(func(r *reading) {
			r.in.octets.value += 600
			r.in.unicast.value += 60
		}).since(&first, flow.FromAddr(router4))
		if diff := cmp.Diff(c.want, m.In); diff != "" || why != moved {
			t.Errorf("%s: %v (-want +got):\n%s", c.name, why, diff)
		}
	}
}

func TestPacketsOfAllKindsAreOneNumber(t *testing.T) {
	c := func(v uint64) count { return count{v, 32} }
	cases := []struct {
		name string
		now  direction
		want uint64
	}{
		{"three kinds", direction{unicast: c(10), multicast: c(20), broadcast: c(30)}, 60},
		{"two kinds, and both in one as well", direction{unicast: c(10), multicast: c(20), others: c(50)}, 30},
		{"all but unicast in one", direction{unicast: c(10), others: c(50)}, 60},
		{"no unicast: the rest is not the whole", direction{multicast: c(20), broadcast: c(30)}, 0},
	}
	for _, one := range cases {
		last := one.now
		for _, n := range []*count{&last.unicast, &last.multicast, &last.broadcast, &last.others} {
			n.value = 0
		}
		if got := one.now.packets(&last); got != one.want {
			t.Errorf("%s: got %d, want %d", one.name, got, one.want)
		}
	}
}

func TestNamesAreMadeHarmless(t *testing.T) {
	long := make([]byte, 200)
	for i := range long {
		long[i] = 0xff
	}
	for _, c := range [][2]string{
		{"GigabitEthernet0/0/1", "GigabitEthernet0/0/1"},
		{"über", "über"},
		{"", ""},
		{"\x1b]0;owned\a", "?]0;owned?"},
		{"a\xffb", "a?b"},
		{"a\u202eb", "a?b"},
		{"a\nb", "a?b"},
	} {
		if got := harmless([]byte(c[0])); got != c[1] {
			t.Errorf("%q: got %q, want %q", c[0], got, c[1])
		}
	}
	if got := len(harmless(long)); got != longestName {
		t.Errorf("a long name has %d bytes, want %d", got, longestName)
	}
}
