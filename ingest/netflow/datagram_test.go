package netflow

import (
	"bytes"
	"encoding/binary"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"eagre/flow"
	"eagre/ingest/wire"
)

var (
	arrived  = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).UnixMilli()
	exporter = wire.Source{Exporter: flow.V4(0xc0000201), Arrival: arrived}
)

const (
	uptime  = 3_600_000
	v5Limit = 30
	sentAt  = 1_772_366_400
	offLast = offFirst + 4
)

func header(count uint16) v5Header {
	return v5Header{Version: 5, Count: count, Uptime: uptime, Seconds: sentAt, Sequence: 7, EngineType: 1, EngineID: 2}
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

// rows is the batch of decode, full of what was decoded before.
var rows = flow.NewBatch()

// decode reads a whole datagram, through as many batches as it takes.
func decode(payload []byte, source wire.Source) ([]flow.Record, *wire.Report, bool) {
	var d Datagram
	var report wire.Report
	var out []flow.Record
	if !d.Open(payload, source, &report) {
		return nil, &report, false
	}
	for more := true; more; {
		rows.Reset(0, 0)
		more = d.Next(rows, &report)
		for i := range rows.N {
			out = append(out, rows.Record(i))
		}
	}
	return out, &report, true
}

func TestRecordOfVersion5BecomesAFlow(t *testing.T) {
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
	const n = (65535 - headerV5) / recordLength
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

// The same in every layout, into batches that have ever less room.
func TestDatagramsGoThroughSmallRooms(t *testing.T) {
	var d Datagram
	var report wire.Report
	b := flow.NewBatch()
	for _, k := range kinds {
		payload := k.full()
		for room := 1; room <= 31; room++ {
			report.Reset()
			d.Open(payload, exporter, &report)
			rows, turns := 0, 0
			for more := true; more; turns++ {
				b.Reset(0, 0)
				b.N = flow.MaxRows - room
				more = d.Next(b, &report)
				rows += b.N - (flow.MaxRows - room)
			}
			if want := (30 + room - 1) / room; rows != 30 || report.Decoded != 30 || turns != want {
				t.Errorf("%s, room for %d: got %d rows in %d turns, %d reported; want 30 in %d", k.name, room, rows, turns, report.Decoded, want)
			}
		}
	}
}

// Decoding into a batch that holds rows already adds behind them.
func TestRowsAreAddedBehindThoseOfOthers(t *testing.T) {
	var d Datagram
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
// side and in the middle of it, up to two milliseconds around every edge, in every
// layout, however long it lasted.
func TestUptimeWrapsInTheMiddleOfAFlow(t *testing.T) {
	for _, k := range kinds {
		for _, age := range []uint32{0, 1, 1499, believed - 1500, believed} {
			for _, lasted := range []uint32{0, 1, 100, believed, 22 * hour, farthest - believed} {
				for _, edge := range []uint32{0, 1 << 31, age, age + lasted, age + lasted/2, 1<<31 + age, 1<<31 + age + lasted} {
					for off := range uint32(5) {
						k.wrap(t, edge+off-2, age, lasted)
					}
				}
			}
		}
	}
}

// wrap decodes a flow that lasted so long and ended so long before the datagram left.
func (k kind) wrap(t *testing.T, up, age, lasted uint32) {
	t.Helper()
	got, report, _ := decode(k.spanning(up, age, lasted), exporter)
	start, end := arrived-got[0].Start.UnixMilli(), arrived-got[0].End.UnixMilli()
	if start != int64(age+lasted) || end != int64(age) || len(report.Notes()) != 0 {
		t.Errorf("%s at uptime %d: began %d ms and ended %d ms ago, want %d and %d; notes %v", k.name, up, start, end, age+lasted, age, report.Notes())
	}
}

// spanning is a datagram with one flow of one packet.
func (k kind) spanning(up, age, lasted uint32) []byte {
	payload := k.datagram(make([]byte, k.record))
	binary.BigEndian.PutUint32(payload[4:], up)
	r := payload[k.header()+k.traffic():]
	for at, v := range []uint32{1, 40, up - age - lasted, up - age} {
		binary.BigEndian.PutUint32(r[4*at:], v)
	}
	return payload
}

// A stream that was exported once, when it ended: whoever cuts its beginning sees it
// eleven times as fast as it was.
func TestAFlowOf22HoursKeepsItsBeginning(t *testing.T) {
	const lasted, age = 22 * hour, 1500
	for _, k := range kinds {
		got, report, _ := decode(k.spanning(uptime, age, lasted), exporter)
		want := []time.Time{time.UnixMilli(arrived - lasted - age).UTC(), time.UnixMilli(arrived - age).UTC()}
		if diff := cmp.Diff(want, []time.Time{got[0].Start, got[0].End}); diff != "" {
			t.Errorf("%s: first and last packet (-want +got):\n%s", k.name, diff)
		}
		if late := got[0].Quality & (flow.LateReceived | flow.BadDuration); late != 0 || len(report.Notes()) != 0 {
			t.Errorf("%s: marked %b, notes %v; want neither", k.name, late, report.Notes())
		}
	}
}

// Beside short flows, which the datagram has four of at a time, a long one is no
// reason to treat them otherwise.
func TestALongFlowAmongShortOnes(t *testing.T) {
	records := make([]v5Record, v5Limit)
	for i := range records {
		records[i] = slammer()
	}
	records[13].First = 1<<32 + uptime - 22*hour // before the uptime wrapped
	got, report, _ := decode(datagram(header(v5Limit), records...), exporter)
	for i, r := range got {
		want := arrived - 1500
		if i == 13 {
			want = arrived - 22*hour
		}
		if r.Start.UnixMilli() != want || r.End.UnixMilli() != arrived-1400 || r.Quality != 0 {
			t.Errorf("flow %d: got %v to %v, quality %b; want it to begin %d ms ago", i, r.Start, r.End, r.Quality, arrived-want)
		}
	}
	if len(got) != v5Limit || len(report.Notes()) != 0 {
		t.Errorf("got %d flows, notes %v; want %d and none", len(got), report.Notes(), v5Limit)
	}
}

func TestTimesThatCannotBeAreClamped(t *testing.T) {
	cases := []struct {
		name        string
		uptime      uint32
		first, last uint32
		start, end  int64 // ms ago
		quality     flow.Quality
	}{
		{"booted a moment ago, first packet at uptime 0", 500, 0, 400, 500, 100, 0},
		{"all of it at boot", 500, 0, 0, 500, 500, 0},
		{"last packet in the future", uptime, uptime - 10, uptime + 5, 10, 0, flow.BadDuration},
		{"both in the future", uptime, uptime + 5, uptime + 9, 0, 0, flow.BadDuration},
		{"ends before it begins", uptime, uptime - 10, uptime - 20, 20, 20, flow.BadDuration},
		{"two hours exactly", 9 * hour, 7 * hour, 9*hour - 5, 2 * hour, 5, 0},
		{"a flow that began earlier keeps its beginning", 9 * hour, 7*hour - 1, 9*hour - 5, 2*hour + 1, 5, 0},
		{"ended two hours ago exactly", 9 * hour, hour, 7 * hour, 8 * hour, 2 * hour, 0},
		{"ended a moment earlier", 9 * hour, hour, 7*hour - 1, 0, 0, flow.LateReceived},
		{"a minute in the future exactly", 9 * hour, 8 * hour, 9*hour + ahead, hour, 0, flow.BadDuration},
		{"further in the future: its beginning is no better", 9 * hour, 8 * hour, 9*hour + ahead + 1, 0, 0, flow.BadDuration},
		{"24 days exactly", 9 * hour, 1<<32 + 9*hour - farthest, 9*hour - 5, farthest, 5, 0},
		{"24 days and a moment are cut", 9 * hour, 1<<32 + 9*hour - farthest - 1, 9*hour - 5, farthest, 5, flow.BadDuration},
		{"began 24.9 days ago, which looks like the future", 9 * hour, 1<<31 + 8*hour + 1, 8 * hour, farthest, hour, flow.BadDuration},
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

func TestDecodingDoesNotAllocate(t *testing.T) {
	b := flow.NewBatch()
	var d Datagram
	var report wire.Report
	for _, k := range kinds {
		payload := k.full()
		if n := testing.AllocsPerRun(100, func() { decodeInto(b, &d, &report, payload) }); n != 0 || b.N != 30 {
			t.Errorf("%s: got %v allocations per datagram, want 0; %d rows", k.name, n, b.N)
		}
	}
}

func decodeInto(b *flow.Batch, d *Datagram, report *wire.Report, payload []byte) {
	b.Reset(0, 0)
	report.Reset()
	d.Open(payload, exporter, report)
	d.Next(b, report)
}

// full is a datagram of 30 ordinary records.
func (k kind) full() []byte {
	records := make([]any, 30)
	for i := range records {
		r := make([]byte, k.record)
		binary.BigEndian.PutUint32(r[k.traffic():], 1)
		binary.BigEndian.PutUint32(r[k.traffic()+4:], 404)
		binary.BigEndian.PutUint32(r[k.traffic()+8:], uptime-1500)
		binary.BigEndian.PutUint32(r[k.traffic()+12:], uptime-1400)
		records[i] = r
	}
	return k.datagram(records...)
}

var compareAddr = cmp.Comparer(func(a, b flow.Record) bool { return a == b })
