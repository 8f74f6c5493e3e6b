package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/anomaly"
	"eagre/traceback"
)

// numbered is the n-th anomaly.
func numbered(n int) anomaly.Event {
	const letters = "abcdefghijklmnopqrstuvwxyz234567"
	id := "a-aaaaaaaaaaaaa" + string([]byte{letters[n/1024%32], letters[n/32%32], letters[n%32]})
	return anomaly.Event{Event: anomaly.Opened, ID: id, Revision: 1}
}

func keep(t *testing.T, r *reports, e anomaly.Event, s traceback.Snapshot, replace bool) {
	t.Helper()
	if err := r.keep(e, s, replace); err != nil {
		t.Fatal(err)
	}
}

// filesIn counts what is in a folder of reports.
func filesIn(t *testing.T, dir string) int {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, "reports"))
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func TestOldReportsGoFromMemoryAndDisk(t *testing.T) {
	dir := t.TempDir()
	r, err := newReports(dir)
	if err != nil {
		t.Fatal(err)
	}
	if r.bound != maxReports {
		t.Errorf("bound: got %d, want %d", r.bound, maxReports)
	}
	const more = 7
	for n := range maxReports + more {
		keep(t, r, numbered(n), traceback.Snapshot{}, false)
	}
	if got := len(r.newest()); got != maxReports {
		t.Errorf("in memory: got %d, want %d", got, maxReports)
	}
	if got := filesIn(t, dir); got != maxReports {
		t.Errorf("on disk: got %d, want %d", got, maxReports)
	}
	if got := r.newest()[0].ID; got != numbered(maxReports+more-1).ID {
		t.Errorf("newest: got %s", got)
	}
	for n, want := range map[int]bool{0: false, more - 1: false, more: true, maxReports + more - 1: true} {
		id := numbered(n).ID
		_, inMemory := r.get(id)
		_, err := readReport(dir, id)
		if inMemory != want || (err == nil) != want {
			t.Errorf("report %d: in memory %v, on disk %v; want %v", n, inMemory, err, want)
		}
	}
}

func TestAReportIsItsNewestEventAndAllItsSnapshots(t *testing.T) {
	dir := t.TempDir()
	r, err := newReports(dir)
	if err != nil {
		t.Fatal(err)
	}
	e := numbered(1)
	keep(t, r, e, traceback.Snapshot{Seconds: 20}, false)
	e.Revision = 2
	keep(t, r, e, traceback.Snapshot{Seconds: 60}, true) // the first was still open
	e.Revision = 3
	keep(t, r, e, traceback.Snapshot{Seconds: 60}, false)
	e.Event, e.Revision = anomaly.Ended, 4
	keep(t, r, e, traceback.Snapshot{}, true) // nothing was seen: the newest one stays
	want := traceback.Report{Anomaly: e, Snapshots: []traceback.Snapshot{{Number: 1, Seconds: 60}, {Number: 2, Seconds: 60}}}
	got, _ := r.get(e.ID)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("in memory (-want +got):\n%s", diff)
	}
	got, err = readReport(dir, e.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("on disk (-want +got):\n%s", diff)
	}
	if got := filesIn(t, dir); got != 1 {
		t.Errorf("%d files, want one", got)
	}
}

// TestAReportThatWasGivenOutDoesNotChange: whoever reads it does so without the lock.
func TestAReportThatWasGivenOutDoesNotChange(t *testing.T) {
	r, err := newReports("")
	if err != nil {
		t.Fatal(err)
	}
	e := numbered(1)
	keep(t, r, e, traceback.Snapshot{Seconds: 60}, false)
	given, _ := r.get(e.ID)
	keep(t, r, e, traceback.Snapshot{Seconds: 90}, true)
	if len(given.Snapshots) != 1 || given.Snapshots[0].Seconds != 60 {
		t.Errorf("it changed: %+v", given.Snapshots)
	}
}

func TestASeedIsDrawnOnceAndKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "data")
	first, err := dataFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	again, err := dataFolder(dir)
	if err != nil || again != first {
		t.Errorf("the second start: got %x, %v; want %x", again, err, first)
	}
	if other, _ := dataFolder(t.TempDir()); other == first {
		t.Error("two folders have the same seed")
	}
	for path, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, "seed"): 0o600} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s: mode %o, want %o", path, got, want)
		}
	}
}

func TestASeedThatIsNoneIsNotReplaced(t *testing.T) {
	for _, bad := range []string{"", "not hex", "0123", "0123456789abcdef00"} {
		dir := t.TempDir()
		path := filepath.Join(dir, "seed")
		if err := os.WriteFile(path, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := dataFolder(dir)
		want := fmt.Sprintf("data folder: %s holds no seed; remove it to draw a new one", path)
		if err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", bad, err, want)
		}
		if text, _ := os.ReadFile(path); string(text) != bad {
			t.Errorf("%q was replaced by %q", bad, text)
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "seed"), []byte("0123456789ABCDEF\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := dataFolder(dir); got != 0x0123456789abcdef || err != nil {
		t.Errorf("a seed written by hand: got %x, %v", got, err)
	}
}

func TestADataFolderThatCannotBeIsAMistakeOfUsage(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := dataFolder(filepath.Join(file, "below"))
	if got := exitCode(err, new(strings.Builder)); got != exitUsage {
		t.Errorf("exit code: got %d (%v), want %d", got, err, exitUsage)
	}
}

// TestASnapshotIsOpenUntilAMinuteIsFull: what comes late joins it.
func TestASnapshotIsOpenUntilAMinuteIsFull(t *testing.T) {
	start := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	k := &track{sample: start}
	for _, c := range []struct {
		seconds int
		open    bool
		next    time.Duration // from the start
	}{
		{20, true, 0},
		{0, true, 0}, // nothing was seen
		{50, true, 0},
		{60, false, time.Minute},
	} {
		k.follow(traceback.Snapshot{Start: start, End: start.Add(time.Duration(c.seconds) * time.Second), Seconds: c.seconds})
		if k.open != c.open || !k.sample.Equal(start.Add(c.next)) {
			t.Errorf("after %d s: open %v, the next begins %s later; want %v, %s", c.seconds, k.open, k.sample.Sub(start), c.open, c.next)
		}
	}
}
