package sketch

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// addresses are keys of both families.
var addresses = Keys[netip.Addr]{
	Compare: netip.Addr.Compare,
	Append:  func(b []byte, a netip.Addr) []byte { return append(b, a.AsSlice()...) },
	Parse: func(b []byte) (netip.Addr, error) {
		a, ok := netip.AddrFromSlice(b)
		if !ok {
			return a, errors.New("no address")
		}
		return a, nil
	},
}

// truth counts every key.
type truth map[netip.Addr]uint64

func (t truth) total() (sum uint64) {
	for _, weight := range t {
		sum += weight
	}
	return sum
}

// slowTopK is the slow obvious twin: a list, searched from end to end.
type slowTopK struct {
	capacity     int
	list         []Hitter[netip.Addr]
	floor, total uint64
}

func (s *slowTopK) insert(key netip.Addr, weight uint64) {
	s.total += weight
	for i := range s.list {
		if s.list[i].Key == key {
			s.list[i].Count += weight
			return
		}
	}
	if len(s.list) == s.capacity {
		slices.SortFunc(s.list, byWeight)
		s.floor = s.list[s.capacity-1].Count
		s.list = s.list[:s.capacity-1]
	}
	s.list = append(s.list, Hitter[netip.Addr]{Key: key, Count: s.floor + weight, Excess: s.floor})
}

func (s *slowTopK) top() []Hitter[netip.Addr] {
	list := slices.Clone(s.list)
	slices.SortFunc(list, byWeight)
	return list
}

func byWeight(a, b Hitter[netip.Addr]) int {
	return cmp.Or(cmp.Compare(b.Count, a.Count), a.Key.Compare(b.Key))
}

type packet struct {
	from   netip.Addr
	weight uint64
}

// streams are what comes to a summary with room for about ten: each is a story
// with which an attacker or a busy day could make it forget.
var streams = map[string]func(r *rand.Rand) []packet{
	"a few heavy sources among many light ones": func(r *rand.Rand) (list []packet) {
		for range 3000 {
			list = append(list, packet{v4(uint32(math.Pow(2, 12*r.Float64()))), 1 + r.Uint64N(1500)})
		}
		return list
	},
	"a flood of spoofed sources between the packets of one": func(r *rand.Rand) (list []packet) {
		for i := range 3000 {
			if i%5 == 0 {
				list = append(list, packet{v4(1), 1})
			}
			list = append(list, packet{v6(r.Uint64(), r.Uint64()), 1})
		}
		return list
	},
	"one more source than there is room for, in turn": func(*rand.Rand) (list []packet) {
		for i := range 2000 {
			list = append(list, packet{v4(uint32(i % 11)), 1})
		}
		return list
	},
	"every source a little heavier than the one before": func(*rand.Rand) (list []packet) {
		for i := range 2000 {
			list = append(list, packet{v6(0x20010db8<<32, uint64(i)), uint64(i)})
		}
		return list
	},
	"every source a little lighter than the one before": func(*rand.Rand) (list []packet) {
		for i := range 2000 {
			list = append(list, packet{v4(uint32(i)), uint64(2000 - i)})
		}
		return list
	},
	"heavy sources early, forgotten by a flood, and back late": func(r *rand.Rand) (list []packet) {
		for i := range 3000 {
			from := v4(r.Uint32())
			if i < 500 || i > 2500 {
				from = v4(uint32(i % 4))
			}
			list = append(list, packet{from, 1 + r.Uint64N(3)})
		}
		return list
	},
	"both families, few enough to hold": func(r *rand.Rand) (list []packet) {
		for i := range 500 {
			list = append(list, packet{v4(uint32(i % 4)), r.Uint64N(9)}, packet{v6(1, uint64(i%5)), r.Uint64N(9)})
		}
		return list
	},
}

func TestTopKHoldsWhatAListSearchedFromEndToEndHolds(t *testing.T) {
	for name, stream := range streams {
		for _, capacity := range []int{1, 2, 10, 100} {
			fast, slow := NewTopK(capacity, addresses), slowTopK{capacity: capacity}
			for i, p := range stream(rand.New(rand.NewPCG(1, 2))) {
				if fast.Insert(p.from, p.weight); p.weight > 0 {
					slow.insert(p.from, p.weight)
				}
				if i%97 != 0 {
					continue
				}
				if diff := gocmp.Diff(slow.top(), fast.Top(capacity), equalAddresses); diff != "" {
					t.Fatalf("%s, capacity %d, after %d (-slow +fast):\n%s", name, capacity, i, diff)
				}
				if fast.Floor() != slow.floor || fast.Total() != slow.total {
					t.Fatalf("%s: floor %d, total %d, want %d and %d", name, fast.Floor(), fast.Total(), slow.floor, slow.total)
				}
			}
		}
	}
}

var equalAddresses = gocmp.Comparer(func(a, b netip.Addr) bool { return a == b })

// promises fails where a summary does not keep what its comment promises.
func promises(t interface{ Fatalf(string, ...any) }, s *TopK[netip.Addr], true truth) {
	total := true.total()
	if s.Total() != total || s.Len() > s.Capacity() {
		t.Fatalf("total %d, want %d; %d keys of %d", s.Total(), total, s.Len(), s.Capacity())
	}
	share := total / uint64(s.Capacity())
	if s.Floor() > share {
		t.Fatalf("floor %d above the share of %d", s.Floor(), share)
	}
	for key, weight := range true {
		h := s.Get(key)
		if h.AtLeast() > weight || h.Count < weight || h.Excess > share {
			t.Fatalf("%v: count %d, excess %d, truth %d, share %d", key, h.Count, h.Excess, weight, share)
		}
		if _, held := s.slots[key]; !held && weight > share {
			t.Fatalf("%v with %d of %d is not held", key, weight, total)
		}
	}
	if list, err := s.Top(s.Capacity()), s.plausible(s.Top(s.Capacity())); err != nil || len(list) != s.Len() {
		t.Fatalf("%d keys listed of %d: %v", len(list), s.Len(), err)
	}
}

func TestTopKKeepsItsPromisesWhateverComes(t *testing.T) {
	for name, stream := range streams {
		t.Run(name, func(t *testing.T) {
			for _, capacity := range []int{1, 2, 10, 100} {
				s, true := NewTopK(capacity, addresses), truth{}
				for _, p := range stream(rand.New(rand.NewPCG(3, 4))) {
					s.Insert(p.from, p.weight)
					true[p.from] += p.weight
				}
				promises(t, s, true)
			}
		})
	}
}

func TestTopKIsExactWhileThereIsRoom(t *testing.T) {
	s := NewTopK(4, addresses)
	for i, weight := range []uint64{5, 9, 5, 1} {
		s.Insert(v4(uint32(i)), weight)
	}
	s.Insert(v4(3), 8)
	s.Insert(v4(9), 0)
	want := []Hitter[netip.Addr]{{v4(1), 9, 0}, {v4(3), 9, 0}, {v4(0), 5, 0}}
	if diff := gocmp.Diff(want, s.Top(3), equalAddresses); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if s.Evicted() != 0 || s.Floor() != 0 {
		t.Errorf("evicted %d, floor %d, want none", s.Evicted(), s.Floor())
	}
	s.Insert(v6(1, 1), 2)
	want = []Hitter[netip.Addr]{{v4(1), 9, 0}, {v4(3), 9, 0}, {v6(1, 1), 7, 5}, {v4(0), 5, 0}}
	if diff := gocmp.Diff(want, s.Top(100), equalAddresses); diff != "" {
		t.Errorf("of two equal ones the last goes (-want +got):\n%s", diff)
	}
	if s.Evicted() != 1 || s.Floor() != 5 {
		t.Errorf("evicted %d, floor %d, want 1 and 5", s.Evicted(), s.Floor())
	}
	if got := s.Top(-1); len(got) != 0 {
		t.Errorf("%d keys where none were asked for", len(got))
	}
}

// TestMergedTopKsKeepThePromisesOfOne: a stream cut into parts at random, merged
// as a random tree, with capacities that differ.
func TestMergedTopKsKeepThePromisesOfOne(t *testing.T) {
	for name, stream := range streams {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(20) {
				r := rand.New(rand.NewPCG(seed, 6))
				parts, true := make([]*TopK[netip.Addr], 2+r.IntN(6)), truth{}
				for i := range parts {
					parts[i] = NewTopK(5+r.IntN(2)*r.IntN(40), addresses)
				}
				for _, p := range stream(r) {
					parts[r.IntN(len(parts))].Insert(p.from, p.weight)
					true[p.from] += p.weight
				}
				for len(parts) > 1 {
					r.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
					parts[0].Merge(parts[1])
					parts = slices.Delete(parts, 1, 2)
				}
				promises(t, parts[0], true)
			}
		})
	}
}

func drawTopK(t *rapid.T, label string, true truth) *TopK[netip.Addr] {
	s := NewTopK(rapid.IntRange(1, 6).Draw(t, label+" capacity"), addresses)
	for _, key := range rapid.SliceOfN(rapid.Uint32Range(0, 12), 0, 40).Draw(t, label) {
		from := v4(key)
		if key%2 == 0 {
			from = v6(0x20010db8<<32, uint64(key))
		}
		weight := uint64(key%5 + 1)
		s.Insert(from, weight)
		true[from] += weight
	}
	return s
}

func TestOfTwoTopKsEitherMayTakeTheOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		true := truth{}
		a, b := drawTopK(t, "a", true), drawTopK(t, "b", true)
		c, d := NewTopK(6, addresses), NewTopK(6, addresses)
		c.Merge(b)
		d.Merge(a)
		before := bytesOf(t, b)
		a.Merge(b)
		if diff := gocmp.Diff(before, bytesOf(t, b)); diff != "" {
			t.Fatalf("the other changed:\n%s", diff)
		}
		promises(t, a, true)
		d.Merge(c)
		c.Merge(d)
		b.Merge(drawTopK(t, "none", truth{}))
		if diff := gocmp.Diff(bytesOf(t, a), bytesOf(t, d)); diff != "" {
			t.Fatalf("through empty ones of more room (-direct +through):\n%s", diff)
		}
	})
}

func TestMergeCommutes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawTopK(t, "a", truth{}), drawTopK(t, "b", truth{})
		ab, ba := copied(t, a), copied(t, b)
		ab.Merge(b)
		ba.Merge(a)
		if diff := gocmp.Diff(bytesOf(t, ab), bytesOf(t, ba)); diff != "" {
			t.Fatalf("(-a with b +b with a):\n%s", diff)
		}
	})
}

func copied(t interface{ Fatal(...any) }, s *TopK[netip.Addr]) *TopK[netip.Addr] {
	c := NewTopK(MaxCapacity, s.keys)
	if err := c.UnmarshalBinary(bytesOf(t, s)); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestATopKMergedWithItselfIsTwice(t *testing.T) {
	s := NewTopK(2, addresses)
	for i := range uint32(3) {
		s.Insert(v4(i), uint64(i+1))
	}
	s.Merge(s)
	want := []Hitter[netip.Addr]{{v4(2), 8, 2}, {v4(1), 4, 0}}
	if diff := gocmp.Diff(want, s.Top(2), equalAddresses); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if s.Total() != 12 || s.Evicted() != 2 {
		t.Errorf("total %d, evicted %d, want 12 and 2", s.Total(), s.Evicted())
	}
}

// TestASummarySentOnGoesOnAsIfItHadStayed: nothing that matters is lost on the wire.
func TestASummarySentOnGoesOnAsIfItHadStayed(t *testing.T) {
	for name, stream := range streams {
		stayed := NewTopK(10, addresses)
		moved := NewTopK(10, addresses)
		for i, p := range stream(rand.New(rand.NewPCG(5, 6))) {
			stayed.Insert(p.from, p.weight)
			moved.Insert(p.from, p.weight)
			if i%300 == 0 {
				moved = copied(t, moved)
			}
		}
		if !bytes.Equal(bytesOf(t, stayed), bytesOf(t, moved)) {
			t.Errorf("%s: stayed %v, moved %v", name, stayed.Top(10), moved.Top(10))
		}
	}
}

func TestWeightsThatCannotBeAddedStopAtTheLargest(t *testing.T) {
	s := NewTopK(2, addresses)
	for i := range uint32(3) {
		s.Insert(v4(i), math.MaxUint64-uint64(i))
		s.Insert(v4(i), math.MaxUint64)
	}
	if got := s.Top(1)[0].Count; got != math.MaxUint64 || s.Total() != math.MaxUint64 {
		t.Errorf("count %d, total %d, want the largest", got, s.Total())
	}
	copied(t, s) // is plausible
}

func TestAFullTopKAllocatesNothing(t *testing.T) {
	s, i := NewTopK(100, addresses), uint32(0)
	insert := func() {
		i++
		s.Insert(v4(i%3), 1)
		s.Insert(v4(i), 1)
	}
	for range 10_000 {
		insert()
	}
	if got := testing.AllocsPerRun(10_000, insert); got != 0 {
		t.Errorf("%v allocations for a key that is held and one that is not, want none", got)
	}
}

func TestNewTopKRefusesWhatCannotBe(t *testing.T) {
	for name, call := range map[string]func(){
		"no room":       func() { NewTopK(0, addresses) },
		"too much room": func() { NewTopK(MaxCapacity+1, addresses) },
		"no order":      func() { NewTopK(5, Keys[int]{}) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: accepted", name)
				}
			}()
			call()
		}()
	}
}

func TestKeysWithoutWordsAreNotWritten(t *testing.T) {
	s := NewTopK(5, Keys[int]{Compare: cmp.Compare[int]})
	if _, err := s.AppendBinary(nil); !errors.Is(err, errNoWords) {
		t.Errorf("append: got %v", err)
	}
	if err := s.UnmarshalBinary([]byte("K\x01")); !errors.Is(err, errNoWords) {
		t.Errorf("unmarshal: got %v", err)
	}
}

// TestTheVictimOfAMillionIsFirst among a million others hit once.
func TestTheVictimOfAMillionIsFirst(t *testing.T) {
	for _, victim := range []netip.Addr{v4(0xc6336407), v6(0x20010db8<<32, 7)} {
		s, r := NewTopK(1000, addresses), rand.New(rand.NewPCG(1, 1))
		const others = 1_000_000
		for i := range others {
			s.Insert(v4(r.Uint32()), 1)
			if i%200 == 0 {
				s.Insert(victim, 1)
			}
		}
		first := s.Top(1)[0]
		if first.Key != victim || first.AtLeast() > others/200 || first.Count < others/200 {
			t.Errorf("first is %+v, want %v with %d", first, victim, others/200)
		}
	}
}

func ExampleTopK() {
	s := NewTopK(2, addresses)
	s.Insert(v4(0xc0000201), 700)
	s.Insert(v4(0xc0000202), 20)
	s.Insert(v6(0x20010db8<<32, 1), 80)
	for _, h := range s.Top(2) {
		fmt.Println(h.Key, h.AtLeast(), "to", h.Count)
	}
	// Output:
	// 192.0.2.1 700 to 700
	// 2001:db8::1 80 to 100
}
