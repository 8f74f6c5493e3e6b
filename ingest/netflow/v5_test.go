package netflow

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/flow"
	"eagre/ingest/wire"
)

// The layout as the format's description has it, for encoding/binary.
type v5Header struct {
	Version, Count            uint16
	Uptime, Seconds, NanoSecs uint32
	Sequence                  uint32
	EngineType, EngineID      uint8
	Sampling                  uint16
}

type v5Record struct {
	Src, Dst, NextHop            uint32
	Input, Output                uint16
	Packets, Octets, First, Last uint32
	SrcPort, DstPort             uint16
	_                            uint8
	Flags, Proto, TOS            uint8
	SrcAS, DstAS                 uint16
	SrcMask, DstMask             uint8
	_                            uint16
}

var (
	arrived  = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).UnixMilli()
	exporter = wire.Source{Exporter: flow.V4(0xc0000201), Arrival: arrived}
)

const uptime = 3_600_000

func header(count uint16) v5Header {
	return v5Header{Version: 5, Count: count, Uptime: uptime, Seconds: 1_772_366_400, Sequence: 7, EngineType: 1, EngineID: 2}
}

// slammer is one packet of the worm, a second and a half ago.
func slammer() v5Record {
	return v5Record{
		Src: 0xc0000207, Dst: 0xc6336407, NextHop: 0x0a000001, Input: 3, Output: 9, Packets: 1, Octets: 404,
		First: uptime - 1500, Last: uptime - 1400, SrcPort: 3575, DstPort: 1434, Proto: 17, TOS: 8, SrcAS: 64500, DstAS: 64501, SrcMask: 24, DstMask: 16,
	}
}

func datagram(h v5Header, records ...v5Record) []byte {
	var b bytes.Buffer
	_ = binary.Write(&b, binary.BigEndian, h)
	_ = binary.Write(&b, binary.BigEndian, records)
	return b.Bytes()
}

// decode reads a whole datagram, through as many batches as it takes.
func decode(payload []byte, source wire.Source) ([]flow.Record, *wire.Report, bool) {
	var d V5
	var report wire.Report
	var out []flow.Record
	if !d.Open(payload, source, &report) {
		return nil, &report, false
	}
	b := flow.NewBatch()
	for more := true; more; {
		b.Reset(0, 0)
		more = d.Next(b, &report)
		for i := range b.N {
			out = append(out, b.Record(i))
		}
	}
	return out, &report, true
}

func TestV5RecordBecomesAFlow(t *testing.T) {
	got, report, _ := decode(datagram(header(1), slammer()), exporter)
	want := []flow.Record{{
		Exporter: flow.V4(0xc0000201).Addr(), Domain: 1<<8 | 2, Version: flow.NetFlowV5,
		SrcAddr: flow.V4(0xc0000207).Addr(), DstAddr: flow.V4(0xc6336407).Addr(), NextHop: flow.V4(0x0a000001).Addr(),
		SrcPort: 3575, DstPort: 1434, Proto: 17, TOS: 8, SrcMask: 24, DstMask: 16, SrcAS: 64500, DstAS: 64501, InIf: 3, OutIf: 9,
		Start: time.UnixMilli(arrived - 1500).UTC(), End: time.UnixMilli(arrived - 1400).UTC(),
		Bytes: 404, Packets: 1, SamplingRate: 1, Sampling: flow.SamplingAssumed,
	}}
	if diff := cmp.Diff(want, got, compareAddr); diff != "" {
		t.Errorf("flow (-want +got):\n%s", diff)
	}
	if len(report.Notes()) != 0 {
		t.Errorf("got notes %v, want none", report.Notes())
	}
}

func TestSamplingRateHasAProvenance(t *testing.T) {
	cases := []struct {
		name     string
		word     uint16
		override uint32
		rate     uint32
		from     flow.Sampling
	}{
		{"nothing announced", 0, 0, 1, flow.SamplingAssumed},
		{"mode and interval", 1<<14 | 1000, 0, 1000, flow.SamplingHeader},
		{"interval without a mode", 1000, 0, 1000, flow.SamplingHeader},
		{"interval 1", 1<<14 | 1, 0, 1, flow.SamplingHeader},
		{"the largest interval", 3<<14 | 0x3fff, 0, 0x3fff, flow.SamplingHeader},
		{"a mode without interval", 2 << 14, 0, 0, flow.SamplingUnknown},
		{"the operator knows better", 1<<14 | 1000, 512, 512, flow.SamplingOperator},
		{"the operator fills in", 2 << 14, 512, 512, flow.SamplingOperator},
	}
	for _, c := range cases {
		h, source := header(1), exporter
		h.Sampling, source.SamplingRate = c.word, c.override
		got, report, _ := decode(datagram(h, slammer()), source)
		if got[0].SamplingRate != c.rate || got[0].Sampling != c.from {
			t.Errorf("%s: got 1:%d by %v, want 1:%d by %v", c.name, got[0].SamplingRate, got[0].Sampling, c.rate, c.from)
		}
		if noted := len(report.Notes()) == 1; noted != (c.from == flow.SamplingUnknown) {
			t.Errorf("%s: got notes %v", c.name, report.Notes())
		}
	}
}

// A datagram of 64 KiB holds more records than a batch: it is decoded in turns.
func TestLargestDatagramGoesThroughSeveralBatches(t *testing.T) {
	const n = (65535 - headerLength) / recordLength
	records := make([]v5Record, n)
	for i := range records {
		records[i] = slammer()
		records[i].Dst = uint32(i)
	}
	got, report, _ := decode(datagram(header(n), records...), exporter)
	if len(got) != n || report.Decoded != n {
		t.Fatalf("got %d flows, %d reported, want %d", len(got), report.Decoded, n)
	}
	for i := range got {
		if want := flow.V4(uint32(i)).Addr(); got[i].DstAddr != want {
			t.Fatalf("flow %d: got destination %v, want %v", i, got[i].DstAddr, want)
		}
	}
}

// Decoding into a batch that holds rows already adds behind them.
func TestRowsAreAddedBehindThoseOfOthers(t *testing.T) {
	var d V5
	var report wire.Report
	b := flow.NewBatch()
	for range 2 {
		d.Open(datagram(header(1), slammer()), exporter, &report)
		d.Next(b, &report)
	}
	if b.N != 2 || b.Record(0) != b.Record(1) {
		t.Errorf("got %d rows, %+v and %+v", b.N, b.Record(0), b.Record(1))
	}
}

// Uptime wraps after 49.7 days; the flow's age must come out right on either
// side, up to two milliseconds around every edge.
func TestUptimeWrap(t *testing.T) {
	for _, edge := range []uint32{0, 1 << 31, 1500, 1<<32 - 1500} {
		for off := range uint32(5) {
			h := header(1)
			h.Uptime = edge + off - 2
			r := slammer()
			r.First, r.Last = h.Uptime-1500, h.Uptime-100
			got, report, _ := decode(datagram(h, r), exporter)
			start, end := arrived-got[0].Start.UnixMilli(), arrived-got[0].End.UnixMilli()
			if start != 1500 || end != 100 || len(report.Notes()) != 0 {
				t.Errorf("uptime %d: began %d ms and ended %d ms ago, want 1500 and 100; notes %v", h.Uptime, start, end, report.Notes())
			}
		}
	}
}

func TestTimesThatCannotBeAreClamped(t *testing.T) {
	const hour = 3_600_000
	cases := []struct {
		name        string
		uptime      uint32
		first, last uint32
		start, end  int64 // ms ago
		quality     flow.Quality
	}{
		{"booted a moment ago, first packet at uptime 0", 500, 0, 400, 500, 100, 0},
		{"last packet in the future", uptime, uptime - 10, uptime + 5, 10, 0, flow.BadDuration},
		{"both in the future", uptime, uptime + 5, uptime + 9, 0, 0, flow.BadDuration},
		{"ends before it begins", uptime, uptime - 10, uptime - 20, 20, 20, flow.BadDuration},
		{"two hours exactly", 9 * hour, 7 * hour, 9*hour - 5, 2 * hour, 5, 0},
		{"a long flow that began earlier is cut", 9 * hour, 7*hour - 1, 9*hour - 5, 2 * hour, 5, flow.LateReceived},
		{"ended three hours ago: stamps are broken, it counts now", 9 * hour, 6*hour - 50, 6 * hour, 0, 0, flow.LateReceived},
		{"half the clock away", 5, 1<<31 + 5, 1<<31 + 5, 0, 0, flow.BadDuration},
	}
	for _, c := range cases {
		h, r := header(1), slammer()
		h.Uptime, r.First, r.Last = c.uptime, c.first, c.last
		got, _, _ := decode(datagram(h, r), exporter)
		start, end := arrived-got[0].Start.UnixMilli(), arrived-got[0].End.UnixMilli()
		if start != c.start || end != c.end || got[0].Quality != c.quality {
			t.Errorf("%s: got %d to %d ms ago, quality %b; want %d to %d, %b", c.name, start, end, got[0].Quality, c.start, c.end, c.quality)
		}
	}
}

func TestImpossibleCountersAreKeptAndMarked(t *testing.T) {
	cases := []struct {
		name            string
		packets, octets uint32
		sampling        uint16
		want            flow.Quality
	}{
		{"bytes without packets", 0, 100, 0, flow.Implausible},
		{"packets smaller than an IP header", 10, 199, 0, flow.Implausible},
		{"the smallest packets there are", 10, 200, 0, 0},
		{"empty, but consistent", 0, 0, 0, 0},
		{"4 GB at 1:16383 in a tenth of a second", 3_000_000, 4_000_000_000, 0x3fff, flow.Implausible},
		{"4 GB unsampled", 3_000_000, 4_000_000_000, 0, 0},
	}
	for _, c := range cases {
		h, r := header(1), slammer()
		h.Sampling, r.Packets, r.Octets = c.sampling, c.packets, c.octets
		got, report, _ := decode(datagram(h, r), exporter)
		if got[0].Quality != c.want || got[0].Bytes != uint64(c.octets) {
			t.Errorf("%s: got quality %b, %d bytes; want %b, %d", c.name, got[0].Quality, got[0].Bytes, c.want, c.octets)
		}
		if noted := len(report.Notes()) == 1; noted != (c.want != 0) {
			t.Errorf("%s: got notes %v", c.name, report.Notes())
		}
	}
}

// twin decodes one record at a time in the plainest way, with the same rules.
func twin(payload []byte, source wire.Source) (out []flow.Record) {
	r := bytes.NewReader(payload)
	var h v5Header
	if binary.Read(r, binary.BigEndian, &h) != nil {
		return nil
	}
	rate, sampling := twinSampling(h.Sampling, source.SamplingRate)
	for {
		var v v5Record
		if binary.Read(r, binary.BigEndian, &v) != nil {
			return out
		}
		f := flow.Record{
			Exporter: source.Exporter.Addr(), Domain: uint32(h.EngineType)*256 + uint32(h.EngineID), Version: flow.NetFlowV5,
			SrcAddr: flow.V4(v.Src).Addr(), DstAddr: flow.V4(v.Dst).Addr(), NextHop: flow.V4(v.NextHop).Addr(),
			SrcPort: v.SrcPort, DstPort: v.DstPort, Proto: v.Proto, TCPFlags: v.Flags, TOS: v.TOS,
			SrcAS: uint32(v.SrcAS), DstAS: uint32(v.DstAS), InIf: uint32(v.Input), OutIf: uint32(v.Output),
			Bytes: uint64(v.Octets), Packets: uint64(v.Packets), SamplingRate: rate, Sampling: sampling,
		}
		if v.SrcMask <= 32 {
			f.SrcMask = v.SrcMask
		}
		if v.DstMask <= 32 {
			f.DstMask = v.DstMask
		}
		twinTimes(&f, &h, &v, source.Arrival)
		twinCounters(&f)
		out = append(out, f)
	}
}

func twinSampling(word uint16, override uint32) (uint32, flow.Sampling) {
	switch mode, interval := word>>14, word%(1<<14); {
	case override != 0:
		return override, flow.SamplingOperator
	case word == 0:
		return 1, flow.SamplingAssumed
	case interval == 0 && mode != 0:
		return 0, flow.SamplingUnknown
	default:
		return uint32(interval), flow.SamplingHeader
	}
}

// signed is the difference of two moments on a clock that wraps.
func signed(a, b uint32) time.Duration {
	d := int64(a) - int64(b)
	if d >= 1<<31 {
		d -= 1 << 32
	}
	if d < -(1 << 31) {
		d += 1 << 32
	}
	return time.Duration(d) * time.Millisecond
}

func twinTimes(f *flow.Record, h *v5Header, v *v5Record, arrival int64) {
	now, limit := time.UnixMilli(arrival).UTC(), 2*time.Hour
	start, end := now.Add(-signed(h.Uptime, v.First)), now.Add(-signed(h.Uptime, v.Last))
	backwards := signed(v.Last, v.First) < 0
	if end.After(now) || backwards {
		f.Quality |= flow.BadDuration
	}
	if end.After(now) {
		end = now
	}
	if backwards || start.After(end) {
		start = end
	}
	if now.Sub(start) > limit {
		f.Quality |= flow.LateReceived
		start = now.Add(-limit)
	}
	if now.Sub(end) > limit {
		start, end = now, now
	}
	f.Start, f.End = start, end
}

func twinCounters(f *flow.Record) {
	seconds := max(f.End.Sub(f.Start).Seconds(), 1)
	bits := float64(f.Bytes) * 8 * float64(max(f.SamplingRate, 1))
	if f.Bytes < 20*f.Packets || f.Packets == 0 && f.Bytes > 0 || bits/seconds > 100e12 {
		f.Quality |= flow.Implausible
	}
}

func TestDecoderAgreesWithItsPlainTwin(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 48))
	for range 2000 {
		payload, source := randomDatagram(r)
		got, _, _ := decode(payload, source)
		if diff := cmp.Diff(twin(payload, source), got, compareAddr); diff != "" {
			t.Fatalf("datagram %x\nflows (-twin +decoder):\n%s", payload, diff)
		}
	}
}

// randomDatagram is wild in every field, with times that are often near the
// edges of what is believed.
func randomDatagram(r *rand.Rand) ([]byte, wire.Source) {
	n := r.IntN(40)
	payload := make([]byte, headerLength+n*recordLength+r.IntN(3)*r.IntN(recordLength))
	for i := range payload {
		payload[i] = byte(r.Uint32())
	}
	binary.BigEndian.PutUint16(payload, 5)
	if r.IntN(2) == 0 {
		binary.BigEndian.PutUint16(payload[22:], uint16(r.IntN(3)<<14))
	}
	up := binary.BigEndian.Uint32(payload[4:])
	for i := range n {
		p := payload[headerLength+i*recordLength:]
		last := up - near(r)
		binary.BigEndian.PutUint32(p[offLast:], last)
		binary.BigEndian.PutUint32(p[offFirst:], last-near(r))
	}
	source := exporter
	if r.IntN(4) == 0 {
		source.SamplingRate = r.Uint32N(2000)
	}
	return payload, source
}

func near(r *rand.Rand) uint32 {
	edges := []uint32{0, 1000, believed, believed / 2, 1 << 31, 1 << 32 / 4}
	return edges[r.IntN(len(edges))] + uint32(r.IntN(5)) - 2
}

func TestDecodingDoesNotAllocate(t *testing.T) {
	payload := full()
	b := flow.NewBatch()
	var d V5
	var report wire.Report
	if n := testing.AllocsPerRun(100, func() { decodeInto(b, &d, &report, payload) }); n != 0 {
		t.Errorf("got %v allocations per datagram, want 0", n)
	}
}

func decodeInto(b *flow.Batch, d *V5, report *wire.Report, payload []byte) {
	b.Reset(0, 0)
	report.Reset()
	d.Open(payload, exporter, report)
	d.Next(b, report)
}

// full is a datagram of 30 records, as routers send them.
func full() []byte {
	records := make([]v5Record, maxRecords)
	for i := range records {
		records[i] = slammer()
	}
	return datagram(header(maxRecords), records...)
}

var compareAddr = cmp.Comparer(func(a, b flow.Record) bool { return a == b })
