package main

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"

	"eagre/alert/terminal"
	"eagre/anomaly"
)

// replayOutput prints events and, with a data folder, keeps them there.
type replayOutput struct {
	print  func(anomaly.Event) error
	file   *os.File
	opened int
	newest string // id
}

func (r *replayCommand) output(ctx context.Context, c console) (*replayOutput, error) {
	o := &replayOutput{}
	lines := json.NewEncoder(c.out)
	lines.SetEscapeHTML(false)
	o.print = func(e anomaly.Event) error { return lines.Encode(e) }
	if r.Format == "text" {
		n := terminal.New(c.out, colourOf(c.out))
		n.Ask("") // no engine runs that could be asked; the last line says what can
		o.print = func(e anomaly.Event) error { return n.Notify(ctx, e) }
	}
	if r.Data == "" {
		return o, nil
	}
	if err := emptyFolder(r.Data); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(r.Data, "events.jsonl"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	o.file = f
	return o, err
}

func colourOf(w io.Writer) terminal.Colour {
	if f, ok := w.(*os.File); ok {
		return terminal.ColourFor(f, os.Getenv)
	}
	return false
}

// emptyFolder makes a folder, or finds that it is there and empty.
func emptyFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return usageError{err}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return usageError{err}
	}
	if len(entries) > 0 {
		return usagef("--data %s: the folder is not empty; a replay starts from nothing", dir)
	}
	return nil
}

func (o *replayOutput) tell(e anomaly.Event) error {
	if e.Event == anomaly.Opened {
		o.opened++
		o.newest = e.ID
	}
	if o.file != nil {
		if err := json.NewEncoder(o.file).Encode(e); err != nil {
			return err
		}
	}
	return o.print(e)
}

// Close closes the file of events.
func (o *replayOutput) Close() {
	if o.file != nil {
		o.file.Close()
	}
}
