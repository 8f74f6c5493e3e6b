package signatures

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"eagre/flow"
)

// rulesOf makes one live rule of each expression.
func rulesOf(t testing.TB, expressions ...string) []Rule {
	t.Helper()
	var text strings.Builder
	for i, e := range expressions {
		fmt.Fprintf(&text, "---\ntitle: t\nid: 00000000-0000-4000-8000-%012d\nname: r-%d\nstage: stable\nlevel: low\nexpr: |\n  %s\ncondition: {pps: {gte: 1}}\n", i, i, e)
	}
	rules, problems := Parse("r.yaml", []byte(text.String()))
	if Failed(problems) {
		t.Fatal(problems)
	}
	return rules
}

func setOf(t testing.TB, expressions ...string) *Set {
	t.Helper()
	set, problems := Compile(rulesOf(t, expressions...))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return set
}

// pair is one match.
type pair struct {
	Rule uint32
	Row  uint16
}

func pairs(m *Matches) []pair {
	var all []pair
	for i := range m.Row {
		all = append(all, pair{m.Rule[i], m.Row[i]})
	}
	return all
}

// everyPair asks every rule about every row: the slow twin of the index.
func everyPair(s *Set, b *flow.Batch) []pair {
	var all []pair
	for rule := range s.Rules() {
		for row := range b.N {
			if s.Rules()[rule].MatchRow(b, row) {
				all = append(all, pair{uint32(rule), uint16(row)})
			}
		}
	}
	return all
}

func TestTheIndexFindsWhatAskingEveryRuleFinds(t *testing.T) {
	w := writer{rand.New(rand.NewPCG(7, 1))}
	var m Matches
	for range 60 {
		var expressions []string
		for range 1 + w.IntN(80) {
			expressions = append(expressions, w.indexed()+w.condition(2))
		}
		set := setOf(t, expressions...)
		for range 5 {
			b := randomBatch(w, 1+w.IntN(flow.MaxRows-1)%200)
			set.Match(b, &m)
			if diff := cmp.Diff(everyPair(set, b), pairs(&m)); diff != "" {
				t.Fatalf("%s\n%s", strings.Join(expressions, "\n"), diff)
			}
		}
	}
}

// indexed is the start of an expression that the index can use, or nothing.
func (w writer) indexed() string {
	switch w.IntN(7) {
	case 0:
		return "dst_port == " + w.small() + " && "
	case 1:
		return "src_port in [" + w.small() + ", " + w.small() + "] && "
	case 2:
		return "proto == " + w.small() + " && packet_size == " + w.small() + " && "
	case 3:
		return "(dst_port == " + w.small() + " || dst_port >= 2 && dst_port < 4) && src_port == " + w.small() + " && "
	case 4:
		return "dst_port == 5 && packet_size in [" + w.small() + ", " + w.small() + "] && "
	case 5:
		return "packet_size == " + w.small() + " && "
	}
	return ""
}

func TestMatchesAreSortedByRuleAndRow(t *testing.T) {
	set := setOf(t, "bytes >= 0", "dst_port == 2", "src_port == 1", "dst_port == 1", "proto == 6")
	b := flow.NewBatch()
	for i := range 6 {
		b.Append(flow.Record{DstPort: uint16(2 - i%2), SrcPort: 1, Proto: 6, Packets: 1})
	}
	var m Matches
	set.Match(b, &m)
	got := pairs(&m)
	if want := 6 + 3 + 6 + 3 + 6; m.Len() != want {
		t.Errorf("got %d pairs, want %d", m.Len(), want)
	}
	if !slices.IsSortedFunc(got, func(a, b pair) int {
		return int(a.Rule)<<16 + int(a.Row) - int(b.Rule)<<16 - int(b.Row)
	}) {
		t.Errorf("not sorted: %v", got)
	}
}

// TestAWormBesideABusyServer: the worm's datagrams are found, all of them and
// nothing else, although the server answers from the worm's port.
func TestAWormBesideABusyServer(t *testing.T) {
	rules, problems := Shipped()
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	set, _ := Compile(rules)
	slammer := slices.IndexFunc(set.Rules(), func(r Rule) bool { return r.Name == "slammer" })
	b, want := flow.NewBatch(), []pair(nil)
	for i := range flow.MaxRows {
		switch i % 4 {
		case 0:
			want = append(want, pair{uint32(slammer), uint16(i)})
			b.Append(flow.Record{Proto: 17, SrcPort: 3575, DstPort: 1434, Bytes: 404, Packets: 1})
		case 1: // a client asks which instances there are
			b.Append(flow.Record{Proto: 17, SrcPort: 50000, DstPort: 1434, Bytes: 29, Packets: 1})
		case 2: // and is answered
			b.Append(flow.Record{Proto: 17, SrcPort: 1434, DstPort: 50000, Bytes: 404, Packets: 1})
		case 3:
			b.Append(flow.Record{Proto: 6, SrcPort: 443, DstPort: uint16(i), TCPFlags: 0x1b, Bytes: 40400, Packets: 100})
		}
	}
	var m Matches
	set.Match(b, &m)
	if diff := cmp.Diff(want, pairs(&m)); diff != "" {
		t.Error(diff)
	}
}

func TestASetIsSharedByGoroutines(t *testing.T) {
	set, b := busySet(t, 100), busyBatch(0)
	var once Matches
	set.Match(b, &once)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			var m Matches
			for range 50 {
				set.Match(b, &m)
			}
			if diff := cmp.Diff(pairs(&once), pairs(&m)); diff != "" {
				t.Error(diff)
			}
		})
	}
	wait.Wait()
}

func TestNoSetAndNoRowsMatchNothing(t *testing.T) {
	m := Matches{Row: []uint16{1}, Rule: []uint32{1}}
	var no *Set
	if no.Match(busyBatch(0), &m); m.Len() != 0 || no.Len() != 0 {
		t.Error("a nil set matches")
	}
	if busySet(t, 10).Match(flow.NewBatch(), &m); m.Len() != 0 {
		t.Error("an empty batch matches")
	}
	if b := busyBatch(0); new(Rule).MatchRow(b, 0) {
		t.Error("the zero rule matches")
	}
}

// TestOneMatchesServesOneSetAfterAnother: sets are exchanged while the engine
// runs, and rows of the old must not leak into the new.
func TestOneMatchesServesOneSetAfterAnother(t *testing.T) {
	b, used := busyBatch(0), new(Matches)
	for _, n := range []int{1000, 10, 100} {
		set, fresh := busySet(t, n), new(Matches)
		set.Match(b, used)
		set.Match(b, fresh)
		if diff := cmp.Diff(pairs(fresh), pairs(used)); diff != "" {
			t.Errorf("%d rules: %s", n, diff)
		}
	}
}

// TestMatchingDoesNotAllocate is a promise of the hot path, kept for indexed and
// other rules alike.
func TestMatchingDoesNotAllocate(t *testing.T) {
	for name, set := range map[string]*Set{"indexed": busySet(t, 1000), "not indexed": setOf(t, unindexed(50)...)} {
		b, m := busyBatch(0), new(Matches)
		set.Match(b, m)
		if got := testing.AllocsPerRun(20, func() { set.Match(b, m) }); got != 0 {
			t.Errorf("%s: %v allocations a batch, want none", name, got)
		}
	}
	r, b := rulesOf(t, "bytes > 3 && src_addr in '10.0.0.0/8' || bytes * 2 > packets")[0], busyBatch(0)
	r.GroupBy = []Field{SrcAddr, DstPort, Proto}
	term := Term{Metric: ValueCount, Field: DstAddr}
	if got := testing.AllocsPerRun(20, func() { r.MatchRow(b, 1); r.Group(b, 1); term.Element(b, 1) }); got != 0 {
		t.Errorf("one row: %v allocations, want none", got)
	}
}

func TestGroupsHoldTheFieldsOfGroupByOnly(t *testing.T) {
	b := randomBatch(writer{rand.New(rand.NewPCG(1, 2))}, 50)
	for i := range b.N {
		got := (&Rule{GroupBy: []Field{SrcAddr, DstPort}}).Group(b, i)
		if want := (Group{Src: b.SrcAddr[i], DstPort: b.DstPort[i]}); got != want {
			t.Fatalf("got %v, want %v", got, want)
		}
		got = (&Rule{GroupBy: []Field{DstAddr, SrcPort, Proto}}).Group(b, i)
		if want := (Group{Dst: b.DstAddr[i], SrcPort: b.SrcPort[i], Proto: b.Proto[i]}); got != want {
			t.Fatalf("got %v, want %v", got, want)
		}
		if got = (&Rule{}).Group(b, i); got != (Group{}) {
			t.Fatalf("without group-by: got %v", got)
		}
	}
}

// TestElementsAreDifferentForDifferentValuesOnly: of both families, and of ports.
func TestElementsAreDifferentForDifferentValuesOnly(t *testing.T) {
	for _, field := range []Field{SrcAddr, DstAddr, SrcPort, DstPort} {
		elements, values := map[uint64]bool{}, map[string]bool{}
		for round := range 4 {
			b := busyBatch(round % 2)
			for i := range b.N {
				elements[Term{Field: field}.Element(b, i)] = true
				values[valueOf(field, b, i)] = true
			}
		}
		if len(elements) != len(values) || len(values) < 100 {
			t.Errorf("%s: %d elements of %d values", field, len(elements), len(values))
		}
	}
}

func valueOf(f Field, b *flow.Batch, i int) string {
	return fmt.Sprint([]any{b.SrcAddr[i], b.DstAddr[i], b.SrcPort[i], b.DstPort[i]}[f])
}
