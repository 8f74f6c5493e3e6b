package signatures

import (
	"strings"

	yaml "go.yaml.in/yaml/v4"
)

// expression compiles the rule's expr and puts what is found at its place in the
// file.
func (r *ruleReader) expression(n *yaml.Node) {
	if n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null" {
		r.fail(n, "expr must be text, it is %s", nodeWord(n))
		return
	}
	starts := r.lineStarts(n)
	if starts == nil {
		r.fail(n, "the place of a mistake could not be shown in an expression written like this; write it as a block: expr: |")
		return
	}
	r.Expr = strings.TrimSpace(n.Value)
	predicate, findings := compileExpression(n.Value)
	r.predicate = predicate
	for _, f := range findings {
		line, col := locate(n.Value, f.at, starts)
		r.problems = append(r.problems, r.problem(line, col, f.severity, "%s", f.message))
	}
}

// lineStart is where a line of the expression begins in the file.
type lineStart struct{ line, col int }

// lineStarts finds each line of the value in the file. A literal block starts in
// the line after its "|", at the block's indentation; a value on the key's own
// line starts behind the key. Anything that YAML folds or unescapes has no such
// places, and the result is nil.
func (r *ruleReader) lineStarts(n *yaml.Node) []lineStart {
	if n.Style&yaml.LiteralStyle != 0 {
		return r.blockStarts(n)
	}
	col := n.Column
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		col++
	}
	raw := []rune(r.line(r.offset + n.Line))
	if n.Style&yaml.FoldedStyle != 0 || col > len(raw)+1 || !strings.HasPrefix(string(raw[col-1:]), n.Value) {
		return nil
	}
	return []lineStart{{r.offset + n.Line, col}}
}

func (r *ruleReader) blockStarts(n *yaml.Node) []lineStart {
	var starts []lineStart
	for i, text := range strings.Split(n.Value, "\n") {
		at := r.offset + n.Line + 1 + i
		raw := r.line(at)
		if text != "" && !strings.HasSuffix(raw, text) {
			return nil
		}
		starts = append(starts, lineStart{at, 1 + len([]rune(raw)) - len([]rune(text))})
	}
	return starts
}

// locate turns a rune offset in the expression into a line and column of the file.
func locate(source string, at int, starts []lineStart) (line, col int) {
	runes := []rune(strings.TrimRight(source, " \n\t"))
	row, col := 0, 0
	for _, r := range runes[:min(at, len(runes))] { // the end is behind the last word
		if col++; r == '\n' {
			row, col = row+1, 0
		}
	}
	return starts[row].line, starts[row].col + col
}
