package sflow

import (
	"runtime"
	"testing"

	"eagre/flow"
	"eagre/ingest/wire"
)

// FuzzDatagram throws datagrams at the decoder, with and without tunnels. Every
// record found must have a place among the bytes, no more may be allocated than
// 64 KiB and 64 times the bytes, and the plain and the general way must agree.
func FuzzDatagram(f *testing.F) {
	for _, payload := range shapes() {
		f.Add(payload, uint32(0), false)
	}
	f.Add(sevenTimes(sampleOf(512, 11, 12, rawRecord(422, slammerFrame()))), uint32(100), true)
	f.Add(datagram(expandedSample(1, 2, 3, typed(extendedGateway, words(1, 1, 1, 1, 1, 0xffffffff, 2, 0xffffffff, 1)))), uint32(0), false)
	f.Add(datagram(countersOf(3, interfaceOne()), droppedSample(258, rawRecord(422, slammerFrame()))), uint32(7), true)
	f.Add(join(words(5, 2), bytes6(1), words(1, 1, 1, 0xffffffff)), uint32(0), false)
	f.Fuzz(func(t *testing.T, payload []byte, override uint32, tunnels bool) {
		source := exporter
		source.SamplingRate = override
		asked := 0
		var enter func(src, dst flow.IP) bool
		if tunnels {
			enter = func(flow.IP, flow.IP) bool { asked++; return true }
		}
		oneDatagram(t, payload, source, enter)
		if asked > len(payload) {
			t.Fatalf("asked about %d tunnels in %d bytes", asked, len(payload))
		}
		if len(payload) >= sampleHeader {
			bothWays(t, payload, source, enter, len(payload)%flow.MaxRows)
		}
	})
}

// oneDatagram decodes and looks for what cannot be.
func oneDatagram(t *testing.T, payload []byte, source wire.Source, tunnels func(src, dst flow.IP) bool) {
	t.Helper()
	var d Datagram
	var report wire.Report
	d.Packets.Tunnels = tunnels
	before := allocated()
	if !d.Open(payload, source, &report) {
		if d, why := report.Disposition(); d != wire.Malformed || why == wire.NoReason {
			t.Fatalf("not read, and %v (%v)", d, why)
		}
		return
	}
	rows := 0
	for more := true; more; fuzzBatch.Reset(0, 0) {
		more = d.Next(fuzzBatch, &report)
		checkRows(t, fuzzBatch, source)
		rows += fuzzBatch.N
	}
	if grown := allocated() - before; grown > uint64(64<<10+64*len(payload)) {
		t.Fatalf("%d bytes allocated for %d", grown, len(payload))
	}
	if rows != report.Decoded || rows+report.Understood > len(payload)/sampleHeader || len(d.Counters()) > len(payload)/88 {
		t.Fatalf("%d rows (%d reported), %d other samples, %d counters out of %d bytes", rows, report.Decoded, report.Understood, len(d.Counters()), len(payload))
	}
	if d, why := report.Disposition(); d == wire.Malformed && (report.Decoded > 0 || why == wire.NoReason) {
		t.Fatalf("malformed (%v) with %d rows", why, report.Decoded)
	}
}

var fuzzBatch = flow.NewBatch()

func checkRows(t *testing.T, b *flow.Batch, source wire.Source) {
	t.Helper()
	for i := range b.N {
		r := b.Record(i)
		believed := source.SamplingRate > 0 || r.SamplingRate <= wire.MaxSamplingRate
		if r.Packets > 1 || r.SamplingRate == 0 || !believed || !r.Start.Equal(arrived) || r.Version != flow.SFlowV5 || r.Packets == 0 && r.Quality&flow.Implausible == 0 {
			t.Fatalf("impossible flow %+v", r)
		}
	}
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}
