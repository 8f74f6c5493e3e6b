package ipfix

import (
	"bytes"
	"fmt"
	"runtime"
	"testing"
)

// Decoding allocates nothing, whatever kind the records are of.
func TestRecordsCostNoAllocation(t *testing.T) {
	const flags = "6871/14:1 6871/15:1"
	biflow := basic + " 48:2 29305/1:4 29305/2:4 293:v 315:v"
	list := append(append([]byte{3}, words(nil, 259, 6)...), 2, 0x18)
	r := newReceiver()
	r.receive(v10(
		setOf(2, tmpl(256, typicalIPFIX), tmpl(257, labelled), tmpl(258, biflow), tmpl(259, flags), tmpl(260, "8:4 225:4")),
		setOf(3, optionsIPFIX(300, "302:4", "305:4 306:4"), optionsIPFIX(301, "10:4", "82:v")),
	))
	payload := v10(
		setOf(257, record(labelled, 2, 808, local, remote, 3, 9, int(arrived), int(arrived), 1, 2, 17, 0, 0, "\x0d\x00\x01\xc5", "customer")),
		setOf(258, record(biflow, local, remote, 2, 808, 77, 900, 3, list, frame(packet(404, 0)))),
		setOf(260, record("8:4 225:4", local, remote)), setOf(300, record("302:4 305:4 306:4", 1, 1, 99)), setOf(301, record("10:4 82:v", 1, "eth0")),
	)
	run := func() {
		r.report.Reset()
		r.b.Reset(0, 0)
		if !r.m.Open(payload, router, r.x, &r.report) || r.m.Next(r.b, &r.report) || r.b.N != 3 {
			t.Fatalf("got %d rows: %v", r.b.N, r.sentences())
		}
	}
	run()
	if n := testing.AllocsPerRun(100, run); n != 0 {
		t.Errorf("got %v allocations per datagram, want 0", n)
	}
}

// allocated is how many bytes f takes from the heap.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// Guarantee G9: no datagram costs more than 64 KiB and 64 times its bytes, nor
// more work than its bytes.
func TestNoDatagramCostsMoreThanItsBytes(t *testing.T) {
	many := func(n int, f func(i int) []byte) []byte {
		var b []byte
		for i := range n {
			b = append(b, f(i)...)
		}
		return b
	}
	small := func(i int) []byte { return tmpl(uint16(256+i), fmt.Sprintf("%d:1", 1000+i)) }
	zeros := "4:1 " + string(bytes.Repeat([]byte("96:0 "), 500))
	hostile := map[string][][]byte{
		"8,000 templates":              {v9(setOf(0, many(8000, small)))},
		"one template changing":        {v9(setOf(0, many(8000, func(i int) []byte { return tmpl(256, fmt.Sprintf("%d:1", 1000+i)) })))},
		"30 widest templates":          {v9(setOf(0, many(30, func(i int) []byte { return tmpl(uint16(256+i), string(bytes.Repeat([]byte("1:8 2:8 "), 256))) })))},
		"data without templates":       {v9(many(12_000, func(i int) []byte { return setOf(uint16(256+i), []byte{1}) }))},
		"data, then its templates":     {v9(many(10_000, func(i int) []byte { return setOf(uint16(256+i%200), []byte{1}) })), v9(setOf(0, many(8000, small)))},
		"smallest records":             {v9(setOf(0, tmpl(256, "1:1"))), v9(setOf(256, bytes.Repeat([]byte{1}, 65_000)))},
		"records of absent fields":     {v9(setOf(0, tmpl(256, zeros))), v9(setOf(256, bytes.Repeat([]byte{1}, 65_000)))},
		"names":                        {v10(setOf(3, optionsIPFIX(256, "10:2", "82:v"))), v10(setOf(256, many(8000, func(i int) []byte { return record("10:2 82:v", i, "abcd") })))},
		"escaped names":                {v10(setOf(3, optionsIPFIX(256, "10:2", "82:v"))), v10(setOf(256, many(200, func(i int) []byte { return record("10:2 82:v", i, string(make([]byte, 255))+"x") })))},
		"samplers":                     {v9(setOf(1, optionsV9(256, "1:0", "48:2 50:1"))), v9(setOf(256, many(8000, func(i int) []byte { return record("48:2 50:1", i, 7) })))},
		"samplers of many domains":     {v10(setOf(3, optionsIPFIX(256, "149:2", "50:1"))), v10(setOf(256, many(8000, func(i int) []byte { return record("149:2 50:1", i, 7) })))},
		"samplers nobody knows":        {v9(setOf(0, tmpl(256, "1:1 48:2"))), v9(setOf(256, many(8000, func(i int) []byte { return record("1:1 48:2", 1, i+1) })))},
		"applications":                 {v10(setOf(2, tmpl(256, "1:1 95:v 95:v"))), v10(setOf(256, bytes.Repeat([]byte{1, 0, 0}, 8192)))},
		"lists":                        {v10(setOf(2, tmpl(300, "292:v"), tmpl(256, "1:1 292:v"))), v10(setOf(256, bytes.Repeat(append([]byte{1, 255, 0, 200, 3, 1, 44}, bytes.Repeat([]byte{3, 3, 1, 44, 0}, 39)...), 300)))},
		"zeros with a byte at the end": {v9(setOf(0, append(make([]byte, 60_000), 1)))},
	}
	for name, datagrams := range hostile {
		t.Run(name, func(t *testing.T) {
			r := newReceiver()
			r.receive(v9(setOf(0, tmpl(999, basic)), setOf(999, basicRecord(1, 40)))) // a collector that has decoded before
			for _, d := range datagrams {
				got := allocated(func() {
					r.report.Reset()
					if r.m.Open(d, router, r.x, &r.report) {
						for r.b.Reset(0, 0); r.m.Next(r.b, &r.report); r.b.Reset(0, 0) {
						}
					}
				})
				if limit := uint64(64<<10 + 64*len(d)); got > limit {
					t.Errorf("%d bytes cost %d of memory, limit %d", len(d), got, limit)
				}
				if limit := 1000 + 16*(len(d)+64<<10); r.m.steps > limit {
					t.Errorf("%d bytes cost %d steps", len(d), r.m.steps)
				}
				bounded(t, r.x)
			}
		})
	}
}

// 10,000 exporters with 20 templates each take no more than 128 MiB, and those
// that announce nothing next to none.
func TestTenThousandExportersFitIntoMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 100 MB")
	}
	const exporters, templates = 10_000, 20
	var sets [][]byte
	for i := range templates {
		sets = append(sets, setOf(0, tmpl(uint16(256+i), typicalV9+fmt.Sprintf(" %d:4", 9000+i))))
	}
	payload := v9(sets...)
	l := DefaultLimits()
	all := make([]*Exporter, exporters)
	quiet := live(func() {
		for i := range all {
			all[i] = NewExporter(&l)
		}
	})
	if quiet > exporters*512 {
		t.Errorf("%d quiet exporters take %d bytes", exporters, quiet)
	}
	r, reckoned := newReceiver(), 0
	full := live(func() {
		for _, x := range all {
			r.report.Reset()
			r.m.Open(payload, router, x, &r.report)
			r.m.Next(r.b, &r.report)
			reckoned += x.Bytes()
		}
	})
	if all[0].Templates() != templates || all[exporters-1].Templates() != templates {
		t.Fatalf("got %d templates", all[0].Templates())
	}
	if quiet+full > 128<<20 || float64(reckoned) > 1.2*float64(quiet+full) || float64(reckoned) < 0.8*float64(quiet+full) {
		t.Errorf("%d exporters take %d MiB and say %d MiB, want at most 128", exporters, (quiet+full)>>20, reckoned>>20)
	}
	t.Logf("%d exporters with %d templates each take %d MiB; quiet ones %d bytes each", exporters, templates, (quiet+full)>>20, quiet/exporters)
	runtime.KeepAlive(all)
}

// live is how much more memory is reachable behind f.
func live(f func()) int {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	f()
	runtime.GC()
	runtime.ReadMemStats(&after)
	return int(after.HeapAlloc) - int(before.HeapAlloc)
}
