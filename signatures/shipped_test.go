package signatures

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"eagre/rules"
)

var update = flag.Bool("update", false, "rewrite the pages of the shipped rules")

const pages = "../docs/rules"

func shipped(t *testing.T) []Rule {
	t.Helper()
	found, problems := Shipped()
	for _, p := range problems {
		t.Errorf("%v\n%s", p, p.Snippet)
	}
	return found
}

func TestShippedRulesLoadAndTheirCasesComeOut(t *testing.T) {
	found := shipped(t)
	if set, problems := Compile(found); set.Len() != len(found) || len(problems) > 0 {
		t.Errorf("%d of %d rules are live, problems %v", set.Len(), len(found), problems)
	}
	for _, r := range found {
		if len(r.Match) == 0 || len(r.NoMatch) == 0 || r.Description == "" || len(r.References) == 0 || len(r.FalsePositives) == 0 {
			t.Errorf("%s lacks cases, a description, references or false positives", r.Name)
		}
		for _, result := range r.Test() {
			if !result.Passed() {
				t.Error(result)
			}
		}
	}
}

// TestOneRuleAFile: slammer.yaml holds slammer, and nothing else.
func TestOneRuleAFile(t *testing.T) {
	files, err := rules.Files.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for _, file := range files {
		want = append(want, "rules/"+file.Name())
	}
	for _, r := range shipped(t) {
		got = append(got, "rules/"+r.Name+".yaml")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestEveryShippedRuleHasItsPage compares the pages with the rules; -update
// rewrites them.
func TestEveryShippedRuleHasItsPage(t *testing.T) {
	found := shipped(t)
	want := map[string]string{"README.md": Index(found)}
	for _, r := range found {
		want[r.Name+".md"] = r.Page()
		for _, part := range []string{r.Title, r.Expr, r.Condition.String(), fmt.Sprintf("revision | %d", r.Revision)} {
			if !strings.Contains(r.Page(), part) {
				t.Errorf("the page of %s does not say %q", r.Name, part)
			}
		}
	}
	if *update {
		rewrite := func(name, text string) error { return os.WriteFile(filepath.Join(pages, name), []byte(text), 0o644) }
		for name, text := range want {
			if err := rewrite(name, text); err != nil {
				t.Fatal(err)
			}
		}
	}
	if diff := cmp.Diff(want, storedPages(t)); diff != "" {
		t.Errorf("the pages are not those of the rules; run go generate ./rules\n%s", diff)
	}
}

func storedPages(t *testing.T) map[string]string {
	t.Helper()
	files, err := os.ReadDir(pages)
	if err != nil {
		t.Fatal(err)
	}
	stored := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(pages, file.Name()))
		if err != nil {
			t.Fatal(err)
		}
		stored[file.Name()] = string(text)
	}
	return stored
}

// TestSlammerIsTheRuleOfTheDesign: its numbers are known outside this house.
func TestSlammerIsTheRuleOfTheDesign(t *testing.T) {
	for _, r := range shipped(t) {
		if r.Name != "slammer" {
			continue
		}
		got := fmt.Sprint(r.ID, " rev ", r.Revision, " ", r.Stage, " ", r.Level, ": ", r.Expr, " | ", r.Sentence())
		want := "0b9e4b4e-6c0f-4a56-9d6c-2f1c5e0f1434 rev 3 stable high: proto == 17 && dst_port == 1434 && packet_size == 404 | " +
			"Fires when, for the matching flows of one src_addr, within 2s: any of pps ≥ 3400, value_count(dst_addr) ≥ 50."
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		return
	}
	t.Error("slammer does not ship")
}

// TestGeneratedBenchRulesLoad reads what the load scripts write: many documents
// in one file, with few keys.
func TestGeneratedBenchRulesLoad(t *testing.T) {
	script := filepath.Join(repositoryRoot(t), "../shared/perf/mkrules.sh")
	if _, err := os.Stat(script); err != nil {
		t.Skip("the load scripts are not here:", script)
	}
	text, err := exec.Command("bash", script, "200").Output()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "bench.yaml"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	found, problems := LoadDir(dir)
	set, conflicts := Compile(append(found, shipped(t)...))
	if len(found) != 200 || len(problems)+len(conflicts) > 0 || set.Len() != len(found)+4 {
		t.Errorf("got %d rules, %d in the set, %v %v", len(found), set.Len(), problems, conflicts)
	}
	if alone, problems := LoadDir(filepath.Join(dir, "bench.yaml")); len(alone) != 200 || len(problems) > 0 {
		t.Errorf("the file alone: got %d rules, %v", len(alone), problems)
	}
}

// repositoryRoot is the folder of go.mod.
func repositoryRoot(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != "/"; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
	}
	t.Fatal("no go.mod above the tests")
	return ""
}
