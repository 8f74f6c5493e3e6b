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
