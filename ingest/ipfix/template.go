package ipfix

import "unsafe"

// kind is what records of a template are for.
type kind uint8

const (
	flows   kind = iota
	silent       // records without counters: understood, no rows
	options      // records about the exporter itself
)

// template is what an exporter has announced under one id of one domain, and
// what was compiled from it. It is not changed once it is made.
type template struct {
	owner      *domain
	prev, next *template // neighbours in a list, by when they were touched
	touched    int64     // announced or used last, Unix milliseconds of arrival
	spec       []byte    // the fields as announced, for comparing and for the saved state
	ops        []op      // what copies fields into columns
	steps      []step    // how a record is walked; none where all lengths are fixed and plain
	has        columns
	size       int32 // bytes of the shortest record
	packed     int32 // bytes of a record once it is gathered
	id, scopes uint16
	fields     uint16 // how many were announced
	kind       kind
	busy       bool // used for data
	traits     traits
}

// traits are what the passes over the columns of a template must know.
type traits uint8

const (
	aggregated traits = 1 << iota // addresses are prefixes
	totals                        // octets count since the flow began
	payload                       // octets count payload alone
	startUp                       // start or end count from boot
	endUp
)

func (t *template) is(x traits) bool { return t.traits&x != 0 }

// walked tells whether records are gathered one by one before their columns are
// read.
func (t *template) walked() bool { return len(t.steps) > 0 }

// cost is the memory of a template, in bytes.
func (t *template) cost() int {
	return int(unsafe.Sizeof(*t)) + cap(t.spec) + cap(t.ops)*int(unsafe.Sizeof(op{})) + cap(t.steps)*int(unsafe.Sizeof(step{})) +
		int(unsafe.Sizeof(t))
}

// op copies one field of a record into one column.
type op struct {
	to     column
	class  class
	mode   mode
	length uint8
	twin   bool // the next operation does the same for the neighbouring column: both in one go
	offset uint16
}

// mode says what happens to what is in the column already.
type mode uint8

const (
	replace mode = iota
	ifZero       // an element of a lower rank has the first word
	join         // bits are added
)

// step is one move through a record that cannot be read by offsets alone.
type step struct {
	to     column // nowhere: bytes are copied, or skipped where their length varies
	class  class
	length uint16
}

// queue is a list of templates, the one touched last first.
type queue struct{ first, last *template }

func (q *queue) push(t *template) {
	t.prev, t.next = nil, q.first
	if q.first != nil {
		q.first.prev = t
	} else {
		q.last = t
	}
	q.first = t
}

func (q *queue) remove(t *template) {
	if t.prev != nil {
		t.prev.next = t.next
	} else {
		q.first = t.next
	}
	if t.next != nil {
		t.next.prev = t.prev
	} else {
		q.last = t.prev
	}
	t.prev, t.next = nil, nil
}
