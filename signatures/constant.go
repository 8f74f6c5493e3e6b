package signatures

import (
	"net/netip"

	"github.com/expr-lang/expr/ast"
)

// constantInt works out a whole number that is written with + - * and signs,
// such as 376 + 28.
func constantInt(n ast.Node) (int64, bool) {
	switch n := n.(type) {
	case *ast.IntegerNode:
		return int64(n.Value), true
	case *ast.UnaryNode:
		v, ok := constantInt(n.Node)
		if n.Operator == "-" {
			v = -v
		}
		return v, ok && (n.Operator == "-" || n.Operator == "+")
	case *ast.BinaryNode:
		a, left := constantInt(n.Left)
		b, right := constantInt(n.Right)
		if !left || !right {
			return 0, false
		}
		switch n.Operator {
		case "+":
			return a + b, true
		case "-":
			return a - b, true
		case "*":
			return a * b, true
		}
	}
	return 0, false
}

func isConstant(n ast.Node) bool {
	_, ok := constantInt(n)
	return ok
}

func constantText(n ast.Node) (string, bool) {
	if text, ok := n.(*ast.StringNode); ok {
		return text.Value, true
	}
	return "", false
}

// constantPrefixes reads one text or a list of texts as prefixes.
func constantPrefixes(n ast.Node) ([]netip.Prefix, bool) {
	texts := []ast.Node{n}
	if _, ok := n.(*ast.ArrayNode); ok {
		texts = elements(n)
	}
	var prefixes []netip.Prefix
	for _, element := range texts {
		text, ok := constantText(element)
		if !ok {
			return nil, false
		}
		p, _, err := parsePrefix(text)
		if err != nil {
			return nil, false
		}
		prefixes = append(prefixes, p)
	}
	return prefixes, true
}

func elements(n ast.Node) []ast.Node {
	if array, ok := n.(*ast.ArrayNode); ok {
		return array.Nodes
	}
	return nil
}

func isName(n ast.Node, name string) bool {
	identifier, ok := n.(*ast.IdentifierNode)
	return ok && identifier.Value == name
}

func isAddress(n ast.Node) bool {
	identifier, ok := n.(*ast.IdentifierNode)
	if !ok {
		return false
	}
	_, ok = addressNamed(identifier.Value)
	return ok
}
