package config

import (
	"bytes"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestTheManualIsWhatTheTablesSay(t *testing.T) {
	var b bytes.Buffer
	if err := Manual(&b); err != nil {
		t.Fatal(err)
	}
	golden(t, filepath.Join(repository(t), "docs", "configuration.md"), b.String())
}

func TestEveryKeyHasAPlainNameAndASentence(t *testing.T) {
	plain := regexp.MustCompile(`^[a-z]+([_-][a-z]+)*$`)
	var walk func(rows []row, above string)
	walk = func(rows []row, above string) {
		for _, k := range rows {
			if !plain.MatchString(k.name) {
				t.Errorf("%s%s: not a plain name", above, k.name)
			}
			if !strings.HasSuffix(k.doc, ".") && !strings.HasSuffix(k.doc, "{}.") || strings.Contains(k.doc, "|") {
				t.Errorf("%s%s: %q is not a sentence for a table", above, k.name, k.doc)
			}
			walk(k.shape.rows, above+k.name+".")
		}
	}
	walk(root.shape().rows, "")
}
