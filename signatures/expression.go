package signatures

import (
	"errors"
	"fmt"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser/lexer"
)

// compileExpression turns the text of an expression into a predicate. Without
// errors among the findings there is a predicate, and the other way round.
func compileExpression(source string) (predicate, []finding) {
	if len(source) > maxExpression {
		return nil, one(0, "the expression has %d bytes (limit %d)", len(source), maxExpression)
	}
	if strings.TrimSpace(source) == "" {
		return nil, one(0, "the expression is empty")
	}
	if at, deep := nestedTooDeep(source); deep {
		return nil, one(at, "brackets are nested deeper than %d (limit %d)", maxNesting, maxNesting)
	}
	tree, err := parse(source)
	if err != nil {
		return nil, []finding{syntaxFinding(err)}
	}
	if n := deeper(tree, maxNesting); n != nil {
		return nil, one(n.Location().From, "operators are nested deeper than %d (limit %d)", maxNesting, maxNesting)
	}
	findings := check(tree)
	if hasError(findings) {
		return nil, findings
	}
	built, more := build(source)
	return built, append(findings, more...)
}

// check runs the allow-list and asks for a condition at the root.
func check(tree ast.Node) []finding {
	var c checker
	if k := c.kind(tree); k != boolean && k != bad {
		c.fail(tree, "the expression must be true/false, it is %s", k)
	}
	return c.findings
}

// build compiles an expression that has been checked.
func build(source string) (predicate, []finding) {
	program, err := compile(source)
	if err != nil {
		return nil, []finding{syntaxFinding(err)}
	}
	var u, opposite builder
	p, err := u.node(program.Node(), false)
	if err != nil {
		return nil, one(program.Node().Location().From, "%v", err)
	}
	not, err := opposite.node(program.Node(), true)
	if err != nil {
		return nil, one(program.Node().Location().From, "%v", err)
	}
	if p.bounds().never {
		u.findings = append(u.findings, finding{firstRune(source), Warning, "this expression is never true: the rule matches no flow"})
	} else if not.bounds().never {
		u.findings = append(u.findings, finding{firstRune(source), Warning, "this expression is always true: the rule matches every flow"})
	}
	return p, u.findings
}

func firstRune(source string) int {
	return len([]rune(source)) - len([]rune(strings.TrimLeft(source, " \t\n")))
}

func one(at int, format string, args ...any) []finding {
	return []finding{{at, Error, fmt.Sprintf(format, args...)}}
}

func hasError(findings []finding) bool {
	for _, f := range findings {
		if f.severity == Error {
			return true
		}
	}
	return false
}

// syntaxFinding puts expr's syntax errors into our words.
func syntaxFinding(err error) finding {
	var at *file.Error
	if !errors.As(err, &at) {
		return finding{0, Error, err.Error()}
	}
	message := at.Message
	switch {
	case strings.Contains(message, "maximum allowed nodes"):
		message = fmt.Sprintf("the expression has more than %d nodes (limit %d)", maxNodes, maxNodes)
	case strings.Contains(message, "unexpected token EOF"):
		message = "the expression ends here, but something is missing"
	case strings.Contains(message, `Operator("=")`):
		message += ` (did you mean "=="?)`
	case strings.Contains(message, `Operator("&")`):
		message += ` (did you mean "&&"? for TCP flags: flags("SA"))`
	case strings.Contains(message, `Operator("|")`):
		message += ` (did you mean "||"?)`
	}
	return finding{at.From, Error, message}
}

// nestedTooDeep finds the first bracket that nests deeper than allowed. Brackets
// leave no trace in the tree, so the tokens are asked.
func nestedTooDeep(source string) (at int, deep bool) {
	tokens, err := lexer.Lex(file.NewSource(source))
	if err != nil {
		return 0, false // the parser will say it
	}
	depth := 0
	for _, token := range tokens {
		if token.Kind != lexer.Bracket {
			continue
		}
		if strings.Contains("([{", token.Value) {
			depth++
		} else {
			depth--
		}
		if depth > maxNesting {
			return token.From, true
		}
	}
	return 0, false
}

// deeper is a node that lies deeper than limit in the tree, or nil. A chain such
// as a || b || c is one level, however long.
func deeper(n ast.Node, limit int) ast.Node {
	if limit < 0 {
		return n
	}
	switch n := n.(type) {
	case *ast.UnaryNode:
		return deeper(n.Node, limit-1)
	case *ast.BinaryNode:
		if found := deeper(n.Left, limit); found != nil {
			return found
		}
		return deeper(n.Right, limit-1)
	}
	return nil
}
