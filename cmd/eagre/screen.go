package main

import (
	"io"
	"os"
	"strings"
)

// screen is a terminal on which pages are drawn over each other. For one goroutine.
type screen struct {
	w    io.Writer
	size func() (columns, rows int)
}

// What a terminal is told (ECMA-48, and the alternate screen of xterm).
const (
	otherScreen = "\x1b[?1049h\x1b[?25l" // with what was there before kept, and without a cursor
	firstScreen = "\x1b[?25h\x1b[?1049l"
	homeCursor  = "\x1b[H"
	clearLine   = "\x1b[K" // from here to its end
	clearBelow  = "\x1b[J"
)

// screenOf is the terminal that is written to; nil where it is none, or one that
// cannot be drawn on.
func screenOf(w io.Writer) *screen {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("TERM") == "" || os.Getenv("TERM") == "dumb" {
		return nil
	}
	if _, _, ok := windowSize(f); !ok {
		return nil
	}
	return &screen{w: f, size: func() (columns, rows int) {
		if columns, rows, ok := windowSize(f); ok && columns > 0 && rows > 0 {
			return columns, rows
		}
		return 80, 24 // it does not say
	}}
}

func (s *screen) enter() { _, _ = io.WriteString(s.w, otherScreen) } // drawing tells of a broken one

func (s *screen) leave() { _, _ = io.WriteString(s.w, firstScreen) } // nothing is left to be told

// draw shows a page as large as the screen now is, in one write so that it does not
// flicker.
func (s *screen) draw(newest standing, trouble error, v view) error {
	if trouble != nil {
		v.trouble = trouble.Error()
	}
	v.columns, v.rows = s.size()
	_, err := io.WriteString(s.w, homeCursor+strings.Join(newest.page(v), clearLine+"\r\n")+clearLine+clearBelow)
	return err
}
