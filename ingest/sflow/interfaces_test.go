package sflow

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"eagre/flow"
	"eagre/network/counters"
)

// later is what an interface says after some seconds in which this many octets
// came in.
func later(i InterfaceCounters, seconds uint32, octets uint64) InterfaceCounters {
	i.Sequence, i.Uptime, i.At = i.Sequence+1, i.Uptime+seconds*1000, i.At+int64(seconds)*1000
	i.In.Octets += octets
	return i
}

// An interface is polled every 20 seconds for a while: it carries traffic, one
// poll is overtaken on the way, the agent restarts, and all goes on.
func TestInterfaceIsFollowedThroughARestart(t *testing.T) {
	table := NewInterfaces(8)
	first := interfaceOne()
	observe := func(i InterfaceCounters, want *counters.Movement) {
		t.Helper()
		got, ok := table.Observe(i)
		if want == nil {
			if ok {
				t.Errorf("got %+v, want nothing", got)
			}
			return
		}
		if diff := cmp.Diff(*want, got); !ok || diff != "" {
			t.Errorf("known %v, movement (-want +got):\n%s", ok, diff)
		}
	}
	moved := func(from, to InterfaceCounters, octets uint64) *counters.Movement {
		return &counters.Movement{Exporter: from.Exporter, Agent: from.Agent, Index: 11, Speed: 1e9, From: from.At, To: to.At, In: counters.Moved{Octets: octets}}
	}
	observe(first, nil)
	second := later(first, 20, 1_000_000)
	observe(second, moved(first, second, 1_000_000))
	observe(first, nil)  // overtaken
	observe(second, nil) // again
	third := later(second, 20, 2_000_000)
	third.In.Unicast, third.In.Broadcast, third.Out.Discards = third.In.Unicast+10, third.In.Broadcast+5, third.Out.Discards+3
	want := moved(second, third, 2_000_000)
	want.In.Packets, want.Out.Discards = 15, 3
	observe(third, want)

	booted := later(third, 20, 0)
	booted.Uptime, booted.Sequence, booted.In, booted.Out = 5_000, 1, Counters{Octets: 700}, Counters{}
	observe(booted, nil)
	after := later(booted, 20, 300)
	observe(after, moved(booted, after, 300))
	if table.Resets() != 1 || table.Len() != 1 || table.Evicted() != 0 {
		t.Errorf("got %d resets, %d interfaces, %d evicted, want 1, 1, 0", table.Resets(), table.Len(), table.Evicted())
	}
}

// Row 75: counters wrap at 32 or 64 bits, and a counter that would have moved
// faster than its interface was reset.
func TestCountersWrapOrWereReset(t *testing.T) {
	const unknown64 = ^uint64(0)
	cases := []struct {
		name      string
		speed     uint64
		was, now  uint64
		want      uint64
		wantReset bool
	}{
		{"a counter of 32 bits wraps", 1e9, 0xffff_fff0, 0x10, 0x20, false},
		{"a counter of 64 bits wraps", 1e9, unknown64 - 0xf, 0x10, 0x20, false},
		{"a full minute's worth", 1e9, 0, 2_500_000_000, 2_500_000_000, false},
		{"32 bits went back further than the interface is fast", 1e9, 1_000_000, 0, 0, true},
		{"64 bits went back", 100e9, 1 << 40, 5, 0, true},
		{"more than the interface can carry", 1e9, 0, 1 << 33, 0, true},
		{"of an interface without a speed much is believed", 0, 0, 1 << 33, 1 << 33, false},
		{"but not all", 0, 1 << 50, 0, 0, true},
		{"what is not counted does not move", 1e9, unknown64, 77, 0, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			table := NewInterfaces(8)
			first := interfaceOne()
			first.Speed, first.In.Octets = c.speed, c.was
			table.Observe(first)
			second := later(first, 20, 0)
			second.In.Octets = c.now
			got, ok := table.Observe(second)
			if ok == c.wantReset || got.In.Octets != c.want || table.Resets() != map[bool]uint64{true: 1}[c.wantReset] {
				t.Errorf("got %d octets, known %v, %d resets, want %d, reset %v", got.In.Octets, ok, table.Resets(), c.want, c.wantReset)
			}
		})
	}
}

func TestPacketCountersWrapAndMayBeUnknown(t *testing.T) {
	table := NewInterfaces(8)
	first := interfaceOne()
	first.In.Unicast, first.In.Multicast, first.In.Errors = 0xffff_fff0, counters.Unknown32, counters.Unknown32
	second := later(first, 20, 100)
	second.In.Unicast, second.In.Multicast, second.In.Broadcast, second.In.Errors = 0x10, counters.Unknown32, first.In.Broadcast+1, 7
	table.Observe(first)
	got, ok := table.Observe(second)
	if want := (counters.Moved{Octets: 100, Packets: 0x21}); !ok || got.In != want {
		t.Errorf("got %+v, known %v, want %+v", got.In, ok, want)
	}
}

// Uptime and sequence numbers wrap at 32 bits, and that is no restart.
func TestWrappedUptimeIsNoRestart(t *testing.T) {
	table := NewInterfaces(8)
	first := interfaceOne()
	first.Uptime, first.Sequence = ^uint32(0)-5_000, ^uint32(0)
	table.Observe(first)
	if got, ok := table.Observe(later(first, 20, 100)); !ok || got.In.Octets != 100 || table.Resets() != 0 {
		t.Errorf("got %+v, known %v, %d resets, want 100 octets and none", got, ok, table.Resets())
	}
}

// Of more interfaces than are kept, the ones heard of longest ago are forgotten;
// the same number of two agents, IPv4 and IPv6, are two interfaces.
func TestInterfacesAreBounded(t *testing.T) {
	table := NewInterfaces(InterfaceLimit)
	for index := range uint32(3 * InterfaceLimit) {
		i := interfaceOne()
		i.Index = index
		if index%2 == 1 {
			i.Agent, i.Index = v6(1), index-1
		}
		table.Observe(i)
		busy := interfaceOne()
		busy.Index, busy.Sequence, busy.Uptime = 1<<31, index, index*1000
		table.Observe(busy)
	}
	if table.Len() != InterfaceLimit || table.Evicted() != 2*InterfaceLimit+1 {
		t.Errorf("got %d interfaces and %d evicted, want %d and %d", table.Len(), table.Evicted(), InterfaceLimit, 2*InterfaceLimit+1)
	}
	seen := map[flow.IP]int{}
	first := uint32(0)
	table.Each(func(i InterfaceCounters) {
		if len(seen) == 0 {
			first = i.Index
		}
		seen[i.Agent]++
	})
	if first != 1<<31 || seen[v6(1)] != InterfaceLimit/2 || seen[flow.V4(0xc0000201)] != InterfaceLimit/2 {
		t.Errorf("got %v, first %d; want both agents alike and the busy interface first", seen, first)
	}
}
