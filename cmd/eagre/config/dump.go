package config

import (
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Dump writes a configuration that Load or Default gave as YAML: every key in the
// order of the manual, with its sentence, the defaults included. What is unset and
// has no default is left out. Secrets appear as the places where they are kept.
// Parse reads the same Config from it.
func Dump(w io.Writer, c Config) error {
	text, err := yaml.Dump(root.write(c), yaml.WithLineWidth(-1), yaml.WithUnicode(true))
	if err != nil {
		return fmt.Errorf("config: dump: %w", err)
	}
	_, err = w.Write(text)
	return err
}

// comment breaks a sentence into lines of a comment.
func comment(doc string) string {
	var b strings.Builder
	width := 0
	for word := range strings.FieldsSeq(doc) {
		if width == 0 || width+len(word) > 90 {
			b.WriteString("\n#")
			width = 1
		}
		b.WriteString(" " + word)
		width += 1 + len(word)
	}
	return strings.TrimPrefix(b.String(), "\n")
}
