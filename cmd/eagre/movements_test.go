package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/network/counters"
)

// What ends later waits, whoever came first; nothing is lost in between.
func TestMovementsWaitForTheirMinute(t *testing.T) {
	var q movements
	for i, to := range []int64{1000, 3000, 2000, 2001, 1999} {
		q.put(counters.Movement{Index: uint32(i), To: to})
	}
	taken := func(at int64) (indexes []uint32) {
		for _, m := range q.until(time.UnixMilli(at)) {
			indexes = append(indexes, m.Index)
		}
		return indexes
	}
	got := [][]uint32{taken(999), taken(2000), taken(2000), taken(5000)}
	if diff := cmp.Diff([][]uint32{nil, {0, 2, 4}, nil, {1, 3}}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestMovementsBeyondTheBoundAreDroppedAndCounted(t *testing.T) {
	var q movements
	for range mostMovements + 7 {
		q.put(counters.Movement{To: 1})
	}
	if got := len(q.until(time.UnixMilli(1))); got != mostMovements || q.lost() != 7 {
		t.Errorf("got %d movements and %d lost, want %d and 7", got, q.lost(), mostMovements)
	}
	q.put(counters.Movement{To: 2})
	if got := len(q.until(time.UnixMilli(2))); got != 1 {
		t.Errorf("got %d movements after there was room again, want 1", got)
	}
}
