package signatures

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"eagre/flow"
)

// busyBatch is a full batch of ordinary traffic: web, DNS and much else on high
// ports, of both families.
func busyBatch(seed int) *flow.Batch {
	w := rand.New(rand.NewPCG(uint64(seed), 99))
	b := flow.NewBatch()
	for b.Room() > 0 {
		proto, port, packets := uint8(6), uint16(443), uint64(1+w.IntN(100))
		switch w.IntN(10) {
		case 0, 1:
			proto, port, packets = 17, 53, 1
		case 2, 3:
			proto, port = 17, uint16(1024+w.IntN(64000))
		case 4:
			proto, port = 6, 80
		}
		a := netip.AddrFrom4([4]byte{10, 1, byte(w.IntN(256)), byte(w.IntN(256))})
		if w.IntN(4) == 0 {
			a = netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 14: byte(w.IntN(256)), 15: byte(w.IntN(256))})
		}
		r := flow.Record{
			Proto: proto, SrcAddr: a, DstAddr: a.Next(), SrcPort: port, DstPort: uint16(1024 + w.IntN(64000)),
			TCPFlags: 0x18, Packets: packets, Bytes: packets * uint64(40+w.IntN(1400)), SamplingRate: 1,
		}
		if w.IntN(2) == 0 {
			r.SrcPort, r.DstPort = r.DstPort, r.SrcPort
		}
		b.Append(r)
	}
	return b
}

// busySet is n rules, each on its own port and packet size.
func busySet(t testing.TB, n int) *Set {
	t.Helper()
	var text strings.Builder
	for i := range n {
		text.WriteString(benchRule(i))
	}
	rules, _ := Parse("bench.yaml", []byte(text.String()))
	set, problems := Compile(rules)
	if set.Len() != n {
		t.Fatal(set.Len(), problems)
	}
	return set
}

// unindexed is rules that fix neither port nor protocol.
func unindexed(n int) []string {
	var expressions []string
	for i := range n {
		expressions = append(expressions, fmt.Sprintf(`bytes > %d && src_addr in "10.%d.0.0/16" && dst_port != 443`, 1000+i, i))
	}
	return expressions
}

func benchmarkMatch(b *testing.B, set *Set) {
	batch, m := busyBatch(0), new(Matches)
	set.Match(batch, m)
	b.ReportAllocs()
	for b.Loop() {
		set.Match(batch, m)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*batch.N), "ns/flow")
}

// BenchmarkMatch is the price of rules for a flow of ordinary traffic.
func BenchmarkMatch(b *testing.B) {
	for _, n := range []int{10, 100, 1000, 10000} {
		b.Run(fmt.Sprintf("indexed-%d", n), func(b *testing.B) { benchmarkMatch(b, busySet(b, n)) })
	}
	b.Run("one-port-1000-sizes", func(b *testing.B) { benchmarkMatch(b, setOf(b, samePort(1000)...)) })
	b.Run("unindexed-100", func(b *testing.B) { benchmarkMatch(b, setOf(b, unindexed(100)...)) })
	b.Run("shipped", func(b *testing.B) {
		rules, _ := Shipped()
		set, _ := Compile(rules)
		benchmarkMatch(b, set)
	})
}

// samePort is rules that tell DNS answers apart by their size.
func samePort(n int) []string {
	var expressions []string
	for i := range n {
		expressions = append(expressions, fmt.Sprintf("proto == 17 && src_port == 53 && packet_size == %d", 40+i))
	}
	return expressions
}

// BenchmarkOracle is what the virtual machine would take for one rule and flow.
func BenchmarkOracle(b *testing.B) {
	program, err := compile("proto == 17 && dst_port == 1434 && packet_size == 404")
	if err != nil {
		b.Fatal(err)
	}
	env := environment{Proto: 17, DstPort: 1434, Bytes: 404, Packets: 1}
	for b.Loop() {
		oracleSays(b, program, env)
	}
}

// BenchmarkParse is the price of loading one rule.
func BenchmarkParse(b *testing.B) {
	text := []byte(benchRule(1))
	for b.Loop() {
		Parse("r.yaml", text)
	}
}
