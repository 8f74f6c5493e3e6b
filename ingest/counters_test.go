package ingest

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/flow"
	"eagre/network/counters"
)

// counterSample is a datagram with the counters of interface 11, so many seconds
// after the first, at 1000 octets and 2 packets a second in and half of that out.
func counterSample(seconds uint32) []byte {
	one := func(octets, packets uint32) []uint32 { return []uint32{0, octets, packets, 0, 0, 0, 0} }
	words := []uint32{5, 1, 0xc6336401, 0, seconds, 3_600_000 + seconds*1000, 1, 2, 108, seconds, 11, 1, 1, 88}
	words = append(words, 11, 6, 0, 1e9, 1, 3)
	words = append(append(words, one(seconds*1000, seconds*2)...), 0)
	words = append(append(words, one(seconds*500, seconds)...), 0)
	var b []byte
	for _, w := range words {
		b = binary.BigEndian.AppendUint32(b, w)
	}
	return b
}

// What sFlow agents say of their interfaces is handed on under the address that
// their flows come from, over IPv4 and IPv6.
func TestMovementsOfInterfacesAreHandedOn(t *testing.T) {
	for _, from := range []netip.AddrPort{edge1, edge2} {
		s := newStation(t, nil)
		var got []counters.Movement
		s.moved = func(m counters.Movement) { got = append(got, m) }
		for _, seconds := range []uint32{0, 20, 20, 50} { // one comes twice
			s.Datagram(began.Add(time.Duration(seconds)*time.Second), SFlowDoor, from, counterSample(seconds), false)
		}
		at := func(seconds int64) int64 { return began.UnixMilli() + seconds*1000 }
		one := counters.Movement{Exporter: flow.FromAddr(from.Addr()), Agent: flow.V4(0xc6336401), Index: 11, Speed: 1e9}
		first, second := one, one
		first.From, first.To = at(0), at(20)
		first.In, first.Out = counters.Moved{Octets: 20_000, Packets: 40}, counters.Moved{Octets: 10_000, Packets: 20}
		second.From, second.To = at(20), at(50)
		second.In, second.Out = counters.Moved{Octets: 30_000, Packets: 60}, counters.Moved{Octets: 15_000, Packets: 30}
		if diff := cmp.Diff([]counters.Movement{first, second}, got); diff != "" {
			t.Errorf("%v: movements (-want +got):\n%s", from, diff)
		}
	}
}
