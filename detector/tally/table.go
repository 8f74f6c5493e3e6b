package tally

// table holds the series of one partition: open addressing with linear probing
// over small slots that point into chunks of entries, so growing moves eight
// bytes a key and a lookup touches two or three cache lines.
type table struct {
	seed   uint64
	slots  []slot // length a power of two
	chunks [][]entry
	free   []uint32 // entries to use again
	n      int      // entries in use
}

type slot struct {
	tag uint32 // high bits of the hash
	ref uint32 // entry number + 1; 0 is empty
}

// entry is one series: two cache lines.
type entry struct {
	key   Key
	heat  heat
	hot   uint32 // number of its hot series + 1; 0 is cold
	ticks [2]Sum // of tick T at T&1: only two ticks are open at any time
}

const (
	chunkSize    = 1 << 14 // two megabytes of entries
	initialSlots = 1 << 12
)

func newTable(seed uint64) *table { return &table{seed: seed, slots: make([]slot, initialSlots)} }

func (t *table) at(ref uint32) *entry { return &t.chunks[(ref-1)/chunkSize][(ref-1)%chunkSize] }

// find returns the entry of a key, or nil.
func (t *table) find(k *Key, hash uint64) *entry {
	mask := uint64(len(t.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		s := t.slots[i]
		if s.ref == 0 {
			return nil
		}
		if s.tag == uint32(hash>>32) {
			if e := t.at(s.ref); e.key.same(k) {
				return e
			}
		}
	}
}

// candidate is what stands in the home slot of a hash: with the table at most
// half full it is the right entry nearly always. It takes no decision, so many
// of its loads are under way at once.
func (t *table) candidate(hash uint64) uint32 { return t.slots[hash&uint64(len(t.slots)-1)].ref }

// insert adds a key that is not there.
func (t *table) insert(k *Key, hash uint64) *entry {
	if 2*(t.n+1) > len(t.slots) {
		t.grow()
	}
	ref := t.allocate()
	e := t.at(ref)
	*e = entry{key: *k}
	t.place(slot{tag: uint32(hash >> 32), ref: ref}, hash)
	t.n++
	return e
}

func (t *table) place(s slot, hash uint64) {
	mask := uint64(len(t.slots) - 1)
	i := hash & mask
	for t.slots[i].ref != 0 {
		i = (i + 1) & mask
	}
	t.slots[i] = s
}

func (t *table) allocate() uint32 {
	if n := len(t.free); n > 0 {
		ref := t.free[n-1]
		t.free = t.free[:n-1]
		return ref
	}
	if t.n == len(t.chunks)*chunkSize {
		t.chunks = append(t.chunks, newEntries())
	}
	return uint32(t.n + 1)
}

func (t *table) grow() {
	old := t.slots
	t.slots = make([]slot, 2*len(old))
	for _, s := range old {
		if s.ref != 0 {
			t.place(s, t.at(s.ref).key.Hash(t.seed))
		}
	}
}

// sweep calls keep for every entry and forgets those it refuses. The slots are
// laid out afresh, so no tombstones remain.
func (t *table) sweep(keep func(*entry) bool) {
	old := t.slots
	t.slots = make([]slot, len(old))
	for _, s := range old {
		if s.ref == 0 {
			continue
		}
		if e := t.at(s.ref); keep(e) {
			t.place(s, e.key.Hash(t.seed))
			continue
		}
		t.free = append(t.free, s.ref)
		t.n--
	}
}
