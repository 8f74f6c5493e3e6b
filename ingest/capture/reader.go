package capture

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"time"

	"eagre/ingest/header"
)

// Kind is what a capture holds.
type Kind uint8

// The kinds.
const (
	Packets Kind = iota // plain traffic, to be metered
	Exports             // export datagrams, to be decoded
)

func (k Kind) String() string { return [...]string{"packets", "exports"}[min(k, Exports)] }

// Item is one thing that arrived. Data is valid until the next call of Next.
type Item struct {
	At   time.Time // capture time, UTC; never before that of the item before
	Kind Kind
	Data []byte // a UDP payload (Exports) or a frame (Packets)

	From      netip.AddrPort // Exports: the sender
	Truncated bool           // Exports: the capture holds only the beginning

	Link      header.LinkType // Packets: how the frame begins
	WireBytes int             // Packets: how long it was on the wire
	Interface uint32          // Packets: from 1 in a pcapng file, 0 in a pcap file
}

// Counts says what happened to the frames of a capture.
type Counts struct {
	Frames  uint64 // read
	Items   uint64 // handed out
	Skipped uint64 // frames without an export datagram, in a capture of exports
	Crowded uint64 // handed out before the look-ahead was over, for want of buffer
	Late    uint64 // out of order beyond the look-ahead: their time was moved up
	Cut     uint64 // 1 when the file ends inside a packet or turns to garbage
}

// sampled is how many packets are looked at to decide what a file holds.
const sampled = 200

// Reader turns a capture into items. One goroutine at a time may use it.
type Reader struct {
	source  source
	order   order
	kind    Kind
	ports   *portSet
	counts  Counts
	reached time.Time // of the last item
	ended   bool
	cut     error
	last    []byte // data of the last item, to be recycled
	header  header.Header
}

// NewReader opens a capture and reads its first packets to see what it holds. It
// fails when r is not a capture at all; an empty one is a capture of packets.
func NewReader(r io.Reader, c Config) (*Reader, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	s, err := open(r)
	if err != nil {
		return nil, fmt.Errorf("capture: %w", err)
	}
	reader := &Reader{source: s, order: order{lookAhead: c.LookAhead, limit: c.Buffer}, ports: newPortSet()}
	reader.decide()
	return reader, nil
}

// Kind is what the capture holds.
func (r *Reader) Kind() Kind { return r.kind }

// Counts is what happened so far.
func (r *Reader) Counts() Counts { return r.counts }

// Cut is why the file ended before its end, nil when it did not. What was read
// until then has been handed out all the same.
func (r *Reader) Cut() error { return r.cut }

// decide looks at the first packets: a capture of exports is one in which most
// of them are built like export datagrams.
func (r *Reader) decide() {
	seen, exports := 0, 0
	for seen < sampled && r.fill() {
		seen++
	}
	for _, frames := range [][]frame{r.order.queue[r.order.head:], r.order.stragglers} {
		for i := range frames {
			if d, ok := udp(&frames[i], &r.header); ok && d.looksExported() {
				r.ports.add(d.to)
				exports++
			}
		}
	}
	if 2*exports > seen {
		r.kind = Exports
	}
}

// fill reads one frame into the order and tells whether there was one.
func (r *Reader) fill() bool {
	if r.ended {
		return false
	}
	f, err := r.source.next()
	if err != nil {
		r.ended = true
		if !errors.Is(err, io.EOF) {
			r.cut = fmt.Errorf("capture: after packet %d: %w", r.counts.Frames, err)
			r.counts.Cut = 1
		}
		return false
	}
	f.seq = r.counts.Frames
	r.counts.Frames++
	r.order.push(f)
	return true
}

// Next is the next item by time, io.EOF after the last.
func (r *Reader) Next() (Item, error) {
	for {
		f, ok := r.frame()
		if !ok {
			return Item{}, io.EOF
		}
		if item, ok := r.item(&f); ok {
			r.counts.Items++
			return item, nil
		}
		r.counts.Skipped++
	}
}

// frame is the next frame by time.
func (r *Reader) frame() (frame, bool) {
	r.order.recycle(r.last)
	r.last = nil
	for {
		ripe, crowded := r.order.ripe()
		if !ripe && r.fill() {
			continue
		}
		if r.order.empty() {
			return frame{}, false
		}
		if crowded {
			r.counts.Crowded++
		}
		f := r.order.pop()
		r.last = f.data
		return f, true
	}
}

func (r *Reader) item(f *frame) (Item, bool) {
	item := Item{At: f.at, Kind: r.kind, Data: f.data, Link: f.link, WireBytes: f.wireBytes, Interface: f.iface}
	if r.kind == Exports {
		d, ok := udp(f, &r.header)
		if !ok || !r.ports.exported(&d) {
			return Item{}, false
		}
		item.Data, item.From, item.Truncated = d.payload, d.from, d.truncated
	}
	if item.At.Before(r.reached) {
		item.At = r.reached
		r.counts.Late++
	}
	r.reached = item.At
	return item, true
}
