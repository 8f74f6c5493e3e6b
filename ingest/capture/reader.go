package capture

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"time"

	"eagre/flow"
	"eagre/ingest/header"
)

// Kind is what a file holds.
type Kind uint8

// The kinds.
const (
	Packets Kind = iota // plain traffic, to be metered
	Exports             // export datagrams or messages, to be decoded
	Records             // flows that were decoded by others
)

func (k Kind) String() string { return [...]string{"packets", "exports", "records"}[min(k, Records)] }

// Item is one thing that arrived. Data and Record are valid until the next call of
// Next.
type Item struct {
	// At is when it arrived, UTC, never before the item before: the capture time of
	// a packet, the export time of a message in an IPFIX file or of a record in a
	// flow-tools file, or when goflow2 received a flow.
	At   time.Time
	Kind Kind
	Data []byte // a UDP payload or an IPFIX message (Exports), or a frame (Packets)

	// From is who sent an export. An IPFIX file does not say that: then it is
	// 127.0.0.1 with port 0.
	From      netip.AddrPort
	Truncated bool // Exports: the capture holds only the beginning

	// Record is the flow, with its exporter as the file names it: the zero address
	// where goflow2 did not know. Its times are clamped, its quality is judged.
	Record *flow.Record

	Link      header.LinkType // Packets: how the frame begins
	WireBytes int             // Packets: how long it was on the wire
	Interface uint32          // Packets: from 1 in a pcapng file, 0 in a pcap file
}

// Counts says what happened to what a file holds: packets, messages, records or
// lines. At the end Frames is the sum of Items, Skipped and Broken.
type Counts struct {
	Frames  uint64 // read
	Items   uint64 // handed out
	Skipped uint64 // packets without an export datagram, in a capture of exports; what goflow2 says of other than IP traffic
	Broken  uint64 // lines and messages of goflow2 that could not be read
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
	last    frame // of the last item, to be recycled
	header  header.Header
}

// NewReader opens a file and reads its beginning to see what it holds. It fails
// when that is nothing that is read, and says what it seems to be; a capture
// without packets is one of packets.
func NewReader(r io.Reader, c Config) (*Reader, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	o, err := open(r)
	if err != nil {
		return nil, fmt.Errorf("capture: %w", err)
	}
	reader := &Reader{source: o.source, kind: o.kind, order: order{lookAhead: c.LookAhead, limit: c.Buffer}, ports: newPortSet()}
	if o.capture {
		reader.decide()
	}
	return reader, nil
}

// Kind is what the file holds.
func (r *Reader) Kind() Kind { return r.kind }

// Counts is what happened so far.
func (r *Reader) Counts() Counts {
	c := r.counts
	if l, ok := r.source.(losses); ok {
		skipped, broken, _ := l.lost()
		c.Frames, c.Skipped, c.Broken = c.Frames+skipped+broken, c.Skipped+skipped, broken
	}
	return c
}

// Complaint is what was wrong with the first line or message that counts as
// Broken, nil when there is none.
func (r *Reader) Complaint() error {
	if l, ok := r.source.(losses); ok {
		_, _, complaint := l.lost()
		return complaint
	}
	return nil
}

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
			r.cut = fmt.Errorf("capture: after %s %d: %w", r.unit(), r.counts.Frames, err)
			r.counts.Cut = 1
		}
		return false
	}
	f.seq = r.counts.Frames
	r.counts.Frames++
	r.order.push(f)
	return true
}

// unit is what the file is made of. What a capture holds is told by its packets.
func (r *Reader) unit() string {
	switch r.source.(type) {
	case *messages:
		return "message"
	case *flowTools, *imported:
		return "record"
	}
	return "packet"
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
	r.order.recycle(&r.last)
	r.last = frame{}
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
		r.last = r.order.pop()
		return r.last, true
	}
}

func (r *Reader) item(f *frame) (Item, bool) {
	item := Item{At: f.at, Kind: r.kind, Data: f.data, From: f.sender, Record: f.record, Link: f.link, WireBytes: f.wireBytes, Interface: f.iface}
	if r.kind == Exports && !f.sender.IsValid() {
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
