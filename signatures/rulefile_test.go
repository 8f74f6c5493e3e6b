package signatures

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/anomaly"
)

// good is a rule to break in one place at a time.
const good = `title: A rule
id: 11111111-2222-4333-8444-555555555555
name: a-rule
revision: 7
stage: stable
level: high
expr: |
  proto == 17 && dst_port == 53
group-by: [src_addr]
timespan: 5s
condition: {pps: {gte: 3400}}
`

// broken is the good rule with one line replaced.
func broken(line, by string) string {
	if !strings.Contains(good, line) {
		panic("the good rule has no line " + line)
	}
	return strings.Replace(good, line, by, 1)
}

// said is the problems of a file named r.yaml, one a line.
func said(text string) string {
	_, problems := Parse("r.yaml", []byte(text))
	var lines []string
	for _, p := range problems {
		lines = append(lines, p.Error())
	}
	return strings.Join(lines, "\n")
}

func TestAGoodRuleIsReadWhole(t *testing.T) {
	rules, problems := Parse("r.yaml", []byte(good))
	if len(problems) > 0 || len(rules) != 1 {
		t.Fatalf("got %d rules and %v, want one without problems", len(rules), problems)
	}
	r := rules[0]
	got := fmt.Sprint(r.Title, "|", r.ID, "|", r.Name, "|", r.Revision, "|", r.Stage, "|", r.Level.Importance(), "|",
		r.Class, "|", r.Subclass(), "|", r.Expr, "|", r.GroupBy, "|", r.Timespan, "|", r.Condition, "|", r.Place())
	want := "A rule|11111111-2222-4333-8444-555555555555|a-rule|7|stable|high|signature|a-rule|" +
		"proto == 17 && dst_port == 53|[src_addr]|5s|pps ≥ 3400|r.yaml:1"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsLeftOutHasADefault(t *testing.T) {
	text := strings.NewReplacer("revision: 7\n", "", "timespan: 5s\n", "", "group-by: [src_addr]\n", "").Replace(good)
	rules, problems := Parse("r.yaml", []byte(text))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	r := rules[0]
	if r.Revision != 1 || r.Timespan != 2*time.Second || r.GroupBy != nil || r.Class != anomaly.Signature {
		t.Errorf("got revision %d, timespan %v, group-by %v, class %s", r.Revision, r.Timespan, r.GroupBy, r.Class)
	}
}

// TestBadKeysAndValuesSayWhereAndWhy holds rows 79, 83, 84 and 86 of the bad inputs.
func TestBadKeysAndValuesSayWhereAndWhy(t *testing.T) {
	long := strings.Repeat("x", 300)
	for name, c := range map[string]struct{ text, want string }{
		"unknown key":          {broken("stage: stable", "stagge: stable"), "r.yaml:1:1: the key \"stage\" is missing\nr.yaml:5:1: unknown key \"stagge\" in a rule (did you mean \"stage\"?)"},
		"duplicate key":        {good + "level: low\n", `r.yaml:12:1: the key "level" is given twice, first in line 6`},
		"id is no UUID":        {broken("id: 11111111-2222-4333-8444-555555555555", "id: 12"), `r.yaml:2:5: id must be a UUID such as 0b9e4b4e-6c0f-4a56-9d6c-2f1c5e0f1434, it is "12"`},
		"name with a slash":    {broken("name: a-rule", "name: a/b"), `r.yaml:3:7: name must be like ^[a-z0-9][a-z0-9-]{0,63}$, it is "a/b"`},
		"name climbs":          {broken("name: a-rule", "name: .."), `r.yaml:3:7: name must be like ^[a-z0-9][a-z0-9-]{0,63}$, it is ".."`},
		"name of 300":          {broken("name: a-rule", "name: "+long), `r.yaml:3:7: name must be like ^[a-z0-9][a-z0-9-]{0,63}$, it is "` + long[:64] + `…"`},
		"emoji in the name":    {broken("name: a-rule", "name: 🐛"), `r.yaml:3:7: name must be like ^[a-z0-9][a-z0-9-]{0,63}$, it is "🐛"`},
		"revision is text":     {broken("revision: 7", "revision: seven"), `r.yaml:4:11: revision must be a whole number, it is "seven"`},
		"revision is hex":      {broken("revision: 7", "revision: 0x7"), `r.yaml:4:11: revision must be a whole number, it is "0x7"`},
		"revision is zero":     {broken("revision: 7", "revision: 0"), `r.yaml:4:11: revision 0 out of 1–1000000`},
		"stage is unknown":     {broken("stage: stable", "stage: stabel"), `r.yaml:5:8: stage must be draft, test, shadow or stable, it is "stabel" (did you mean "stable"?)`},
		"level is a list":      {broken("level: high", "level: [high]"), `r.yaml:6:8: level must be informational, low, medium, high or critical, it is a list`},
		"title is empty":       {broken("title: A rule", "title:"), `r.yaml:1:7: this must be text, it is empty`},
		"title is a mapping":   {broken("title: A rule", "title: {a: b}"), `r.yaml:1:8: this must be text, it is a mapping`},
		"group by four":        {broken("[src_addr]", "[src_addr, dst_addr, proto, dst_port]"), `r.yaml:9:11: group-by has 4 fields (limit 3)`},
		"group by bytes":       {broken("[src_addr]", "[bytes]"), `r.yaml:9:12: a field of group-by must be src_addr, dst_addr, src_port, dst_port or proto, it is "bytes"`},
		"group by twice":       {broken("[src_addr]", "[src_addr, src_addr]"), `r.yaml:9:22: group-by names src_addr twice`},
		"timespan, no unit":    {broken("5s", "5"), `r.yaml:10:11: timespan 5 needs a unit, as in 2s`},
		"timespan negative":    {broken("5s", "-1s"), `r.yaml:10:11: timespan -1s is out of 1s to 1m0s`},
		"timespan enormous":    {broken("5s", "1e99h"), `r.yaml:10:11: "1e99h" is no timespan; write a number and a unit, as in 2s`},
		"limit NaN":            {broken("3400", ".nan"), `r.yaml:11:24: ".nan" is no limit; write a number above 0, with k, M, G or T and pps if you like: 3400, 3.4kpps`},
		"limit infinite":       {broken("3400", ".inf"), `r.yaml:11:24: ".inf" is no limit; write a number above 0, with k, M, G or T and pps if you like: 3400, 3.4kpps`},
		"limit negative":       {broken("3400", "-1"), `r.yaml:11:24: "-1" is no limit; write a number above 0, with k, M, G or T and pps if you like: 3400, 3.4kpps`},
		"limit with _":         {broken("3400", "1_000"), `r.yaml:11:24: "1_000" is no limit; write a number above 0, with k, M, G or T and pps if you like: 3400, 3.4kpps`},
		"limit zero":           {broken("3400", "0"), `r.yaml:11:24: a limit must be above 0, this is 0`},
		"limit, wrong unit":    {broken("3400", "10 Gbps"), `r.yaml:11:24: "10 Gbps" has the unit bps, but the limit is in pps`},
		"limit, other unit":    {broken("3400", "10 Gbit"), `r.yaml:11:24: "10 Gbit" is no limit; write a number above 0, with k, M, G or T and pps if you like: 3400, 3.4kpps`},
		"upper bound":          {broken("gte: 3400", "lt: 3"), `r.yaml:11:23: lt is not available: a rate of an open window only grows, so only gte and gt can fire before the window is over`},
		"no operator":          {broken("{gte: 3400}", "{}"), `r.yaml:11:18: pps needs a limit: gte or gt`},
		"both operators":       {broken("gte: 3400", "gte: 1, gt: 2"), `r.yaml:11:18: pps has both gte and gt`},
		"unknown metric":       {broken("{pps:", "{ppps:"), `r.yaml:11:13: unknown key "ppps" in condition (did you mean "pps"?)`},
		"two metrics, no list": {broken("{pps: {gte: 3400}}", "{pps: {gte: 1}, bps: {gte: 1}}"), `r.yaml:11:12: several limits are put in a list below any: or all:`},
		"empty list":           {broken("{pps: {gte: 3400}}", "{any: []}"), `r.yaml:11:18: the list is empty`},
		"no field to count":    {broken("{pps: {gte: 3400}}", "{value_count: {gte: 3}}"), `r.yaml:11:26: value_count needs a field (src_addr, dst_addr, src_port or dst_port)`},
		"counting proto":       {broken("{pps: {gte: 3400}}", "{value_count: {field: proto, gte: 3}}"), `r.yaml:11:34: field must be src_addr, dst_addr, src_port or dst_port, it is "proto"`},
		"case with port 70000": {good + "cases: {match: [{dst_port: 70000}]}\n", `r.yaml:12:28: dst_port 70000 out of 0–65535`},
		"case with a typo":     {good + "cases: {match: [{dstport: 53}]}\n", "r.yaml:12:18: unknown key \"dstport\" in a case (did you mean \"dst_port\"?)"},
		"case, bad address":    {good + "cases: {nomatch: [{src_addr: 10.0.0}]}\n", `r.yaml:12:30: src_addr must be an address, it is "10.0.0"`},
		"case says yes":        {good + "cases: {nomatch: [{fragment: yes}]}\n", `r.yaml:12:30: fragment must be false or true, it is "yes"`},
		"date":                 {good + "date: 23.11.2026\n", `r.yaml:12:7: a date must be written as 2026-11-23, it is "23.11.2026"`},
		"class":                {good + "class: scan\n", `r.yaml:12:8: class must be signature or misuse, it is "scan"`},
		"a rule is a list":     {"- title\n", `r.yaml:1:1: a rule must be a mapping of keys to values, this is a list`},
	} {
		t.Run(name, func(t *testing.T) {
			got := said(c.text)
			if !strings.HasPrefix(got, c.want) {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// TestWhatIsNoPlainYAMLIsRefused holds row 80 of the bad inputs.
func TestWhatIsNoPlainYAMLIsRefused(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"tab":             {broken("group-by: [src_addr]", "group-by:\n\t- src_addr"), `r.yaml:10:1: a tab indents this line; YAML is indented with spaces`},
		"anchor":          {broken("title: A rule", "title: &a A rule"), `r.yaml:1:8: anchors and aliases are not allowed in a rule file; write the value out`},
		"alias":           {good + "author: *a\n", `r.yaml:12:9: unknown anchor 'a' referenced`},
		"merge key":       {good + "<<: {author: x}\n", `r.yaml:12:1: merge keys are not allowed in a rule file; write the keys out`},
		"tag":             {broken("title: A rule", "title: !!binary QQ=="), `r.yaml:1:8: tags such as !!binary are not allowed in a rule file`},
		"depth 40":        {good + "tags: " + strings.Repeat("[", 40) + strings.Repeat("]", 40) + "\n", `r.yaml:12:23: this is nested deeper than 16 (limit 16)`},
		"NUL":             {broken("A rule", "A\x00rule"), `r.yaml:1:9: a NUL byte is not allowed in a rule file`},
		"escape":          {broken("A rule", "A\x1b[31mrule"), `r.yaml:1:9: the control character U+001B is not allowed in a rule file`},
		"not UTF-8":       {broken("A rule", "A \xffrule"), `r.yaml:1:10: a byte that is no UTF-8 is not allowed in a rule file`},
		"BOM":             {"\xef\xbb\xbf" + good, `r.yaml:1:1: the file starts with a byte order mark (BOM); save it as UTF-8 without one`},
		"UTF-16":          {"\xff\xfet\x00i\x00", `r.yaml:1:1: the file is UTF-16; save it as UTF-8`},
		"2 MiB rule":      {good + "description: " + strings.Repeat("x", 2<<20) + "\n", `r.yaml:1:1: the rule has 2097377 bytes (limit 65536)`},
		"9 MiB file":      {strings.Repeat("# x\n", 9<<18), `r.yaml:1:1: the file is larger than 8 MiB (limit 8388608 bytes)`},
		"broken flow":     {broken("[src_addr]", "[src_addr"), `r.yaml:10:9: did not find expected ',' or ']'`},
		"second document": {good + "...\n" + good, `r.yaml:13:1: a second document starts here; put "---" before it`},
	} {
		t.Run(name, func(t *testing.T) {
			rules, _ := Parse("r.yaml", []byte(c.text))
			if got := said(c.text); got != c.want || len(rules) > 0 {
				t.Errorf("got  %d rules, %s\nwant none, %s", len(rules), got, c.want)
			}
		})
	}
}

func TestAllErrorsOfAllDocumentsOfAllFilesAreReportedAtOnce(t *testing.T) {
	files := fstest.MapFS{
		"b.yaml":        {Data: []byte(broken("level: high", "level: hi") + "---\n" + broken("53", "SrcPrt"))},
		"a/deep.yml":    {Data: []byte("title: [\n---\n" + good + "colour: red\n")},
		"notes.txt":     {Data: []byte("no rule")},
		".hidden.yaml":  {Data: []byte("no rule")},
		".git/x.yaml":   {Data: []byte("no rule")},
		"c/good.yaml":   {Data: []byte("# only a comment\n---\n" + good)},
		"c/empty.yaml":  {Data: nil},
		"c/dashes.yaml": {Data: []byte("---\n---\n")},
	}
	rules, problems := Load(files, ".")
	var got []string
	for _, p := range problems {
		got = append(got, p.Error())
	}
	want := []string{
		`a/deep.yml:1:9: did not find expected node content`,
		`a/deep.yml:14:1: unknown key "colour" in a rule`,
		`b.yaml:6:8: level must be informational, low, medium, high or critical, it is "hi"`,
		`b.yaml:20:30: unknown field "SrcPrt"; did you mean src_port?`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(rules) != 1 || rules[0].Place() != "c/good.yaml:3" {
		t.Errorf("got %d rules, want the one of c/good.yaml", len(rules))
	}
}

func TestAFolderThatIsNotThereIsAProblem(t *testing.T) {
	rules, problems := LoadDir(t.TempDir() + "/none")
	if len(rules) != 0 || len(problems) != 1 || !strings.Contains(problems[0].Error(), "none: the rules cannot be read: ") {
		t.Errorf("got %d rules, %v", len(rules), problems)
	}
}

// TestTwoRulesWithOneIdOrNameAreBothNamed holds row 85.
func TestTwoRulesWithOneIdOrNameAreBothNamed(t *testing.T) {
	first, _ := Parse("a.yaml", []byte(good))
	second, _ := Parse("b.yaml", []byte("# the same again\n"+good))
	set, problems := Compile(append(first, second...))
	var got []string
	for _, p := range problems {
		got = append(got, p.Error())
	}
	want := []string{
		`b.yaml:2:1: the id 11111111-2222-4333-8444-555555555555 is also the id of "a-rule" at a.yaml:1`,
		`b.yaml:2:1: the name "a-rule" is also the name of the rule at a.yaml:1`,
	}
	if diff := cmp.Diff(want, got); diff != "" || set != nil {
		t.Errorf("set %v, problems: %s", set, diff)
	}
}

// TestTheTenThousandAndFirstRuleIsRefused holds row 96.
func TestTheTenThousandAndFirstRuleIsRefused(t *testing.T) {
	var text strings.Builder
	for i := range MaxRules + 1 {
		text.WriteString(benchRule(i))
	}
	rules, problems := Parse("many.yaml", []byte(text.String()))
	if len(rules) != MaxRules+1 || len(problems) > 0 {
		t.Fatalf("got %d rules, %v", len(rules), problems)
	}
	_, problems = Compile(rules)
	want := fmt.Sprintf("many.yaml:%d:1: this is rule 10001: limit 10000 (signatures.max)", rules[MaxRules].Line)
	if len(problems) != 1 || problems[0].Error() != want {
		t.Errorf("got  %v\nwant %s", problems, want)
	}
	if set, problems := Compile(rules[:MaxRules]); set.Len() != MaxRules || len(problems) > 0 {
		t.Errorf("10000 rules: got %d, %v", set.Len(), problems)
	}
}

// benchRule is a rule on its own port and packet size, with few keys.
func benchRule(i int) string {
	return fmt.Sprintf(`---
title: bench %[1]d
id: 00000000-0000-4000-8000-%012[1]d
name: bench-%[1]d
revision: 1
stage: shadow
level: low
author: bench
date: 2026-11-23
expr: |
  proto == 17 && dst_port == %[2]d && packet_size == %[3]d
group-by: [src_addr]
timespan: 2s
condition: {pps: {gte: 1000000}}
`, i, 20000+i%40000, 100+i)
}

func TestConditionsInAllTheirForms(t *testing.T) {
	for text, want := range map[string]string{
		"{pps: {gte: 3400}}":                             "pps ≥ 3400",
		"{pps: {gt: 3.4kpps}}":                           "pps > 3400",
		"{bps: {gte: 10 Gbps}}":                          "bps ≥ 10000000000",
		"{fps: {gte: 1e3}}":                              "fps ≥ 1000",
		"{packets: {gte: 2M}}":                           "packets ≥ 2000000",
		"{bytes: {gte: 1.5k}}":                           "bytes ≥ 1500",
		"{event_count: {gte: \"12\"}}":                   "event_count ≥ 12",
		"{value_count: {field: dst_port, gte: 100}}":     "value_count(dst_port) ≥ 100",
		"{all: [{pps: {gte: 10}}, {bps: {gte: 1Mbps}}]}": "all of pps ≥ 10, bps ≥ 1000000",
		"{any: [{pps: {gte: 10}}, {value_count: {field: src_addr, gt: 9}}]}": "any of pps ≥ 10, value_count(src_addr) > 9",
	} {
		rules, problems := Parse("r.yaml", []byte(broken("{pps: {gte: 3400}}", text)))
		if len(problems) > 0 {
			t.Errorf("%s: %v", text, problems)
			continue
		}
		if got := rules[0].Condition.String(); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

func TestAConditionHoldsForAnyOrAllOfItsTerms(t *testing.T) {
	terms := []Term{{Metric: PPS, Limit: 10}, {Metric: ValueCount, Field: DstAddr, Limit: 5, Above: true}}
	for _, c := range []struct {
		pps, values float64
		any, all    bool
	}{{9, 5, false, false}, {10, 5, true, false}, {9, 6, true, false}, {10, 6, true, true}} {
		measured := func(t Term) float64 {
			if t.Metric == PPS {
				return c.pps
			}
			return c.values
		}
		any, all := Condition{true, terms}.Holds(measured), Condition{false, terms}.Holds(measured)
		if any != c.any || all != c.all {
			t.Errorf("%v pps and %v values: got any %t, all %t, want %t, %t", c.pps, c.values, any, all, c.any, c.all)
		}
	}
}

func TestACaseThatComesOutWrongIsAWarningAtItsPlace(t *testing.T) {
	text := good + `cases:
  match:
    - {proto: 17, dst_port: 54}
  nomatch:
    - {proto: 17, dst_port: 53}
`
	want := "r.yaml:14:7: warning: this case must match, but does not\n" +
		"r.yaml:16:7: warning: this case must not match, but does"
	if diff := cmp.Diff(want, said(text)); diff != "" {
		t.Error(diff)
	}
	rules, _ := Parse("r.yaml", []byte(text))
	var got []string
	for _, result := range rules[0].Test() {
		got = append(got, result.String())
	}
	wantResults := []string{"FAIL a-rule: does not match (r.yaml:14)", "FAIL a-rule: matches (r.yaml:16)"}
	if diff := cmp.Diff(wantResults, got); diff != "" {
		t.Error(diff)
	}
}

func TestOnlyLiveRulesAreInTheSet(t *testing.T) {
	for stage, want := range map[string]int{"draft": 0, "test": 0, "shadow": 1, "stable": 1} {
		rules, _ := Parse("r.yaml", []byte(broken("stage: stable", "stage: "+stage)))
		set, problems := Compile(rules)
		if len(problems) > 0 || set.Len() != want {
			t.Errorf("%s: got %d rules, %v, want %d", stage, set.Len(), problems, want)
		}
	}
}

func TestAMisuseRuleJoinsAmplification(t *testing.T) {
	rules, problems := Parse("r.yaml", []byte(good+"class: misuse\nstatus: experimental\n"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if r := rules[0]; r.Class != anomaly.Misuse || r.Subclass() != "amplification" || r.Status != "experimental" {
		t.Errorf("got %s / %s, status %s", r.Class, r.Subclass(), r.Status)
	}
}

func TestMetricsAndStagesInTheWordsOfAnAnomaly(t *testing.T) {
	for metric, want := range map[Metric]anomaly.Unit{
		PPS: anomaly.PPS, BPS: anomaly.BPS, FPS: anomaly.FPS,
		Packets: anomaly.Count, Bytes: anomaly.Count, EventCount: anomaly.Count, ValueCount: anomaly.Count,
	} {
		if got := metric.Unit(); got != want {
			t.Errorf("%s: got %s, want %s", metric, got, want)
		}
	}
	if Shadow.Anomaly() != anomaly.Shadow || Stable.Anomaly() != anomaly.Stable {
		t.Errorf("got %s and %s", Shadow.Anomaly(), Stable.Anomaly())
	}
}

func TestCasesTakeFlagsAsLettersOrNumber(t *testing.T) {
	text := broken("proto == 17 && dst_port == 53", "syn_alone && !fragment") + `cases:
  match: [{proto: 6, tcp_flags: S}, {proto: 6, tcp_flags: 2, fragment: false}]
  nomatch: [{proto: 6, tcp_flags: SA}, {proto: 6, tcp_flags: 18}, {proto: 6, tcp_flags: S, fragment: true}]
`
	if got := said(text); got != "" {
		t.Error(got)
	}
}

func TestLevelsAreImportances(t *testing.T) {
	for level, want := range map[Level]anomaly.Importance{
		Informational: anomaly.Low, Low: anomaly.Low, Medium: anomaly.Medium, High: anomaly.High, Critical: anomaly.High,
	} {
		if got := level.Importance(); got != want {
			t.Errorf("%s: got %s, want %s", level, got, want)
		}
	}
}
