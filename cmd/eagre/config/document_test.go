package config

import (
	"strings"
	"testing"
	"unicode/utf16"
)

// The files in testdata/bad hold the rest of row 80; these cannot be looked at with
// an editor.
func TestWhatIsNoTextOfOursIsRefusedBeforeItIsParsed(t *testing.T) {
	var wide []byte
	for _, u := range utf16.Encode([]rune("admin: {}\n")) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	for _, c := range []struct{ name, text, want string }{
		{"byte order mark", "\ufeffadmin: {}\n", "1:1: the file begins with a byte order mark: write it without"},
		{"UTF-16 with its mark", "\xff\xfe" + string(wide), "1:1: the file is UTF-16: write it in UTF-8"},
		{"UTF-16 the other way", "\xfe\xff\x00a", "1:1: the file is UTF-16: write it in UTF-8"},
		{"UTF-16 without a mark", string(wide), "1:2: a NUL byte stands here (is the file UTF-16? write it in UTF-8)"},
		{"NUL inside a string", "data:\n  dir: 'ä\x00'\n", "2:10: a NUL byte stands here (is the file UTF-16? write it in UTF-8)"},
		{"Latin-1", "data:\n  dir: M\xfcnchen\n", "2:9: this is not UTF-8"},
		{"2 MiB and one byte", strings.Repeat("#", maxFile+1), "1:1: the file is larger than 2 MiB"},
		{"41 levels deep", strings.Repeat("{x: ", 41) + strings.Repeat("}", 41), "1:161: nested deeper than 40 levels"},
		{"deeper than the parser goes", strings.Repeat("[", 20_000), "1:10001: nested deeper than 40 levels"},
		{"a control character", "data: {dir: \x1b[31m}", "1:13: a control character stands here"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, problems := Parse("eagre.yaml", []byte(c.text))
			wantSame(t, "configuration", Config{}, got)
			if len(problems) == 0 || problems[len(problems)-1].String() != "eagre.yaml:"+c.want {
				t.Errorf("problems: got\n%swant last\neagre.yaml:%s", textOf(problems), c.want)
			}
		})
	}
}

func TestTwoMebibytesAreStillRead(t *testing.T) {
	parsed(t, strings.Repeat("#", maxFile))
}

// A bomb of aliases is a few hundred bytes that stand for gigabytes. No alias is
// ever followed.
func TestAnAliasBombIsNotUnfolded(t *testing.T) {
	var b strings.Builder
	b.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := byte('1'); i <= '9'; i++ {
		b.WriteString("a" + string(i) + ": &a" + string(i) + " [" + strings.Repeat("*a"+string(i-1)+", ", 10) + "]\n")
	}
	_, problems := Parse("eagre.yaml", []byte(b.String()))
	if got, want := len(problems), 10+9*10+10; got != want {
		t.Errorf("problems: got %d, want %d: each anchor, each alias, each unknown key", got, want)
	}
}

func TestALongListOfProblemsEnds(t *testing.T) {
	for _, c := range []struct {
		name, text string
		refused    bool
	}{
		{"errors", "networks: {dark: [" + strings.Repeat("x,", 2000) + "]}", true},
		{"warnings", "networks: {dark: [" + strings.Repeat("10.0.0.1/8,", 2000) + "]}", false},
		{"an error behind them", "networks: {dark: [" + strings.Repeat("10.0.0.1/8,", 2000) + "x]}", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, problems := Parse("eagre.yaml", []byte(c.text))
			if got, want := len(problems), maxProblems+1; got != want {
				t.Errorf("problems: got %d, want %d", got, want)
			}
			if got := HasErrors(problems); got != c.refused {
				t.Errorf("errors: got %v, want %v", got, c.refused)
			}
			if last := problems[maxProblems].Message; !strings.HasSuffix(last, "further problems are not shown") {
				t.Errorf("last: got %q", last)
			}
		})
	}
}
