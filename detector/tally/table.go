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
	fresh  uint32   // entries ever handed out
	free   []uint32 // single ones, to use again
	pairs  []uint32 // firsts of pairs, to use again
	keys   int      // in the slots
	n      int      // series held: the keys, and the classes beside hosts
}

// slot is a reference to an entry in 24 bits (its number + 1; 0 is empty) and
// eight bits of the key's hash: small, so that the slots of many keys fit a cache.
type slot uint32

const refBits = 24

func newSlot(hash uint64, ref uint32) slot { return slot(uint32(hash>>56)<<refBits | ref) }

func (s slot) ref() uint32 { return uint32(s) & (1<<refBits - 1) }

func (s slot) fits(hash uint64) bool { return uint32(s)>>refBits == uint32(hash>>56) }

// entry is one series: two cache lines. Behind the entry of a host's whole
// traffic, which has Class Total, lies one for the first other class of traffic
// that the host shows: it needs no slot, and most hosts show no third.
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

// neighbour is the place beside an entry if that is the first of a pair, and
// always one that is there.
func neighbour(ref uint32) uint32 { return ((ref - 1) | 1) + 1 }

// find returns the entry of a key, or nil.
func (t *table) find(k *Key, hash uint64) *entry {
	if k.Kind == Host && k.Class != Total {
		if e := t.findBeside(*k); e != nil {
			return e
		}
	}
	if ref := t.lookUp(k, hash); ref != 0 {
		return t.at(ref)
	}
	return nil
}

// lookUp returns the number of the entry of a key in the slots, or 0.
func (t *table) lookUp(k *Key, hash uint64) uint32 {
	mask := uint64(len(t.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		s := t.slots[i]
		if s == 0 || s.fits(hash) && t.at(s.ref()).key.same(k) {
			return s.ref()
		}
	}
}

// findBeside looks for a class of a host beside the host's whole traffic.
func (t *table) findBeside(k Key) *entry {
	class := k.Class
	k.Class = Total
	ref := t.lookUp(&k, k.Hash(t.seed))
	if ref == 0 {
		return nil
	}
	if e := t.at(ref + 1); e.used() && e.key.Class == class {
		return e
	}
	return nil
}

// beside is the series of a class beside a host's whole traffic; nil when
// another class has the place.
func (t *table) beside(ref uint32, class Class) *entry {
	e := t.at(ref + 1)
	if !e.used() {
		e.key = t.at(ref).key
		e.key.Class = class
		t.n++
	}
	if e.key.Class != class {
		return nil
	}
	return e
}

// used tells of an entry beside a host whether it holds a class; of others it
// is true.
func (e *entry) used() bool { return e.key.Bits != 0 || e.key.Kind != Host }

// hasNeighbour tells whether an entry has one beside it.
func (k *Key) hasNeighbour() bool { return k.Kind == Host && k.Class == Total }

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

// insert adds a key that is not there and returns the number of its entry.
func (t *table) insert(k *Key, hash uint64) uint32 {
	if 2*(t.keys+1) > len(t.slots) {
		t.grow()
	}
	var ref uint32
	if k.hasNeighbour() {
		ref = t.takePair()
		*t.at(ref + 1) = entry{}
	} else {
		ref = t.takeOne()
	}
	*t.at(ref) = entry{key: *k}
	t.place(newSlot(hash, ref), hash)
	t.keys++
	t.n++
	return ref
}

func (t *table) place(s slot, hash uint64) {
	mask := uint64(len(t.slots) - 1)
	i := hash & mask
	for t.slots[i] != 0 {
		i = (i + 1) & mask
	}
	t.slots[i] = s
}

func (t *table) takeOne() uint32 {
	if n := len(t.free); n > 0 {
		ref := t.free[n-1]
		t.free = t.free[:n-1]
		return ref
	}
	return t.next()
}

// takePair takes two entries that lie side by side in one chunk.
func (t *table) takePair() uint32 {
	if n := len(t.pairs); n > 0 {
		ref := t.pairs[n-1]
		t.pairs = t.pairs[:n-1]
		return ref
	}
	if t.fresh%2 == 1 {
		t.free = append(t.free, t.next())
	}
	first := t.next()
	t.next()
	return first
}

func (t *table) next() uint32 {
	if int(t.fresh) == len(t.chunks)*chunkSize {
		t.chunks = append(t.chunks, room[entry](t.memory, chunkSize))
	}
	t.fresh++
	return t.fresh
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

// each visits every entry.
func (t *table) each(visit func(*entry)) {
	for _, s := range t.slots {
		if s == 0 {
			continue
		}
		e := t.at(s.ref())
		if visit(e); e.key.hasNeighbour() {
			if beside := t.at(s.ref() + 1); beside.used() {
				visit(beside)
			}
		}
	}
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
		if ref := s.ref(); t.keep(ref, keep) {
			t.place(s, t.at(ref).key.Hash(t.seed))
		} else {
			t.drop(ref)
		}
	}
}

// keep asks about an entry and the one beside it, and forgets the latter alone.
func (t *table) keep(ref uint32, keep func(*entry) bool) bool {
	e := t.at(ref)
	stays := keep(e)
	if !e.key.hasNeighbour() {
		return stays
	}
	if beside := t.at(ref + 1); beside.used() {
		if keep(beside) {
			return true
		}
		*beside = entry{}
		t.n--
	}
	return stays
}

func (t *table) drop(ref uint32) {
	t.keys--
	t.n--
	if t.at(ref).key.hasNeighbour() {
		t.pairs = append(t.pairs, ref)
		return
	}
	t.free = append(t.free, ref)
}
