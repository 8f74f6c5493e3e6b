package sketch

import (
	"cmp"
	"fmt"
	"slices"
)

// MaxCapacity of a TopK.
const MaxCapacity = 1 << 20

// Keys says what a TopK has to know of its keys. Keys equal themselves: those
// that hold a float that is no number cannot be counted.
type Keys[K comparable] struct {
	// Compare is a total order. Of keys of one weight the first ones stay.
	Compare func(a, b K) int
	// Append writes a key, equal keys as equal bytes; Parse reads what Append
	// wrote. Both may be missing where nothing is written.
	Append func(b []byte, key K) []byte
	Parse  func(b []byte) (K, error)
}

// Hitter is a key and what is known of its weight.
type Hitter[K comparable] struct {
	Key    K
	Count  uint64 // never below the truth
	Excess uint64 // by how much Count may be above it, at most
}

// AtLeast is the weight that the key has for certain.
func (h Hitter[K]) AtLeast() uint64 { return h.Count - h.Excess }

func (h Hitter[K]) plus(o Hitter[K]) Hitter[K] {
	h.Count, h.Excess = addSaturating(h.Count, o.Count), addSaturating(h.Excess, o.Excess)
	return h
}

// TopK finds the keys with the most weight, bytes or packets, by space-saving
// (Metwally, Agrawal, El Abbadi 2005, with weights): it holds so many keys as its
// capacity is, and when another one comes, that takes the place of the
// lightest, with its weight as an excess. What it promises for a capacity k and
// whatever comes in whatever order: every key with more than 1/k of the total
// weight is held, no Count is below the truth, and none above it by more than its
// Excess, which is at most 1/k of the total. Weights stop at 2^64-1, and so do
// the promises.
//
// Merged ones promise the same of all that they saw together, with the smaller
// capacity of the two (Agarwal and others 2012, mergeable summaries; Cafaro,
// Pulimeno, Tempesta 2016 for this merge). The order of two does not matter. That
// of more than two may change which of the light keys are held, not the promises,
// so whoever wants equal bytes merges in a fixed order.
//
// Equal input in equal order gives equal state. An insert takes one lookup and
// O(log k). One goroutine at a time.
type TopK[K comparable] struct {
	keys     Keys[K]
	capacity int
	held     []holder[K]
	slots    map[K]int32 // where in held a key is. Never walked: its order is the runtime's
	heap     []node      // the lightest first
	floor    uint64      // no key that is not held has more; above 0 only if all places are taken
	total    uint64
	evicted  uint64
}

// NewTopK is an empty summary of so many keys. A capacity that is not 1 to
// MaxCapacity, or keys without an order, are a mistake in the program: it panics.
func NewTopK[K comparable](capacity int, keys Keys[K]) *TopK[K] {
	if capacity < 1 || capacity > MaxCapacity {
		panic(fmt.Sprintf("sketch: top-k: capacity %d, want 1 to %d", capacity, MaxCapacity))
	}
	if keys.Compare == nil {
		panic("sketch: top-k: keys without an order")
	}
	return &TopK[K]{keys: keys, capacity: capacity, slots: make(map[K]int32)}
}

// Insert adds weight to a key. It allocates nothing once all places are taken.
func (t *TopK[K]) Insert(key K, weight uint64) {
	if weight == 0 {
		return
	}
	t.total = addSaturating(t.total, weight)
	if slot, held := t.slots[key]; held {
		t.heavier(slot, weight)
		return
	}
	if len(t.held) < t.capacity {
		t.admit(Hitter[K]{Key: key, Count: weight})
		return
	}
	t.replaceLightest(key, weight)
}

// Merge adds everything that other has seen; other is left as it is. The
// capacity becomes the smaller one of the two.
func (t *TopK[K]) Merge(other *TopK[K]) {
	all := make([]Hitter[K], 0, len(t.held)+len(other.held))
	for h := range t.hitters {
		all = append(all, h.plus(other.Get(h.Key)))
	}
	for h := range other.hitters {
		if _, both := t.slots[h.Key]; !both {
			all = append(all, h.plus(t.Get(h.Key)))
		}
	}
	slices.SortFunc(all, t.compare)
	t.floor, t.total = addSaturating(t.floor, other.floor), addSaturating(t.total, other.total)
	t.evicted = addSaturating(t.evicted, other.evicted)
	t.hold(all, min(t.capacity, other.capacity))
}

// hold replaces what is held by the heaviest of a sorted list.
func (t *TopK[K]) hold(sorted []Hitter[K], capacity int) {
	t.capacity = capacity
	if surplus := len(sorted) - capacity; surplus > 0 {
		t.floor = max(t.floor, sorted[capacity].Count)
		t.evicted = addSaturating(t.evicted, uint64(surplus))
		sorted = sorted[:capacity]
	}
	clear(t.slots)
	t.held, t.heap = t.held[:0], t.heap[:0]
	for _, h := range slices.Backward(sorted) {
		t.admit(h)
	}
}

// Top is a new list of at most n keys, the heaviest first, equal ones in the
// order of their keys.
func (t *TopK[K]) Top(n int) []Hitter[K] {
	all := slices.SortedFunc(t.hitters, t.compare)
	return all[:max(0, min(n, len(all)))]
}

// compare puts the heaviest first.
func (t *TopK[K]) compare(a, b Hitter[K]) int {
	if a.Count != b.Count {
		return cmp.Compare(b.Count, a.Count)
	}
	return t.keys.Compare(a.Key, b.Key)
}

// Get is what is known of a key's weight, be it held or not.
func (t *TopK[K]) Get(key K) Hitter[K] {
	if slot, held := t.slots[key]; held {
		return t.hitter(slot)
	}
	return Hitter[K]{Key: key, Count: t.floor, Excess: t.floor}
}

// Floor is what no key has more of that is not held: 0 while there was room for all.
func (t *TopK[K]) Floor() uint64 { return t.floor }

// Total is the weight of all keys, held or not.
func (t *TopK[K]) Total() uint64 { return t.total }

// Len is how many keys are held.
func (t *TopK[K]) Len() int { return len(t.held) }

// Capacity is how many keys can be held.
func (t *TopK[K]) Capacity() int { return t.capacity }

// Evicted is how many times a key lost its place for want of room.
func (t *TopK[K]) Evicted() uint64 { return t.evicted }
