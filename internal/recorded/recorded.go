// Package recorded finds what was recorded of real networks, for tests. It lies in
// the folder shared beside the repository, is never part of it, and a test that
// needs it is skipped where it is not there. The package knows where, not what.
package recorded

import (
	"os"
	"path/filepath"
	"testing"
)

// Folder is where recordings lie, if there are any.
func Folder() string {
	dir, err := os.Getwd()
	if err != nil {
		return ""
	}
	for ; filepath.Dir(dir) != dir; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
	}
	return filepath.Join(dir, "..", "shared")
}

// Path is a file or folder below it; where it is not there the test is skipped.
func Path(t testing.TB, parts ...string) string {
	t.Helper()
	path := filepath.Join(append([]string{Folder()}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("what was recorded is not here (%s)", path)
	}
	return path
}

// Captures is the folder of captures that have their facts beside them.
func Captures(t testing.TB) string {
	t.Helper()
	return filepath.Dir(Path(t, "captures", "FACTS.tsv"))
}
