package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"eagre/internal/disk"
)

// stateEvery is how often what exporters announced is kept, when it has changed.
const stateEvery = time.Minute

// stateFile is where it is kept, so that after a restart flows are decoded
// before the routers send their templates again.
func (e *engine) stateFile() string { return filepath.Join(e.cfg.Data.Dir, "exporters.state") }

// recallExporters takes back what exporters announced before the last stop. What
// is damaged is left out, and overwritten when the routers announce it again.
func (e *engine) recallExporters() error {
	state, err := os.ReadFile(e.stateFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("exporter state: %w", err)
	}
	if err := e.collector.Restore(state); err != nil {
		e.log.Warn("what exporters announced before is lost; flows wait for their templates", "file", e.stateFile(), "error", err)
	}
	e.kept = e.collector.Revision() // before anything new is heard
	return nil
}

// keepExporters writes what exporters announced, as often as it may change, until
// the context ends. What came last is for writeExporters, when nobody listens any
// more.
func (e *engine) keepExporters(ctx context.Context) error {
	return eachTime(ctx, stateEvery, func() error {
		e.writeExporters()
		return nil
	})
}

// writeExporters replaces the file when something has changed.
func (e *engine) writeExporters() {
	if e.collector.Revision() == e.kept {
		return
	}
	state, revision := e.collector.State()
	if err := disk.Replace(e.stateFile(), state); err != nil {
		e.log.Error("what exporters announced cannot be kept", "error", err)
		return
	}
	e.kept = revision
}
