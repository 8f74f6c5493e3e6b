package sflow

import "container/list"

// recent is a bounded table that forgets what was used longest ago.
type recent[K comparable, V any] struct {
	limit   int
	entries map[K]*list.Element // of entry[K, V]
	order   list.List           // the one used last in front
	evicted uint64
}

type entry[K comparable, V any] struct {
	key   K
	value V
}

func newRecent[K comparable, V any](limit int) recent[K, V] {
	return recent[K, V]{limit: max(limit, 1), entries: map[K]*list.Element{}}
}

// at is the value of a key, and whether it was there before. A new one takes the
// place of the one used longest ago where there is no room.
func (t *recent[K, V]) at(k K) (v *V, known bool) {
	if e, ok := t.entries[k]; ok {
		t.order.MoveToFront(e)
		return &e.Value.(*entry[K, V]).value, true
	}
	if len(t.entries) >= t.limit {
		t.evict()
	}
	e := &entry[K, V]{key: k}
	t.entries[k] = t.order.PushFront(e)
	return &e.value, false
}

func (t *recent[K, V]) evict() {
	oldest := t.order.Back()
	delete(t.entries, t.order.Remove(oldest).(*entry[K, V]).key)
	t.evicted++
}

// each visits all values, the one used last first.
func (t *recent[K, V]) each(visit func(K, *V)) {
	for e := t.order.Front(); e != nil; e = e.Next() {
		v := e.Value.(*entry[K, V])
		visit(v.key, &v.value)
	}
}
