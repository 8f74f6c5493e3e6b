package signatures

import (
	"math/bits"
	"net/netip"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"

	"eagre/flow"
)

// The limits of an expression.
const (
	maxExpression = 4 << 10 // bytes
	maxNodes      = 512
	maxNesting    = 32
)

// environment is one flow as expr sees it: the types that expressions are
// checked against. packet_size is missing on purpose: rewrite turns every use of
// it into a question about bytes and packets.
type environment struct {
	SrcAddr        flow.IP `expr:"src_addr"`
	DstAddr        flow.IP `expr:"dst_addr"`
	NextHop        flow.IP `expr:"next_hop"`
	SamplerAddress flow.IP `expr:"sampler_address"`
	SrcPort        int     `expr:"src_port"`
	DstPort        int     `expr:"dst_port"`
	Proto          int     `expr:"proto"`
	TCPFlags       int     `expr:"tcp_flags"`
	IPTOS          int     `expr:"ip_tos"`
	InIf           int     `expr:"in_if"`
	OutIf          int     `expr:"out_if"`
	SrcAS          int     `expr:"src_as"`
	DstAS          int     `expr:"dst_as"`
	SrcNet         int     `expr:"src_net"`
	DstNet         int     `expr:"dst_net"`
	Bytes          int     `expr:"bytes"`
	Packets        int     `expr:"packets"`
	SamplingRate   int     `expr:"sampling_rate"`
	Domain         int     `expr:"observation_domain_id"`
	Direction      int     `expr:"flow_direction"`
	Forwarding     int     `expr:"forwarding_status"`
	App            int     `expr:"app"`
	RTT            int     `expr:"rtt_us"`
	Fragment       bool    `expr:"fragment"`
	SYNAlone       bool    `expr:"syn_alone"`
}

// The functions that rewrite puts into the tree. Their names are not in the
// allow-list, so no rule can call them.
const (
	inNetworks  = "in_networks"
	sameAddress = "same_address"
	compareSize = "compare_size"
	hasFlags    = "flags"
)

// compile has expr parse, type-check and fold an expression that the checker has
// passed. The tree is what we go on with; the program is the tests' oracle.
func compile(source string) (*vm.Program, error) {
	return expr.Compile(source, expr.Env(environment{}), expr.AsBool(), expr.MaxNodes(maxNodes), expr.DisableAllBuiltins(),
		function(inNetworks, func(ip flow.IP, n *networks) bool { return contains(n.prefixes, ip.Addr()) }),
		function(sameAddress, func(a, b flow.IP) bool { return a == b && !a.IsZero() }),
		expr.Function(compareSize, func(p ...any) (any, error) {
			return sizeCompares(p[0].(int), p[1].(int), p[2].(string), p[3].(int)), nil
		}, new(func(bytes, packets int, op string, size int) bool)),
		expr.Function(hasFlags, func(p ...any) (any, error) {
			want, _, _ := flagBits(p[2].(string))
			return p[0].(int) == protoTCP && p[1].(int)&int(want) == int(want), nil
		}, new(func(proto, flags int, letters string) bool)),
		expr.Patch(rewrite{}))
}

// function makes a typed expr function of two arguments.
func function[A, B any](name string, f func(A, B) bool) expr.Option {
	return expr.Function(name, func(p ...any) (any, error) { return f(p[0].(A), p[1].(B)), nil }, new(func(A, B) bool))
}

// parse reads the syntax of an expression, without types.
func parse(source string) (ast.Node, error) {
	config := conf.CreateNew()
	config.MaxNodes = maxNodes
	tree, err := parser.ParseWithConfig(source, config)
	if err != nil {
		return nil, err
	}
	return tree.Node, nil
}

// rewrite turns the words that are ours into calls before expr checks types:
// addresses against constant text, packet_size against a constant, flags.
type rewrite struct{}

// Visit implements ast.Visitor.
func (rewrite) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.BinaryNode:
		if replacement := rewriteBinary(n); replacement != nil {
			ast.Patch(node, replacement)
		}
	case *ast.CallNode:
		if isName(n.Callee, hasFlags) && len(n.Arguments) == 1 {
			n.Arguments = []ast.Node{name("proto"), name("tcp_flags"), n.Arguments[0]}
		}
	}
}

func rewriteBinary(n *ast.BinaryNode) ast.Node {
	left, right, op := n.Left, n.Right, n.Operator
	if _, constant := constantText(left); constant || isConstant(left) {
		left, right, op = right, left, mirrored(op)
	}
	switch {
	case isName(left, "packet_size"):
		return rewriteSize(op, right)
	case isAddress(left) && isAddress(right):
		return negated(op, call(sameAddress, left, right))
	case isAddress(left):
		prefixes, ok := constantPrefixes(right)
		if !ok {
			return nil
		}
		return negated(op, call(inNetworks, left, &ast.ConstantNode{Value: newNetworks(prefixes)}))
	}
	return nil
}

func rewriteSize(op string, right ast.Node) ast.Node {
	if op != "in" {
		return sizeCall(op, right)
	}
	var any ast.Node
	for _, element := range elements(right) {
		test := sizeCall("==", element)
		if any == nil {
			any = test
			continue
		}
		any = &ast.BinaryNode{Operator: "||", Left: any, Right: test}
	}
	return any
}

func sizeCall(op string, size ast.Node) ast.Node {
	value, ok := constantInt(size)
	if !ok {
		return nil
	}
	return call(compareSize, name("bytes"), name("packets"), &ast.StringNode{Value: op}, &ast.IntegerNode{Value: int(value)})
}

// negated puts a "not" before the test when the operator was "!=".
func negated(op string, test ast.Node) ast.Node {
	if op == "!=" {
		return &ast.UnaryNode{Operator: "!", Node: test}
	}
	return test
}

// mirrored is the operator that says the same with the sides exchanged.
func mirrored(op string) string {
	switch op {
	case "<":
		return ">"
	case "<=":
		return ">="
	case ">":
		return "<"
	case ">=":
		return "<="
	}
	return op
}

func call(function string, arguments ...ast.Node) ast.Node {
	return &ast.CallNode{Callee: name(function), Arguments: arguments}
}

func name(s string) ast.Node { return &ast.IdentifierNode{Value: s} }

// contains asks prefix by prefix: the plain meaning of "in".
func contains(prefixes []netip.Prefix, a netip.Addr) bool {
	for _, p := range prefixes {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// sizeCompares compares bytes with size × packets in 128 bits: the plain meaning
// of a comparison with packet_size. A flow without packets has no size, so only
// "!=" is true of it.
func sizeCompares(bytes, packets int, op string, size int) bool {
	if packets <= 0 || size < 0 {
		return packets > 0 && (op == ">" || op == ">=") || op == "!="
	}
	hi, lo := bits.Mul64(uint64(packets), uint64(size))
	less, equal := hi > 0 || uint64(bytes) < lo, hi == 0 && uint64(bytes) == lo
	switch op {
	case "==":
		return equal
	case "!=":
		return !equal
	case "<":
		return less
	case "<=":
		return less || equal
	case ">":
		return !less && !equal
	}
	return !less
}
