package capture

import (
	"bufio"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"eagre/flow"
)

// A flow-tools file begins with two magic bytes, its byte order, its stream
// version and the offset of the first record; then come type-length-values
// (flow-tools 0.68, ftlib.h and ftio.c).
const (
	flowToolsMagic   = 0xcf10
	flowToolsHeader  = 8
	flowToolsStream  = 3
	mostHeader       = 16 << 10 // what flow-tools itself allows
	littleEndianFile = 1
	bigEndianFile    = 2

	tlvHeader     = 4
	tlvVersion    = 2 // of the export
	tlvScheme     = 4 // of aggregation, with version 8
	tlvFlags      = 8
	flagCompress  = 2
	longestRecord = 72
)

// flowTools reads a flow-tools file. flow-tools keeps of each record when its
// datagram was sent and the router's uptime then, so that times come out as they
// would from the datagram; it keeps no sequence numbers and no sampling.
type flowTools struct {
	r      io.Reader
	order  binary.ByteOrder
	layout layout
	buffer [longestRecord]byte
	record flow.Record
}

func openFlowTools(b *bufio.Reader) (source, error) {
	f, err := newFlowTools(b)
	if err != nil {
		return nil, fmt.Errorf("flow-tools: %w", err)
	}
	return f, nil
}

func newFlowTools(b *bufio.Reader) (*flowTools, error) {
	f := &flowTools{r: b}
	var head [flowToolsHeader]byte
	if _, err := io.ReadFull(b, head[:]); err != nil {
		return nil, cutShort(err)
	}
	if f.order = byteOrder(head[2]); f.order == nil {
		return nil, fmt.Errorf("byte order %d, want 1 (little) or 2 (big)", head[2])
	}
	if head[3] != flowToolsStream {
		return nil, fmt.Errorf("stream version %d, only 3 is read", head[3])
	}
	length := f.order.Uint32(head[4:])
	if length < flowToolsHeader || length > mostHeader {
		return nil, fmt.Errorf("header of %d bytes, want %d to %d", length, flowToolsHeader, mostHeader)
	}
	values := make([]byte, length-flowToolsHeader)
	if _, err := io.ReadFull(b, values); err != nil {
		return nil, fmt.Errorf("header of %d bytes: %w", length, cutShort(err))
	}
	compressed, err := f.describe(values)
	if err != nil || !compressed {
		return f, err
	}
	return f, f.inflate(b)
}

// inflate unpacks the records on the fly. A file that was left before its first
// record has nothing to unpack.
func (f *flowTools) inflate(b *bufio.Reader) error {
	if _, err := b.Peek(1); errors.Is(err, io.EOF) {
		return nil
	}
	z, err := zlib.NewReader(b)
	f.r = z
	return err
}

func byteOrder(code byte) binary.ByteOrder {
	switch code {
	case littleEndianFile:
		return binary.LittleEndian
	case bigEndianFile:
		return binary.BigEndian
	}
	return nil
}

// describe reads the values that say what the records are.
func (f *flowTools) describe(values []byte) (compressed bool, err error) {
	var version, scheme, flags uint32
	for len(values) >= tlvHeader { // less is padding
		kind, length := f.order.Uint16(values), int(f.order.Uint16(values[2:]))
		if values = values[tlvHeader:]; length > len(values) {
			return false, fmt.Errorf("header value %d of %d bytes, %d are left", kind, length, len(values))
		}
		value := values[:length]
		values = values[length:]
		switch {
		case kind == tlvVersion && length >= 2:
			version = uint32(f.order.Uint16(value))
		case kind == tlvScheme && length >= 1:
			scheme = uint32(value[0])
		case kind == tlvFlags && length >= 4:
			flags = f.order.Uint32(value)
		}
	}
	var known bool
	if f.layout, known = layoutOf(version, scheme); !known {
		return false, fmt.Errorf("records of NetFlow v%d, aggregation %d, are not known; v1, v5, v6, v7 and v8 with 1 to 14 are", version, scheme)
	}
	return flags&flagCompress != 0, nil
}

func (f *flowTools) next() (frame, error) {
	b := f.buffer[:f.layout.size]
	if _, err := io.ReadFull(f.r, b); err != nil {
		return frame{}, err
	}
	at := f.layout.read(b, f.order, &f.record)
	return frame{at: time.UnixMilli(at).UTC(), record: &f.record}, nil
}
