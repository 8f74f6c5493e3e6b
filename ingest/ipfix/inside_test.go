package ipfix

import (
	"bytes"
	"testing"

	"eagre/flow"
	"eagre/ingest/wire"
)

// packet is an IPv4 header and eight bytes of UDP behind it.
func packet(length, offset uint16) []byte {
	b := append([]byte{0x45, 8}, words(nil, length, 1, offset)...)
	b = append(b, 64, 17, 0, 0)
	b = append(append(b, local.AsSlice()...), remote.AsSlice()...)
	return append(b, words(nil, 3575, 1434, length-20, 0)...)
}

func frame(packet []byte) []byte { return append(append(make([]byte, 12), 8, 0), packet...) }

func slammer(f *flow.Record) {
	f.Packets, f.Bytes, f.SrcPort, f.DstPort, f.Proto, f.TOS = 1, 404, 3575, 1434, 17, 8
}

func TestPacketReportsAreRowsOfOnePacket(t *testing.T) {
	cases := []struct {
		name, spec string
		values     []any
		want       func(*flow.Record)
	}{
		{"a frame", "315:v", []any{frame(packet(404, 0))}, slammer},
		{"a frame and its size", "312:2 315:v", []any{422, frame(packet(404, 0))}, slammer},
		{"a frame of fixed length", "408:2 315:42", []any{1, frame(packet(404, 0))}, slammer},
		{"a section from the IP header on", "313:v", []any{packet(404, 0)}, slammer},
		{"what the element was called before", "104:v", []any{frame(packet(404, 0))}, slammer},
		{"a fragment", "313:v", []any{packet(404, 100)}, func(f *flow.Record) {
			slammer(f)
			f.SrcPort, f.DstPort, f.Quality = 0, 0, flow.Fragment
		}},
		{"with interfaces and a time", "10:4 14:4 323:8 313:v", []any{3, 9, int(arrived) - 1500, packet(404, 0)}, func(f *flow.Record) {
			slammer(f)
			f.InIf, f.OutIf, f.Start, f.End = 3, 9, f.Start.Add(-1500e6), f.End.Add(-1500e6)
		}},
		{"counters and addresses of the record come first", "8:4 12:4 1:4 2:4 313:v", []any{remote, local, 808, 2, packet(404, 0)}, func(f *flow.Record) {
			f.SrcAddr, f.DstAddr = remote, local
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r, got := ask(t, c.spec, c.values...)
			want := plain(flow.IPFIX, c.want)
			same(t, got, []flow.Record{want})
			r.disposed(t, wire.OK)
		})
	}
}

func TestAPacketReportHasItsSelectorsRate(t *testing.T) {
	r := newReceiver()
	got := r.receive(v10(setOf(2, tmpl(256, "302:2 313:v")), setOf(3, optionsIPFIX(300, "302:2", "305:4 306:4")),
		setOf(300, record("302:2 305:4 306:4", 5, 1, 999)), setOf(256, record("302:2 313:v", 5, packet(404, 0)))))
	want := plain(flow.IPFIX, func(f *flow.Record) {
		slammer(f)
		f.SamplingRate, f.Sampling = 1000, flow.SamplingOptions
	})
	same(t, got, []flow.Record{want})
}

// Row 60.
func TestPacketReportsAboutNoIPPacketAreUnderstood(t *testing.T) {
	for name, section := range map[string][]byte{"nothing": {}, "garbage": bytes.Repeat([]byte{0xa5}, 60), "ARP": append(append(make([]byte, 12), 8, 6), make([]byte, 40)...)} {
		r, got := ask(t, "315:v", section)
		if len(got) != 0 || r.m.Units != 1 {
			t.Errorf("%s: got %+v, %d units", name, got, r.m.Units)
		}
		r.says(t, "1 packets are not IP; skipped")
		r.disposed(t, wire.OK)
	}
}

func TestFieldsInsideListsFillColumns(t *testing.T) {
	const flags = "6871/14:1 6871/15:1 6871/16398:1 6871/16399:1"
	outer := addressed + "7:2 29305/1:4 29305/2:4 293:v"
	inner := record(flags, 2, 0x18, 0x12, 0x10)
	list := func(id uint16, records ...[]byte) []byte {
		all := bytes.Join(records, nil)
		return append(words(nil, id, uint16(len(all)+4)), all...)
	}
	multi := append([]byte{3}, list(258, []byte("?"))...) // a template that is not known
	multi = append(multi, list(257, inner)...)
	r := newReceiver()
	got := r.receive(v10(setOf(2, tmpl(256, outer), tmpl(257, flags)), setOf(256, record(outer, local, remote, 2, 808, 5, 900, 3, multi))))
	want := []flow.Record{
		plain(flow.IPFIX, func(f *flow.Record) { f.SrcPort, f.TCPFlags = 5, 0x1a }),
		plain(flow.IPFIX, func(f *flow.Record) {
			f.SrcAddr, f.DstAddr, f.DstPort, f.TCPFlags, f.Packets, f.Bytes = remote, local, 5, 0x12, 3, 900
		}),
	}
	same(t, got, want)
	r.says(t)
}

func TestAFlowInsideAListBelongsToItsRecord(t *testing.T) {
	const inner = "8:4 12:4 1:4 2:4 371:v"
	const outer = "10:4 7:2 292:v"
	record := record(outer, 3, 5, append(append([]byte{3}, words(nil, 257)...), record(inner, local, remote, 808, 2, "user")...))
	r := newReceiver()
	got := r.receive(v10(setOf(2, tmpl(256, outer), tmpl(257, inner)), setOf(256, record)))
	same(t, got, []flow.Record{plain(flow.IPFIX, func(f *flow.Record) { f.InIf, f.SrcPort = 3, 5 })})
}

// nested is a list inside a list, so many deep, with a port innermost.
func nested(depth int) []byte {
	content := record("7:2", 4000)
	id := uint16(300)
	for range depth {
		content = append(append([]byte{3}, words(nil, id)...), content...)
		if len(content) > 250 {
			content = append(words([]byte{255}, uint16(len(content))), content...)
		} else {
			content = append([]byte{byte(len(content))}, content...)
		}
		id = 301
	}
	return content
}

// Rows 53 and 54: lists of a template that holds itself.
func TestListsAreFollowedFourDeep(t *testing.T) {
	for depth, followed := range map[int]bool{1: true, 4: true, 5: false, 1000: false} {
		r := newReceiver()
		r.receive(v10(setOf(2, tmpl(300, "7:2"), tmpl(301, "292:v"), tmpl(256, addressed+"292:v"))))
		got := r.receive(v10(setOf(256, record(addressed, local, remote, 2, 808), nested(depth))))
		if len(got) != 1 || r.m.Units != 1 || !r.m.Counted {
			t.Fatalf("depth %d: got %+v, %d units, counted %v", depth, got, r.m.Units, r.m.Counted)
		}
		if (got[0].SrcPort == 4000) != followed {
			t.Errorf("depth %d: got port %d", depth, got[0].SrcPort)
		}
		if said := len(r.report.Notes()) == 1 && r.sentences()[0] == "lists nested deeper than 4; skipped"; said == followed {
			t.Errorf("depth %d: got %v", depth, r.sentences())
		}
	}
}

func TestBasicListsAreFollowedOnlyToFindLists(t *testing.T) {
	basicOf := func(element uint16, content []byte) []byte {
		return append(append([]byte{3}, words(nil, element, variable)...), append([]byte{byte(len(content))}, content...)...)
	}
	port := append(append([]byte{3}, words(nil, 300)...), record("7:2", 4000)...)
	cases := []struct {
		name string
		list []byte
		port uint16
	}{
		{"of numbers", append([]byte{3}, words(nil, 7, 2, 1, 2, 3)...), 0},
		{"of lists", basicOf(292, port), 4000},
		{"of lists of lists", basicOf(291, basicOf(292, port)), 4000},
		{"too deep", basicOf(291, basicOf(291, basicOf(291, basicOf(292, port)))), 0},
		{"cut", []byte{3, 1}, 0},
		{"empty", nil, 0},
		{"of an enterprise's element", append([]byte{3}, words(nil, 0x8123, variable, 0, 9)...), 0},
	}
	for _, c := range cases {
		r := newReceiver()
		got := r.receive(v10(setOf(2, tmpl(300, "7:2"), tmpl(256, addressed+"291:v")), setOf(256, record(addressed+"291:v", local, remote, 2, 808, c.list))))
		if len(got) != 1 || got[0].SrcPort != c.port {
			t.Errorf("%s: got %+v, want port %d", c.name, got, c.port)
		}
	}
}

// What is broken inside a list stays there.
func TestABrokenListDoesNotTouchItsNeighbours(t *testing.T) {
	const spec = addressed + "293:v 7:2"
	broken := append([]byte{3}, words(nil, 301, 60000, 1, 2)...)
	cut := append(append([]byte{3}, words(nil, 301, 9)...), 7, 200, 1, 1, 1)
	r := newReceiver()
	got := r.receive(v10(setOf(2, tmpl(256, spec), tmpl(301, "4:1 371:v 6:1")), setOf(256,
		record(spec, local, remote, 2, 808, broken, 5), record(spec, local, remote, 2, 808, cut, 5), record(spec, local, remote, 2, 808, "", 5))))
	want := plain(flow.IPFIX, func(f *flow.Record) { f.SrcPort = 5 })
	same(t, got, []flow.Record{want, want, want})
	if !r.m.Counted || r.m.Units != 3 {
		t.Errorf("got %d units, counted %v", r.m.Units, r.m.Counted)
	}
}
