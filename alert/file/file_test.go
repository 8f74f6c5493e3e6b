package file_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/alert"
	"eagre/alert/alerttest"
	"eagre/alert/file"
	"eagre/anomaly"
)

var noon = time.Date(2026, 3, 1, 13, 0, 0, 7, time.FixedZone("CET", 3600))

func notifier(t *testing.T, path string) *file.Notifier {
	t.Helper()
	n, err := file.New(alert.File{Path: path}, func() time.Time { return noon })
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func lines(t *testing.T, path string) []string {
	t.Helper()
	b, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
}

func TestContract(t *testing.T) {
	alerttest.Run(t, alerttest.Subject{
		Works: func(t *testing.T) (alert.Notifier, func() []string) {
			path := filepath.Join(t.TempDir(), "alerts.jsonl")
			return notifier(t, path), func() []string { return lines(t, path) }
		},
		Fails: map[string]alerttest.Failure{
			"the folder is missing": {Make: func(t *testing.T) alert.Notifier {
				return notifier(t, filepath.Join(t.TempDir(), "missing", "alerts.jsonl"))
			}},
			"the path is a folder": {Make: func(t *testing.T) alert.Notifier { return notifier(t, t.TempDir()) }},
			"the disk is full":     {Make: func(t *testing.T) alert.Notifier { return notifier(t, "/dev/full") }},
		},
	})
}

func TestALineIsTheEventAndWhenItWasSent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "alerts.jsonl")
	want := alerttest.As(alerttest.Slammer(), anomaly.Ended, 3)
	if err := notifier(t, path).Notify(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	var got struct {
		anomaly.Event
		SentAt string `json:"sent_at"`
	}
	if err := json.Unmarshal([]byte(lines(t, path)[0]), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("2026-03-01T12:00:00.000000007Z", got.SentAt); diff != "" {
		t.Errorf("sent_at (-want +got):\n%s", diff)
	}
	a, _ := json.Marshal(want)
	b, _ := json.Marshal(got.Event)
	if diff := cmp.Diff(string(a), string(b)); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
}

func TestOnlyTheOwnerMayRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "alerts.jsonl")
	if err := notifier(t, path).Notify(t.Context(), alerttest.Slammer()); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := info.Mode().Perm(), os.FileMode(0o600); got != want {
		t.Errorf("mode: got %v, want %v", got, want)
	}
}

func TestRotatedAwayBetweenTwoLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "alerts.jsonl")
	n := notifier(t, path)
	for i := range 2 {
		if err := n.Notify(t.Context(), alerttest.As(alerttest.Slammer(), anomaly.Updated, i+1)); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			if err := os.Rename(path, path+".1"); err != nil {
				t.Fatal(err)
			}
		}
	}
	if old, current := len(lines(t, path+".1")), len(lines(t, path)); old != 1 || current != 1 {
		t.Errorf("got %d and %d lines, want 1 and 1", old, current)
	}
}

func TestALineTornByAPowerCutDoesNotSpoilTheNext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "alerts.jsonl")
	if err := os.WriteFile(path, []byte(`{"event":"opened","id":"a-`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := notifier(t, path).Notify(t.Context(), alerttest.Slammer()); err != nil {
		t.Fatal(err)
	}
	got := lines(t, path)
	if len(got) != 2 || !json.Valid([]byte(got[1])) {
		t.Errorf("got %q, want the torn line and a whole one", got)
	}
}
