package goflow

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"eagre/flow"
)

// Counts says what became of the messages or lines of a stream.
type Counts struct {
	Records uint64 // handed out
	Skipped uint64 // well formed, but no flow: ErrNotIP, ErrNoTraffic
	Broken  uint64 // could not be read
}

// Stream hands out records one after the other. One goroutine at a time may use
// it.
type Stream struct {
	decoder   Decoder
	at        time.Time
	message   func() ([]byte, error)
	decode    func(*Decoder, []byte, time.Time, *flow.Record) (time.Time, error)
	unit      string
	counts    Counts
	complaint error
	end       error // why nothing more comes
}

// NewLines reads JSON lines; empty ones do not count. at is when they arrived
// here, or the zero time in a file (see Decoder).
func NewLines(r io.Reader, at time.Time) *Stream {
	l := lines{r: bufio.NewReaderSize(r, MaxLine+1)}
	return &Stream{at: at, message: l.next, decode: (*Decoder).FromJSON, unit: "line"}
}

// NewDelimited reads protobuf messages with their lengths before them, as goflow2
// writes them to files.
func NewDelimited(r io.Reader, at time.Time) *Stream {
	d := delimited{r: bufio.NewReaderSize(r, MaxMessage+binary.MaxVarintLen64)}
	return &Stream{at: at, message: d.next, decode: (*Decoder).FromProtobuf, unit: "message"}
}

// NewPayload reads what came as one piece from a message bus: JSON lines, or
// protobuf, either one message or several with their lengths before them.
func NewPayload(payload []byte, at time.Time) *Stream {
	switch {
	case LooksLikeJSON(payload):
		return NewLines(bytes.NewReader(payload), at)
	case chained(payload):
		return NewDelimited(bytes.NewReader(payload), at)
	}
	s := &Stream{at: at, decode: (*Decoder).FromProtobuf, unit: "message"}
	s.message = func() ([]byte, error) {
		if payload == nil {
			return nil, io.EOF
		}
		one := payload
		payload = nil
		return one, nil
	}
	return s
}

// Next is the next record and when it was received; io.EOF after the last. Any
// other error says where a stream became unreadable as a whole; what cannot be
// read otherwise is counted and passed over.
func (s *Stream) Next(r *flow.Record) (time.Time, error) {
	for s.end == nil {
		message, err := s.message()
		if err != nil && !errors.Is(err, errTooLong) {
			s.close(err)
			continue
		}
		var received time.Time
		if err == nil {
			received, err = s.decode(&s.decoder, message, s.at, r)
		}
		if err == nil {
			s.counts.Records++
			return received, nil
		}
		s.pass(err)
	}
	return time.Time{}, s.end
}

// close remembers why the stream is over.
func (s *Stream) close(err error) {
	s.end = err
	if !errors.Is(err, io.EOF) {
		s.end = fmt.Errorf("goflow2 %s %d: %w", s.unit, s.seen()+1, err)
	}
}

// pass counts what was not handed out.
func (s *Stream) pass(err error) {
	if errors.Is(err, ErrNotIP) || errors.Is(err, ErrNoTraffic) {
		s.counts.Skipped++
		return
	}
	s.counts.Broken++
	if s.complaint == nil {
		s.complaint = fmt.Errorf("%s %d: %w", s.unit, s.seen(), err)
	}
}

func (s *Stream) seen() uint64 { return s.counts.Records + s.counts.Skipped + s.counts.Broken }

// Counts is what happened so far.
func (s *Stream) Counts() Counts { return s.counts }

// Complaint is what was wrong with the first message or line that could not be
// read, nil when there is none.
func (s *Stream) Complaint() error { return s.complaint }

var (
	errTooLong   = errors.New("too long")
	errTruncated = errors.New("it ends inside the message")
)

// lines cuts a stream at line ends, within a buffer of a fixed size.
type lines struct{ r *bufio.Reader }

func (l *lines) next() ([]byte, error) {
	for {
		line, err := l.r.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			return nil, l.skip()
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			return line, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// skip passes over the rest of a line that is too long.
func (l *lines) skip() error {
	for {
		_, err := l.r.ReadSlice('\n')
		if err == nil || errors.Is(err, io.EOF) {
			return fmt.Errorf("%w: more than %d bytes", errTooLong, MaxLine)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
}

// delimited cuts a stream into messages.
type delimited struct {
	r    *bufio.Reader
	last int // bytes of the message before, still in the buffer
}

// next is the next message, valid until the one after it. A length beyond the
// limit ends the stream: where one length is wrong, the next cannot be found.
func (d *delimited) next() ([]byte, error) {
	if _, err := d.r.Discard(d.last); err != nil {
		return nil, err
	}
	d.last = 0
	length, err := binary.ReadUvarint(d.r)
	if err != nil {
		return nil, notEnough(err)
	}
	if length > MaxMessage {
		return nil, fmt.Errorf("length %d, limit %d", length, MaxMessage)
	}
	d.last = int(length)
	message, err := d.r.Peek(d.last)
	if errors.Is(err, io.EOF) {
		return nil, errTruncated
	}
	return message, err
}

func notEnough(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errTruncated
	}
	return err
}

// chained tells whether lengths lead from message to message exactly to the end,
// and each message is one that can be read. One single message hardly ever does.
func chained(payload []byte) bool {
	if len(payload) == 0 {
		return false
	}
	for len(payload) > 0 {
		message, n := protowire.ConsumeBytes(payload)
		if n < 0 || len(message) > MaxMessage || !wellFormed(message) {
			return false
		}
		payload = payload[n:]
	}
	return true
}
