package ipfix

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"eagre/flow"
)

// The slow twin of the compiled copies: every record is read field by field, and
// every column asks its elements in the order of the documentation.

// readAs are the elements of each column, in their order, and those that count
// alone.
var readAs = []struct {
	first, alone []uint16
	put          func(*flow.Record, []byte)
	zero         func(*flow.Record) bool
}{
	{[]uint16{8, 27}, []uint16{44, 170, 225, 281}, func(f *flow.Record, b []byte) { f.SrcAddr = addr(b) }, func(f *flow.Record) bool { return blankAddr(f.SrcAddr) }},
	{[]uint16{12, 28}, []uint16{45, 169, 226, 282}, func(f *flow.Record, b []byte) { f.DstAddr = addr(b) }, func(f *flow.Record) bool { return blankAddr(f.DstAddr) }},
	{[]uint16{15, 62, 18, 63}, nil, func(f *flow.Record, b []byte) { f.NextHop = addr(b) }, func(f *flow.Record) bool { return blankAddr(f.NextHop) }},
	{[]uint16{1, 23, 352}, []uint16{85, 171, 353}, func(f *flow.Record, b []byte) { f.Bytes = integer(b) }, func(f *flow.Record) bool { return f.Bytes == 0 }},
	{[]uint16{2, 24}, []uint16{86, 172}, func(f *flow.Record, b []byte) { f.Packets = integer(b) }, func(f *flow.Record) bool { return f.Packets == 0 }},
	{[]uint16{10, 252}, nil, func(f *flow.Record, b []byte) { f.InIf = uint32(integer(b)) }, func(f *flow.Record) bool { return f.InIf == 0 }},
	{[]uint16{14, 253}, nil, func(f *flow.Record, b []byte) { f.OutIf = uint32(integer(b)) }, func(f *flow.Record) bool { return f.OutIf == 0 }},
	{[]uint16{16, 129}, nil, func(f *flow.Record, b []byte) { f.SrcAS = uint32(integer(b)) }, func(f *flow.Record) bool { return f.SrcAS == 0 }},
	{[]uint16{17, 128}, nil, func(f *flow.Record, b []byte) { f.DstAS = uint32(integer(b)) }, func(f *flow.Record) bool { return f.DstAS == 0 }},
	{[]uint16{7, 180, 182}, []uint16{227}, func(f *flow.Record, b []byte) { f.SrcPort = uint16(integer(b)) }, func(f *flow.Record) bool { return f.SrcPort == 0 }},
	{[]uint16{11, 181, 183}, []uint16{228}, func(f *flow.Record, b []byte) { f.DstPort = uint16(integer(b)) }, func(f *flow.Record) bool { return f.DstPort == 0 }},
	{[]uint16{4}, nil, func(f *flow.Record, b []byte) { f.Proto = uint8(integer(b)) }, nil},
	{[]uint16{6}, nil, func(f *flow.Record, b []byte) { f.TCPFlags = uint8(integer(b)) }, nil},
	{[]uint16{5, 55}, nil, func(f *flow.Record, b []byte) { f.TOS = uint8(integer(b)) }, func(f *flow.Record) bool { return f.TOS == 0 }},
	{[]uint16{9, 29}, nil, func(f *flow.Record, b []byte) { f.SrcMask = uint8(integer(b)) }, func(f *flow.Record) bool { return f.SrcMask == 0 }},
	{[]uint16{13, 30}, nil, func(f *flow.Record, b []byte) { f.DstMask = uint8(integer(b)) }, func(f *flow.Record) bool { return f.DstMask == 0 }},
	{[]uint16{89}, nil, func(f *flow.Record, b []byte) { f.Forwarding = uint8(integer(b)) }, nil},
	{[]uint16{95}, nil, func(f *flow.Record, b []byte) { f.App = application(b) }, nil},
	{[]uint16{61}, nil, func(f *flow.Record, b []byte) { f.Direction = flow.Direction(integer(b)) + 1 }, nil},
}

func addr(b []byte) netip.Addr {
	a, _ := netip.AddrFromSlice(b)
	if a = a.Unmap(); a == netip.IPv6Unspecified() {
		return netip.Addr{} // as a column has it
	}
	return a
}

func blankAddr(a netip.Addr) bool { return !a.IsValid() || a.IsUnspecified() }

// slowly decodes one record given as its fields by element.
func slowly(fields map[uint16][]byte) flow.Record {
	f := plain(flow.IPFIX, func(f *flow.Record) { f.SrcAddr, f.DstAddr, f.Packets, f.Bytes = netip.Addr{}, netip.Addr{}, 0, 0 })
	for _, c := range readAs {
		elements := []uint16{}
		for _, e := range c.first {
			if fields[e] != nil {
				elements = append(elements, e)
			}
		}
		if len(elements) == 0 {
			for _, e := range c.alone {
				if fields[e] != nil {
					elements = append(elements, e)
				}
			}
		}
		for i, e := range elements {
			if i == 0 {
				c.put(&f, fields[e])
			} else if c.zero(&f) && strings.Trim(string(fields[e]), "\x00") != "" {
				c.put(&f, fields[e])
			}
		}
	}
	return slowMarks(f, fields)
}

func slowMarks(f flow.Record, fields map[uint16][]byte) flow.Record {
	has := func(elements ...uint16) bool {
		for _, e := range elements {
			if fields[e] != nil {
				return true
			}
		}
		return false
	}
	prefix := !has(8, 27) && has(44, 170) || !has(12, 28) && has(45, 169)
	if prefix || !has(8, 27, 225, 281) || !has(12, 28, 226, 282) {
		f.Quality |= flow.Aggregated
	}
	known := has(1, 23, 352, 85, 171, 353) && has(2, 24, 86, 172)
	if known && (f.Bytes/20 < f.Packets || f.Packets == 0) || float64(f.Bytes)*8 > 100e12 {
		f.Quality |= flow.Implausible
	}
	return f
}

// lengthsOf are the lengths that an element may have in a template of the test.
func lengthsOf(number uint16) []string {
	switch iana[number].class {
	case ipv4:
		return []string{"4"}
	case ipv6:
		return []string{"16"}
	case label:
		return []string{"1", "4", "5", "9", "v"}
	}
	if number == 61 {
		return []string{"1"}
	}
	return []string{"1", "2", "3", "4", "5", "6", "7", "8"}
}

// TestCompiledCopiesDoWhatTheirSlowTwinDoes decodes random records of random
// templates, fields that nobody knows among them.
func TestCompiledCopiesDoWhatTheirSlowTwinDoes(t *testing.T) {
	var elements []uint16
	for _, c := range readAs {
		elements = append(append(elements, c.first...), c.alone...)
	}
	rapid.Check(t, func(t *rapid.T) {
		chosen := rapid.SliceOfNDistinct(rapid.SampledFrom(elements), 1, 30, rapid.ID).Draw(t, "elements")
		var words []string
		for _, e := range chosen {
			words = append(words, fmt.Sprintf("%d:%s", e, rapid.SampledFrom(lengthsOf(e)).Draw(t, "length")))
			if junk := rapid.SampledFrom([]string{"", "", "", "9000:3", "9001:v", "6871/40:2"}).Draw(t, "junk"); junk != "" {
				words = append(words, junk)
			}
		}
		spec := strings.Join(words, " ")
		n := rapid.IntRange(1, 130).Draw(t, "records")
		r := rand.New(rand.NewPCG(1, rapid.Uint64().Draw(t, "seed")))
		message, want := randomRecords(r, spec, n)
		got := newReceiver().receive(message)
		if len(got) != len(want) {
			t.Fatalf("%s: got %d flows, want %d", spec, len(got), len(want))
		}
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("%s: flow %d:\ngot  %+v\nwant %+v", spec, i, got[i], want[i])
			}
		}
	})
}

// randomRecords is a message of records and what the twin makes of them.
func randomRecords(r *rand.Rand, spec string, n int) (message []byte, want []flow.Record) {
	var records [][]byte
	for range n {
		fields := map[uint16][]byte{}
		var values []any
		for _, s := range parseSpec(spec) {
			v := randomValue(r, s)
			values = append(values, v)
			if s.pen == 0 {
				fields[s.element] = v
			}
		}
		records = append(records, record(spec, values...))
		if f := slowly(fields); f.Bytes|f.Packets != 0 {
			want = append(want, f)
		}
	}
	return v10(setOf(2, tmpl(256, spec)), setOf(256, records...)), want
}

func randomValue(r *rand.Rand, s specifier) []byte {
	length := int(s.length)
	if s.length == variable {
		length = 1 + r.IntN(10)
	}
	b := make([]byte, length)
	if r.IntN(4) == 0 {
		return b // zero, so that others fill in
	}
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	switch e := s.element; {
	case s.pen != 0:
	case e == 9 || e == 13 || e == 29 || e == 30:
		clear(b)
		b[length-1] = byte(r.IntN(33))
	case e == 61:
		b[0] &= 1
	case e == 10 || e == 14 || e == 252 || e == 253:
		b[0] &= 0x1f // none of those that mean unknown
	}
	return b
}
