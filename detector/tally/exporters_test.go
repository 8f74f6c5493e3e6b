package tally

import (
	"testing"
	"time"

	"eagre/flow"
	"eagre/network"
)

func TestWhatLeavesIsNotCountedAgainWhereItWasSeenComingIn(t *testing.T) {
	in, out := record(morning, victim, 40), record(morning, victim, 40)
	in.Direction, out.Direction = flow.Ingress, flow.Egress
	elsewhere := out
	elsewhere.InIf = 7 // where nothing is metered coming in
	c := New(DefaultConfig(), 0, mapOf(t, network.Config{}), everything(), nil)
	counted(c, morning, batchAt(morning, in)) // from here on it is known
	later := morning.Add(time.Second)
	p := counted(c, later, batchAt(later, in, out, elsewhere))
	if got := find(p, Host, Total, To, victim).Panes.Between(0, 1<<62).PacketCount(); got != 80 {
		t.Errorf("got %v packets, want 40 that came in at 1 and 40 that came in at 7", got)
	}
	if p.SecondViews != 1 {
		t.Errorf("got %d second views, want 1", p.SecondViews)
	}
	much := later.Add(2 * time.Hour) // interface 1 has long not been metered coming in
	if p := counted(c, much, batchAt(much, out)); p.SecondViews != 0 {
		t.Error("what leaves is thrown away although nothing was seen coming in for two hours")
	}
}

// TestAProbeOnAWireTellsBothHalvesOfAConversation: it has no interfaces to speak of, or
// one that it names twice, and calls one half ingress and the other egress (softflowd).
func TestAProbeOnAWireTellsBothHalvesOfAConversation(t *testing.T) {
	for _, index := range []uint32{0, 2} {
		c := New(DefaultConfig(), 0, mapOf(t, network.Config{}), Warmth{{}}, nil)
		for _, at := range []time.Time{morning, morning.Add(time.Second)} {
			there, back := record(at, victim, 10), record(at, victim6, 10)
			there.Direction, back.Direction = flow.Ingress, flow.Egress
			there.InIf, there.OutIf, back.InIf, back.OutIf = index, index, index, index
			if p := counted(c, at, batchAt(at, there, back)); p.SecondViews != 0 {
				t.Errorf("interface %d: %d records are taken for second views", index, p.SecondViews)
			}
		}
	}
}

// TestEveryRowOfAnExporterWithoutRoomIsCounted: its traffic counts all the same.
func TestEveryRowOfAnExporterWithoutRoomIsCounted(t *testing.T) {
	c := New(DefaultConfig(), 0, mapOf(t, network.Config{}), everything(), nil)
	c.exporters.all = map[flow.IP]*exporter{}
	for i := range maxExporters {
		c.exporters.all[flow.IP{Hi: 1, Lo: uint64(i)}] = &exporter{}
	}
	late := record(morning, victim, 10)
	late.Start = morning.Add(-time.Hour)
	p := counted(c, morning, batchAt(morning, record(morning, victim, 10), record(morning, victim, 10), late))
	if got, want := p.ExportersRefused, uint64(3); got != want {
		t.Errorf("got %d rows of exporters without room, want %d", got, want)
	}
	if got := find(p, Host, Total, To, victim).Panes.Between(0, 1<<62).Flows; got != 3 {
		t.Errorf("got %d flows, want all 3", got)
	}
	if len(c.exporters.all) != maxExporters {
		t.Errorf("%d exporters are remembered, the bound is %d", len(c.exporters.all), maxExporters)
	}
}
