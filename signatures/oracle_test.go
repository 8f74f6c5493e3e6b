package signatures

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"

	"eagre/flow"
)

// seen is a flow as the oracle, expr's virtual machine, sees it.
func seen(b *flow.Batch, i int) environment {
	flags := b.TCPFlags[i]
	return environment{
		SrcAddr: b.SrcAddr[i], DstAddr: b.DstAddr[i], NextHop: b.NextHop[i], SamplerAddress: b.Exporter[i],
		SrcPort: int(b.SrcPort[i]), DstPort: int(b.DstPort[i]), Proto: int(b.Proto[i]),
		TCPFlags: int(flags), IPTOS: int(b.TOS[i]), InIf: int(b.InIf[i]), OutIf: int(b.OutIf[i]),
		SrcAS: int(b.SrcAS[i]), DstAS: int(b.DstAS[i]), SrcNet: int(b.SrcMask[i]), DstNet: int(b.DstMask[i]),
		Bytes: int(min(b.Bytes[i], 1<<63-1)), Packets: int(min(b.Packets[i], 1<<63-1)), SamplingRate: int(b.SamplingRate[i]),
		Domain: int(b.Domain[i]), Direction: int(b.Direction[i]), Forwarding: int(b.Forwarding[i]), App: int(min(b.App[i], 1<<63-1)), RTT: int(b.RTT[i]),
		Fragment: b.Quality[i]&flow.Fragment != 0,
		SYNAlone: b.Proto[i] == 6 && flags&2 != 0 && flags&4 == 0 && flags&1 == 0 && flags&16 == 0,
	}
}

func oracleSays(t testing.TB, program *vm.Program, env environment) bool {
	t.Helper()
	out, err := expr.Run(program, env)
	if err != nil {
		t.Fatalf("the oracle fails: %v", err)
	}
	return out.(bool)
}

// writer makes random expressions that the language accepts.
type writer struct{ *rand.Rand }

func (w writer) pick(of ...string) string { return of[w.IntN(len(of))] }

func (w writer) condition(depth int) string {
	if depth == 0 || w.IntN(4) == 0 {
		return w.question()
	}
	switch w.IntN(5) {
	case 0:
		return w.pick("!", "not ") + "(" + w.condition(depth-1) + ")"
	case 1, 2:
		return "(" + w.condition(depth-1) + w.pick(" && ", " and ") + w.condition(depth-1) + ")"
	}
	return "(" + w.condition(depth-1) + w.pick(" || ", " or ") + w.condition(depth-1) + ")"
}

func (w writer) question() string {
	compare := func() string { return w.pick(" == ", " != ", " < ", " <= ", " > ", " >= ") }
	switch w.IntN(14) {
	case 0:
		return w.pick("fragment", "syn_alone", "!syn_alone", "true", "fragment == true", "syn_alone != true")
	case 1:
		return `flags("` + w.pick("S", "SA", "R", "F", "FSRPAUEC", "P") + `")`
	case 2:
		return w.address() + w.pick(" == ", " != ") + w.pick(`"10.0.0.1"`, `"2001:db8::1"`, `"0.0.0.0"`, `"::"`, w.address())
	case 3:
		return w.address() + w.pick(" in ", " not in ") + w.pick(`"10.0.0.0/30"`, `"2001:db8::/126"`, `"0.0.0.0/0"`, `"::/0"`,
			`["10.0.0.0/31", "10.0.0.3", "2001:db8::2/127", "10.0.0.0/32"]`)
	case 4:
		return "packet_size" + compare() + w.small()
	case 5:
		return "packet_size" + w.pick(" in ", " not in ") + "[" + w.small() + ", " + w.small() + " + 1]"
	case 6:
		return w.small() + compare() + w.pick("packet_size", w.field())
	case 7:
		return w.field() + w.pick(" in ", " not in ") + "[" + w.small() + ", " + w.small() + ", " + w.small() + "]"
	case 8:
		return w.sum(2) + compare() + w.sum(2)
	case 9:
		return w.sum(1) + w.pick(" in ", " not in ") + "[" + w.small() + ", " + w.small() + "]"
	case 10:
		return w.field() + w.pick(" in ", " not in ") + "[" + w.small() + ", 2 + " + w.small() + ", -" + w.small() + "]"
	case 11:
		return w.small() + w.pick(" < ", " <= ") + w.field() + w.pick(" < ", " <= ") + w.small()
	}
	return w.field() + compare() + w.pick(w.small(), w.small(), w.small()+".5", w.field())
}

func (w writer) small() string { return fmt.Sprint(w.IntN(8)) }
func (w writer) address() string {
	return w.pick("src_addr", "dst_addr", "next_hop", "sampler_address")
}

func (w writer) field() string {
	id := columnID(w.IntN(int(fragment)))
	return columns[id].name
}

func (w writer) sum(depth int) string {
	if depth == 0 {
		return w.pick(w.field(), w.field(), w.small(), w.small()+".25", "-"+w.field())
	}
	if w.IntN(4) == 0 {
		return "(" + w.sum(depth-1) + " / " + fmt.Sprint(1+w.IntN(5)) + ")"
	}
	if w.IntN(5) == 0 {
		return "(" + w.field() + " % " + fmt.Sprint(1+w.IntN(5)) + ")"
	}
	return "(" + w.sum(depth-1) + w.pick(" + ", " - ", " * ") + w.sum(depth-1) + ")"
}

// randomBatch is flows whose fields are small, so that random questions about
// them are answered both ways; now and then a counter is enormous.
func randomBatch(w writer, n int) *flow.Batch {
	b := flow.NewBatch()
	for range n {
		b.Append(randomRecord(w))
	}
	return b
}

func randomRecord(w writer) flow.Record {
	small := func() uint64 { return uint64(w.IntN(8)) }
	counter := func() uint64 {
		if w.IntN(50) == 0 {
			return 1<<63 - uint64(w.IntN(3)) + 1
		}
		return uint64(w.IntN(30))
	}
	address := func() netip.Addr {
		return []netip.Addr{
			{},
			netip.IPv4Unspecified(), netip.IPv6Unspecified(),
			netip.AddrFrom4([4]byte{10, 0, 0, byte(small())}), netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 15: byte(small())}),
		}[w.IntN(5)]
	}
	return flow.Record{
		Exporter: address(), SrcAddr: address(), DstAddr: address(), NextHop: address(),
		SrcPort: uint16(small()), DstPort: uint16(small()), Proto: uint8(small()), TCPFlags: uint8(w.Uint32()),
		TOS: uint8(small()), SrcMask: uint8(small()), DstMask: uint8(small()),
		SrcAS: uint32(small()), DstAS: uint32(small()), InIf: uint32(small()), OutIf: uint32(small()),
		Bytes: counter(), Packets: counter(), SamplingRate: uint32(small()), Domain: uint32(small()), Direction: flow.Direction(w.IntN(3)), Forwarding: uint8(small()), App: counter(), RTT: uint32(small()), Quality: flow.Quality(w.IntN(16)),
	}
}

// TestPredicatesSayWhatTheOracleSays: random expressions × random flows, three
// ways: row by row, as a filter over columns, and by expr's virtual machine.
func TestPredicatesSayWhatTheOracleSays(t *testing.T) {
	w := writer{rand.New(rand.NewPCG(20, 26))}
	yes, total := 0, 0
	for range 3000 {
		source := w.condition(3)
		p, findings := compileExpression(source)
		if hasError(findings) {
			t.Fatalf("%s: %v", source, findings)
		}
		program, err := compile(source)
		if err != nil {
			t.Fatalf("%s: %v", source, err)
		}
		b := randomBatch(w, 40)
		kept := fmt.Sprint(p.filter(b, rowsOf(b)))
		var tested []uint16
		for i := range b.N {
			got, want := p.test(b, i), oracleSays(t, program, seen(b, i))
			if got != want {
				t.Fatalf("%s\nrow %+v\ngot %t, the oracle says %t", source, b.Record(i), got, want)
			}
			checkBounds(t, source, p, b, i, want)
			if total++; got {
				tested, yes = append(tested, uint16(i)), yes+1
			}
		}
		if kept != fmt.Sprint(tested) && len(tested)+len(kept) > len("[]") {
			t.Fatalf("%s: the filter keeps %s, row by row it is %v", source, kept, tested)
		}
	}
	if yes < total/5 || yes > total*4/5 {
		t.Errorf("%d of %d answers are yes: the flows hardly tell expressions apart", yes, total)
	}
}

func rowsOf(b *flow.Batch) []uint16 {
	rows := make([]uint16, b.N)
	for i := range rows {
		rows[i] = uint16(i)
	}
	return rows
}

// checkBounds: what must hold of every accepted flow does hold.
func checkBounds(t *testing.T, source string, p predicate, b *flow.Batch, row int, accepted bool) {
	t.Helper()
	known := p.bounds()
	if accepted && known.never {
		t.Fatalf("%s: never true, but it is of %+v", source, b.Record(row))
	}
	for c := range columns {
		if accepted && known.known[c] && !known.set[c].has(columns[c].read(b, row)) {
			t.Fatalf("%s: %s must be in %v, but is %d", source, columns[c].name, known.set[c], columns[c].read(b, row))
		}
	}
}

// TestPacketSizeIsExactAndNeverRounds: 8081 bytes in 20 packets are no 404.
func TestPacketSizeIsExactAndNeverRounds(t *testing.T) {
	for _, c := range []struct {
		expr           string
		bytes, packets uint64
		want           bool
	}{
		{"packet_size == 404", 404, 1, true},
		{"packet_size == 404", 8080, 20, true},
		{"packet_size == 404", 8081, 20, false},
		{"packet_size == 404", 8079, 20, false},
		{"packet_size > 404", 8081, 20, true},
		{"packet_size <= 404", 8081, 20, false},
		{"packet_size < 405", 8081, 20, true},
		{"packet_size < 404", 8079, 20, true},
		{"packet_size >= 404", 8079, 20, false},
		{"packet_size != 404", 8079, 20, true},
		{"packet_size == 376 + 28", 404, 1, true},
		{"packet_size == 0", 0, 0, false},
		{"packet_size >= 0", 0, 0, false},
		{"packet_size >= 0", 0, 1, true},
		{"packet_size != 404", 0, 0, true},
		{"!(packet_size == 404)", 0, 0, true},
		{"packet_size < 404", 0, 0, false},
		{"packet_size == 404", 1<<64 - 1, 1, false},
		{"packet_size == 4", 4 << 40, 1 << 40, true},
		{"packet_size == 4", 4<<40 + 1, 1 << 40, false},
		{"packet_size == 2", 4, 1<<63 + 2, false}, // size × packets wraps around to 4
		{"packet_size > 100000", 1<<64 - 1, 1, true},
		{"packet_size > -1", 5, 1, true},
		{"packet_size < -1", 5, 1, false},
	} {
		p, findings := compileExpression(c.expr)
		if hasError(findings) {
			t.Fatal(c.expr, findings)
		}
		b := flow.NewBatch()
		b.Append(flow.Record{Bytes: c.bytes, Packets: c.packets})
		got, kept := p.test(b, 0), len(p.filter(b, []uint16{0})) == 1
		if got != c.want || kept != c.want {
			t.Errorf("%s with %d bytes in %d packets: got %t and %t, want %t", c.expr, c.bytes, c.packets, got, kept, c.want)
		}
	}
}

// TestNetworksHoldWhatTheirPrefixesHold: sorted ranges against one prefix after
// the other, in both families.
func TestNetworksHoldWhatTheirPrefixesHold(t *testing.T) {
	w := rand.New(rand.NewPCG(4, 6))
	for range 500 {
		var prefixes []netip.Prefix
		for range 1 + w.IntN(12) {
			prefixes = append(prefixes, randomPrefix(w))
		}
		for len(prefixes)%3 != 0 || w.IntN(10) > 0 { // hosts, so that many ranges are apart
			a := randomAddr(w)
			prefixes = append(prefixes, netip.PrefixFrom(a, a.BitLen()))
		}
		nets := newNetworks(prefixes)
		for range 200 {
			a := randomAddr(w)
			if got, want := nets.has(flow.FromAddr(a)), contains(prefixes, a); got != want {
				t.Fatalf("%v in %v: got %t, want %t", a, prefixes, got, want)
			}
		}
		if nets.has(flow.IP{}) {
			t.Fatalf("no address is in %v", prefixes)
		}
	}
}

func randomAddr(w *rand.Rand) netip.Addr {
	if w.IntN(2) == 0 {
		return netip.AddrFrom4([4]byte{byte(w.IntN(2)) * 10, 0, byte(w.IntN(3)), byte(w.IntN(256))})
	}
	return netip.AddrFrom16([16]byte{0x20, 1, 7: byte(w.IntN(3)), 8: byte(w.IntN(3)), 15: byte(1 + w.IntN(255))})
}

func randomPrefix(w *rand.Rand) netip.Prefix {
	a := randomAddr(w)
	return netip.PrefixFrom(a, w.IntN(a.BitLen()+1)).Masked()
}

// TestAddressesOfBothFamilies is the same question asked of IPv4 and IPv6.
func TestAddressesOfBothFamilies(t *testing.T) {
	for _, c := range []struct {
		expr, addr string
		want       bool
	}{
		{`dst_addr == "198.51.100.9"`, "198.51.100.9", true},
		{`dst_addr == "2001:db8::9"`, "2001:db8::9", true},
		{`dst_addr == "198.51.100.9"`, "198.51.100.8", false},
		{`dst_addr == "2001:db8::9"`, "2001:db8::8", false},
		{`dst_addr in "10.0.0.0/8"`, "10.255.0.1", true},
		{`dst_addr in "2001:db8::/32"`, "2001:db8:ffff::1", true},
		{`dst_addr in "10.0.0.0/8"`, "11.0.0.1", false},
		{`dst_addr in "2001:db8::/32"`, "2001:db9::1", false},
		{`dst_addr in ["10.0.0.0/8", "2001:db8::/32"]`, "10.0.0.1", true},
		{`dst_addr in ["10.0.0.0/8", "2001:db8::/32"]`, "2001:db8::1", true},
		{`dst_addr in "0.0.0.0/0"`, "2001:db8::1", false},
		{`dst_addr in "::/0"`, "10.0.0.1", false},
		{`dst_addr not in "::/0"`, "10.0.0.1", true},
		{`"10.0.0.1" == dst_addr`, "10.0.0.1", true},
		{`src_addr == dst_addr`, "10.0.0.1", false},
		{`next_hop == sampler_address`, "10.0.0.1", false}, // neither is there
	} {
		p, findings := compileExpression(c.expr)
		if len(findings) > 0 {
			t.Fatal(c.expr, findings)
		}
		b := flow.NewBatch()
		b.Append(flow.Record{DstAddr: netip.MustParseAddr(c.addr)})
		if got := p.test(b, 0); got != c.want {
			t.Errorf("%s with %s: got %t, want %t", c.expr, c.addr, got, c.want)
		}
	}
}

func TestSYNAloneDoesNotMindTheOtherFlags(t *testing.T) {
	p, _ := compileExpression("syn_alone")
	for flags, want := range map[string]bool{"S": true, "SEC": true, "SPU": true, "SA": false, "SR": false, "SF": false, "A": false, "": false} {
		bits, _, _ := flagBits(flags)
		b := flow.NewBatch()
		b.Append(flow.Record{Proto: 6, TCPFlags: bits})
		b.Append(flow.Record{Proto: 17, TCPFlags: bits})
		if got := p.test(b, 0); got != want || p.test(b, 1) {
			t.Errorf("%q: got %t, want %t; and never for UDP", flags, got, want)
		}
	}
}

func TestLongChainsAreNotNested(t *testing.T) {
	chain := strings.TrimSuffix(strings.Repeat("dst_port == 1 || ", 120), " || ")
	if _, findings := compileExpression(chain); hasError(findings) {
		t.Error(findings)
	}
}
