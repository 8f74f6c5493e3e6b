package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"eagre/traceback"
)

// TestReportsOfAnEarlierRunAreFoundAgainAndBounded: otherwise every restart would
// leave another thousand files.
func TestReportsOfAnEarlierRunAreFoundAgainAndBounded(t *testing.T) {
	dir := t.TempDir()
	before, err := newReports(dir)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 5 {
		e := numbered(5 - n)
		e.At = time.Unix(int64(n), 0).UTC()
		keep(t, before, e, traceback.Snapshot{}, false)
	}
	strange := filepath.Join(dir, "reports", numbered(99).ID+".json")
	if err := os.WriteFile(strange, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}

	after := &reports{dir: before.dir, bound: 3, byID: map[string]*traceback.Report{}}
	if err := after.recall(); err != nil {
		t.Fatal(err)
	}
	newest := after.newest()
	if len(newest) != 3 || newest[0].ID != numbered(1).ID {
		t.Errorf("got %d reports, the newest %v; want 3, newest first", len(newest), newest)
	}
	if _, known := after.get(numbered(1).ID); !known {
		t.Error("the newest report of the earlier run is not known")
	}
	if got := filesIn(t, dir); got != 4 { // and the strange one
		t.Errorf("%d files, want those of 3 reports and the one that is none", got)
	}
}
