package sflow

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"eagre/flow"
	"eagre/ingest/wire"
)

// nextSlowly is Next without the short way for plain samples.
func (d *Datagram) nextSlowly(b *flow.Batch, report *wire.Report) (more bool) {
	for d.left() {
		if b.Room() == 0 {
			return true
		}
		d.one(b, report)
	}
	d.finish(report)
	return false
}

// bothWays decodes a datagram in the short and in the general way, into batches
// that hold rubbish behind the same number of rows, and holds the two together.
func bothWays(t interface {
	Helper()
	Fatalf(string, ...any)
}, payload []byte, source wire.Source, tunnels func(src, dst flow.IP) bool, rows int,
) {
	t.Helper()
	type outcome struct {
		Records  []flow.Record
		Notes    []wire.Note
		Report   [2]int
		Pool     SamplePool
		Counters []InterfaceCounters
	}
	decode := func(slowly bool) (o outcome) {
		var d Datagram
		var report wire.Report
		d.Packets.Tunnels = tunnels
		if !d.Open(payload, source, &report) {
			return outcome{Notes: report.Notes()}
		}
		b := spoiled
		b.N = rows
		next := d.Next
		if slowly {
			next = d.nextSlowly
		}
		for more := true; more; {
			from := b.N
			more = next(b, &report)
			for i := from; i < b.N; i++ {
				o.Records = append(o.Records, b.Record(i))
			}
			spoil(b, from, min(b.N+block, flow.MaxRows))
			b.Reset(0, 0)
		}
		o.Notes, o.Report, o.Counters = report.Notes(), [2]int{report.Decoded, report.Understood}, d.Counters()
		if pool, ok := d.Pool(); ok {
			o.Pool = pool
		}
		return o
	}
	if diff := cmp.Diff(decode(true), decode(false), compareRecords); diff != "" {
		t.Fatalf("%d bytes, %d rows before (-general +plain):\n%s", len(payload), rows, diff)
	}
}

// spoiled is a batch full of what is no row of sFlow.
var spoiled = func() *flow.Batch {
	b := flow.NewBatch()
	spoil(b, 0, flow.MaxRows)
	return b
}()

// spoil writes rubbish over some rows.
func spoil(b *flow.Batch, from, to int) {
	for b.N = from; b.N < to; {
		b.Append(flow.Record{
			Exporter: v6(9).Addr(), SrcAddr: v6(9).Addr(), DstAddr: v6(9).Addr(), NextHop: v6(9).Addr(), Start: arrived.Add(1e9), End: arrived.Add(1e9),
			Domain: 9, Version: 9, SrcPort: 9, DstPort: 9, Proto: 9, TCPFlags: 9, TOS: 9, SrcMask: 9, DstMask: 9, SrcAS: 9, DstAS: 9, InIf: 9, OutIf: 9,
			Direction: 9, Forwarding: 9, App: 9, Bytes: 9, Packets: 9, RTT: 9, SamplingRate: 9, Sampling: 9, Quality: 9,
		})
	}
}

// Frames of all kinds, most of them plain.
func frames() *rapid.Generator[[]byte] {
	return rapid.Custom(func(t *rapid.T) []byte {
		packet := rapid.SampledFrom([][]byte{
			slammerFrame()[14:],
			withByte(withByte(slammerFrame()[14:], 9, 6), 33, 0x12),
			join([]byte{0x60, 0, 0, 0, 0, 80, 6, 64}, bytes6(1), bytes6(2), []byte{1, 2, 3, 4}, make([]byte, 40)),
			join([]byte{0x60, 0, 0, 0, 0, 8, 17, 64}, bytes6(1), bytes6(2), []byte{1, 2, 0x12, 0xb5}, make([]byte, 4)),
			withByte(slammerFrame()[14:], 7, 9), // a fragment
			withByte(slammerFrame()[14:], 9, 1),
			withByte(slammerFrame()[14:], 9, 4),
			join([]byte{0x45, 0, 0, 80, 0, 0, 0, 0, 64, 47, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0, 0, 8, 0}, slammerFrame()[14:]),
		}).Draw(t, "packet")
		kind := []byte{8, 0}
		if packet[0]>>4 == 6 {
			kind = []byte{0x86, 0xdd}
		}
		frame := make([]byte, 12)
		for range rapid.SampledFrom([]int{0, 0, 0, 1, 2}).Draw(t, "tags") {
			frame = append(frame, 0x81, 0, 0, 7)
		}
		frame = join(frame, kind, packet, make([]byte, rapid.IntRange(0, 64).Draw(t, "more")))
		if rapid.IntRange(0, 3).Draw(t, "cut") == 0 {
			frame = frame[:rapid.IntRange(0, len(frame)).Draw(t, "captured")]
		}
		return frame
	})
}

// Samples of all shapes, most of them plain.
func samples() *rapid.Generator[[]byte] {
	return rapid.Custom(func(t *rapid.T) []byte {
		frame := frames().Draw(t, "frame")
		raw := rawRecord(rapid.SampledFrom([]uint32{64, 422, 1518, 3, 0xffffffff}).Draw(t, "size"), frame)
		hop := rapid.SampledFrom([][]byte{words(1, 0x0a000001), join(words(2), bytes6(7)), words(0)}).Draw(t, "hop")
		masks := rapid.SampledFrom([][]byte{words(24, 16), words(32, 0), words(48, 64), words(33, 128), words(129, 1)}).Draw(t, "masks")
		others := [][]byte{
			typed(extendedSwitch, words(1, 0, 2, 0)),
			typed(extendedRouter, join(hop, masks)),
			typed(extendedGateway, join(hop, words(1, 64500, 3, 1, 2, 2, 64510, 64512, 0, 0))),
			typed(extendedMPLS, join(hop, words(0, 0))),
			typed(sampledIPv4, words(40, 6, 1, 2, 3, 4, 2, 8)),
			typed(1004, []byte("odd")),
			typed(4413<<12|1, []byte("even")),
			raw,
		}
		records := [][]byte{raw}
		for range rapid.SampledFrom([]int{0, 0, 0, 1, 2, 3}).Draw(t, "records") {
			other := rapid.SampledFrom(others).Draw(t, "other")
			if rapid.Bool().Draw(t, "before") {
				records = append([][]byte{other}, records...)
			} else {
				records = append(records, other)
			}
		}
		port := rapid.SampledFrom([]uint32{0, 11, 12, 0x3ffffffe, 0x3fffffff, 1 << 30, 2<<30 | 5, 0xffffffff})
		rate := rapid.SampledFrom([]uint32{1, 512, wire.MaxSamplingRate, wire.MaxSamplingRate + 1, 0, 0xffffffff}).Draw(t, "rate")
		in, out := port.Draw(t, "in"), port.Draw(t, "out")
		switch rapid.IntRange(0, 9).Draw(t, "kind") {
		case 0:
			return expandedSample(rate, in, out, records...)
		case 1:
			return countersOf(rate, interfaceOne())
		case 2:
			return droppedSample(rate, records...)
		}
		return sampleOf(rate, in, out, records...)
	})
}

// Both ways make the same rows and say the same, wherever in a batch the rows
// begin and whatever is broken.
func TestPlainWayAgreesWithTheGeneralOne(t *testing.T) {
	some := func(src, _ flow.IP) bool { return src == flow.V4(0x0a000001) }
	rapid.Check(t, func(t *rapid.T) {
		payload := datagram(rapid.SliceOfN(samples(), 0, 20).Draw(t, "samples")...)
		copy(payload[16:], words(rapid.Uint32().Draw(t, "sequence")))
		for range rapid.SampledFrom([]int{0, 0, 1, 3}).Draw(t, "mutations") {
			payload[rapid.IntRange(4, len(payload)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
		}
		if rapid.IntRange(0, 3).Draw(t, "cut") == 0 {
			payload = payload[:rapid.IntRange(4, len(payload)).Draw(t, "length")]
		}
		source := exporter
		source.SamplingRate = rapid.SampledFrom([]uint32{0, 0, 100, 0xffffffff}).Draw(t, "override")
		tunnels := rapid.SampledFrom([]func(src, dst flow.IP) bool{nil, some}).Draw(t, "tunnels")
		bothWays(t, payload, source, tunnels, rapid.SampledFrom([]int{0, 5, flow.MaxRows - 20, flow.MaxRows - 8, flow.MaxRows - 3}).Draw(t, "rows"))
	})
}

// What the fast way is for does go that way.
func TestOrdinarySamplesArePlain(t *testing.T) {
	for name, payload := range shapes() {
		var d Datagram
		var report wire.Report
		b := flow.NewBatch()
		d.Open(payload, exporter, &report)
		rest := d.plain(d.rest, b)
		if want := map[bool]int{true: 0, false: 7}[name == "expanded"]; b.N != want || (len(rest) > 0) != (want == 0) {
			t.Errorf("%s: got %d plain samples and %d bytes left, want %d", name, b.N, len(rest), want)
		}
		bothWays(t, payload, exporter, nil, 0)
	}
}
