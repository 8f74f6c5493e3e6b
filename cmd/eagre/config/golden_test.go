package config

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files and docs/configuration.md")

// golden compares a text with a file, or rewrites the file.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func textOf(problems []Problem) string {
	var b strings.Builder
	for _, p := range problems {
		b.WriteString(p.String() + "\n")
	}
	return b.String()
}

// Every file in testdata says beside it, in a .txt, all that is wrong with it.
func TestFilesAndWhatIsSaidAboutThem(t *testing.T) {
	for _, verdict := range []string{"good", "bad"} {
		files, err := filepath.Glob(filepath.Join("testdata", verdict, "*.yaml"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no %s files: %v", verdict, err)
		}
		for _, file := range files {
			t.Run(verdict+"/"+strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
				checkFile(t, file, verdict == "bad")
			})
		}
	}
}

func checkFile(t *testing.T, file string, bad bool) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c, problems := Parse("eagre.yaml", data)
	golden(t, strings.TrimSuffix(file, ".yaml")+".txt", textOf(problems))
	if HasErrors(problems) != bad {
		t.Errorf("errors: got %v, want %v", HasErrors(problems), bad)
	}
	if diff := cmp.Diff(Config{}, c, opaque); bad && diff != "" {
		t.Errorf("a refused file still gave a configuration (-want +got):\n%s", diff)
	}
	if strings.Contains(textOf(problems), "hunter2") {
		t.Error("a secret stands in a message")
	}
}
