package config

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

func diffOf(want, got Config) string { return cmp.Diff(want, got, opaque) }

// Whatever stands in a file: it is read in memory that its length bounds, every
// message is harmless on a terminal, and what is accepted means the same when it is
// written down again.
func FuzzConfig(f *testing.F) {
	files, err := filepath.Glob("testdata/*/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range append(files, "example.yaml") {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("a: &a [x]\nb: &b [*a, *a, *a]\nc: [*b, *b, *b]\n"))
	f.Add([]byte(strings.Repeat("{x: ", 50)))
	f.Add([]byte("%YAML 1.2\n--- !!map\n? - a\n: |\n  b\n...\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		c, problems := Parse("eagre.yaml", data)
		runtime.ReadMemStats(&after)
		if used, most := after.TotalAlloc-before.TotalAlloc, uint64(4<<20+4<<10*len(data)); used > most {
			t.Errorf("%d bytes of text took %d bytes of memory, want at most %d", len(data), used, most)
		}
		checkProblems(t, problems)
		if HasErrors(problems) {
			return
		}
		again, problems := Parse("dump", []byte(dumped(t, c)))
		if diff := diffOf(c, again); diff != "" {
			t.Errorf("%s\n(-first +second):\n%s", textOf(problems), diff)
		}
	})
}

func checkProblems(t *testing.T, problems []Problem) {
	t.Helper()
	if len(problems) > maxProblems+1 {
		t.Errorf("%d problems, want %d at most", len(problems), maxProblems+1)
	}
	for i, p := range problems {
		if strings.ContainsFunc(p.Message, unicode.IsControl) || len(p.Message) > 1000 {
			t.Errorf("message: %q", p.Message)
		}
		if i > 0 && p.Line > 0 && p.Line < problems[i-1].Line {
			t.Errorf("out of order: %s after %s", p, problems[i-1])
		}
	}
}
