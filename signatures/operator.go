package signatures

import (
	"strings"

	"github.com/expr-lang/expr/ast"
)

// binary checks an operator with two sides.
func (c *checker) binary(n *ast.BinaryNode) kind {
	switch n.Operator {
	case "and", "&&", "or", "||":
		left := c.want(n.Left, n.Operator, boolean, c.kind(n.Left))
		right := c.want(n.Right, n.Operator, boolean, c.kind(n.Right))
		return both(boolean, left, right)
	case "==", "!=":
		return c.equality(n)
	case "<", "<=", ">", ">=":
		return c.order(n)
	case "in":
		return c.membership(n)
	case "+", "-", "*", "/", "%":
		return c.arithmetic(n)
	case "matches", "contains", "startsWith", "endsWith":
		return c.textual(n)
	}
	return c.notAvailable(n, n.Operator)
}

// both is the result of an operator, unless a side was a mistake.
func both(result, left, right kind) kind {
	if left == bad || right == bad {
		return bad
	}
	return result
}

func (c *checker) equality(n *ast.BinaryNode) kind {
	left, right := c.kind(n.Left), c.kind(n.Right)
	switch {
	case left == bad || right == bad:
		return bad
	case left.numeric() && right.numeric(), left == address && right == address:
		return boolean
	case left == size || right == size:
		return c.sizeAgainst(n)
	case left == boolean && right == boolean:
		return c.truth(n)
	case left == address && right == text:
		return c.prefix(n.Right, true)
	case left == text && right == address:
		return c.prefix(n.Left, true)
	}
	return c.mismatch(n, left, right)
}

// truth allows fragment == true; anything richer is clearer with && and ||.
func (c *checker) truth(n *ast.BinaryNode) kind {
	_, left := n.Left.(*ast.BoolNode)
	_, right := n.Right.(*ast.BoolNode)
	if !left && !right {
		return c.fail(n, "%q between two conditions is not available in signatures; use && and ||", n.Operator)
	}
	return boolean
}

func (c *checker) order(n *ast.BinaryNode) kind {
	left, right := c.kind(n.Left), c.kind(n.Right)
	switch {
	case left == bad || right == bad:
		return bad
	case left.numeric() && right.numeric():
		return boolean
	case left == size || right == size:
		return c.sizeAgainst(n)
	case left == address || right == address:
		return c.fail(n, "%q compares numbers, but %s is %s and %s is %s; an address is compared with ==, != or in",
			n.Operator, quote(n.Left), left, quote(n.Right), right)
	}
	return c.mismatch(n, left, right)
}

func (c *checker) mismatch(n *ast.BinaryNode, left, right kind) kind {
	return c.fail(n, "%q cannot compare %s with %s", n.Operator, left, right)
}

func quote(n ast.Node) string {
	s := []rune(n.String())
	if len(s) > 32 {
		s = append(s[:32], '…')
	}
	return string(s)
}

// sizeAgainst checks that packet_size meets a constant.
func (c *checker) sizeAgainst(n *ast.BinaryNode) kind {
	if !isConstant(n.Left) && !isConstant(n.Right) {
		return c.sizeOnly(n)
	}
	return boolean
}

func (c *checker) membership(n *ast.BinaryNode) kind {
	left := c.kind(n.Left)
	if r, ok := n.Right.(*ast.BinaryNode); ok && r.Operator == ".." {
		return c.fail(r, `".." is not available in signatures; write %s >= … && %s <= …`, quote(n.Left), quote(n.Left))
	}
	right := c.kind(n.Right)
	switch {
	case left == bad || right == bad:
		return bad
	case left == address && right == text:
		return c.prefix(n.Right, false)
	case right != list:
		return c.fail(n, `"in" needs a list or, for an address, a prefix on its right; this is %s`, right)
	case left == address:
		return c.prefixes(n.Right)
	case left.numeric() || left == size:
		return c.wholeNumbers(n.Right)
	}
	return c.fail(n, `"in" asks about a number or an address, not about %s`, left)
}

func (c *checker) prefixes(n ast.Node) kind {
	result := boolean
	for _, element := range c.filled(n) {
		result = both(result, c.prefix(element, false), boolean)
	}
	return result
}

func (c *checker) wholeNumbers(n ast.Node) kind {
	result := boolean
	for _, element := range c.filled(n) {
		if !isConstant(element) {
			result = c.fail(element, `a list after "in" holds constant whole numbers only`)
		}
	}
	return result
}

// filled is the elements of a list, which must have some.
func (c *checker) filled(n ast.Node) []ast.Node {
	nodes := elements(n)
	if len(nodes) == 0 {
		c.fail(n, "the list is empty, so nothing is in it")
	}
	return nodes
}

// prefix checks an address or, unless single, a prefix written as text.
func (c *checker) prefix(n ast.Node, single bool) kind {
	s, ok := constantText(n)
	if !ok {
		return c.fail(n, "an address is compared with constant text")
	}
	p, moved, err := parsePrefix(s)
	switch {
	case err != nil:
		return c.fail(n, "%v", err)
	case single && strings.Contains(s, "/"):
		return c.fail(n, `%s is a prefix; use "in" instead of "=="`, short(s))
	case moved:
		c.warn(n, "%s has bits set behind its mask; it is read as %s", s, p)
	}
	return boolean
}

func (c *checker) arithmetic(n *ast.BinaryNode) kind {
	left, right := c.kind(n.Left), c.kind(n.Right)
	switch {
	case left == bad || right == bad:
		return bad
	case left == size || right == size:
		return c.sizeOnly(n)
	case left == text || right == text:
		return c.fail(n, "%q on text is not available in signatures", n.Operator)
	case !left.numeric() || !right.numeric():
		return c.fail(n, "%q needs numbers, but %s is %s and %s is %s", n.Operator, quote(n.Left), left, quote(n.Right), right)
	case n.Operator == "/" || n.Operator == "%":
		return c.division(n, left, right)
	case left == fraction || right == fraction:
		return fraction
	}
	return number
}

// division keeps a rule from failing at night: the divisor is known now.
func (c *checker) division(n *ast.BinaryNode, left, right kind) kind {
	if n.Operator == "%" && (left == fraction || right == fraction) {
		return c.fail(n, `"%%" needs whole numbers`)
	}
	divisor, known := constantInt(n.Right)
	if f, ok := n.Right.(*ast.FloatNode); ok {
		known, divisor = true, 1
		if f.Value == 0 {
			divisor = 0
		}
	}
	switch {
	case !known:
		return c.fail(n, "%q needs a constant on its right, which no flow can make zero (bytes per packet is packet_size)", n.Operator)
	case divisor == 0:
		return c.fail(n, "division by zero")
	case n.Operator == "%":
		return number
	}
	return fraction
}

// textual answers the operators on text: no field is text.
func (c *checker) textual(n *ast.BinaryNode) kind {
	left := c.kind(n.Left)
	if left == bad {
		return bad
	}
	if _, ok := constantText(n.Right); !ok {
		return c.fail(n, "%q: the pattern must be a constant; and flow fields are numbers and addresses, not text", n.Operator)
	}
	return c.fail(n, "%q is not available on %s: flow fields are numbers and addresses, not text; use ==, < or in", n.Operator, left)
}
