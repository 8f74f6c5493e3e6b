package goflow

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/flow"
)

// believable checks what every record promises, whatever was read.
func believable(t *testing.T, r *flow.Record, received time.Time) {
	t.Helper()
	now := received.Truncate(time.Millisecond)
	if r.End.Before(r.Start) || r.End.After(now) || now.Sub(r.Start) > longest || now.Sub(r.End) > believed || int(r.SrcMask) > r.SrcAddr.BitLen() || int(r.DstMask) > r.DstAddr.BitLen() {
		t.Fatalf("received %v: impossible record %+v", received, r)
	}
	if r.Version != flow.Imported || r.Bytes == 0 && r.Packets == 0 || r.SrcAddr.Is4In6() || r.SrcAddr.Zone() != "" {
		t.Fatalf("impossible record %+v", r)
	}
}

// survives sends a record there and back in both forms. What has no place in a
// message is left out of the comparison, and so are protocols without a name of
// their own, which JSON cannot tell apart.
func survives(t *testing.T, r flow.Record, received time.Time) {
	t.Helper()
	var d Decoder
	var again flow.Record
	r.Quality &^= flow.Fragment
	marks := flow.BadDuration | flow.LateReceived // already clamped, so they do not come again
	r.Quality &^= marks
	if _, err := d.FromProtobuf(AppendProtobuf(nil, &r, received), received, &again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r, again, same); diff != "" {
		t.Fatalf("protobuf (-want +got):\n%s", diff)
	}
	if int(r.Proto) >= len(protocolNames) {
		r.Proto = reservedProto
	}
	if _, err := d.FromJSON(AppendJSON(nil, &r, received), received, &again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r, again, same); diff != "" {
		t.Fatalf("JSON (-want +got):\n%s", diff)
	}
}

func FuzzJSON(f *testing.F) {
	r := slammerRecord()
	f.Add(AppendJSON(nil, &r, arrived), int64(0))
	f.Add([]byte(`{"srcAddr":"AQIDBA==","proto":"TCP","packets":"1","bytes":4e1,"x":[{"y":"\\\""}]}`), arrived.UnixMilli())
	f.Add([]byte(`{"time_received_ns":"2026-03-01T12:00:00Z","bytes":1,"flow_direction":1,"src_net":"::/0"}`), int64(1))
	f.Add([]byte(`{"etype":"ARP","bytes":1}`), int64(0))
	f.Fuzz(func(t *testing.T, line []byte, at int64) { try(t, (*Decoder).FromJSON, line, at) })
}

func FuzzProtobuf(f *testing.F) {
	r := slammerRecord()
	r.Direction = flow.Egress
	f.Add(AppendProtobuf(nil, &r, arrived), int64(0))
	f.Add(AppendProtobuf(nil, &flow.Record{Bytes: 1}, time.Time{}), arrived.UnixMilli())
	f.Add([]byte{0xd2, 2, 0}, int64(0))
	f.Fuzz(func(t *testing.T, message []byte, at int64) { try(t, (*Decoder).FromProtobuf, message, at) })
}

// try decodes twice, as nothing may be left over from the first time.
func try(t *testing.T, decode func(*Decoder, []byte, time.Time, *flow.Record) (time.Time, error), input []byte, ms int64) {
	at := time.Time{}
	if ms > 1<<35 && ms < 1<<42 {
		at = time.UnixMilli(ms)
	}
	var d Decoder
	var r, again flow.Record
	received, err := decode(&d, input, at, &r)
	receivedAgain, errAgain := decode(&d, input, at, &again)
	if (err == nil) != (errAgain == nil) {
		t.Fatalf("first %v, then %v", err, errAgain)
	}
	if err != nil {
		return
	}
	if !received.Equal(receivedAgain) || r != again {
		t.Fatalf("a second look differs: %+v, then %+v", r, again)
	}
	believable(t, &r, received)
	survives(t, r, received)
}

// FuzzStreams conserves: every message is handed out, skipped or broken, and a
// stream ends within as many of them as it has bytes.
func FuzzStreams(f *testing.F) {
	r := slammerRecord()
	f.Add(AppendDelimited(AppendDelimited(nil, &r, arrived), &r, arrived))
	f.Add(append(append(AppendJSON(nil, &r, arrived), '\n'), AppendJSON(nil, &r, arrived)...))
	f.Add(AppendProtobuf(nil, &r, arrived))
	f.Fuzz(func(t *testing.T, input []byte) {
		for _, s := range []*Stream{
			NewLines(bytes.NewReader(input), arrived), NewDelimited(bytes.NewReader(input), arrived), NewPayload(input, arrived),
		} {
			var r flow.Record
			records := uint64(0)
			for {
				received, err := s.Next(&r)
				if err != nil {
					if c := s.Counts(); c.Records != records || s.seen() > uint64(len(input))+1 || errors.Is(err, io.EOF) && (c.Broken > 0) != (s.Complaint() != nil) {
						t.Fatalf("%d records, %+v, complaint %v, out of %d bytes", records, c, s.Complaint(), len(input))
					}
					break
				}
				records++
				believable(t, &r, received)
			}
		}
	})
}
