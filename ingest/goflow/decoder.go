package goflow

import (
	"errors"
	"fmt"
	"time"

	"github.com/netsampler/goflow2/v2/pb"
	"google.golang.org/protobuf/proto"

	"eagre/flow"
)

// Sizes beyond which a message or a line is not looked at.
const (
	MaxMessage = 64 << 10
	MaxLine    = 64 << 10
)

// What a message says that is well formed and yet no flow.
var (
	ErrNotIP     = errors.New("not IP traffic") // such as ARP, which goflow2 reports from sFlow samples
	ErrNoTraffic = errors.New("no packets and no bytes")
)

// Decoder turns messages of another collector into records. Its zero value is
// ready; one goroutine at a time may use it.
type Decoder struct{ message flowpb.FlowMessage }

// FromProtobuf reads one FlowMessage without a length before it. All of r is
// overwritten; it means nothing when there is an error.
//
// at is when the message arrived here. A record that ends after it, or began more
// than two hours before it, is clamped as those of routers are. The zero time
// says that the arrival is not known, as in a file: then the time at which the
// other collector received the flow stands for it. The time that was used is
// returned.
//
// The exporter is the zero address where the message names none. A record that
// lacks an address is marked as Aggregated. A sampling rate of 0 is unknown.
func (d *Decoder) FromProtobuf(message []byte, at time.Time, r *flow.Record) (time.Time, error) {
	if len(message) > MaxMessage {
		return time.Time{}, fmt.Errorf("goflow2 protobuf: %d bytes, limit %d", len(message), MaxMessage)
	}
	if err := proto.Unmarshal(message, &d.message); err != nil {
		return time.Time{}, fmt.Errorf("goflow2 protobuf: %w", err)
	}
	received, err := d.record(at, r)
	if err != nil {
		return time.Time{}, fmt.Errorf("goflow2 protobuf: %w", err)
	}
	return received, nil
}

// FromJSON reads one line, as FromProtobuf reads a message. Enumerations and
// protocols may be names or numbers, numbers may stand in quotes, addresses may
// be in their everyday form or the base64 of their bytes, times may be RFC 3339,
// keys may be spelled src_addr or srcAddr. Keys that are not known are passed
// over. Where goflow2 prints one name for several protocol numbers ("unassigned",
// "experimental", "reserved", "unknown") the protocol is 255.
func (d *Decoder) FromJSON(line []byte, at time.Time, r *flow.Record) (time.Time, error) {
	if len(line) > MaxLine {
		return time.Time{}, fmt.Errorf("goflow2 JSON: %d bytes, limit %d", len(line), MaxLine)
	}
	proto.Reset(&d.message)
	if err := parse(line, &d.message); err != nil {
		return time.Time{}, fmt.Errorf("goflow2 JSON: %w", err)
	}
	received, err := d.record(at, r)
	if err != nil {
		return time.Time{}, fmt.Errorf("goflow2 JSON: %w", err)
	}
	return received, nil
}
