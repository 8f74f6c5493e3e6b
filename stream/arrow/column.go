package arrow

import (
	"encoding/binary"
	"slices"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"eagre/flow"
)

// column gathers the values of one column, laid out as Arrow lays them out.
type column interface {
	field() arrow.Field
	take(b *flow.Batch) // all rows of a batch
	adopt() arrow.Array // what was taken, without a copy: valid until clear
	clear()
}

// values is what most columns are made of: numbers of one width.
type values[T any] struct {
	name  string
	typ   arrow.DataType
	taken []T
}

func (c *values[T]) field() arrow.Field { return arrow.Field{Name: c.name, Type: c.typ} }
func (c *values[T]) clear()             { c.taken = c.taken[:0] }

func (c *values[T]) adopt() arrow.Array {
	return adopt(array.NewData(c.typ, len(c.taken), []*memory.Buffer{nil, buffer(c.taken)}, nil, 0, 0))
}

// adopt turns data into an array, which then is the only one to hold it.
func adopt(d *array.Data) arrow.Array {
	defer d.Release()
	return array.MakeFromData(d)
}

// buffer shows numbers as the bytes they are, in the order of this machine,
// which the schema tells to readers.
func buffer[T any](v []T) *memory.Buffer {
	var one T
	return memory.NewBufferBytes(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), len(v)*int(unsafe.Sizeof(one))))
}

// copied is a column that a batch has in the same form.
type copied[T any] struct {
	values[T]
	of func(*flow.Batch) []T
}

func numbers[T ~uint8 | ~uint16 | ~uint32 | ~uint64](name string, typ arrow.DataType, of func(*flow.Batch) []T) column {
	return &copied[T]{values[T]{name: name, typ: typ}, of}
}

func (c *copied[T]) take(b *flow.Batch) { c.taken = append(c.taken, c.of(b)[:b.N]...) }

// instants is a column of milliseconds that becomes one of nanoseconds. Times
// outside of the years 1677 to 2262 become the first or last instant.
type instants struct {
	values[int64]
	of func(*flow.Batch) []int64
}

func times(name string, of func(*flow.Batch) []int64) column {
	return &instants{values[int64]{name: name, typ: instant}, of}
}

var instant = &arrow.TimestampType{Unit: arrow.Nanosecond, TimeZone: "UTC"}

const (
	nanosPerMilli = 1_000_000
	lastMilli     = (1<<63 - 1) / nanosPerMilli
)

func (c *instants) take(b *flow.Batch) {
	for _, milli := range c.of(b)[:b.N] {
		c.taken = append(c.taken, max(-lastMilli, min(milli, lastMilli))*nanosPerMilli)
	}
}

// steps is the column of receive times: all rows of a batch have the same.
type steps struct{ values[int64] }

func received(name string) column { return &steps{values[int64]{name: name, typ: instant}} }

func (c *steps) take(b *flow.Batch) {
	const most = lastMilli / int64(flow.StepLength/1e6)
	at := max(-most, min(b.Step, most)) * int64(flow.StepLength)
	for range b.N {
		c.taken = append(c.taken, at)
	}
}

// etherTypes is the column that tells the families of addresses apart.
type etherTypes struct{ values[uint16] }

const (
	etherIPv4 = 0x0800
	etherIPv6 = 0x86dd
)

func etypes(name string) column {
	return &etherTypes{values[uint16]{name: name, typ: arrow.PrimitiveTypes.Uint16}}
}

func (c *etherTypes) take(b *flow.Batch) {
	for i := range b.N {
		c.taken = append(c.taken, etherType(b.SrcAddr[i], b.DstAddr[i]))
	}
}

func etherType(src, dst flow.IP) uint16 {
	switch {
	case src.Is4() || dst.Is4():
		return etherIPv4
	case src.IsZero() && dst.IsZero():
		return 0
	}
	return etherIPv6
}

// addressBytes is a column of addresses in network order, with a bitmap of those
// that are there.
type addressBytes struct {
	name    string
	of      func(*flow.Batch) []flow.IP
	rows    int
	bytes   []byte
	present []byte
	nulls   int
}

func addresses(name string, of func(*flow.Batch) []flow.IP) column {
	return &addressBytes{name: name, of: of}
}

const addressWidth = 16

var addressType = &arrow.FixedSizeBinaryType{ByteWidth: addressWidth}

func (c *addressBytes) field() arrow.Field {
	return arrow.Field{Name: c.name, Type: addressType, Nullable: true}
}

func (c *addressBytes) take(b *flow.Batch) {
	size := len(c.bytes)
	c.bytes = slices.Grow(c.bytes, b.N*addressWidth)[:size+b.N*addressWidth]
	for i, ip := range c.of(b)[:b.N] {
		to := c.bytes[size+i*addressWidth:][:addressWidth]
		binary.BigEndian.PutUint64(to, ip.Hi)
		binary.BigEndian.PutUint64(to[8:], ip.Lo)
		c.mark(!ip.IsZero())
	}
}

// mark sets the bit of the next row.
func (c *addressBytes) mark(present bool) {
	bit := c.rows % 8
	if bit == 0 {
		c.present = append(c.present, 0)
	}
	if present {
		c.present[len(c.present)-1] |= 1 << bit
	} else {
		c.nulls++
	}
	c.rows++
}

func (c *addressBytes) adopt() arrow.Array {
	buffers := []*memory.Buffer{memory.NewBufferBytes(c.present), memory.NewBufferBytes(c.bytes)}
	return adopt(array.NewData(addressType, c.rows, buffers, nil, c.nulls, 0))
}

func (c *addressBytes) clear() {
	c.rows, c.nulls, c.bytes, c.present = 0, 0, c.bytes[:0], c.present[:0]
}

// nameIndexes is a column of small numbers that have names. What has no name
// here, as it came from a newer eagre, takes the first, which is unknown.
type nameIndexes[T ~uint8] struct {
	values[uint8]
	of    func(*flow.Batch) []T
	known T // how many names there are
	dict  *array.Data
}

func names[T ~uint8](name string, all []string, of func(*flow.Batch) []T) column {
	typ := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Uint8, ValueType: arrow.BinaryTypes.String}
	return &nameIndexes[T]{values[uint8]{name: name, typ: typ}, of, T(len(all)), texts(all)}
}

// texts are strings end to end and where each of them begins.
func texts(all []string) *array.Data {
	offsets, bytes := []int32{0}, []byte(nil)
	for _, s := range all {
		bytes = append(bytes, s...)
		offsets = append(offsets, int32(len(bytes)))
	}
	return array.NewData(arrow.BinaryTypes.String, len(all), []*memory.Buffer{nil, buffer(offsets), buffer(bytes)}, nil, 0, 0)
}

func (c *nameIndexes[T]) take(b *flow.Batch) {
	for _, v := range c.of(b)[:b.N] {
		if v >= c.known {
			v = 0
		}
		c.taken = append(c.taken, uint8(v))
	}
}

func (c *nameIndexes[T]) adopt() arrow.Array {
	return adopt(array.NewDataWithDictionary(c.typ, len(c.taken), []*memory.Buffer{nil, buffer(c.taken)}, 0, 0, c.dict))
}
