package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// showing is a screen of a size and what was written to it.
func showing(columns, rows int) (*screen, *bytes.Buffer) {
	var out bytes.Buffer
	return &screen{w: &out, size: func() (int, int) { return columns, rows }}, &out
}

// says answers with the evening, each time a second later, and from the failing-th
// time on not at all.
func says(asked *int, failing int) asker {
	return func(context.Context) (standing, error) {
		if *asked++; *asked >= failing {
			return standing{}, errors.New("no engine answers at \x1b[2J127.0.0.1:9090")
		}
		s := evenings(everything())
		s.At = s.At.Add(time.Duration(*asked) * time.Second)
		return s, nil
	}
}

// TestTheScreenIsDrawnAnewUntilCtrlC: and it is as it was before, whatever came between.
func TestTheScreenIsDrawnAnewUntilCtrlC(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, out := showing(100, 40)
		ctx, stop := context.WithTimeout(t.Context(), 5*time.Second)
		defer stop()
		asked := 0
		if err := (&topCommand{Limit: 10}).watch(ctx, says(&asked, 100), s); err != nil {
			t.Fatal(err)
		}
		if asked != 1+3 { // to know whether it is there; at 0, 2 and 4 s
			t.Errorf("asked %d times, want 4", asked)
		}
		text := out.String()
		if !strings.HasPrefix(text, otherScreen+homeCursor+"2026-03-02 20:00:02 UTC") || !strings.HasSuffix(text, clearBelow+firstScreen) {
			t.Errorf("begins %q, ends %q", text[:60], text[len(text)-30:])
		}
		if n := strings.Count(text, homeCursor); n != 3 || strings.Contains(text, "NOT UP TO DATE") {
			t.Errorf("%d pages in\n%s", n, text)
		}
	})
}

// TestAnEngineThatGoesAwayLeavesItsLastPage: with the word that it is old.
func TestAnEngineThatGoesAwayLeavesItsLastPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, out := showing(100, 40)
		ctx, stop := context.WithTimeout(t.Context(), 5*time.Second)
		defer stop()
		asked := 0
		if err := (&topCommand{Limit: 10, Interval: 3 * time.Second}).watch(ctx, says(&asked, 3), s); err != nil {
			t.Fatal(err)
		}
		pages := strings.Split(out.String(), homeCursor)
		if len(pages) != 3 {
			t.Fatalf("%d pages, want 2", len(pages)-1)
		}
		if want := `NOT UP TO DATE: no engine answers at \x1b[2J127.0.0.1:9090` + clearLine + "\r\n2026-03-02 20:00:02 UTC"; !strings.HasPrefix(pages[2], want) {
			t.Errorf("got %q, want it to begin with %q", pages[2], want)
		}
	})
}

func TestAnEngineThatWasNeverThereIsAFailureAndNoScreen(t *testing.T) {
	s, out := showing(80, 24)
	asked := 0
	if err := (&topCommand{Limit: 10}).watch(t.Context(), says(&asked, 1), s); err == nil || out.Len() > 0 {
		t.Errorf("got %v and %q", err, out)
	}
}

// broken is a terminal that is gone.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, os.ErrClosed }

func TestATerminalThatIsGoneEndsTheWatch(t *testing.T) {
	asked := 0
	s := &screen{w: broken{}, size: func() (int, int) { return 80, 24 }}
	if err := (&topCommand{Limit: 10}).watch(t.Context(), says(&asked, 100), s); !errors.Is(err, os.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

// Where no terminal is, one page or one object a line comes out, or one each interval.
func TestPagesAndLinesForPipes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			top    topCommand
			pages  int
			asJSON bool
		}{
			{topCommand{Limit: 10, Format: "text"}, 1, false},
			{topCommand{Limit: 10, Format: "json"}, 1, true},
			{topCommand{Limit: 10, Format: "text", Interval: 2 * time.Second}, 3, false},
			{topCommand{Limit: 10, Format: "json", Interval: 2 * time.Second}, 3, true},
		} {
			ctx, stop := context.WithTimeout(t.Context(), 5*time.Second)
			var out bytes.Buffer
			asked := 0
			if err := c.top.print(ctx, says(&asked, 100), &out); err != nil {
				t.Error(err)
			}
			stop()
			got := strings.Count(out.String(), " UTC  rates of the last ")
			if c.asJSON {
				got = objects(t, &out)
			}
			if got != c.pages || asked != c.pages {
				t.Errorf("%+v: %d pages, asked %d times; want %d", c.top, got, asked, c.pages)
			}
		}
	})
}

// objects counts standings in JSON, one a line.
func objects(t *testing.T, r io.Reader) int {
	t.Helper()
	n := 0
	for lines := json.NewDecoder(r); ; n++ {
		var s standing
		if err := lines.Decode(&s); errors.Is(err, io.EOF) {
			return n
		} else if err != nil {
			t.Fatal(err)
		}
		if len(s.Talkers) == 0 || s.Talkers[0].BPS == 0 {
			t.Errorf("got %+v, want talkers", s)
		}
	}
}

// What is no terminal is not drawn on: a file, a pipe, and the device that swallows all.
func TestOnlyTerminalsAreDrawnOn(t *testing.T) {
	t.Setenv("TERM", "xterm")
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	for _, w := range []io.Writer{null, &bytes.Buffer{}} {
		if screenOf(w) != nil {
			t.Errorf("%T is taken for a terminal", w)
		}
	}
}
