package signatures

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"eagre/flow"
	"eagre/rules"
)

// FuzzRuleFile: no file makes the reader fail in any other way than by problems
// with a place, and whatever it accepts can be compiled, matched and shown.
func FuzzRuleFile(f *testing.F) {
	files, err := rules.Files.ReadDir(".")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := rules.Files.ReadFile(file.Name())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(good + "---\n" + benchRule(1) + "---\na: [\n"))
	f.Add([]byte(broken("proto == 17 && dst_port == 53", "let x = src_addr; x.Hi == 1")))
	f.Add([]byte(broken("{pps: {gte: 3400}}", "{all: [{value_count: {field: src_port, gt: 1k}}, &a {bps: *a}]}")))
	batch, m := busyBatch(0), new(Matches)
	f.Fuzz(func(t *testing.T, text []byte) {
		found, problems := Parse("fuzz.yaml", text)
		for _, p := range problems {
			if p.File != "fuzz.yaml" || p.Line < 1 || p.Col < 1 || p.Message == "" {
				t.Fatalf("no place or no sentence: %+v", p)
			}
		}
		if len(found) == 0 && len(problems) == 0 && strings.Contains(string(text), "expr: proto") {
			t.Fatalf("a rule is lost without a word")
		}
		for i := range found {
			checkAccepted(t, &found[i])
		}
		if set, conflicts := Compile(found); !Failed(conflicts) {
			set.Match(batch, m)
		}
	})
}

func checkAccepted(t *testing.T, r *Rule) {
	if r.Name == "" || r.ID == "" || r.Title == "" || len(r.Condition.Terms) == 0 || r.Timespan == 0 {
		t.Fatalf("a rule lacks something: %+v", r)
	}
	if r.Page() == "" || len(r.Test()) != len(r.Match)+len(r.NoMatch) {
		t.Fatalf("a rule cannot be shown: %+v", r)
	}
}

// FuzzExpression: whatever the checker lets pass means the same to us and to the
// oracle.
func FuzzExpression(f *testing.F) {
	w := writer{rand.New(rand.NewPCG(3, 3))}
	for range 40 {
		f.Add(w.condition(3))
	}
	for _, source := range []string{"proto = 1", "let x = 1; x > 0", `src_addr in ["10.0.0.0/8"]`, "1 < packet_size < 9", "a?.b ?? c", "((", `"` + "\\u0000"} {
		f.Add(source)
	}
	b := randomBatch(w, 60)
	f.Fuzz(func(t *testing.T, source string) {
		p, findings := compileExpression(source)
		for _, finding := range findings {
			if finding.message == "" || finding.at < 0 || finding.at > len(source) {
				t.Fatalf("%q: %+v", source, finding)
			}
		}
		if (p == nil) != hasError(findings) {
			t.Fatalf("%q: predicate %v, findings %v", source, p, findings)
		}
		if p != nil {
			askBoth(t, source, p, b)
		}
	})
}

func askBoth(t *testing.T, source string, p predicate, b *flow.Batch) {
	program, err := compile(source)
	if err != nil {
		t.Fatalf("%q: %v", source, err)
	}
	var want []uint16
	for i := range b.N {
		if oracleSays(t, program, seen(b, i)) {
			want = append(want, uint16(i))
		}
	}
	if got := p.filter(b, rowsOf(b)); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("%q: got rows %v, the oracle says %v", source, got, want)
	}
}
