package ipfix

import (
	"slices"
	"sort"
)

// table keeps values by number, in order of the numbers. When it must shrink, a
// hand goes round and takes the first value that was not announced since it last
// came by, so what is announced regularly stays whatever else floods in. The
// zero table is empty and has no memory.
type table[V any] struct {
	rows []row[V]
	hand int
}

type row[V any] struct {
	key   uint64
	value V
	fresh bool
}

func (t *table[V]) search(key uint64) (int, bool) {
	i := sort.Search(len(t.rows), func(i int) bool { return t.rows[i].key >= key })
	return i, i < len(t.rows) && t.rows[i].key == key
}

// get is the value of a number, nil where there is none. The pointer holds until
// the table changes.
func (t *table[V]) get(key uint64) *V {
	if i, found := t.search(key); found {
		return &t.rows[i].value
	}
	return nil
}

// renew is get for a value that has been announced again.
func (t *table[V]) renew(key uint64) *V {
	i, found := t.search(key)
	if !found {
		return nil
	}
	t.rows[i].fresh = true
	return &t.rows[i].value
}

// insert adds a value under a number that the table does not hold.
func (t *table[V]) insert(key uint64, value V) {
	i, _ := t.search(key)
	t.rows = slices.Insert(t.rows, i, row[V]{key: key, value: value})
	if i < t.hand {
		t.hand++
	}
}

// evict takes out a value; the table must not be empty.
func (t *table[V]) evict() V {
	for {
		if t.hand >= len(t.rows) {
			t.hand = 0
		}
		if r := &t.rows[t.hand]; r.fresh {
			r.fresh = false
			t.hand++
			continue
		}
		gone := t.rows[t.hand].value
		t.rows = slices.Delete(t.rows, t.hand, t.hand+1)
		return gone
	}
}
