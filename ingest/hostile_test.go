package ingest

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"eagre/flow"
	"eagre/ingest/ipfix"
	"eagre/ingest/wire"
	"eagre/internal/recorded"
)

// attack is one or several hostile datagrams, sent one after the other.
type attack struct {
	name      string
	datagrams [][]byte
}

// wellBuilt are honest datagrams of all formats, to be spoilt.
func wellBuilt(t testing.TB) map[string][]byte {
	honest := map[string][]byte{
		"v5": v5(0, 30), "sFlow": sflowOf(0, 0),
		"v9":            v9(0, t9(plain()...), set(300, join(record(), record(), record())...)),
		"IPFIX":         v10(0, t10(plain()...), set(300, join(record(), record(), record())...)),
		"v9 options":    v9(0, set(1, words(305, 4, 8, 1, 4, 48, 1, 34, 4)...), set(305, 0, 0, 0, 0, 5, 0, 0, 0, 100)),
		"IPFIX options": v10(0, set(3, words(305, 2, 1, 302, 4, 34, 4)...), set(305, 0, 0, 0, 5, 0, 0, 0, 100)),
		"IPFIX strings": v10(0, t10(plus(plain(), field{82, 65535, 0}, field{291, 65535, 0})...), set(300, append(record(), 3, 'e', 't', 'h', 5, 0, 0, 82, 0, 1)...)),
		"v1":            fixed(1, 16, 52), "v6": fixed(6, 24, 52), "v7": fixed(7, 24, 52),
	}
	for scheme := range byte(16) {
		honest[fmt.Sprint("v8 scheme ", scheme)] = with(fixed(8, 28, 40), 22, uint16(scheme)<<8|2)
	}
	for name, payload := range captured(t) {
		honest[name] = payload
	}
	return honest
}

// captured are a few datagrams of every real exporter, where the captures are at
// hand.
func captured(t testing.TB) map[string][]byte {
	out := map[string][]byte{}
	files, _ := filepath.Glob(filepath.Join(recorded.Folder(), "captures", "exporters", "*", "*.dat"))
	more, _ := filepath.Glob(filepath.Join(recorded.Folder(), "captures", "exporters", "telegraf", "*", "*.bin"))
	for _, f := range append(files, more...) {
		payload, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if len(payload) >= 8 && len(payload) <= 9000 {
			out[filepath.Base(filepath.Dir(f))+"/"+filepath.Base(f)] = payload
		}
	}
	return out
}

func keyOf(from netip.AddrPort) flow.IP { return flow.FromAddr(from.Addr()) }

// numbered is the n-th of many senders.
func numbered(n uint32) netip.AddrPort { return netip.AddrPortFrom(flow.V4(0x0b000000+n).Addr(), 2055) }

// fixed is a datagram of one record with nothing but zeros in it.
func fixed(version uint16, header, record int) []byte {
	return with(with(make([]byte, header+record), 0, version), 2, 1)
}

// spoilt are the ways in which a datagram is spoilt. Each is applied at places
// that depend on the seed alone.
var spoilt = []struct {
	name string
	do   func(r *rand.Rand, b []byte) []byte
}{
	{"cut", func(r *rand.Rand, b []byte) []byte { return b[:r.IntN(len(b))] }},
	{"cut to a word", func(r *rand.Rand, b []byte) []byte { return b[:r.IntN(len(b)/4+1)*4] }},
	{"a word of ones", func(r *rand.Rand, b []byte) []byte { return with(b, r.IntN(len(b)-1), 0xffff) }},
	{"a word of zeros", func(r *rand.Rand, b []byte) []byte { return with(b, r.IntN(len(b)-1), 0) }},
	{"a small word", func(r *rand.Rand, b []byte) []byte { return with(b, r.IntN(len(b)-1), uint16(r.IntN(8))) }},
	{"four bytes of ones", func(r *rand.Rand, b []byte) []byte { return with32(b, r.IntN(len(b)-3), 0xffffffff) }},
	{"the sign bit", func(r *rand.Rand, b []byte) []byte { return with32(b, r.IntN(len(b)-3), 0x80000000) }},
	{"flipped bits", func(r *rand.Rand, b []byte) []byte {
		for range 1 + r.IntN(16) {
			b[r.IntN(len(b))] ^= 1 << r.IntN(8)
		}
		return b
	}},
	{"noise behind the header", func(r *rand.Rand, b []byte) []byte {
		for i := min(24, len(b)); i < len(b); i++ {
			b[i] = byte(r.Uint32())
		}
		return b
	}},
	{"itself once more", func(r *rand.Rand, b []byte) []byte { return append(b, b[r.IntN(len(b)):]...) }},
	{"blown up", func(r *rand.Rand, b []byte) []byte {
		return append(b, make([]byte, r.IntN(60_000))...)
	}},
	{"its middle taken out", func(r *rand.Rand, b []byte) []byte {
		from := r.IntN(len(b))
		return append(b[:from:from], b[from+r.IntN(len(b)-from):]...)
	}},
}

// hostileCorpus is every honest datagram spoilt in every way, alone and behind
// the honest one, and what is known to have killed collectors.
func hostileCorpus(t testing.TB) (all []attack) {
	for name, honest := range wellBuilt(t) {
		r := rand.New(rand.NewPCG(uint64(len(name)), uint64(len(honest))))
		for _, s := range spoilt {
			bad := s.do(r, append([]byte(nil), honest...))
			all = append(all, attack{name + ", " + s.name, [][]byte{bad}},
				attack{name + ", then " + s.name, [][]byte{honest, bad}},
				attack{name + ", " + s.name + ", then as it should be", [][]byte{bad, honest, bad[:len(bad)/2]}})
		}
	}
	return append(all, killers()...)
}

// killers are datagrams that made other collectors die, hang or fill disks: each
// claims more than it holds, or lets a loop stand still.
func killers() []attack {
	nothing := make([]field, 400)
	for i := range nothing {
		nothing[i] = field{uint16(1000 + i), 0, 0}
	}
	variable := t10(field{82, 65535, 0})
	deep := []byte{0, 0, 0, 0}
	for range 1000 {
		deep = append([]byte{3, 1, 0x24, 0xff, 0xff}, deep...) // a list of lists
	}
	return []attack{
		{"template without fields, then data", [][]byte{v10(0, set(2, words(256, 0)...), set(256, make([]byte, 1000)...))}},
		{"record of length 0, then data", [][]byte{v10(0, t10(field{8, 0, 0})), v10(0, set(300, make([]byte, 1000)...))}},
		{"400 fields of length 0", [][]byte{v9(0, t9(nothing...)), v9(1, set(300, make([]byte, 1000)...))}},
		{"nothing but empty strings", [][]byte{v10(0, variable), v10(0, set(300, make([]byte, 60_000)...))}},
		{"long strings", [][]byte{v10(0, variable), v10(0, set(300, append([]byte{255, 0xea, 0x60}, make([]byte, 60_000)...)...))}},
		{"lists a thousand deep", [][]byte{v10(0, t10(field{291, 65535, 0})), v10(0, set(300, append([]byte{255, byte(len(deep) >> 8), byte(len(deep))}, deep...)...))}},
		{"sets of length 4", [][]byte{v9(0, bytesOf(words(300, 4), 10_000)...)}},
		{"one-byte records", [][]byte{v10(0, t10(field{4, 1, 0})), v10(0, set(300, make([]byte, 60_000)...))}},
		{"50 million flow records", [][]byte{with32(sflowOf(0, 0), 64, 50_000_000)}},
		{"4294967295 samples", [][]byte{with32(sflowOf(0, 7), 24, 1<<32-1)}},
	}
}

func bytesOf(b []byte, times int) [][]byte {
	out := make([][]byte, times)
	for i := range out {
		out[i] = b
	}
	return out
}

// The corpus of hostile datagrams: none of them makes the collector fall, each
// costs no more memory than its bytes allow (reliability G9), and the books
// balance after every one.
func TestHostileDatagramsCostNoMoreThanTheirBytes(t *testing.T) {
	corpus := hostileCorpus(t)
	if len(corpus) < 500 {
		t.Fatalf("the corpus has %d entries, want 500 at least", len(corpus))
	}
	became := map[wire.Disposition]uint64{}
	for _, a := range corpus {
		s := newStation(t, func(c *Config) { c.Partitions = 1 })
		s.warm()
		for i, payload := range a.datagrams {
			at := began.Add(time.Duration(i) * time.Second)
			if cost, bound := costOf(s, at, payload), uint64(64<<10+64*len(payload)); cost > bound {
				t.Errorf("%s: datagram %d of %d bytes cost %d bytes, bound %d", a.name, i, len(payload), cost, bound)
			}
		}
		s.Finish(began.Add(time.Minute))
		s.balanced(t)
		for d, n := range s.Totals().Dispositions {
			became[wire.Disposition(d)] += n
		}
	}
	t.Logf("%d attacks: %v", len(corpus), became)
}

// warm makes the exporter known, and has every decoder take its room.
func (s *station) warm() {
	s.netflow(0, edge1, v5(1_000_000, 0))
	s.netflow(0, edge2, v9(0, t9(plain()...), set(300, record()...)))
	s.netflow(0, edge2, v10(0, t10(plain()...), set(300, record()...)))
	s.Datagram(began, AutoDoor, edge2, sflowOf(0, 99), false)
}

// costOf is how many bytes a datagram makes the collector allocate.
func costOf(s *station, at time.Time, payload []byte) uint64 {
	s.keep = false // what the test keeps of the flows is not the collector's
	defer func() { s.keep = true }()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s.Datagram(at, AutoDoor, edge1, payload, false)
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// Templates without end, in domains without end: an exporter fills its own share
// and no other's (F34).
func TestTemplateFloodStaysWithinItsBounds(t *testing.T) {
	s := newStation(t, nil)
	s.netflow(0, edge2, v9(0, t9(plain()...)))
	r := rand.New(rand.NewPCG(3, 4))
	for i := range uint32(20_000) {
		id := uint16(256 + r.IntN(65_280))
		payload := v9(i, set(0, templateBody(id, plus(plain(), field{uint16(r.IntN(400)), 2, 0})...)...))
		binary.BigEndian.PutUint32(payload[16:], r.Uint32N([]uint32{8, 1000}[i%2])) // domain
		s.netflow(time.Duration(i)*time.Millisecond, edge1, payload)
	}
	for _, x := range s.exporters {
		announced := x.announced.Bytes() - ipfix.NewExporter(&s.config.Templates).Bytes()
		if x.announced.Templates() > 512 || announced > 64<<10 {
			t.Errorf("%v: %d templates in %d bytes, limits 512 and 65536", x.printed, x.announced.Templates(), announced)
		}
	}
	if noted := s.exporters[keyOf(edge1)].account.Noted; noted[wire.TemplateLimit] == 0 || noted[wire.DomainLimit] == 0 {
		t.Errorf("forgotten: %d templates, %d domains; want some of both", noted[wire.TemplateLimit], noted[wire.DomainLimit])
	}
	s.netflow(21*time.Second, edge2, v9(1, set(300, record()...)))
	if s.Finish(began.Add(time.Minute)); len(s.flows) != 1 {
		t.Errorf("the other exporter: got %d flows, want 1", len(s.flows))
	}
	s.balanced(t)
}

// 10,000 exporters with 20 templates each stay within 128 MiB, and a million
// spoofed senders that are on no list cost nothing at all.
func TestMemoryOfManyExporters(t *testing.T) {
	if testing.Short() {
		t.Skip("a million datagrams take a few seconds")
	}
	s := newStation(t, func(c *Config) { c.Exporters = 10_000 })
	s.keep, s.everyone = false, true
	before := heap()
	for i := range uint32(10_000) {
		var sets [][]byte
		for n := range uint16(20) {
			sets = append(sets, set(0, templateBody(256+n, typical()...)...))
		}
		s.netflow(0, numbered(i), v9(0, sets...))
	}
	grown := heap() - before
	t.Logf("10,000 exporters with 20 templates each: %.1f MiB", float64(grown)/(1<<20))
	if grown > 128<<20 {
		t.Errorf("got %d bytes, want 128 MiB at most", grown)
	}
	s.everyone = false
	before = heap()
	payload := v9(0, t9(plain()...))
	for i := range uint32(1_000_000) {
		s.netflow(time.Millisecond, numbered(1<<24+i), payload)
	}
	if grown := heap() - before; grown > 64<<10 {
		t.Errorf("a million strangers left %d bytes", grown)
	}
	runtime.KeepAlive(s)
}

// typical is a template as routers send it.
func typical() []field {
	return []field{
		{8, 4, 0},
		{12, 4, 0},
		{15, 4, 0},
		{10, 4, 0},
		{14, 4, 0},
		{2, 4, 0},
		{1, 4, 0},
		{22, 4, 0},
		{21, 4, 0},
		{7, 2, 0},
		{11, 2, 0},
		{6, 1, 0},
		{4, 1, 0},
		{5, 1, 0},
		{16, 4, 0},
		{17, 4, 0},
		{9, 1, 0},
		{13, 1, 0},
		{61, 1, 0},
		{48, 1, 0},
	}
}

// heap is how many bytes are in use after a collection.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
