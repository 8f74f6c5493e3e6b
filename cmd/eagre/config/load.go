package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
)

// maxFile bounds a configuration file, in bytes.
const maxFile = 2 << 20

// Load reads a file and lays the environment of the process over it. An empty path
// stands for an empty file: defaults and environment only. Problems come in the
// order of the text; if one of them is an error, the Config is the zero value.
func Load(path string) (Config, []Problem) {
	if path == "" {
		return ParseEnv("eagre.yaml", nil, os.Environ())
	}
	data, err := readFile(path)
	if err != nil {
		return Config{}, []Problem{{File: path, Message: err.Error()}}
	}
	return ParseEnv(path, data, os.Environ())
}

// readFile reads one byte more than is allowed, so that Parse sees what is too long.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, withoutPath(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, withoutPath(err)
	}
	return data, nil
}

// withoutPath takes the path off an error that will stand behind it.
func withoutPath(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return fmt.Errorf("cannot be read: %w", p.Err)
	}
	return fmt.Errorf("cannot be read: %w", err)
}

// Parse reads a document; name stands in the problems. It asks nothing but its
// arguments.
func Parse(name string, data []byte) (Config, []Problem) { return ParseEnv(name, data, nil) }

// ParseEnv is Parse with environment variables ("NAME=value") over the document.
func ParseEnv(name string, data []byte, environ []string) (Config, []Problem) {
	r := newReader(name)
	c := Default()
	if n := r.document(data); n != nil {
		load(r, root, n, &c)
	}
	r.environment(&c, environ)
	r.check(&c)
	if r.failed {
		return Config{}, r.sorted()
	}
	r.complete(&c)
	r.advise(&c)
	return c, r.sorted()
}

// sorted is all that was reported, in the order of the text. The line about what is
// not shown weighs as much as the heaviest problem.
func (r *reader) sorted() []Problem {
	slices.SortStableFunc(r.problems, byPosition(r.file))
	if r.unsaid == 0 {
		return r.problems
	}
	rest := Problem{File: r.file, Severity: Warning, Message: fmt.Sprintf("%d further problems are not shown", r.unsaid)}
	if r.failed {
		rest.Severity = Error
	}
	return append(r.problems, rest)
}
