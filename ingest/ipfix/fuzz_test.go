package ipfix

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"

	"eagre/flow"
	"eagre/ingest/wire"
)

// Datagrams of one fuzzing input stand behind one another, each with two bytes
// of length, so that state of one meets the next.
func joined(datagrams ...[]byte) (b []byte) {
	for _, d := range datagrams {
		b = append(binary.BigEndian.AppendUint16(b, uint16(len(d))), d...)
	}
	return b
}

func split(b []byte) (out [][]byte) {
	for len(b) >= 2 && len(out) < 16 {
		n := min(int(binary.BigEndian.Uint16(b)), len(b)-2)
		out = append(out, b[2:2+n])
		b = b[2+n:]
	}
	return out
}

// seedsV9 and seedsIPFIX are conversations of exporters that do a bit of everything.
func seedsV9() [][]byte {
	const spec = basic + " 22:4 21:4 4:1 32:2 48:2 34:4"
	return [][]byte{
		joined(
			v9(setOf(0, tmpl(256, spec), tmpl(257, "82:v 1:3 95:v")), setOf(1, optionsV9(300, "1:4 2:4", "48:2 50:4 82:8"))),
			v9(setOf(256, record(spec, local, remote, 2, 808, 5, 9, 1, 0x301, 3, 0)), setOf(257, []byte{1, 2, 3, 4, 5, 2, 6, 7})),
			v9(setOf(300, record("1:4 2:4 48:2 50:4 82:8", 0, 3, 3, 100, "eth0"))),
		),
		joined(v9(setOf(256, basicRecord(2, 808))), v9(setOf(0, tmpl(256, basic))), v9(setOf(0, words(nil, 256, 0)))),
	}
}

func seedsIPFIX() [][]byte {
	const spec = basic + " 152:8 153:8 29305/1:4 29305/2:4 293:v 315:v 302:4"
	list := append([]byte{3}, words(nil, 257, 9, 0x0103, 0x0100)...)
	return [][]byte{
		joined(
			v10(setOf(2, tmpl(256, spec), tmpl(257, "6871/14:1 291:v 292:v"), words(nil, 999, 0)), setOf(3, optionsIPFIX(300, "302:4", "305:4 306:4 311:8"))),
			v10(setOf(256, record(spec, local, remote, 2, 808, int(arrived)-9, int(arrived), 900, 3, list, frame(packet(404, 0)), 1))),
			v10(setOf(300, record("302:4 305:4 306:4 311:8", 1, 1, 99, 0)), setOf(2, words(nil, 2, 0))),
		),
		joined(v10(setOf(2, tmpl(300, "7:2"), tmpl(301, "292:v"), tmpl(256, addressed+"292:v"))), v10(setOf(256, record(addressed, local, remote, 2, 808), nested(6)))),
		joined(v10(setOf(256, basicRecord(2, 808))), v10(setOf(2, tmpl(256, basic)))),
		joined(v10(setOf(2, tmpl(256, "95:v 95:v 1:1 231:2 232:2 85:4 8:4 225:4 161:4 61:1 60:1 10:4")), setOf(3, optionsIPFIX(301, "10:4", "82:v 83:4 95:v 96:v 160:8 149:4"))),
			v10(setOf(256, bytes.Repeat([]byte{2, 9, 9}, 60)), setOf(301, bytes.Repeat([]byte{0, 0, 0, 1, 3, 'a', 'b', 'c'}, 20)))),
	}
}

func FuzzV9(f *testing.F) {
	for i, seed := range seedsV9() {
		f.Add(seed, uint32(100*i))
	}
	f.Fuzz(func(t *testing.T, input []byte, override uint32) { digest(t, 9, input, override) })
}

func FuzzIPFIX(f *testing.F) {
	for i, seed := range seedsIPFIX() {
		f.Add(seed, uint32(100*i))
	}
	f.Fuzz(func(t *testing.T, input []byte, override uint32) { digest(t, 10, input, override) })
}

// Conversations with bytes changed, moved, doubled and cut out: what fuzzing
// does, but always the same and with no instrument.
func TestMutatedConversationsBreakNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range mutations {
		version, seeds := uint16(9), seedsV9()
		if r.IntN(2) == 0 {
			version, seeds = 10, seedsIPFIX()
		}
		input := seeds[r.IntN(len(seeds))]
		for range 1 + r.IntN(6) {
			input = mutate(r, input)
		}
		digest(t, version, input, uint32(r.IntN(2)*r.IntN(1000)))
	}
}

const mutations = 2000

func mutate(r *rand.Rand, b []byte) []byte {
	if len(b) < 8 {
		return b
	}
	b = bytes.Clone(b)
	i, j := r.IntN(len(b)), r.IntN(len(b))
	switch r.IntN(6) {
	case 0:
		b[i] = byte(r.Uint32())
	case 1:
		b[i] = []byte{0, 1, 0x7f, 0x80, 0xfe, 0xff}[r.IntN(6)]
	case 2:
		b[i] += byte(r.IntN(3)) - 1
	case 3:
		copy(b[i:], b[j:])
	case 4:
		return append(b[:min(i, j)], b[max(i, j):]...)
	case 5:
		return slices.Insert(b, i, b[j:min(j+16, len(b))]...)
	}
	return b
}

// digest gives an input to one exporter and checks what holds for any bytes.
func digest(t *testing.T, version uint16, input []byte, override uint32) {
	l := DefaultLimits()
	l.State, l.Held, l.Names, l.Templates, l.Domains, l.Samplers = 4<<10, 2<<10, 2<<10, 8, 3, 8
	r := newReceiverWith(l)
	r.source.SamplingRate = override
	for i, datagram := range split(input) {
		if len(datagram) >= 2 {
			datagram = bytes.Clone(datagram)
			binary.BigEndian.PutUint16(datagram, version)
		}
		r.source.Arrival, r.source.Reliable = arrived+int64(i)*20_000, i%3 == 2
		flows := r.receive(datagram)
		balance(t, r, flows, len(datagram))
		for _, f := range flows {
			believable(t, f, override)
		}
		bounded(t, r.x)
	}
	saved(t, r.x)
}

// balance checks that every record is accounted for, and that work is bounded by
// bytes. A record of a single byte is copied by no more than one operation into
// a row, and lists are at most four deep.
func balance(t *testing.T, r *receiver, flows []flow.Record, size int) {
	t.Helper()
	if r.report.Decoded != len(flows) || r.report.Released > r.report.Decoded {
		t.Fatalf("%d flows, %d reported, %d released", len(flows), r.report.Decoded, r.report.Released)
	}
	if limit := 2 * r.x.limits.Records; len(flows) > limit || int(r.m.Units) > limit {
		t.Fatalf("%d flows of %d records", len(flows), r.m.Units)
	}
	if most := 1000 + 16*(size+2<<10); r.m.steps > most {
		t.Fatalf("%d steps for %d bytes", r.m.steps, size)
	}
	if d, why := r.report.Disposition(); d == wire.Malformed && len(flows) > 0 || d == wire.Waiting && r.report.Waiting == 0 || d == wire.OK && why != wire.NoReason {
		t.Fatalf("disposition %v (%v) of %d flows", d, why, len(flows))
	}
	for _, n := range r.report.Notes() {
		_ = n.String()
	}
}

// believable checks what every flow promises, whatever the bytes were.
func believable(t *testing.T, f flow.Record, override uint32) {
	t.Helper()
	if f.End.Before(f.Start) || f.Bytes|f.Packets == 0 || f.SrcMask > 128 || f.DstMask > 128 || f.Direction > flow.Egress {
		t.Fatalf("impossible flow %+v", f)
	}
	if f.SrcAddr.Is4() && f.SrcMask > 32 || f.DstAddr.Is4() && f.DstMask > 32 {
		t.Fatalf("mask of another family: %+v", f)
	}
	if override > 0 && f.SamplingRate != override || f.SamplingRate == 0 && f.Sampling != flow.SamplingUnknown ||
		override == 0 && f.SamplingRate > wire.MaxSamplingRate {
		t.Fatalf("sampling %d by %v, operator says %d", f.SamplingRate, f.Sampling, override)
	}
}

// bounded checks the state of an exporter against its limits, and its books
// against what is there.
func bounded(t *testing.T, x *Exporter) {
	t.Helper()
	l := x.limits
	if x.templates > l.Templates || len(x.domains) > l.Domains || x.samplers > l.Samplers || x.heldBytes > l.Held || x.nameBytes > l.Names {
		t.Fatalf("%d templates, %d domains, %d samplers, %d bytes held, %d of names", x.templates, len(x.domains), x.samplers, x.heldBytes, x.nameBytes)
	}
	bytes, templates, samplers, held := 0, 0, 0, 0
	for _, d := range x.domains {
		bytes += domainCost + len(d.rates.rows)*samplerCost
		samplers += len(d.rates.rows)
		templates += len(d.templates)
		for i, v := range d.templates {
			bytes += v.cost()
			if v.owner != d || i > 0 && d.templates[i-1].id >= v.id {
				t.Fatalf("domain %d: template %d is out of place", d.key.id, v.id)
			}
		}
	}
	for _, h := range x.held {
		held += heldCost + len(h.data)
	}
	listed := 0
	for _, q := range []queue{x.idle, x.inUse} {
		for v := q.first; v != nil; v = v.next {
			listed++
		}
	}
	if bytes != x.bytes || templates != x.templates || samplers != x.samplers || held != x.heldBytes || listed != templates {
		t.Fatalf("books say %d bytes, %d templates, %d samplers, %d held; there are %d, %d (%d listed), %d, %d",
			x.bytes, x.templates, x.samplers, x.heldBytes, bytes, templates, listed, samplers, held)
	}
}

// saved checks that whatever came to be known can be saved and read again.
func saved(t *testing.T, x *Exporter) {
	t.Helper()
	state := x.AppendState(nil)
	again := NewExporter(x.limits)
	if err := again.Restore(state); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(state, again.AppendState(nil)) {
		t.Fatal("a restored state is saved as another one")
	}
}

func FuzzRestore(f *testing.F) {
	f.Add(knowing().x.AppendState(nil))
	l := DefaultLimits()
	f.Add(NewExporter(&l).AppendState(nil))
	f.Fuzz(func(t *testing.T, state []byte) {
		r := newReceiver()
		if r.x.Restore(state) != nil {
			if r.x.Templates() != 0 || r.x.bytes != 0 {
				t.Fatal("a part of a refused state was kept")
			}
			return
		}
		bounded(t, r.x)
		saved(t, r.x)
		r.receive(v9(setOf(256, basicRecord(2, 808))))
	})
}
