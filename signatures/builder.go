package signatures

import (
	"fmt"
	"math"

	"github.com/expr-lang/expr/ast"
)

// builder turns the typed and folded tree into predicates. "not" is pushed down
// to the leaves, so that a predicate's bounds are known in either sense.
type builder struct {
	// findings are comparisons that are always or never true, each said once.
	findings []finding
}

// node builds the predicate of a condition, or of its opposite.
func (u *builder) node(n ast.Node, opposite bool) (predicate, error) {
	switch n := n.(type) {
	case *ast.BoolNode:
		return constant(n.Value != opposite), nil
	case *ast.UnaryNode:
		return u.node(n.Node, !opposite)
	case *ast.IdentifierNode:
		return flagWord(n.Value, opposite)
	case *ast.CallNode:
		return u.call(n, opposite)
	case *ast.BinaryNode:
		return u.binary(n, opposite)
	}
	return nil, fmt.Errorf("no predicate for %T", n)
}

func (u *builder) binary(n *ast.BinaryNode, opposite bool) (predicate, error) {
	switch n.Operator {
	case "and", "&&":
		return u.junction(n, opposite, opposite)
	case "or", "||":
		return u.junction(n, opposite, !opposite)
	case "in":
		return u.membership(n, opposite)
	}
	if truth, condition := boolSide(n); condition != nil {
		return u.node(condition, opposite != (truth != (n.Operator == "==")))
	}
	return u.compare(n, opposite)
}

// junction joins both sides; by De Morgan the opposite of "and" is an "or" of
// opposites.
func (u *builder) junction(n *ast.BinaryNode, opposite, either bool) (predicate, error) {
	left, err := u.node(n.Left, opposite)
	if err != nil {
		return nil, err
	}
	right, err := u.node(n.Right, opposite)
	if err != nil {
		return nil, err
	}
	if either {
		return newSome([]predicate{left, right}), nil
	}
	return newAll([]predicate{left, right}), nil
}

// boolSide finds the constant in fragment == true and returns the other side.
func boolSide(n *ast.BinaryNode) (bool, ast.Node) {
	if truth, ok := n.Left.(*ast.BoolNode); ok {
		return truth.Value, n.Right
	}
	if truth, ok := n.Right.(*ast.BoolNode); ok {
		return truth.Value, n.Left
	}
	return false, nil
}

// flagWord is a field that is true or false by itself.
func flagWord(name string, opposite bool) (predicate, error) {
	switch name {
	case "fragment":
		return newWithin(fragment, between(1, 1).orOpposite(fragment, opposite)), nil
	case "syn_alone":
		return tcpWith(synAloneMask, flagSYN, opposite), nil
	}
	return nil, fmt.Errorf("no condition named %q", name)
}

// tcpWith is TCP whose flags under the mask are as wanted, or the opposite.
func tcpWith(mask, want uint8, opposite bool) predicate {
	tcp := newWithin(proto, between(protoTCP, protoTCP).orOpposite(proto, opposite))
	flags := newWithin(tcpFlags, flagValues(mask, want).orOpposite(tcpFlags, opposite))
	if opposite {
		return newSome([]predicate{tcp, flags})
	}
	return newAll([]predicate{tcp, flags})
}

// orOpposite is the set, or all else that the column can hold.
func (s spans) orOpposite(c columnID, opposite bool) spans {
	if opposite {
		return s.not(columns[c].all)
	}
	return s
}

// call builds what rewrite has put in place.
func (u *builder) call(n *ast.CallNode, opposite bool) (predicate, error) {
	callee, ok := n.Callee.(*ast.IdentifierNode)
	if !ok {
		return nil, fmt.Errorf("no predicate for a call of %T", n.Callee)
	}
	switch callee.Value {
	case inNetworks:
		nets, _ := n.Arguments[1].(*ast.ConstantNode)
		column, _ := addressNamed(n.Arguments[0].String())
		return &inside{column.values, nets.Value.(*networks), opposite}, nil
	case sameAddress:
		a, _ := addressNamed(n.Arguments[0].String())
		b, _ := addressNamed(n.Arguments[1].String())
		return &same{a.values, b.values, opposite}, nil
	case compareSize:
		op, _ := constantText(n.Arguments[2])
		size, _ := constantInt(n.Arguments[3])
		return u.leaf(n, packetSize, sizeSet(op, size), opposite), nil
	case hasFlags:
		letters, _ := constantText(n.Arguments[2])
		bits, _, _ := flagBits(letters)
		return tcpWith(bits, bits, opposite), nil
	}
	return nil, fmt.Errorf("no predicate for %s", callee.Value)
}

// leaf is a column against constants; what no flow can change is a finding.
func (u *builder) leaf(n ast.Node, c columnID, set spans, opposite bool) predicate {
	p := newWithin(c, set.and(between(columns[c].all.lo, columns[c].all.hi)).orOpposite(c, opposite))
	if truth, settled := p.(constant); settled {
		u.findings = append(u.findings, finding{
			n.Location().From, Warning,
			fmt.Sprintf("this comparison is %s true: %s is %s", often(bool(truth) != opposite), columns[c].name, columns[c].domain()),
		})
	}
	return p
}

func often(always bool) string {
	if always {
		return "always"
	}
	return "never"
}

// domain says in words what values a column can have.
func (c *column) domain() string {
	if c.all.hi >= math.MaxInt64/2 {
		return "0 or more"
	}
	return fmt.Sprintf("%d to %d", c.all.lo, c.all.hi)
}
