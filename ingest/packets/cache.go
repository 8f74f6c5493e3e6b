package packets

import "eagre/flow"

// key is what makes packets one flow.
type key struct {
	src, dst         flow.IP
	inIf             uint32
	srcPort, dstPort uint16
	proto            uint8
	fragment         bool
}

// entry is one flow in the making. Times are Unix milliseconds.
type entry struct {
	key
	first, last    int64
	bytes, packets uint64
	flags, tos     uint8
	links          [queueCount]link
}

// nowhere ends a queue.
const nowhere = -1

// The two queues every entry stands in. Both stay in order by themselves,
// because packet time never goes back: byAge by first packet, byIdle by last.
const (
	byAge = iota
	byIdle
	queueCount
)

type link struct{ prev, next int32 }

// queue is a doubly linked list through the entries of a cache.
type queue struct{ head, tail int32 }

// cache is a bounded table of flows with both orders of expiry. The map is only
// asked, never walked, so its order shows nowhere.
type cache struct {
	limit   int
	index   map[key]int32
	entries []entry
	free    []int32
	queues  [queueCount]queue
}

func newCache(limit int) *cache {
	empty := queue{nowhere, nowhere}
	return &cache{limit: limit, index: map[key]int32{}, queues: [queueCount]queue{empty, empty}}
}

func (c *cache) full() bool { return len(c.index) >= c.limit }

// add makes an entry at the end of both queues; the caller has seen to room.
func (c *cache) add(k key) *entry {
	i := c.slot()
	c.entries[i] = entry{key: k}
	c.index[k] = i
	c.push(byAge, i)
	c.push(byIdle, i)
	return &c.entries[i]
}

func (c *cache) slot() int32 {
	if n := len(c.free); n > 0 {
		i := c.free[n-1]
		c.free = c.free[:n-1]
		return i
	}
	c.entries = append(c.entries, entry{})
	return int32(len(c.entries) - 1)
}

// touch moves an entry to the end of the idle queue.
func (c *cache) touch(i int32) {
	c.unlink(byIdle, i)
	c.push(byIdle, i)
}

func (c *cache) remove(i int32) {
	c.unlink(byAge, i)
	c.unlink(byIdle, i)
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
