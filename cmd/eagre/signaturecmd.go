package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"eagre/signatures"
)

type signatureCommand struct {
	Check signatureCheck `cmd:"" help:"Read and compile rule files; tell everything that is wrong, with file, line and column."`
	Test  signatureTest  `cmd:"" help:"Run the cases inside rule files: what must match, and what must not."`
}

type signatureCheck struct {
	Paths []string `arg:"" optional:"" help:"Rule files or folders; none: the rules that ship." type:"path"`
}

// Run checks.
func (s *signatureCheck) Run(c console) error {
	rules, err := readRules(s.Paths, c)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%d signatures, no errors\n", len(rules))
	return nil
}

type signatureTest struct {
	Paths []string `arg:"" optional:"" help:"Rule files or folders; none: the rules that ship." type:"path"`
}

// Run tests.
func (s *signatureTest) Run(c console) error {
	rules, err := readRules(s.Paths, c)
	if err != nil {
		return err
	}
	passed, failed := 0, 0
	for i := range rules {
		good, bad := 0, 0
		for _, result := range rules[i].Test() {
			if result.Passed() {
				good++
				continue
			}
			bad++
			fmt.Fprintln(c.out, result)
		}
		fmt.Fprintf(c.out, "%-28s %d cases hold\n", rules[i].Name, good)
		passed, failed = passed+good, failed+bad
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d cases do not hold", failed, passed+failed)
	}
	fmt.Fprintf(c.out, "%d signatures, all %d cases hold\n", len(rules), passed)
	return nil
}

// readRules reads files and folders, and tells everything that is wrong.
func readRules(paths []string, c console) ([]signatures.Rule, error) {
	var rules []signatures.Rule
	var problems []signatures.Problem
	if len(paths) == 0 {
		rules, problems = signatures.Shipped()
	}
	for _, path := range paths {
		r, p, err := readPath(path)
		if err != nil {
			return nil, usageError{err}
		}
		rules, problems = append(rules, r...), append(problems, p...)
	}
	if len(rules)+len(problems) == 0 {
		return nil, usagef("no rule in %s: rule files end in .yaml", strings.Join(paths, ", "))
	}
	problems = signatures.Sort(append(problems, signatures.Conflicts(rules)...))
	tellProblems(problems, c.err)
	if signatures.Failed(problems) {
		return nil, usagef("the signatures are refused")
	}
	return rules, nil
}

func readPath(path string) ([]signatures.Rule, []signatures.Problem, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, err
	}
	if info.IsDir() {
		rules, problems := signatures.LoadDir(path)
		return rules, problems, nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	rules, problems := signatures.Parse(filepath.Clean(path), data)
	return rules, problems, nil
}
