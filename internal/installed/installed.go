// Package installed runs programs of others, for tests: real parts instead of our own
// idea of them. A test that needs one is skipped where it is not installed, and fails
// where it must be (CI is set). It knows how they are started, not what is tested.
package installed

import (
	"os"
	"os/exec"
	"testing"
)

// Program is the path of a program.
func Program(t testing.TB, name string) string {
	t.Helper()
	for _, name := range []string{name, "/usr/sbin/" + name} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is not installed, and here it must be", name)
	}
	t.Skipf("%s is not installed", name)
	return ""
}
