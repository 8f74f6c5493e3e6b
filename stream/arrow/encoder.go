package arrow

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"eagre/flow"
)

// Encoder turns flow batches into messages. One goroutine at a time may use it.
// It holds the rows that wait and the last message: at most twice MaxMessage.
type Encoder struct {
	config  Config
	columns []column
	schema  *arrow.Schema
	rows    int       // taken since the last message
	since   time.Time // when the first of them came

	writer *ipc.Writer
	out    sink
	head   int // bytes of schema and dictionaries, with which every message begins
}

// bytesPerRow is the width of all columns together, without bitmaps.
const bytesPerRow = 156

// MaxMessage bounds a message of any valid configuration, in bytes.
const MaxMessage = (mostRows+flow.MaxRows)*bytesPerRow + 16<<10

// New makes an encoder; the configuration must be valid.
func New(c Config) (*Encoder, error) {
	if errs := c.Validate(); len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return newEncoder(c, memory.DefaultAllocator)
}

func newEncoder(c Config, alloc memory.Allocator) (*Encoder, error) {
	e := &Encoder{config: c, columns: newColumns()}
	e.schema = newSchema(e.columns)
	e.writer = ipc.NewWriterWithPayloadWriter(&e.out, ipc.WithSchema(e.schema), ipc.WithAllocator(alloc))
	return e, e.begin()
}

// begin lets the writer say all that it says only once, which is kept as the
// head of every message.
func (e *Encoder) begin() error {
	if err := e.write(); err != nil {
		return err
	}
	e.head = e.out.last
	return nil
}

// Schema is SchemaVersion as text.
func (e *Encoder) Schema() string { return strconv.Itoa(SchemaVersion) }

// Hello is a message without flows: the schema, for readers that want to know
// what will come. It is the caller's.
func (e *Encoder) Hello() []byte {
	return append(bytes.Clone(e.out.bytes[:e.head]), endOfStream...)
}

// Add takes in the rows of a batch and returns a message if one is full or has
// waited long enough, nil otherwise. The batch is the caller's again; the message
// stays as it is until the next call. Time only measures how long rows wait.
func (e *Encoder) Add(b *flow.Batch, now time.Time) (message []byte, err error) {
	if e.rows == 0 {
		e.since = now
	}
	for _, c := range e.columns {
		c.take(b)
	}
	e.rows += b.N
	if e.rows >= e.config.Rows || !now.Before(e.Due()) {
		return e.Flush()
	}
	return nil, nil
}

// Due is when the rows that wait should be flushed, if no more come. Without
// rows it is a time after every other.
func (e *Encoder) Due() time.Time {
	if e.rows == 0 {
		return never
	}
	return e.since.Add(e.config.Linger)
}

var never = time.Unix(1<<40, 0)

// Rows is how many flows wait for a message.
func (e *Encoder) Rows() int { return e.rows }

// Flush returns a message with the rows that wait, or nil if there are none. It
// stays as it is until the next call.
func (e *Encoder) Flush() (message []byte, err error) {
	if e.rows == 0 {
		return nil, nil
	}
	e.out.bytes = e.out.bytes[:e.head]
	if err := e.write(); err != nil {
		return nil, err
	}
	e.out.bytes = append(e.out.bytes, endOfStream...)
	return e.out.bytes, nil
}

// endOfStream is a message of length 0 in the encapsulated form.
var endOfStream = []byte{0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}

// write encodes the rows as a record batch, and forgets them.
func (e *Encoder) write() error {
	adopted := make([]arrow.Array, 0, len(e.columns))
	for _, c := range e.columns {
		adopted = append(adopted, c.adopt())
	}
	record := array.NewRecordBatch(e.schema, adopted, int64(e.rows))
	err := e.writer.Write(record)
	record.Release()
	for i, c := range e.columns {
		adopted[i].Release()
		c.clear()
	}
	if e.rows = 0; err != nil {
		return fmt.Errorf("arrow: %w", err)
	}
	return nil
}

// sink is what the writer writes to.
type sink struct {
	bytes []byte
	last  int // where the last payload begins
}

// Start and Close are there for files, which have a frame around their messages.
func (s *sink) Start() error { return nil }

// Close does nothing: the end of a stream is written by Flush.
func (s *sink) Close() error { return nil }

// WritePayload appends one message in its encapsulated form.
func (s *sink) WritePayload(p ipc.Payload) error {
	s.last = len(s.bytes)
	_, err := p.WritePayload(s)
	return err
}

func (s *sink) Write(p []byte) (int, error) {
	s.bytes = append(s.bytes, p...)
	return len(p), nil
}
