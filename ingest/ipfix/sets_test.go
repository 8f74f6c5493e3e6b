package ipfix

import (
	"bytes"
	"fmt"
	"testing"

	"eagre/flow"
	"eagre/ingest/wire"
)

// Rows 42 to 50: what is wrong with the frames of sets.
func TestSetsThatCannotBe(t *testing.T) {
	announce := setOf(2, tmpl(256, basic), tmpl(257, "8:4 12:4 1:4 2:4 371:v"))
	good := setOf(256, basicRecord(2, 808))
	overrun := append(words(nil, 257, 4+16+3+64), record("8:4 12:4 1:4 2:4", local, remote, 808, 2)...)
	overrun = append(append(overrun, 255, 255, 255), make([]byte, 64)...)
	cases := []struct {
		name     string
		sets     [][]byte
		flows    int
		says     []string
		disposed wire.Disposition
		counted  bool
	}{
		{"42: length 0", [][]byte{good, words(nil, 256, 0), good}, 1, []string{"set length 0 (<4); rest of datagram skipped"}, wire.Partial, false},
		{"42: length 3", [][]byte{words(nil, 256, 3)}, 0, []string{"set length 3 (<4); rest of datagram skipped"}, wire.Malformed, false},
		{"43: beyond the datagram", [][]byte{good, words(nil, 256, 100, 1, 2)}, 1, []string{"set length 100 > remaining 8; rest of datagram skipped"}, wire.Partial, false},
		{"44: a reserved id", [][]byte{setOf(200, []byte{1, 2}), good}, 1, []string{"set id 200 is reserved; skipped by length"}, wire.OK, true},
		{"44: a template of the other protocol", [][]byte{setOf(0, tmpl(300, basic)), good}, 1, []string{"set id 0 is reserved; skipped by length"}, wire.OK, true},
		{"45: zeros behind records", [][]byte{setOf(256, basicRecord(2, 808), make([]byte, 7))}, 1, nil, wire.OK, true},
		{"45: anything behind records", [][]byte{setOf(256, basicRecord(2, 808), []byte{1, 2, 3})}, 1, []string{"1 sets with padding that is not zero; accepted"}, wire.OK, true},
		{"zeros behind the last set", [][]byte{good, make([]byte, 900)}, 1, nil, wire.OK, true},
		{"something behind the last set", [][]byte{good, {1, 2}}, 1, []string{"1 sets with padding that is not zero; accepted"}, wire.OK, true},
		{"48: a length beyond the set", [][]byte{overrun}, 0, []string{"variable field overruns set by 65471 bytes"}, wire.Malformed, false},
		{"50: a record longer than its set", [][]byte{setOf(256, basicRecord(2, 808)[:15])}, 0, []string{"template 256: set ends 15 bytes into a record; those are skipped"}, wire.Malformed, false},
		{"a record cut", [][]byte{setOf(256, basicRecord(2, 808), basicRecord(2, 808)[:9])}, 1, []string{"template 256: set ends 9 bytes into a record; those are skipped"}, wire.Partial, false},
		{"an empty set", [][]byte{setOf(256), good}, 1, nil, wire.OK, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := newReceiver()
			r.receive(v10(announce))
			got := r.receive(v10(c.sets...))
			r.says(t, c.says...)
			r.disposed(t, c.disposed)
			if len(got) != c.flows || r.m.Counted != c.counted || int(r.m.Units) != c.flows {
				t.Errorf("got %d flows, %d units, counted %v; want %d and %v", len(got), r.m.Units, r.m.Counted, c.flows, c.counted)
			}
		})
	}
}

// Row 47, and the shortest datagrams.
func TestMessageLengths(t *testing.T) {
	good := v10(setOf(2, tmpl(256, basic)), setOf(256, basicRecord(2, 808), basicRecord(2, 808)))
	with := func(length int) []byte {
		b := bytes.Clone(good)
		be.PutUint16(b[2:], uint16(length))
		return b
	}
	cases := []struct {
		name     string
		message  []byte
		flows    int
		says     []string
		disposed wire.Disposition
	}{
		{"0", with(0), 0, []string{"message length 0 (header is 16)"}, wire.Malformed},
		{"15", with(15), 0, []string{"message length 15 (header is 16)"}, wire.Malformed},
		{"longer than the datagram", with(len(good) + 1), 2, []string{fmt.Sprintf("message length %d > datagram of %d bytes; what is there is decoded", len(good)+1, len(good))}, wire.Partial},
		{"shorter than the datagram", append(bytes.Clone(good), 0, 0), 2, []string{"2 bytes after the message; ignored"}, wire.Partial},
		{"shorter than its last set", with(len(good) - 16), 0, []string{"16 bytes after the message; ignored", "set length 36 > remaining 20; rest of datagram skipped"}, wire.Partial},
		{"header cut", good[:15], 0, []string{"IPFIX: header is 16 bytes, datagram holds 15; dropped"}, wire.Malformed},
		{"header cut, v9", v9()[:19], 0, []string{"NetFlow v9: header is 20 bytes, datagram holds 19; dropped"}, wire.Malformed},
		{"header alone", v10(), 0, nil, wire.OK},
		{"header alone, v9", v9(), 0, nil, wire.OK},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := newReceiver()
			if got := r.receive(c.message); len(got) != c.flows {
				t.Errorf("got %d flows, want %d", len(got), c.flows)
			}
			r.says(t, c.says...)
			r.disposed(t, c.disposed)
		})
	}
}

// Row 46: the count of NetFlow v9 is not believed.
func TestBytesWinOverTheCount(t *testing.T) {
	for _, count := range []uint16{0, 1, 65535} {
		b := v9(setOf(0, tmpl(256, basic)), setOf(256, basicRecord(2, 808), basicRecord(2, 808)))
		be.PutUint16(b[2:], count)
		r := newReceiver()
		if got := r.receive(b); len(got) != 2 || len(r.report.Notes()) != 0 {
			t.Errorf("count %d: got %d flows, %v", count, len(got), r.sentences())
		}
	}
}

// Row 51: the smallest records there are.
func TestRecordsOfADatagramAreBounded(t *testing.T) {
	for name, spec := range map[string]string{"variable": "371:v", "fixed": "4:1", "with counters": "1:1", "application": "95:v", "options": ""} {
		r := newReceiver()
		if spec == "" {
			r.receive(v10(setOf(3, optionsIPFIX(256, "4:1", "96:v"))))
		} else {
			r.receive(v10(setOf(2, tmpl(256, spec))))
		}
		got := r.receive(v10(setOf(256, make([]byte, 30_000)), setOf(256, make([]byte, 30_000))))
		if len(got) != 0 || r.m.Units != 8192 || r.m.Counted {
			t.Errorf("%s: got %d flows, %d units, counted %v", name, len(got), r.m.Units, r.m.Counted)
		}
		if got := r.sentences(); got[len(got)-1] != "more than 8192 records in a datagram; rest skipped" && got[0] != "more than 8192 records in a datagram; rest skipped" {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

// A datagram larger than a batch comes out whole.
func TestALargeDatagramFillsSeveralBatches(t *testing.T) {
	r := newReceiver()
	got := r.receive(v10(setOf(2, tmpl(256, basic), tmpl(257, basic+" 371:v")), setOf(256, bytes.Repeat(basicRecord(2, 808), 1500)),
		setOf(257, bytes.Repeat(record(basic+" 371:v", local, remote, 2, 808, "x"), 1500))))
	if len(got) != 3000 || r.report.Decoded != 3000 || r.m.Units != 3000 {
		t.Fatalf("got %d flows, %d decoded, %d units", len(got), r.report.Decoded, r.m.Units)
	}
	for i := range got {
		if got[i] != plain(flow.IPFIX, nil) {
			t.Fatalf("flow %d: %+v", i, got[i])
		}
	}
}

func TestVariableFieldsOfAnyLength(t *testing.T) {
	const spec = "371:v 8:4 95:v 12:4 9998:v 2:4 1:4"
	for _, n := range []int{0, 1, 254, 255, 256, 30_000} {
		r := newReceiver()
		one := record(spec, string(make([]byte, n)), local, "\x03\x00\x35", remote, "abc", 2, 808)
		got := r.receive(v10(setOf(2, tmpl(256, spec)), setOf(256, one, one)))
		want := plain(flow.IPFIX, func(f *flow.Record) { f.App = 3<<56 | 53 })
		same(t, got, []flow.Record{want, want})
		r.says(t)
	}
}
