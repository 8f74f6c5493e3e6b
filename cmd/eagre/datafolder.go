package main

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// dataFolder makes the data folder if it is not there and returns its seed:
// drawn once, so that nobody outside can choose addresses that collide, and
// kept, so that state that is hashed with it stays readable.
func dataFolder(dir string) (seed uint64, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return 0, usagef("data.dir: %w; make it, or name another folder", err)
	}
	path := filepath.Join(dir, "seed")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return drawSeed(path)
	}
	if err != nil {
		return 0, fmt.Errorf("data folder: %w", err)
	}
	raw, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(raw) != 8 {
		return 0, fmt.Errorf("data folder: %s holds no seed; remove it to draw a new one", path)
	}
	return binary.BigEndian.Uint64(raw), nil
}

func drawSeed(path string) (uint64, error) {
	raw := make([]byte, 8)
	if _, err := rand.Read(raw); err != nil {
		return 0, err
	}
	if err := os.WriteFile(path, []byte(hex.EncodeToString(raw)+"\n"), 0o600); err != nil {
		return 0, fmt.Errorf("data folder: %w", err)
	}
	return binary.BigEndian.Uint64(raw), nil
}
