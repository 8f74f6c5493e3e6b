package tally

import (
	"net/netip"
	"testing"

	"eagre/network"
)

// TestProtocolsWithoutRoomTakeNone: routers without roles that show all protocols there
// are, each in turn. What finds no room is counted, and costs nothing.
func TestProtocolsWithoutRoomTakeNone(t *testing.T) {
	c := New(DefaultConfig(), 0, mapOf(t, network.Config{}), Warmth{{}}, nil)
	const routers = 6
	refused := uint64(0)
	for i := range routers {
		b := batchAt(morning)
		for proto := range 256 {
			r := record(morning, victim, 1)
			r.Exporter, r.Proto = netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}), uint8(proto)
			b.Append(r)
		}
		refused += counted(c, morning, b).KeysRefused
	}
	if got := len(c.ports.sets); got != maxPortPages {
		t.Errorf("got the pages of %d protocols, want %d", got, maxPortPages)
	}
	if want := uint64(routers*256 - maxPortPages); refused != want {
		t.Errorf("got %d rows refused, want %d", refused, want)
	}
}
