package capture

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"time"
)

// The header of an IPFIX message and of a set in it (RFC 7011 §3.1, §3.3.2).
const (
	ipfixVersion = 10
	ipfixHeader  = 16
	setHeader    = 4

	firstDataSet    = 256
	templateSet     = 2
	optionsTemplate = 3
)

// nobody is the sender of messages in an IPFIX file, which does not say who sent
// them: the loopback address without a port. Observation domains tell exporters
// apart that were written to one file.
var nobody = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 0)

// looksIPFIX tells whether something begins with a message of an IPFIX file.
func looksIPFIX(b []byte) bool {
	if len(b) < ipfixHeader || binary.BigEndian.Uint16(b) != ipfixVersion {
		return false
	}
	length := int(binary.BigEndian.Uint16(b[2:]))
	if length == ipfixHeader || len(b) < ipfixHeader+setHeader {
		return length == ipfixHeader
	}
	set, size := binary.BigEndian.Uint16(b[ipfixHeader:]), int(binary.BigEndian.Uint16(b[ipfixHeader+2:]))
	known := set == templateSet || set == optionsTemplate || set >= firstDataSet
	return length > ipfixHeader && known && size >= setHeader && size <= length-ipfixHeader
}

// messages reads an IPFIX file (RFC 5655 §6): messages one after the other, each
// with its length and the time of its export.
type messages struct {
	r    *bufio.Reader
	last int // bytes of the message before, still in the buffer
}

func (m *messages) next() (frame, error) {
	if _, err := m.r.Discard(m.last); err != nil {
		return frame{}, err
	}
	m.last = 0
	head, err := m.r.Peek(ipfixHeader)
	switch {
	case len(head) == 0 && errors.Is(err, io.EOF):
		return frame{}, io.EOF
	case err != nil:
		return frame{}, cutShort(err)
	}
	version, length := binary.BigEndian.Uint16(head), int(binary.BigEndian.Uint16(head[2:]))
	if version != ipfixVersion || length < ipfixHeader {
		return frame{}, fmt.Errorf("version %d and length %d: not an IPFIX message", version, length)
	}
	at := time.Unix(int64(binary.BigEndian.Uint32(head[4:])), 0).UTC()
	data, err := m.r.Peek(length)
	if err != nil {
		return frame{}, cutShort(err)
	}
	m.last = length
	return frame{at: at, data: data, wireBytes: length, sender: nobody}, nil
}

// cutShort is the error of something that ends too early.
func cutShort(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
