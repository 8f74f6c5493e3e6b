package terminal_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/alert"
	"eagre/alert/alerttest"
	"eagre/alert/terminal"
	"eagre/anomaly"
)

var update = flag.Bool("update", false, "write the golden files anew")

// writes keeps each write as one message.
type writes []string

func (w *writes) Write(p []byte) (int, error) {
	*w = append(*w, string(p))
	return len(p), nil
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestContract(t *testing.T) {
	alerttest.Run(t, alerttest.Subject{
		Works: func(*testing.T) (alert.Notifier, func() []string) {
			w := &writes{}
			return terminal.New(w, false), func() []string { return *w }
		},
		Fails: map[string]alerttest.Failure{
			"the reader of the pipe is gone": {Make: func(*testing.T) alert.Notifier { return terminal.New(broken{}, false) }},
		},
	})
}

// The screen, as it looks. Colours are tested apart.
func TestScreen(t *testing.T) {
	slammer, flood := alerttest.Slammer(), alerttest.SYNFlood()
	quiet := anomaly.Event{Event: anomaly.Opened, ID: "a-1", Revision: 1, Anomaly: anomaly.Anomaly{Title: "Exporter silent", Resource: anomaly.Resource{Name: "edge1"}}}
	for name, events := range map[string][]anomaly.Event{
		"slammer from outbreak to end": {slammer, alerttest.As(slammer, anomaly.Updated, 42), alerttest.As(slammer, anomaly.Ended, 540)},
		"syn flood of two vectors":     {flood, alerttest.As(flood, anomaly.Ended, 5)},
		"hostile strings":              {alerttest.Hostile()},
		"nearly nothing is known":      {quiet},
	} {
		var got bytes.Buffer
		n := terminal.New(&got, false)
		for _, e := range events {
			if err := n.Notify(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
		golden(t, name, got.String())
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", strings.ReplaceAll(name, " ", "_")+".txt")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func TestColourIsTheOnlyDifference(t *testing.T) {
	var plain, coloured bytes.Buffer
	for _, e := range []anomaly.Event{alerttest.Hostile(), alerttest.As(alerttest.Slammer(), anomaly.Ended, 2)} {
		_ = terminal.New(&plain, false).Notify(t.Context(), e)
		_ = terminal.New(&coloured, true).Notify(t.Context(), e)
	}
	text := coloured.String()
	for _, code := range []string{"\x1b[1;31m", "\x1b[1;32m", "\x1b[36m", "\x1b[1m", "\x1b[2m", "\x1b[0m"} {
		text = strings.ReplaceAll(text, code, "")
	}
	if diff := cmp.Diff(plain.String(), text); diff != "" {
		t.Errorf("without its colours (-want +got):\n%s", diff)
	}
	if plain.String() == coloured.String() {
		t.Error("there is no colour")
	}
}

func TestColourOnlyWhereItIsWanted(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	device, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0) // a character device, as a terminal is
	if err != nil {
		t.Fatal(err)
	}
	defer device.Close()
	for _, c := range []struct {
		name string
		to   *os.File
		env  map[string]string
		want terminal.Colour
	}{
		{"a terminal", device, map[string]string{"TERM": "xterm"}, true},
		{"NO_COLOR is set", device, map[string]string{"TERM": "xterm", "NO_COLOR": "1"}, false},
		{"a dumb terminal", device, map[string]string{"TERM": "dumb"}, false},
		{"a file", file, map[string]string{"TERM": "xterm"}, false},
	} {
		if got := terminal.ColourFor(c.to, func(k string) string { return c.env[k] }); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

// What is wrong with the watch itself has no rates and no flows to trace.
func TestASilentExporterIsToldWithoutRates(t *testing.T) {
	e := anomaly.Event{Event: anomaly.Opened, ID: "a-abcdefgh23456723", At: time.Date(2026, 3, 1, 12, 7, 0, 0, time.UTC), Anomaly: anomaly.Anomaly{
		Class: anomaly.Operation, Subclass: anomaly.ExporterSilent, Title: "Exporter silent", Start: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
		Resource: anomaly.Resource{Kind: "exporter", Name: "edge1"},
		Evidence: anomaly.Evidence{Sentence: "edge1 has sent nothing for 7m0s", Reproduce: "eagre exporters 192.0.2.1"},
	}}
	var out bytes.Buffer
	n := terminal.New(&out, false)
	n.Ask("eagre traceback")
	end := e
	at := e.At.Add(time.Hour)
	end.Event, end.End = anomaly.Ended, &at
	for _, e := range []anomaly.Event{e, end} {
		if err := n.Notify(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	got := out.String()
	if strings.Contains(got, "pps") || strings.Contains(got, "traceback") || !strings.Contains(got, "next: eagre exporters 192.0.2.1") {
		t.Errorf("got:\n%s", got)
	}
}
