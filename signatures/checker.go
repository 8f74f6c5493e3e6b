package signatures

import (
	"fmt"
	"math"

	"github.com/expr-lang/expr/ast"
)

// kind is what a part of an expression stands for.
type kind uint8

const (
	bad kind = iota // already reported
	number
	fraction // a number that need not be whole
	boolean
	address
	text
	size // packet_size: a ratio that is only compared
	list
)

func (k kind) String() string {
	return [...]string{"a mistake", "a number", "a number", "true or false", "an address", "text", "a packet size", "a list"}[k]
}

func (k kind) numeric() bool { return k == number || k == fraction }

// finding is a problem at a rune of the expression.
type finding struct {
	at       int // rune offset
	severity Severity
	message  string
}

// checker walks the syntax tree of an expression before expr does. It lets pass
// what is on the allow-list (reliability rows 87 to 93) and says about everything
// else where it is and what would be right. It goes on after a mistake.
type checker struct {
	findings []finding
}

func (c *checker) fail(n ast.Node, format string, args ...any) kind {
	c.findings = append(c.findings, finding{n.Location().From, Error, fmt.Sprintf(format, args...)})
	return bad
}

func (c *checker) warn(n ast.Node, format string, args ...any) {
	c.findings = append(c.findings, finding{n.Location().From, Warning, fmt.Sprintf(format, args...)})
}

func (c *checker) notAvailable(n ast.Node, what string) kind {
	return c.fail(n, "%q is not available in signatures", what)
}

// kind says what a node stands for, having checked everything below it.
func (c *checker) kind(n ast.Node) kind {
	switch n := n.(type) {
	case *ast.IntegerNode:
		return number
	case *ast.FloatNode:
		return c.float(n)
	case *ast.BoolNode:
		return boolean
	case *ast.StringNode:
		return text
	case *ast.IdentifierNode:
		return c.field(n)
	case *ast.UnaryNode:
		return c.unary(n)
	case *ast.BinaryNode:
		return c.binary(n)
	case *ast.CallNode:
		return c.call(n)
	case *ast.ArrayNode:
		return c.list(n)
	}
	return c.notAvailable(n, constructName(n))
}

// constructName is how the author wrote a construct that is not available.
func constructName(n ast.Node) string {
	switch n := n.(type) {
	case *ast.BuiltinNode:
		return n.Name
	case *ast.VariableDeclaratorNode:
		return "let"
	case *ast.ConditionalNode:
		if !n.Ternary {
			return "if"
		}
		return "? :"
	case *ast.SequenceNode:
		return ";"
	case *ast.MemberNode, *ast.ChainNode:
		return "."
	case *ast.SliceNode:
		return "[:]"
	case *ast.MapNode:
		return "{}"
	case *ast.NilNode:
		return "nil"
	case *ast.BytesNode:
		return `b""`
	}
	return "#"
}

// float keeps to numbers that counters can be compared with exactly.
func (c *checker) float(n *ast.FloatNode) kind {
	if math.Abs(n.Value) > 1<<53 {
		return c.fail(n, "%v is too large to be compared exactly; write it as a whole number", n.Value)
	}
	return fraction
}

func (c *checker) field(n *ast.IdentifierNode) kind {
	if isAddress(n) {
		return address
	}
	switch n.Value {
	case "packet_size":
		return size
	case "fragment", "syn_alone":
		return boolean
	}
	if _, ok := columnNamed(n.Value); ok {
		return number
	}
	return c.fail(n, "unknown field %s%s", short(n.Value), didYouMeanField(n.Value, fieldNames()))
}

// fieldNames is every name that an expression may use.
func fieldNames() []string {
	names := []string{"syn_alone"}
	for _, a := range addresses {
		names = append(names, a.name)
	}
	for _, c := range columns {
		names = append(names, c.name)
	}
	return names
}

func (c *checker) unary(n *ast.UnaryNode) kind {
	k := c.kind(n.Node)
	switch n.Operator {
	case "!", "not":
		return c.want(n, n.Operator, boolean, k)
	}
	if k == size {
		return c.sizeOnly(n)
	}
	if k == fraction {
		return fraction
	}
	return c.want(n, n.Operator, number, k)
}

// want reports an operand of the wrong kind; the result is of the wanted kind.
func (c *checker) want(n ast.Node, op string, want, got kind) kind {
	if got != want && got != bad {
		return c.fail(n, "%q needs %s, this is %s", op, want, got)
	}
	return want
}

func (c *checker) sizeOnly(n ast.Node) kind {
	return c.fail(n, "packet_size can only be compared with a constant whole number: it stands for bytes against N × packets")
}

func (c *checker) list(n *ast.ArrayNode) kind {
	for _, element := range n.Nodes {
		c.kind(element)
	}
	return list
}

func (c *checker) call(n *ast.CallNode) kind {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		return c.notAvailable(n, ".")
	}
	if callee.Value != hasFlags {
		return c.unknownCall(callee)
	}
	if len(n.Arguments) != 1 {
		return c.fail(n, `flags takes one text of letters out of %s, as in flags("SA")`, flagLetters)
	}
	letters, ok := constantText(n.Arguments[0])
	if _, wrong, valid := flagBits(letters); !ok || !valid {
		if wrong != 0 {
			return c.fail(n, "flags: %q is no TCP flag; the letters are %s", wrong, flagLetters)
		}
		return c.fail(n, `flags takes one text of letters out of %s, as in flags("SA")`, flagLetters)
	}
	return boolean
}

func (c *checker) unknownCall(callee *ast.IdentifierNode) kind {
	if _, ok := columnNamed(callee.Value); ok || isAddress(callee) || callee.Value == "syn_alone" {
		return c.fail(callee, "%q is a field, not a function", callee.Value)
	}
	return c.fail(callee, "%s is not available in signatures%s", short(callee.Value), didYouMeanField(callee.Value, []string{hasFlags}))
}
