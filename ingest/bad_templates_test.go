package ingest

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"eagre/ingest/wire"
)

// field is a field of a template: element, length, and the enterprise it belongs to.
type field struct {
	element, length uint16
	enterprise      uint32
}

// v9 and v10 put a message together out of sets.
func v9(sequence uint32, sets ...[]byte) []byte {
	b := binary.BigEndian.AppendUint16([]byte{0, 9}, uint16(len(sets)))
	for _, w := range []uint32{3_600_000, 1_772_366_400, sequence, 0} {
		b = binary.BigEndian.AppendUint32(b, w)
	}
	for _, s := range sets {
		b = append(b, s...)
	}
	return b
}

func v10(sequence uint32, sets ...[]byte) []byte {
	b := make([]byte, 4, 64)
	for _, w := range []uint32{1_772_366_400, sequence, 0} {
		b = binary.BigEndian.AppendUint32(b, w)
	}
	for _, s := range sets {
		b = append(b, s...)
	}
	b[1] = 10
	return with(b, 2, uint16(len(b)))
}

func set(id uint16, body ...byte) []byte {
	b := binary.BigEndian.AppendUint16(nil, id)
	return append(binary.BigEndian.AppendUint16(b, uint16(4+len(body))), body...)
}

func words(ws ...uint16) (b []byte) {
	for _, w := range ws {
		b = binary.BigEndian.AppendUint16(b, w)
	}
	return b
}

// templateBody is a template record: id, count, fields.
func templateBody(id uint16, fields ...field) []byte {
	b := words(id, uint16(len(fields)))
	for _, f := range fields {
		if f.enterprise != 0 {
			b = append(b, words(f.element|0x8000, f.length)...)
			b = binary.BigEndian.AppendUint32(b, f.enterprise)
			continue
		}
		b = append(b, words(f.element, f.length)...)
	}
	return b
}

// The template of these tests: addresses, ports, protocol, packets, bytes.
func plain() []field {
	return []field{{8, 4, 0}, {12, 4, 0}, {7, 2, 0}, {11, 2, 0}, {4, 1, 0}, {2, 4, 0}, {1, 4, 0}}
}

func t9(fields ...field) []byte  { return set(0, templateBody(300, fields...)...) }
func t10(fields ...field) []byte { return set(2, templateBody(300, fields...)...) }

// record is one packet of the worm in that template.
func record() []byte {
	return []byte{192, 0, 2, 7, 198, 51, 100, 7, 0x0d, 0xf7, 0x05, 0x9a, 17, 0, 0, 0, 1, 0, 0, 0x01, 0x94}
}

func plus(fields []field, more ...field) []field { return append(fields, more...) }

func join(parts ...[]byte) (all []byte) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// The bad inputs of NetFlow v9 and IPFIX, rows 23 to 64: the last datagram of
// each gets its disposition, its sentence in the log and its counter.
func TestBadTemplatesAndDataGetTheirAnswer(t *testing.T) {
	varlen := uint16(math.MaxUint16)
	many := make([]field, 513)
	for i := range many {
		many[i] = field{7, 2, 0}
	}
	cases := []struct {
		name      string
		datagrams [][]byte
		want      wire.Disposition // of the last
		flows     int              // of all
		proto     proto
		reason    wire.Reason // counted at least once
		line      string      // in the log; empty: nothing is to be complained about
	}{
		{"23 template without fields", [][]byte{v9(0, t9())}, wire.Malformed, 0, protoV9, wire.BadTemplate, "template 300: no fields; rejected"},
		{"24 record of length 0", [][]byte{v10(0, set(2, templateBody(301, field{82, 0, 0}, field{371, 0, 0})...))}, wire.Malformed, 0, protoIPFIX, wire.BadTemplate, "template 301: record length 0; rejected"},
		{"25 one field of length 0", [][]byte{v10(0, t10(plus(plain(), field{82, 0, 0})...), set(300, record()...))}, wire.OK, 1, protoIPFIX, wire.NoReason, ""},
		{"26 65535 fields in four bytes", [][]byte{v9(0, set(0, words(310, 65535, 8, 4)...))}, wire.Malformed, 0, protoV9, wire.BadTemplate, "template 310: declares 65535 fields, set holds 1; rejected"},
		{"27 reserved id", [][]byte{v9(0, set(0, templateBody(12, plain()...)...))}, wire.Malformed, 0, protoV9, wire.BadTemplate, "template id 12 is reserved (<256); rejected"},
		{"28 513 fields", [][]byte{v10(0, set(2, templateBody(300, many...)...))}, wire.Malformed, 0, protoIPFIX, wire.BadTemplate, "template 300: 513 fields exceed 512; rejected"},
		{"30 address of 50 bytes", [][]byte{v9(0, t9(field{8, 50, 0}, field{1, 4, 0}))}, wire.Malformed, 0, protoV9, wire.BadFieldLength, "field sourceIPv4Address length 50 (allowed 4); template rejected"},
		{"30 address of 65534 bytes", [][]byte{v10(0, t10(field{8, 65534, 0}, field{1, 4, 0}))}, wire.Malformed, 0, protoIPFIX, wire.BadFieldLength, "field sourceIPv4Address length 65534 (allowed 4); template rejected"},
		{"31 counters of three bytes", [][]byte{v10(0, t10(field{8, 4, 0}, field{12, 4, 0}, field{2, 3, 0}, field{1, 3, 0}), set(300, 192, 0, 2, 7, 198, 51, 100, 7, 0, 0, 1, 0, 1, 0x94))}, wire.OK, 1, protoIPFIX, wire.NoReason, ""},
		{"31 counter of nine bytes", [][]byte{v10(0, t10(field{8, 4, 0}, field{1, 9, 0}))}, wire.Malformed, 0, protoIPFIX, wire.BadFieldLength, "field octetDeltaCount length 9"},
		{"31 counter of no bytes", [][]byte{v10(0, t10(field{8, 4, 0}, field{1, 0, 0}))}, wire.Malformed, 0, protoIPFIX, wire.BadFieldLength, "field octetDeltaCount length 0"},
		{"34 the same field twice", [][]byte{v10(0, t10(plus(plain(), field{1, 4, 0})...), set(300, append(record(), 9, 9, 9, 9)...))}, wire.OK, 1, protoIPFIX, wire.DuplicateField, "template 300: field octetDeltaCount twice; the first counts"},
		{"35 enterprise field that is cut", [][]byte{v10(0, set(2, words(300, 1, 0x8000|77, 4)...))}, wire.Malformed, 0, protoIPFIX, wire.BadTemplate, "template 300: truncated in enterprise field; rejected"},
		{"36 withdrawal of what is not known", [][]byte{v10(0, set(2, words(300, 0)...))}, wire.OK, 0, protoIPFIX, wire.WithdrawalIgnored, "template 300: withdrawal over UDP or of what is not known; ignored"},
		{"37 withdrawal of everything over UDP", [][]byte{v10(0, t10(plain()...)), v10(0, set(2, words(2, 0)...)), v10(0, set(300, record()...))}, wire.OK, 1, protoIPFIX, wire.WithdrawalIgnored, "template 2: withdrawal over UDP or of what is not known; ignored"},
		{"38 options without scope", [][]byte{v10(0, set(3, words(305, 1, 0, 34, 4)...))}, wire.Malformed, 0, protoIPFIX, wire.BadTemplate, "options template 305: scope count 0; rejected"},
		{"39 more scopes than fields", [][]byte{v10(0, set(3, words(305, 1, 2, 34, 4)...))}, wire.Malformed, 0, protoIPFIX, wire.BadTemplate, "options template 305: scope count 2 > field count 1; rejected"},
		{"40 scope length 65535", [][]byte{v9(0, set(1, words(305, 65535, 4, 1, 4, 34, 4)...))}, wire.Malformed, 0, protoV9, wire.BadOptionsLength, "options template 305: bad length (length=65535); rejected"},
		{"40 scope length 3", [][]byte{v9(0, set(1, words(305, 3, 4, 1, 4, 34, 4)...))}, wire.Malformed, 0, protoV9, wire.BadOptionsLength, "options template 305: bad length (length=3); rejected"},
		{"41 options template with the id of a data template", [][]byte{v9(0, t9(plain()...)), v9(1, set(1, words(300, 4, 4, 1, 4, 34, 4)...))}, wire.OK, 0, protoV9, wire.TemplateChanged, "template 300: fields have changed; the new ones hold from here on"},
		{"42 set length 0", [][]byte{v9(0, t9(plain()...), words(300, 0))}, wire.Partial, 0, protoV9, wire.BadSetLength, "set length 0 (<4); rest of datagram skipped"},
		{"42 set length 3", [][]byte{v9(0, words(300, 3, 0, 0))}, wire.Malformed, 0, protoV9, wire.BadSetLength, "set length 3 (<4); rest of datagram skipped"},
		{"43 set longer than what remains", [][]byte{v9(0, t9(plain()...), with(set(300, record()...), 2, 99))}, wire.Partial, 0, protoV9, wire.SetOverrun, "set length 99 > remaining 25; rest of datagram skipped"},
		{"44 reserved set", [][]byte{v9(0, set(17, 1, 2, 3, 4), t9(plain()...), set(300, record()...))}, wire.OK, 1, protoV9, wire.ReservedSet, "set id 17 is reserved; skipped by length"},
		{"45 padding", [][]byte{v9(0, t9(plain()...), set(300, append(record(), 0, 0, 0)...))}, wire.OK, 1, protoV9, wire.NoReason, ""},
		{"45 padding that is not zero", [][]byte{v9(0, t9(plain()...), set(300, append(record(), 0, 7, 0)...))}, wire.OK, 1, protoV9, wire.NonzeroPadding, "1 sets with padding that is not zero; accepted"},
		{"45 padding behind a template", [][]byte{v9(0, set(0, append(templateBody(300, plain()...), 0, 0, 0, 0)...), set(300, record()...))}, wire.OK, 1, protoV9, wire.NoReason, ""},
		{"46 count 65535", [][]byte{with(v9(0, t9(plain()...), set(300, record()...)), 2, 65535)}, wire.OK, 1, protoV9, wire.NoReason, ""},
		{"46 count 0", [][]byte{with(v9(0, t9(plain()...), set(300, record()...)), 2, 0)}, wire.OK, 1, protoV9, wire.NoReason, ""},
		{"47 message length 0", [][]byte{with(v10(0, t10(plain()...)), 2, 0)}, wire.Malformed, 0, protoIPFIX, wire.BadMessageLength, "message length 0 (header is 16)"},
		{"47 message length 15", [][]byte{with(v10(0, t10(plain()...)), 2, 15)}, wire.Malformed, 0, protoIPFIX, wire.BadMessageLength, "message length 15 (header is 16)"},
		{"47 message longer than the datagram", [][]byte{with(v10(0, t10(plain()...), set(300, record()...)), 2, 999)}, wire.Partial, 1, protoIPFIX, wire.BadMessageLength, "message length 999 > datagram of 77 bytes; what is there is decoded"},
		{"47 bytes after the message", [][]byte{append(v10(0, t10(plain()...), set(300, record()...)), 1, 2, 3)}, wire.Partial, 1, protoIPFIX, wire.TrailingBytes, "3 bytes after the message; ignored"},
		{"48 variable field that overruns", [][]byte{v10(0, t10(plus(plain(), field{82, varlen, 0})...), set(300, append(record(), 255, 0xff, 0xff)...))}, wire.Partial, 0, protoIPFIX, wire.SetOverrun, "variable field overruns set by 65535 bytes"},
		{"50 record longer than its set", [][]byte{v10(0, t10(plain()...)), v10(0, set(300, record()[:9]...))}, wire.Malformed, 0, protoIPFIX, wire.RecordTooShort, "template 300: set ends 9 bytes into a record; those are skipped"},
		{"52 data without a template", [][]byte{v9(0, set(300, record()...))}, wire.Waiting, 0, protoV9, wire.NoTemplate, ""},
		{"52 the template comes later", [][]byte{v9(0, set(300, record()...)), v9(1, t9(plain()...))}, wire.OK, 1, protoV9, wire.NoTemplate, ""},
		{"59 direction 2", [][]byte{v10(0, t10(plus(plain(), field{61, 1, 0})...), set(300, append(record(), 2)...))}, wire.OK, 1, protoIPFIX, wire.BadValue, "direction 2; null"},
		{"61 sampler without its options", [][]byte{v9(0, t9(plus(plain(), field{48, 1, 0})...), set(300, append(record(), 5)...))}, wire.OK, 1, protoV9, wire.SamplingUnknown, "sampler 5 has not been announced; counted 1:1, provisional"},
		{"62 sampling interval 0", [][]byte{v9(0, set(1, words(305, 4, 4, 1, 4, 34, 4)...), set(305, 0, 0, 0, 0, 0, 0, 0, 0))}, wire.OK, 0, protoV9, wire.SamplingIgnored, "1 announcements of a sampling rate of 0; ignored"},
		{"63 sampling interval 4294967295", [][]byte{v9(0, set(1, words(305, 4, 4, 1, 4, 34, 4)...), set(305, 0, 0, 0, 0, 255, 255, 255, 255))}, wire.Partial, 0, protoV9, wire.SamplingRejected, "sampling rate 4294967295 > 10000000; ignored"},
		{"header cut", [][]byte{v9(0)[:19]}, wire.Malformed, 0, protoV9, wire.ShortHeader, "NetFlow v9: header is 20 bytes, datagram holds 19; dropped"},
		{"nothing in it", [][]byte{v10(0)}, wire.OK, 0, protoIPFIX, wire.NoReason, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := newStation(t, nil)
			var before Accounting
			for i, payload := range c.datagrams {
				before = s.Totals()
				s.netflow(time.Duration(i)*time.Second, edge1, payload)
			}
			sum := s.Totals()
			if got := sum.Dispositions[c.want] - before.Dispositions[c.want]; got != 1 {
				t.Errorf("the last datagram is not %v: before %v, after %v", c.want, before.Dispositions, sum.Dispositions)
			}
			s.Finish(began.Add(time.Minute))
			if len(s.flows) != c.flows {
				t.Errorf("got %d flows, want %d", len(s.flows), c.flows)
			}
			s.counted(t, c.proto, c.reason)
			if !strings.Contains(s.log.String(), c.line) || c.line == "" && s.log.Len() > 0 {
				t.Errorf("log: %s\nwant: %s", s.log.String(), c.line)
			}
			for _, f := range s.flows {
				if f.Bytes != 404 || f.Packets != 1 || f.DstAddr.String() != "198.51.100.7" {
					t.Errorf("got flow %+v", f)
				}
			}
			s.balanced(t)
		})
	}
}

// counted checks that a reason stands in the counters of its format.
func (s *station) counted(t *testing.T, p proto, why wire.Reason) {
	t.Helper()
	if why == wire.NoReason {
		return
	}
	if got := testutil.ToFloat64(s.metrics.notes[p][why]); got < 1 {
		t.Errorf("eagre_ingest_notes_total{proto=%q,reason=%q} is %v, want at least 1", protoLabels[p], why, got)
	}
	if why.Fault() && testutil.ToFloat64(s.metrics.malformed[p][why]) < 1 {
		t.Errorf("eagre_ingest_malformed_total{proto=%q,reason=%q} is 0", protoLabels[p], why)
	}
}
