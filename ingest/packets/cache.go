package packets

// nowhere ends a queue.
const nowhere = -1

// The queues that entries stand in. All stay in order by themselves, because
// packet time never goes back: byAge by first packet, byIdle by last, and those
// that TCP has ended in byEnd by when it did.
const (
	byAge = iota
	byIdle
	byEnd
	queueCount
)

type link struct{ prev, next int32 }

// queue is a doubly linked list through the entries of a cache.
type queue struct{ head, tail int32 }

// cache is a bounded table of flows with all orders of expiry. The map is only
// asked, never walked, so its order shows nowhere.
type cache struct {
	limit   int
	paired  bool
	index   map[key]int32
	entries []entry
	backs   []back // beside the entries where directions are paired, else empty
	free    []int32
	queues  [queueCount]queue
}

func newCache(limit int, paired bool) *cache {
	empty := queue{nowhere, nowhere}
	return &cache{limit: limit, paired: paired, index: map[key]int32{}, queues: [queueCount]queue{empty, empty, empty}}
}

func (c *cache) full() bool { return len(c.index) >= c.limit }

// add makes an entry at the end of the queues by age and idleness; the caller has
// seen to room.
func (c *cache) add(k key) int32 {
	i := c.slot()
	c.entries[i] = entry{key: k}
	c.index[k] = i
	c.push(byAge, i)
	c.push(byIdle, i)
	return i
}

func (c *cache) slot() int32 {
	if n := len(c.free); n > 0 {
		i := c.free[n-1]
		c.free = c.free[:n-1]
		return i
	}
	c.entries = append(c.entries, entry{})
	if c.paired {
		c.backs = append(c.backs, back{})
	}
	return int32(len(c.entries) - 1)
}

// last is when a flow had its last packet, in either direction.
func (c *cache) last(i int32) int64 {
	if c.paired {
		return max(c.entries[i].forward.last, c.backs[i].last)
	}
	return c.entries[i].forward.last
}

// touch moves an entry to the end of the idle queue.
func (c *cache) touch(i int32) {
	c.unlink(byIdle, i)
	c.push(byIdle, i)
}

// end puts an entry into the queue of those that TCP has ended.
func (c *cache) end(i int32, now int64) {
	c.entries[i].closing, c.entries[i].closed = true, now
	c.push(byEnd, i)
}

func (c *cache) remove(i int32) {
	c.unlink(byAge, i)
	c.unlink(byIdle, i)
	if c.entries[i].closing {
		c.unlink(byEnd, i)
	}
	delete(c.index, c.entries[i].key)
	c.free = append(c.free, i)
}

func (c *cache) push(which int, i int32) {
	q := &c.queues[which]
	c.entries[i].links[which] = link{prev: q.tail, next: nowhere}
	if q.tail == nowhere {
		q.head = i
	} else {
		c.entries[q.tail].links[which].next = i
	}
	q.tail = i
}

func (c *cache) unlink(which int, i int32) {
	q, l := &c.queues[which], c.entries[i].links[which]
	if l.prev == nowhere {
		q.head = l.next
	} else {
		c.entries[l.prev].links[which].next = l.next
	}
	if l.next == nowhere {
		q.tail = l.prev
	} else {
		c.entries[l.next].links[which].prev = l.prev
	}
}
