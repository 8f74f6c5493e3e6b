// Package disk replaces files so that a power cut leaves the old one or the new
// one, whole. Bytes and a path come in; it knows nothing of what they mean.
package disk

import (
	"errors"
	"os"
	"path/filepath"
)

// Replace writes a new file, which its owner alone may read, syncs it, and gives
// it the old one's name. One goroutine at a time may replace one file.
func Replace(path string, data []byte) error {
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return SyncFolder(filepath.Dir(path))
}

// SyncFolder makes the names in a folder last.
func SyncFolder(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
