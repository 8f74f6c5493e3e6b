package ipfix

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/flow"
	"eagre/ingest/wire"
)

// What a router writes, for tests. Templates are written as they are in logs of
// other collectors: "8:4 12:4 29305/1:8 82:v" is element:length, with an
// enterprise's number in front of a slash, and v for a variable length.

var (
	arrived = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).UnixMilli()
	router  = wire.Source{Exporter: flow.V4(0xc0000201), Arrival: arrived}
	local   = netip.MustParseAddr("192.0.2.7")
	remote  = netip.MustParseAddr("198.51.100.9")
	local6  = netip.MustParseAddr("2001:db8::7")
	remote6 = netip.MustParseAddr("2001:db8:1::9")
)

const (
	boot     = 3_600_000 // milliseconds of uptime in headers
	sequence = 70
	domain7  = 7
)

// exportedAt is the export time of headers: the second in which they arrive.
var exportSeconds = uint32(arrived / 1000)

type specifier struct {
	pen             uint32
	element, length uint16
}

func parseSpec(spec string) (out []specifier) {
	for _, word := range strings.Fields(spec) {
		var s specifier
		if pen, rest, found := strings.Cut(word, "/"); found {
			_, _ = fmt.Sscan(pen, &s.pen)
			word = rest
		}
		element, length, _ := strings.Cut(word, ":")
		_, _ = fmt.Sscan(element, &s.element)
		if s.length = variable; length != "v" {
			_, _ = fmt.Sscan(length, &s.length)
		}
		out = append(out, s)
	}
	return out
}

func specBytes(spec string) (b []byte) {
	for _, s := range parseSpec(spec) {
		if s.pen != 0 {
			b = binary.BigEndian.AppendUint16(b, s.element|0x8000)
			b = binary.BigEndian.AppendUint16(b, s.length)
			b = binary.BigEndian.AppendUint32(b, s.pen)
			continue
		}
		b = words(b, s.element, s.length)
	}
	return b
}

func words(b []byte, values ...uint16) []byte {
	for _, v := range values {
		b = binary.BigEndian.AppendUint16(b, v)
	}
	return b
}

// setOf frames the bytes of a set.
func setOf(id uint16, content ...[]byte) []byte {
	all := []byte{}
	for _, c := range content {
		all = append(all, c...)
	}
	return append(words(nil, id, uint16(len(all)+4)), all...)
}

// template is a template record for data.
func tmpl(id uint16, spec string) []byte {
	return append(words(nil, id, uint16(len(parseSpec(spec)))), specBytes(spec)...)
}

// optionsV9 and optionsIPFIX are template records for options.
func optionsV9(id uint16, scope, spec string) []byte {
	s, o := specBytes(scope), specBytes(spec)
	return append(append(words(nil, id, uint16(len(s)), uint16(len(o))), s...), o...)
}

func optionsIPFIX(id uint16, scope, spec string) []byte {
	s, o := parseSpec(scope), parseSpec(spec)
	return append(words(nil, id, uint16(len(s)+len(o)), uint16(len(s))), specBytes(scope+" "+spec)...)
}

// record encodes values as a template has them: numbers, addresses, strings and
// bytes.
func record(spec string, values ...any) (b []byte) {
	fields := parseSpec(spec)
	if len(fields) != len(values) {
		panic(fmt.Sprintf("%d values for %d fields of %q", len(values), len(fields), spec))
	}
	for i, f := range fields {
		v := bytesOf(values[i], f.length)
		if f.length == variable {
			if len(v) < 255 {
				b = append(b, byte(len(v)))
			} else {
				b = words(append(b, 255), uint16(len(v)))
			}
		}
		b = append(b, v...)
	}
	return b
}

func bytesOf(v any, length uint16) []byte {
	out := make([]byte, length)
	switch v := v.(type) {
	case int:
		var b [8]byte
		binary.BigEndian.PutUint64(b[:], uint64(v))
		if length > 8 {
			return append(out[:length-8], b[:]...)
		}
		return b[8-length:]
	case netip.Addr:
		return v.AsSlice()
	case string:
		if length == variable {
			return []byte(v)
		}
		copy(out, v)
		return out
	case []byte:
		return v
	}
	panic(fmt.Sprintf("no encoding for %T", v))
}

// v9 is a NetFlow v9 datagram of domain 7.
func v9(sets ...[]byte) []byte { return v9From(domain7, sets...) }

func v9From(domain uint32, sets ...[]byte) []byte {
	b := words(nil, 9, uint16(len(sets)))
	for _, v := range []uint32{boot, exportSeconds, sequence, domain} {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	for _, s := range sets {
		b = append(b, s...)
	}
	return b
}

// v10 is an IPFIX message of domain 7.
func v10(sets ...[]byte) []byte { return v10From(domain7, sets...) }

func v10From(domain uint32, sets ...[]byte) []byte {
	b := words(nil, 10, 0)
	for _, v := range []uint32{exportSeconds, sequence, domain} {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	for _, s := range sets {
		b = append(b, s...)
	}
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	return b
}

// receiver is a collector in little: one exporter, one message, what came out.
type receiver struct {
	x      *Exporter
	m      Message
	b      *flow.Batch
	report wire.Report
	source wire.Source
}

func newReceiver() *receiver { return newReceiverWith(DefaultLimits()) }

func newReceiverWith(l Limits) *receiver {
	return &receiver{x: NewExporter(&l), b: flow.NewBatch(), source: router}
}

// receive decodes a datagram through as many batches as it takes.
func (r *receiver) receive(payload []byte) (out []flow.Record) {
	r.report.Reset()
	if !r.m.Open(payload, r.source, r.x, &r.report) {
		return nil
	}
	for more := true; more; {
		dirty(r.b)
		more = r.m.Next(r.b, &r.report)
		for i := range r.b.N {
			out = append(out, r.b.Record(i))
		}
	}
	return out
}

// dirty leaves rubbish in the rows of a batch, as earlier use does.
func dirty(b *flow.Batch) {
	b.Reset(0, 0)
	junk := flow.Record{
		Exporter: local, SrcAddr: local, DstAddr: local, NextHop: local, SrcPort: 1, DstPort: 2, Proto: 3, TCPFlags: 4, TOS: 5,
		SrcMask: 6, DstMask: 7, SrcAS: 8, DstAS: 9, InIf: 10, OutIf: 11, Direction: 1, Forwarding: 12, App: 13, Bytes: 14, Packets: 15,
		RTT: 16, SamplingRate: 17, Sampling: 1, Quality: 255, Domain: 18, Version: 1, Start: time.UnixMilli(5), End: time.UnixMilli(6),
	}
	for range flow.MaxRows {
		b.Append(junk)
	}
	b.N = 0
}

// sentences are what the report says, one line for each note.
func (r *receiver) sentences() []string {
	out := []string{}
	for _, n := range r.report.Notes() {
		out = append(out, n.String())
	}
	return out
}

func (r *receiver) says(t *testing.T, want ...string) {
	t.Helper()
	if want == nil {
		want = []string{}
	}
	if diff := cmp.Diff(want, r.sentences()); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

func (r *receiver) disposed(t *testing.T, want wire.Disposition) {
	t.Helper()
	if got, why := r.report.Disposition(); got != want {
		t.Errorf("got disposition %v (%v), want %v", got, why, want)
	}
}

var compareAddr = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })

func same(t *testing.T, got, want []flow.Record) {
	t.Helper()
	if diff := cmp.Diff(want, got, compareAddr); diff != "" {
		t.Errorf("flows (-want +got):\n%s", diff)
	}
}
