package signatures

import (
	"fmt"
	"math"

	"github.com/expr-lang/expr/ast"
)

// compare builds a comparison of numbers: a leaf where a column meets a constant.
func (u *builder) compare(n *ast.BinaryNode, opposite bool) (predicate, error) {
	left, err := u.quantity(n.Left)
	if err != nil {
		return nil, err
	}
	right, err := u.quantity(n.Right)
	if err != nil {
		return nil, err
	}
	op := n.Operator
	if _, ok := right.(columnValue); ok {
		left, right, op = right, left, mirrored(op)
	}
	column, ok := left.(columnValue)
	switch limit := right.(type) {
	case wholeConstant:
		if ok {
			return u.leaf(n, columnID(column), wholeSet(op, int64(limit)), opposite), nil
		}
	case realConstant:
		if ok {
			return u.leaf(n, columnID(column), fractionSet(op, float64(limit)), opposite), nil
		}
	}
	return decide(&comparison{op, left, right, opposite}), nil
}

// decide works out a comparison of constants, and leaves any other alone.
func decide(c *comparison) predicate {
	if isFixed(c.left) && isFixed(c.right) {
		return constant(c.test(nil, 0))
	}
	return c
}

func isFixed(q quantity) bool {
	switch q.(type) {
	case wholeConstant, realConstant:
		return true
	}
	return false
}

// membership is a number in a list of whole numbers. expr has folded the list
// into a constant.
func (u *builder) membership(n *ast.BinaryNode, opposite bool) (predicate, error) {
	left, err := u.quantity(n.Left)
	if err != nil {
		return nil, err
	}
	values, err := wholeNumbers(n.Right)
	if err != nil {
		return nil, err
	}
	if column, ok := left.(columnValue); ok {
		var set spans
		for _, v := range values {
			set = append(set, span{v, v})
		}
		return u.leaf(n, columnID(column), set.or(nil), opposite), nil
	}
	var tests []predicate
	for _, v := range values {
		tests = append(tests, decide(&comparison{"==", left, wholeConstant(v), opposite}))
	}
	if opposite {
		return newAll(tests), nil
	}
	return newSome(tests), nil
}

// wholeNumbers reads a list in any of the forms that folding leaves.
func wholeNumbers(n ast.Node) (values []int64, err error) {
	constant, ok := n.(*ast.ConstantNode)
	if !ok {
		return nil, fmt.Errorf("no list in %T", n)
	}
	switch list := constant.Value.(type) {
	case map[int]struct{}:
		for v := range list {
			values = append(values, int64(v))
		}
		return values, nil
	case []any:
		for _, v := range list {
			whole, ok := v.(int)
			if !ok {
				return nil, fmt.Errorf("%v is no whole number", v)
			}
			values = append(values, int64(whole))
		}
		return values, nil
	}
	return nil, fmt.Errorf("no list in %T", constant.Value)
}

// quantity builds a number.
func (u *builder) quantity(n ast.Node) (quantity, error) {
	switch n := n.(type) {
	case *ast.IntegerNode:
		return wholeConstant(n.Value), nil
	case *ast.FloatNode:
		if math.IsInf(n.Value, 0) || math.IsNaN(n.Value) || math.Abs(n.Value) > 1<<53 {
			return nil, fmt.Errorf("%v is too large to be compared exactly", n.Value)
		}
		return realConstant(n.Value), nil
	case *ast.IdentifierNode:
		if c, ok := columnNamed(n.Value); ok {
			return columnValue(c), nil
		}
	case *ast.UnaryNode:
		q, err := u.quantity(n.Node)
		if err != nil || n.Operator == "+" {
			return q, err
		}
		return newOperation('-', wholeConstant(0), q), nil
	case *ast.BinaryNode:
		return u.operation(n)
	}
	return nil, fmt.Errorf("no number in %T", n)
}

func (u *builder) operation(n *ast.BinaryNode) (quantity, error) {
	left, err := u.quantity(n.Left)
	if err != nil {
		return nil, err
	}
	right, err := u.quantity(n.Right)
	if err != nil {
		return nil, err
	}
	return newOperation(n.Operator[0], left, right), nil
}
