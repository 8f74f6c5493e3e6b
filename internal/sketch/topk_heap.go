package sketch

// holder is a place for a key, which stays where it is; node is its weight in the
// heap, where what is compared lies close together.
type holder[K comparable] struct {
	key    K
	excess uint64
	node   int32
}

type node struct {
	count uint64
	slot  int32
}

func (t *TopK[K]) hitter(slot int32) Hitter[K] {
	h := &t.held[slot]
	return Hitter[K]{Key: h.key, Count: t.heap[h.node].count, Excess: h.excess}
}

// hitters gives all that are held, in no order that means something.
func (t *TopK[K]) hitters(yield func(Hitter[K]) bool) {
	for slot := range t.held {
		if !yield(t.hitter(int32(slot))) {
			return
		}
	}
}

// heavier adds weight to a key that is held.
func (t *TopK[K]) heavier(slot int32, weight uint64) {
	at := t.held[slot].node
	n := t.heap[at]
	n.count = addSaturating(n.count, weight)
	t.sink(at, n)
}

// admit gives a key a free place.
func (t *TopK[K]) admit(h Hitter[K]) {
	slot := int32(len(t.held))
	t.slots[h.Key] = slot
	t.held = append(t.held, holder[K]{key: h.Key, excess: h.Excess})
	t.heap = append(t.heap, node{})
	t.rise(slot, node{count: h.Count, slot: slot})
}

// replaceLightest gives a key the place of the lightest one.
func (t *TopK[K]) replaceLightest(key K, weight uint64) {
	n := t.heap[0]
	h := &t.held[n.slot]
	delete(t.slots, h.key)
	t.slots[key] = n.slot
	t.floor = n.count
	t.evicted = addSaturating(t.evicted, 1)
	h.key, h.excess = key, t.floor
	n.count = addSaturating(n.count, weight)
	t.sink(0, n)
}

// lighter tells which node is to go first: of equal ones that with the last key.
func (t *TopK[K]) lighter(a, b node) bool {
	if a.count != b.count {
		return a.count < b.count
	}
	return t.keys.Compare(t.held[a.slot].key, t.held[b.slot].key) > 0
}

func (t *TopK[K]) set(at int32, n node) {
	t.heap[at], t.held[n.slot].node = n, at
}

// rise moves a node from a place towards the lightest.
func (t *TopK[K]) rise(at int32, n node) {
	for at > 0 {
		parent := (at - 1) / 2
		if !t.lighter(n, t.heap[parent]) {
			break
		}
		t.set(at, t.heap[parent])
		at = parent
	}
	t.set(at, n)
}

// sink moves a node from a place away from the lightest.
func (t *TopK[K]) sink(at int32, n node) {
	for {
		child := 2*at + 1
		if child >= int32(len(t.heap)) {
			break
		}
		if right := child + 1; right < int32(len(t.heap)) && t.lighter(t.heap[right], t.heap[child]) {
			child = right
		}
		if !t.lighter(t.heap[child], n) {
			break
		}
		t.set(at, t.heap[child])
		at = child
	}
	t.set(at, n)
}
