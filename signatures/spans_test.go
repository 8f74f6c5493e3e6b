package signatures

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// marks is the slow twin of spans: one mark for each number from 0 to 31.
type marks [32]bool

var small = span{0, 31}

func drawSpans(t *rapid.T) (spans, marks) {
	var s spans
	var m marks
	for range rapid.IntRange(0, 12).Draw(t, "spans") {
		lo := rapid.Int64Range(0, 31).Draw(t, "lo")
		hi := rapid.Int64Range(lo, 31).Draw(t, "hi")
		s = s.or(between(lo, min(hi, lo+4)))
		for v := lo; v <= min(hi, lo+4); v++ {
			m[v] = true
		}
	}
	return s, m
}

func TestSpansAreSetsOfNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, inA := drawSpans(t)
		b, inB := drawSpans(t)
		and, or, not := a.and(b), a.or(b), a.not(small)
		for v := range int64(32) {
			if a.has(v) != inA[v] || and.has(v) != (inA[v] && inB[v]) || or.has(v) != (inA[v] || inB[v]) || not.has(v) == inA[v] {
				t.Fatalf("%d: %v and %v are %v, or %v, not %v", v, a, b, and, or, not)
			}
		}
		checkShape(t, and)
		checkShape(t, or)
		checkShape(t, not)
		checkList(t, a, inA)
	})
}

// checkShape: sorted, and a gap between neighbours.
func checkShape(t *rapid.T, s spans) {
	for i := range s {
		if s[i].lo > s[i].hi || i > 0 && s[i-1].hi+1 >= s[i].lo {
			t.Fatalf("%v is not in order", s)
		}
	}
}

func checkList(t *rapid.T, s spans, in marks) {
	var want []int64
	for v, marked := range in {
		if marked {
			want = append(want, int64(v))
		}
	}
	got, ok := s.list(10)
	if ok != (len(want) <= 10) || ok && len(got) != len(want) {
		t.Fatalf("%v: got %v, %t, want %v", s, got, ok, want)
	}
}

func TestSpansReachTheEndsOfTheNumbers(t *testing.T) {
	everything := span{math.MinInt64, math.MaxInt64}
	for op, want := range map[string]int{"==": 1, "!=": 2, "<": 1, "<=": 1, ">": 1, ">=": 1} {
		if got := wholeSet(op, 7); len(got) != want || got.has(7) != (op == "==" || op == "<=" || op == ">=") {
			t.Errorf("%s 7: %v", op, got)
		}
	}
	if got := wholeSet("<", math.MinInt64); got != nil {
		t.Errorf("below the lowest: %v", got)
	}
	if got := wholeSet(">", math.MaxInt64); got != nil {
		t.Errorf("above the highest: %v", got)
	}
	if got := between(math.MinInt64, math.MaxInt64).not(everything); got != nil {
		t.Errorf("all but everything: %v", got)
	}
	if _, ok := between(math.MinInt64, math.MaxInt64).list(64); ok {
		t.Error("everything was listed")
	}
}
