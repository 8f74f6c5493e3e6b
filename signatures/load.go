package signatures

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"eagre/rules"
)

// MaxRules is how many rules a Set may hold (signatures.max).
const MaxRules = 10_000

// Load reads every rule file (*.yaml, *.yml) below root, in the order of their
// paths; names that start with a dot are passed over. It returns the rules that
// are free of errors and all problems of all files. Whether rules go together
// (no id or name twice, not too many) is for Compile to say.
func Load(fsys fs.FS, root string) ([]Rule, []Problem) { return load(fsys, root, "") }

// LoadDir is Load for a folder, or a single file, of the operating system.
func LoadDir(dir string) ([]Rule, []Problem) {
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		return nil, []Problem{unreadable(dir, err)}
	case info.IsDir():
		return load(os.DirFS(dir), ".", dir)
	}
	folder := filepath.Dir(dir)
	l := loader{fsys: os.DirFS(folder), prefix: folder}
	l.file(filepath.Base(dir))
	return l.rules, Sort(l.problems)
}

// Shipped is the rules that come with the program.
func Shipped() ([]Rule, []Problem) { return load(rules.Files, ".", "rules") }

func load(fsys fs.FS, root, prefix string) ([]Rule, []Problem) {
	l := loader{fsys: fsys, prefix: prefix}
	if err := fs.WalkDir(fsys, root, l.visit); err != nil {
		l.problems = append(l.problems, unreadable(l.called(root), err))
	}
	return l.rules, Sort(l.problems)
}

// loader collects what the files of one tree hold.
type loader struct {
	fsys     fs.FS
	prefix   string // before a path, in problems
	rules    []Rule
	problems []Problem
}

func (l *loader) visit(name string, entry fs.DirEntry, err error) error {
	switch base := path.Base(name); {
	case err != nil:
		return err
	case len(l.rules) > MaxRules: // Compile says that these are too many
		return fs.SkipAll
	case base != "." && strings.HasPrefix(base, "."):
		if entry.IsDir() {
			return fs.SkipDir
		}
	case entry.IsDir(), path.Ext(base) != ".yaml" && path.Ext(base) != ".yml":
	default:
		l.file(name)
	}
	return nil
}

// file reads one file, and no more of it than a rule file may have.
func (l *loader) file(name string) {
	data, err := l.bytes(name)
	if err != nil {
		l.problems = append(l.problems, unreadable(l.called(name), err))
		return
	}
	found, problems := Parse(l.called(name), data)
	l.rules = append(l.rules, found...)
	l.problems = append(l.problems, problems...)
}

func (l *loader) bytes(name string) ([]byte, error) {
	f, err := l.fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	return io.ReadAll(io.LimitReader(f, maxFile+1))
}

func (l *loader) called(name string) string {
	if l.prefix == "" {
		return name
	}
	return filepath.Join(l.prefix, name)
}

func unreadable(name string, err error) Problem {
	return Problem{File: name, Message: fmt.Sprintf("the rules cannot be read: %v", err)}
}
