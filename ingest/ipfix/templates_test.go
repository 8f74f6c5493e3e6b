package ipfix

import (
	"bytes"
	"fmt"
	"testing"

	"eagre/flow"
	"eagre/ingest/wire"
)

const basic = "8:4 12:4 2:4 1:4"

func basicRecord(packets, octets int) []byte { return record(basic, local, remote, packets, octets) }

// swapped is basic with its fields in another order.
const swapped = "1:4 2:4 12:4 8:4"

// Rows 23 to 41: what cannot be a template says why it is not one.
func TestTemplatesThatCannotBeAreRefused(t *testing.T) {
	wide := bytes.Repeat([]byte{0, 99, 0, 1}, 600)
	cases := []struct {
		name    string
		message []byte
		says    []string
		known   int
	}{
		{"23: no fields", v9(setOf(0, words(nil, 300, 0))), []string{"template 300: no fields; rejected"}, 0},
		{"24: record length 0", v9(setOf(0, tmpl(301, "0:0 96:0"))), []string{"template 301: record length 0; rejected"}, 0},
		{"25: one field of zero length", v9(setOf(0, tmpl(302, "8:4 12:4 2:4 1:4 96:0 0:0"))), nil, 1},
		{"26: more fields than there are", v9(setOf(0, append(words(nil, 310, 65535), specBytes("8:4")...))), []string{"template 310: declares 65535 fields, set holds 1; rejected"}, 0},
		{"27: a reserved id", v9(setOf(0, tmpl(12, basic))), []string{"template id 12 is reserved (<256); rejected"}, 0},
		{"28: too many fields", v9(setOf(0, append(words(nil, 311, 600), wide...))), []string{"template 311: 600 fields exceed 512; rejected"}, 0},
		{"records too long", v9(setOf(0, tmpl(312, "8:4 9999:20000"))), []string{"template 312: records of 20004 bytes exceed 16384; rejected"}, 0},
		{"30: an address of 50 bytes", v9(setOf(0, tmpl(313, "8:50"))), []string{"field sourceIPv4Address length 50 (allowed 4); template rejected"}, 0},
		{"30: an address of 65534 bytes", v9(setOf(0, tmpl(313, "12:65534"))), []string{"field destinationIPv4Address length 65534 (allowed 4); template rejected"}, 0},
		{"30: an IPv6 address of 4 bytes", v9(setOf(0, tmpl(313, "27:4"))), []string{"field sourceIPv6Address length 4 (allowed 16); template rejected"}, 0},
		{"31: an integer of 0 bytes", v9(setOf(0, tmpl(314, "8:4 1:0"))), []string{"field octetDeltaCount length 0 (not allowed); template rejected"}, 0},
		{"31: an integer of 9 bytes", v9(setOf(0, tmpl(314, "8:4 1:9"))), []string{"field octetDeltaCount length 9 (not allowed); template rejected"}, 0},
		{"31: an integer of variable length", v10(setOf(2, tmpl(314, "8:4 1:v"))), []string{"field octetDeltaCount length 65535 (not allowed); template rejected"}, 0},
		{"32: a float of 2 bytes", v10(setOf(2, tmpl(315, "8:4 311:2"))), []string{"field samplingProbability length 2 (not allowed); template rejected"}, 0},
		{"33: a hardware address of 5 bytes", v9(setOf(0, tmpl(316, "8:4 56:5"))), []string{"field sourceMacAddress length 5 (allowed 6); template rejected"}, 0},
		{"milliseconds of 4 bytes", v9(setOf(0, tmpl(316, "8:4 152:4"))), []string{"field flowStartMilliseconds length 4 (allowed 8); template rejected"}, 0},
		{"34: a field twice", v9(setOf(0, tmpl(317, "8:4 12:4 1:4 2:4 1:8"))), []string{"template 317: field octetDeltaCount twice; the first counts"}, 1},
		{"35: cut inside an enterprise's number", v10(setOf(2, append(words(nil, 318, 1), 0x80, 1, 0, 4))), []string{"template 318: truncated in enterprise field; rejected"}, 0},
		{"35: cut inside an enterprise's number behind a field", v10(setOf(2, append(words(nil, 318, 2), 0, 8, 0, 4, 0x80, 1, 0, 4, 0, 0))), []string{"template 318: truncated in enterprise field; rejected"}, 0},
		{"38: no scope", v10(setOf(3, optionsIPFIX(305, "", "34:4"))), []string{"options template 305: scope count 0; rejected"}, 0},
		{"38: no scope, v9", v9(setOf(1, optionsV9(305, "", "34:4"))), []string{"options template 305: scope count 0; rejected"}, 0},
		{"39: more scopes than fields", v10(setOf(3, append(words(nil, 306, 1, 2), specBytes("34:4")...))), []string{"options template 306: scope count 2 > field count 1; rejected"}, 0},
		{"40: options of 6 bytes of scope", v9(setOf(1, append(words(nil, 307, 6, 4), specBytes("1:4 34:4")...))), []string{"options template 307: bad length (length=6); rejected"}, 0},
		{"40: options of 65535 bytes", v9(setOf(1, append(words(nil, 307, 4, 65535), specBytes("1:4 34:4")...))), []string{"options template 307: bad length (length=65535); rejected"}, 0},
		{"45: zeros behind a template", v9(setOf(0, tmpl(319, basic), make([]byte, 7))), nil, 1},
		{"45: anything behind a template", v9(setOf(0, tmpl(319, basic), []byte{1, 2, 3})), []string{"1 sets with padding that is not zero; accepted"}, 1},
		{"45: as much as a template's header", v9(setOf(0, tmpl(319, basic), []byte{1, 2, 3, 4, 5, 6})), []string{"1 sets with padding that is not zero; accepted"}, 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := newReceiver()
			r.receive(c.message)
			r.says(t, c.says...)
			if got := r.x.Templates(); got != c.known {
				t.Errorf("got %d templates, want %d", got, c.known)
			}
			want := wire.OK
			if c.known == 0 {
				want = wire.Malformed
			}
			r.disposed(t, want)
		})
	}
}

// One template that is refused does not take its neighbours along.
func TestARefusedTemplateLeavesItsNeighbours(t *testing.T) {
	r := newReceiver()
	got := r.receive(v9(setOf(0, tmpl(256, "8:50"), tmpl(12, basic), tmpl(257, basic)), setOf(257, basicRecord(2, 808))))
	same(t, got, []flow.Record{plain(flow.NetFlowV9, nil)})
	r.disposed(t, wire.Partial)
}

// F31, row 41: a template holds for the bytes behind it, and only those.
func TestATemplateMayChangeInTheMiddleOfADatagram(t *testing.T) {
	r := newReceiver()
	got := r.receive(v9(
		setOf(0, tmpl(256, basic)), setOf(256, basicRecord(2, 808)),
		setOf(0, tmpl(256, swapped)), setOf(256, record(swapped, 808, 2, remote, local)),
	))
	same(t, got, []flow.Record{plain(flow.NetFlowV9, nil), plain(flow.NetFlowV9, nil)})
	r.says(t, "template 256: fields have changed; the new ones hold from here on")
	got = r.receive(v9(setOf(1, optionsV9(256, "1:4", "34:4")), setOf(256, record("1:4 34:4", 0, 100))))
	same(t, got, nil)
	r.says(t, "template 256: fields have changed; the new ones hold from here on", "1 records of options")
	if got := r.x.Templates(); got != 1 {
		t.Errorf("got %d templates, want 1", got)
	}
}

func TestTheSameTemplateAgainIsNoChange(t *testing.T) {
	r := newReceiver()
	r.receive(v9(setOf(0, tmpl(256, basic))))
	revision := r.x.Revision()
	r.receive(v9(setOf(0, tmpl(256, basic))))
	r.says(t)
	if got := r.x.Revision(); got != revision {
		t.Errorf("got revision %d, want %d", got, revision)
	}
}

// One id means different things in two domains, and in two protocols.
func TestDomainsHaveTheirOwnTemplates(t *testing.T) {
	r := newReceiver()
	r.receive(v9From(1, setOf(0, tmpl(256, basic))))
	r.receive(v9From(2, setOf(0, tmpl(256, swapped))))
	r.receive(v10From(1, setOf(2, tmpl(256, "8:4 12:4 1:4 2:4"))))
	a := r.receive(v9From(1, setOf(256, basicRecord(2, 808))))
	b := r.receive(v9From(2, setOf(256, record(swapped, 808, 2, remote, local))))
	c := r.receive(v10From(1, setOf(256, record("8:4 12:4 1:4 2:4", local, remote, 808, 2))))
	for i, got := range [][]flow.Record{a, b, c} {
		if len(got) != 1 || got[0].Bytes != 808 || got[0].SrcAddr != local {
			t.Errorf("%d: got %+v", i, got)
		}
	}
	if got := r.receive(v10From(2, setOf(256, basicRecord(2, 808)))); len(got) != 0 || r.report.Waiting != 1 {
		t.Errorf("a template of another domain was used: %+v", got)
	}
}

// Rows 36 and 37.
func TestWithdrawals(t *testing.T) {
	cases := []struct {
		name     string
		set      []byte
		reliable bool
		says     []string
		left     int
	}{
		{"a known template", setOf(2, words(nil, 256, 0)), false, []string{"template 256: withdrawn"}, 2},
		{"an unknown one", setOf(2, words(nil, 999, 0)), false, []string{"template 999: withdrawal over UDP or of what is not known; ignored"}, 3},
		{"one of the other kind", setOf(2, words(nil, 300, 0)), false, []string{"template 300: withdrawal over UDP or of what is not known; ignored"}, 3},
		{"all, over UDP", setOf(2, words(nil, 2, 0)), false, []string{"template 2: withdrawal over UDP or of what is not known; ignored"}, 3},
		{"all, over TCP", setOf(2, words(nil, 2, 0)), true, []string{"template 257: withdrawn"}, 1},
		{"all options, over TCP", setOf(3, words(nil, 3, 0)), true, []string{"template 300: withdrawn"}, 2},
		{"withdrawn and announced again", setOf(2, words(nil, 256, 0), tmpl(256, swapped)), false, []string{"template 256: withdrawn"}, 3},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := newReceiver()
			r.receive(v10(setOf(2, tmpl(256, basic), tmpl(257, basic)), setOf(3, optionsIPFIX(300, "149:4", "34:4"))))
			r.source.Reliable = c.reliable
			r.receive(v10(c.set))
			r.says(t, c.says...)
			if got := r.x.Templates(); got != c.left {
				t.Errorf("got %d templates, want %d", got, c.left)
			}
		})
	}
}

// F34: whatever floods in, it stays within its bounds, and what works goes on working.
func TestATemplateFloodLeavesTheTemplatesInUse(t *testing.T) {
	r := newReceiver()
	r.receive(v9(setOf(0, tmpl(256, basic)), setOf(256, basicRecord(2, 808))))
	flood := func(domain uint32, from int) {
		for i := 0; i < 600; i += 100 {
			all := [][]byte{}
			for j := range 100 {
				all = append(all, tmpl(uint16(from+i+j), fmt.Sprintf("8:4 12:4 1:4 2:4 %d:4", 5000+i+j)))
			}
			r.receive(v9From(domain, setOf(0, all...)))
		}
	}
	flood(domain7, 300)
	if got := r.x.Templates(); got > 512 || r.x.Bytes() > 65<<10 {
		t.Errorf("got %d templates of %d bytes", got, r.x.Bytes())
	}
	for domain := range uint32(80) {
		flood(1000+domain, 256)
	}
	if len(r.x.domains) > 64 || r.x.Bytes() > 65<<10 {
		t.Errorf("got %d domains, %d bytes", len(r.x.domains), r.x.Bytes())
	}
	same(t, r.receive(v9(setOf(256, basicRecord(2, 808)))), []flow.Record{plain(flow.NetFlowV9, nil)})
}

func TestLimitsOfTemplatesAndDomainsAreSaid(t *testing.T) {
	l := DefaultLimits()
	l.Templates, l.Domains = 2, 2
	r := newReceiverWith(l)
	r.receive(v9From(1, setOf(0, tmpl(256, basic), tmpl(257, basic), tmpl(258, basic))))
	r.says(t, "more templates than are kept (limit 2); the one unused longest is forgotten")
	if r.x.domains[0].template(256) != nil || r.x.domains[0].template(258) == nil {
		t.Error("not the oldest has made room")
	}
	r.receive(v9From(1, setOf(257, basicRecord(1, 40)), setOf(258, basicRecord(1, 40)), setOf(0, tmpl(259, basic))))
	r.says(t, "all 2 templates that are kept are in use; the new one is not kept")
	r.receive(v9From(2, setOf(0, words(nil, 256, 0))))
	r.receive(v9From(3, setOf(0, tmpl(256, basic))))
	r.receive(v9From(4, setOf(0, tmpl(256, basic))))
	if got := r.sentences(); len(got) == 0 || got[0] != "domain 4 is one more than are kept (limit 2); the one silent longest is forgotten" {
		t.Errorf("got %v", got)
	}
	if r.x.domain(domainKey{1, true}) == nil {
		t.Error("a domain in use has made room")
	}
}

func TestTemplatesExpireUnlessTheyAreAnnouncedOrUsed(t *testing.T) {
	const half = 31 * minute
	r := newReceiver()
	r.receive(v9(setOf(0, tmpl(256, basic), tmpl(257, basic), tmpl(258, basic)), setOf(257, basicRecord(1, 40))))
	for range 4 {
		r.source.Arrival += half
		r.receive(v9(setOf(257, basicRecord(1, 40)), setOf(0, tmpl(258, basic))))
	}
	if d := r.x.domains[0]; d.template(256) != nil || d.template(257) == nil || d.template(258) == nil {
		t.Errorf("got templates %v", d.templates)
	}
}

// F30, row 52: data waits for its template, and comes out with its own times.
func TestDataWaitsForItsTemplate(t *testing.T) {
	r := newReceiver()
	same(t, r.receive(v9(setOf(256, basicRecord(2, 808)))), nil)
	r.says(t, "no template 256 in domain 7 yet; data kept until it comes")
	r.disposed(t, wire.Waiting)
	if r.m.Counted || r.report.Waiting != 1 {
		t.Errorf("got counted %v, %d waiting", r.m.Counted, r.report.Waiting)
	}
	r.source.Arrival += 30_000
	got := r.receive(v9(setOf(0, tmpl(256, basic)), setOf(256, basicRecord(2, 808))))
	late := plain(flow.NetFlowV9, nil)
	now := late
	now.Start, now.End = now.Start.Add(30e9), now.End.Add(30e9)
	same(t, got, []flow.Record{late, now})
	if r.report.Released != 1 || r.report.Decoded != 2 || r.m.Units != 1 || !r.m.Counted {
		t.Errorf("got %d released of %d, %d units, counted %v", r.report.Released, r.report.Decoded, r.m.Units, r.m.Counted)
	}
	if r.x.heldBytes != 0 || len(r.x.held) != 0 {
		t.Errorf("%d bytes are still held", r.x.heldBytes)
	}
}

func TestDataBeforeItsTemplateInOneDatagram(t *testing.T) {
	r := newReceiver()
	got := r.receive(v10(setOf(256, basicRecord(2, 808)), setOf(2, tmpl(256, basic))))
	same(t, got, []flow.Record{plain(flow.IPFIX, nil)})
	if r.m.Units != 1 || !r.m.Counted || r.report.Released != 1 {
		t.Errorf("got %d units, counted %v, %d released", r.m.Units, r.m.Counted, r.report.Released)
	}
	r.disposed(t, wire.OK)
}

func TestDataDoesNotWaitForever(t *testing.T) {
	r := newReceiver()
	r.receive(v9(setOf(256, basicRecord(2, 808))))
	r.receive(v9(setOf(256, basicRecord(2, 808)), setOf(257, basicRecord(2, 808))))
	r.source.Arrival += minute + 1
	same(t, r.receive(v9(setOf(0, tmpl(256, basic)))), nil)
	r.says(t, "3 sets waited too long for their template; dropped")
	if r.x.heldBytes != 0 {
		t.Errorf("%d bytes are still held", r.x.heldBytes)
	}
}

func TestWaitingDataIsBounded(t *testing.T) {
	r := newReceiver()
	set := setOf(256, bytes.Repeat(basicRecord(2, 808), 80))
	for range 100 {
		r.receive(v9(set))
	}
	r.says(t, "no template 256 in domain 7 yet; data kept until it comes", "more data without a template than is kept (limit 65536 bytes); dropped")
	r.disposed(t, wire.Malformed)
	if got := r.x.Bytes(); got > 70<<10 {
		t.Errorf("got %d bytes", got)
	}
	if got := r.receive(v9(setOf(0, tmpl(256, basic)))); len(got) < 3000 || len(got) != r.report.Released {
		t.Errorf("got %d flows, %d released", len(got), r.report.Released)
	}
}

// Datagrams of which some waits are no waiting datagrams.
func TestOnlyADatagramThatWaitsAsAWholeIsWaiting(t *testing.T) {
	r := newReceiver()
	r.receive(v9(setOf(0, tmpl(256, basic)), setOf(256, basicRecord(2, 808)), setOf(300, basicRecord(2, 808))))
	r.disposed(t, wire.OK)
}
