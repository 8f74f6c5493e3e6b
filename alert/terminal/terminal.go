// Package terminal tells the person in front of the screen about anomalies: a block
// when one opens, a line for each update, a line when it ends. It is written for
// someone who has been woken up: what, where, how much, where from, what to type next.
//
// It knows the events and a writer, nothing else. Strings from outside cannot move
// the cursor, change colours or hide text.
package terminal

import (
	"context"
	"fmt"
	"io"
	"os"

	"eagre/alert"
	"eagre/anomaly"
)

// Notifier writes events to one writer. It keeps the contract of alert.Notifier, and
// is for one goroutine.
type Notifier struct {
	ask   string // what shows a report
	to    io.Writer
	paint palette
}

var _ alert.Notifier = (*Notifier)(nil)

// New makes a Notifier that writes to w, in colour if colour says so.
func New(w io.Writer, colour Colour) *Notifier {
	n := &Notifier{to: w, ask: "eagre traceback"}
	if colour {
		n.paint = inColour
	}
	return n
}

// Ask sets the command that shows the report of an anomaly when its id is put
// behind it; empty suggests none.
func (n *Notifier) Ask(command string) { n.ask = command }

// Colour says whether to write in colour.
type Colour bool

// ColourFor is colour where f is a terminal that understands it and the person did not
// say no by NO_COLOR (https://no-color.org). Pass os.Getenv.
func ColourFor(f *os.File, getenv func(string) string) Colour {
	info, err := f.Stat()
	isTerminal := err == nil && info.Mode()&os.ModeCharDevice != 0
	return Colour(isTerminal && getenv("NO_COLOR") == "" && getenv("TERM") != "dumb" && getenv("TERM") != "")
}

// Notify writes one event in one write.
func (n *Notifier) Notify(ctx context.Context, e anomaly.Event) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("terminal: %w", err)
	}
	text := n.update(e)
	switch e.Event {
	case anomaly.Opened:
		text = n.block(e)
	case anomaly.Ended:
		text = n.end(e)
	}
	if _, err := io.WriteString(n.to, text); err != nil {
		return fmt.Errorf("terminal: %w", err)
	}
	return nil
}

// palette wraps words in colours; the zero value leaves them as they are.
type palette struct {
	importance [3]string
	ended      string
	bold       string
	faint      string
	reset      string
}

var inColour = palette{
	importance: [3]string{"\x1b[36m", "\x1b[1;33m", "\x1b[1;31m"},
	ended:      "\x1b[1;32m",
	bold:       "\x1b[1m",
	faint:      "\x1b[2m",
	reset:      "\x1b[0m",
}

func (p palette) in(colour, text string) string { return colour + text + p.reset }

func (p palette) rank(i anomaly.Importance) string { return p.importance[min(i, anomaly.High)] }
