package tally

// table holds the series of one partition: open addressing with linear probing
// over small slots that point into chunks of entries, so growing moves four
// bytes a key and a lookup touches two or three cache lines.
type table struct {
	seed   uint64
	memory *memory
	slots  []slot // length a power of two
	spare  []slot // as long, for the next sweep
	chunks [][]entry
	free   []uint32 // entries to use again
	n      int      // entries in use
}

// slot is a reference to an entry in 24 bits (its number + 1; 0 is empty) and
// eight bits of the key's hash: small, so that the slots of many keys fit a cache.
type slot uint32

const refBits = 24

func newSlot(hash uint64, ref uint32) slot { return slot(uint32(hash>>56)<<refBits | ref) }

func (s slot) ref() uint32 { return uint32(s) & (1<<refBits - 1) }

func (s slot) fits(hash uint64) bool { return uint32(s)>>refBits == uint32(hash>>56) }

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

func newTable(seed uint64) *table {
	t := &table{seed: seed, slots: make([]slot, initialSlots)}
	t.memory = newMemory(t)
	return t
}

func (t *table) at(ref uint32) *entry { return &t.chunks[(ref-1)/chunkSize][(ref-1)%chunkSize] }

// find returns the entry of a key, or nil.
func (t *table) find(k *Key, hash uint64) *entry {
	mask := uint64(len(t.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		s := t.slots[i]
		if s == 0 {
			return nil
		}
		if s.fits(hash) {
			if e := t.at(s.ref()); e.key.same(k) {
				return e
			}
		}
	}
}

// home is the slot where a hash belongs.
func (t *table) home(hash uint64) slot { return t.slots[hash&uint64(len(t.slots)-1)] }

// candidate is the first entry whose tag fits a hash, or 0: almost always the
// right one.
func (t *table) candidate(hash uint64) uint32 {
	mask := uint64(len(t.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		if s := t.slots[i]; s == 0 || s.fits(hash) {
			return s.ref()
		}
	}
}

// insert adds a key that is not there.
func (t *table) insert(k *Key, hash uint64) *entry {
	if 2*(t.n+1) > len(t.slots) {
		t.grow()
	}
	ref := t.allocate()
	e := t.at(ref)
	*e = entry{key: *k}
	t.place(newSlot(hash, ref), hash)
	t.n++
	return e
}

func (t *table) place(s slot, hash uint64) {
	mask := uint64(len(t.slots) - 1)
	i := hash & mask
	for t.slots[i] != 0 {
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
		t.chunks = append(t.chunks, room[entry](t.memory, chunkSize))
	}
	return uint32(t.n + 1)
}

func (t *table) grow() {
	old := t.slots
	t.slots = room[slot](t.memory, 2*len(old))
	for _, s := range old {
		if s != 0 {
			t.place(s, t.at(s.ref()).key.Hash(t.seed))
		}
	}
	release(t.memory, old)
	release(t.memory, t.spare)
	t.spare = nil
}

// sweep calls keep for every entry and forgets those it refuses. The slots are
// laid out afresh, so no tombstones remain.
func (t *table) sweep(keep func(*entry) bool) {
	old := t.slots
	if t.spare == nil {
		t.spare = room[slot](t.memory, len(old))
	}
	clear(t.spare)
	t.slots, t.spare = t.spare, old
	for _, s := range old {
		if s == 0 {
			continue
		}
		if e := t.at(s.ref()); keep(e) {
			t.place(s, e.key.Hash(t.seed))
			continue
		}
		t.free = append(t.free, s.ref())
		t.n--
	}
}
