// Package file tells programs on the same machine about anomalies: it appends one
// line of JSON per event to a file. A line holds the event's fields and sent_at, the
// wall clock when it was written, in UTC with nanoseconds.
//
// Each line is one write, followed by a sync; the file is opened anew each time, so
// it may be rotated away at any moment. It is readable by its owner alone. The room
// neither rotates nor limits the file: lines are few, and whoever reads them knows
// how long they matter.
package file

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"eagre/alert"
	"eagre/anomaly"
)

// Notifier appends events to one file. It keeps the contract of alert.Notifier, and
// is for one goroutine.
type Notifier struct {
	path string
	now  func() time.Time
}

var _ alert.Notifier = (*Notifier)(nil)

// New makes a Notifier; now is the wall clock, nil is time.Now. The file is made when
// the first event comes, its folder must exist.
func New(cfg alert.File, now func() time.Time) (*Notifier, error) {
	if cfg.Path == "" {
		return nil, errors.New("file: path is missing")
	}
	if now == nil {
		now = time.Now
	}
	return &Notifier{cfg.Path, now}, nil
}

// line is an event as it stands in the file.
type line struct {
	anomaly.Event
	SentAt string `json:"sent_at"`
}

// always nine digits, so that lines sort by their text
const sentAt = "2006-01-02T15:04:05.000000000Z"

// Notify appends one event.
func (n *Notifier) Notify(ctx context.Context, e anomaly.Event) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("file: %w", err)
	}
	b, err := json.Marshal(line{e, n.now().UTC().Format(sentAt)})
	if err != nil {
		return alert.Permanent(fmt.Errorf("file: %w", err))
	}
	f, err := os.OpenFile(n.path, os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("file: %w", err)
	}
	defer f.Close()
	if err := appendLine(f, append(b, '\n')); err != nil {
		return fmt.Errorf("file: %w", err)
	}
	return nil
}

// appendLine writes all or nothing: what a full disk took of a line is cut off again,
// so that the line can be repeated. A line that a power cut left torn is ended first.
func appendLine(f *os.File, line []byte) error {
	before, err := f.Stat()
	if err != nil {
		return err
	}
	regular := before.Mode().IsRegular()
	if regular && torn(f, before.Size()) {
		line = append([]byte{'\n'}, line...)
	}
	written, err := f.Write(line)
	if err != nil {
		if written > 0 && regular {
			err = errors.Join(err, f.Truncate(before.Size()))
		}
		return err
	}
	if !regular {
		return nil // a pipe has nothing to sync
	}
	return f.Sync()
}

// torn tells whether the last line has no end.
func torn(f *os.File, size int64) bool {
	last := make([]byte, 1)
	if size == 0 {
		return false
	}
	_, err := f.ReadAt(last, size-1)
	return err == nil && last[0] != '\n'
}
