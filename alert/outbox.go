package alert

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"time"

	"eagre/anomaly"
	"eagre/internal/disk"
)

// The rows of the outbox. A file begins with a begin row; replaying the others in
// order through the queues gives back their state.
const (
	rowBegin = "begin"
	rowPut   = "put"  // an event was taken in for these receivers
	rowTry   = "try"  // a message is about to be sent for the first time
	rowSent  = "sent" // the receiver has the message
	rowFail  = "fail" // the message was given up
)

const outboxVersion = 1

// row is one line of the outbox.
type row struct {
	Op         string             `json:"op"`
	Version    int                `json:"version,omitempty"`
	At         time.Time          `json:"at,omitzero"`
	To         []string           `json:"to,omitempty"`
	ID         string             `json:"id,omitempty"`
	Revision   int                `json:"revision,omitempty"`
	Kind       anomaly.Kind       `json:"kind,omitempty"`
	Importance anomaly.Importance `json:"importance,omitempty"`
	Event      json.RawMessage    `json:"event,omitempty"`
}

// outbox is an append-only file of rows, written anew when most of it has become
// history. A nil outbox remembers nothing. One goroutine owns it.
//
// When the disk fails, alerts go on from memory: the file is given up (a descriptor
// whose fsync failed once is not to be trusted again) and a new one is tried every
// few seconds, with everything that still matters.
type outbox struct {
	path   string
	file   *os.File // nil while the disk fails
	buffer bytes.Buffer
	sync   bool  // the buffer holds rows that must survive a power cut
	size   int64 // of the file
	base   int64 // its size when it was last written anew
	retry  time.Time
	errors func(reason string, err error)
}

const (
	outboxName   = "outbox.jsonl"
	outboxSlack  = 1 << 20 // history that is not worth writing anew, in bytes
	maxRow       = maxEvent + 64<<10
	reopenOutbox = 5 * time.Second
)

// openOutbox makes the folder and reads what an earlier run left there. Rows that
// cannot be read (the last one after a power cut) are reported and left out.
func openOutbox(dir string, report func(reason string, err error), replay func(row)) (*outbox, error) {
	if dir == "" {
		return nil, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("outbox: %w", err)
	}
	o := &outbox{path: filepath.Join(dir, outboxName), errors: report}
	f, err := os.Open(o.path)
	if errors.Is(err, os.ErrNotExist) {
		return o, nil
	}
	if err != nil {
		return nil, fmt.Errorf("outbox: %w", err)
	}
	defer f.Close()
	if err := readRows(f, report, replay); err != nil {
		return nil, fmt.Errorf("outbox %s: %w", o.path, err)
	}
	return o, nil
}

// readRows reads rows until the end. Only a version that is not ours and a disk that
// cannot be read are errors.
func readRows(from io.Reader, report func(reason string, err error), replay func(row)) error {
	lines := bufio.NewReaderSize(from, maxRow)
	for n := 1; ; n++ {
		line, err := lines.ReadSlice('\n')
		for errors.Is(err, bufio.ErrBufferFull) {
			line = nil
			_, err = lines.ReadSlice('\n')
		}
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		var got row
		if err := json.Unmarshal(line, &got); err != nil {
			report(outboxRead, fmt.Errorf("line %d: not a row", n))
			continue
		}
		if got.Op == rowBegin && got.Version != outboxVersion {
			return fmt.Errorf("version %d, this engine reads %d", got.Version, outboxVersion)
		}
		replay(got)
	}
}

// add buffers a row until the next commit. Durable rows are on disk after it.
func (o *outbox) add(r row, durable bool) {
	if o == nil || o.file == nil {
		return
	}
	line, err := json.Marshal(r)
	if err != nil {
		o.errors(outboxWrite, err)
		return
	}
	o.buffer.Write(line)
	o.buffer.WriteByte('\n')
	o.sync = o.sync || durable
}

// commit writes what was added, and syncs if it must. state gives the rows that tell
// everything that still matters, for a file that is written anew.
func (o *outbox) commit(now time.Time, state iter.Seq[row]) {
	switch {
	case o == nil:
	case o.file == nil && now.Before(o.retry):
	case o.file == nil, o.size+int64(o.buffer.Len()) > 2*o.base+outboxSlack:
		o.check(o.rewrite(state), now)
	default:
		o.check(o.flush(), now)
	}
}

func (o *outbox) check(err error, now time.Time) {
	if err == nil {
		return
	}
	o.errors(outboxWrite, err)
	o.close()
	o.retry = now.Add(reopenOutbox)
}

func (o *outbox) flush() error {
	if o.buffer.Len() > 0 {
		n, err := o.file.Write(o.buffer.Bytes())
		o.size += int64(n)
		if err != nil {
			return err
		}
		o.buffer.Reset()
	}
	if !o.sync {
		return nil
	}
	o.sync = false
	return o.file.Sync()
}

// rewrite replaces the file by one that holds state alone: a new file is written and
// synced, takes the old one's name, and the folder is synced.
func (o *outbox) rewrite(state iter.Seq[row]) error {
	o.close()
	f, err := os.OpenFile(o.path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	size, err := writeRows(f, state)
	if err == nil {
		err = os.Rename(f.Name(), o.path)
	}
	if err == nil {
		err = disk.SyncFolder(filepath.Dir(o.path))
	}
	if err != nil {
		f.Close()
		return err
	}
	o.file, o.size, o.base = f, size, size
	return nil
}

func writeRows(f *os.File, state iter.Seq[row]) (size int64, err error) {
	w := bufio.NewWriter(f)
	rows := json.NewEncoder(countInto{w, &size})
	err = rows.Encode(row{Op: rowBegin, Version: outboxVersion})
	for r := range state {
		err = errors.Join(err, rows.Encode(r))
	}
	return size, errors.Join(err, w.Flush(), f.Sync())
}

type countInto struct {
	io.Writer
	n *int64
}

func (c countInto) Write(p []byte) (int, error) {
	*c.n += int64(len(p))
	return c.Writer.Write(p)
}

// close gives the file up, together with what was not written.
func (o *outbox) close() {
	if o == nil || o.file == nil {
		return
	}
	o.file.Close()
	o.file = nil
	o.buffer.Reset()
	o.sync = false
}

// wake is when a file that was given up should be tried again; zero where none was.
func (o *outbox) wake() time.Time {
	if o == nil || o.file != nil {
		return time.Time{}
	}
	return o.retry
}

// bytes is the size of the file.
func (o *outbox) bytes() int64 {
	if o == nil {
		return 0
	}
	return o.size
}
