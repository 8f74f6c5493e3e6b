package sflow

import (
	"net/netip"
	"testing"
	"time"

	"eagre/flow"
	"eagre/ingest/wire"
	"eagre/simulate"
)

// realistic is a datagram of seven samples with headers of 128 bytes, TCP and UDP
// by turns.
func realistic(six bool) []byte {
	samples := make([]simulate.SFlowSample, simulate.SFlowSamplesPerDatagram)
	src, dst := netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("198.51.100.7")
	if six {
		src, dst = netip.MustParseAddr("2001:db8::7"), netip.MustParseAddr("2001:db8::8")
	}
	for i := range samples {
		samples[i] = simulate.SFlowSample{Sequence: uint32(i + 1), Pool: uint32(1000 * (i + 1)), Record: flow.Record{
			SrcAddr: src, DstAddr: dst, SrcPort: 40000, DstPort: uint16(440 + i), Proto: [2]uint8{6, 17}[i%2], TCPFlags: 0x18,
			InIf: uint32(1 + i), OutIf: 9, Bytes: 1000, SamplingRate: 1000,
		}}
		samples[i].Record.TCPFlags *= 1 - uint8(i%2)
	}
	return simulate.AppendSFlow(nil, simulate.SFlowHeader{Agent: netip.MustParseAddr("192.0.2.1"), Uptime: time.Hour}, samples)
}

// sevenTimes is a datagram of the same sample over and over.
func sevenTimes(sample []byte) []byte {
	return datagram(sample, sample, sample, sample, sample, sample, sample)
}

func shapes() map[string][]byte {
	raw, vlans := rawRecord(422, slammerFrame()), typed(extendedSwitch, words(1, 0, 2, 0))
	frame := slammerFrame()
	tagged := rawRecord(426, join(frame[:12], []byte{0x81, 0, 0, 7}, frame[12:]))
	return map[string][]byte{
		"plain IPv4":                 realistic(false),
		"plain IPv6":                 realistic(true),
		"tagged":                     sevenTimes(sampleOf(512, 11, 12, tagged)),
		"switch":                     sevenTimes(sampleOf(512, 11, 12, vlans, raw)),
		"switch, router and gateway": sevenTimes(sampleOf(512, 11, 12, raw, vlans, typed(extendedRouter, words(1, 1, 24, 16)), typed(extendedGateway, words(1, 1, 1, 2, 3, 1, 2, 2, 4, 5, 0, 0)))),
		"expanded":                   sevenTimes(expandedSample(512, 11, 12, raw, vlans)),
	}
}

func BenchmarkDatagram(b *testing.B) {
	for name, payload := range shapes() {
		b.Run(name, func(b *testing.B) {
			batch := flow.NewBatch()
			var d Datagram
			var report wire.Report
			b.ReportAllocs()
			for b.Loop() {
				decodeInto(batch, &d, &report, payload)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/simulate.SFlowSamplesPerDatagram, "ns/record")
		})
	}
}

// decodeInto decodes a datagram as a collector does: behind the rows that are there.
func decodeInto(batch *flow.Batch, d *Datagram, report *wire.Report, payload []byte) {
	if batch.Room() < flow.MaxRows/8 {
		batch.Reset(0, 0)
	}
	report.Reset()
	d.Open(payload, exporter, report)
	d.Next(batch, report)
}

func TestDecodingDoesNotAllocate(t *testing.T) {
	all := shapes()
	all["interface counters"] = datagram(countersOf(1, interfaceOne()), countersOf(2, interfaceOne()))
	all["dropped packets"] = sevenTimes(droppedSample(258, rawRecord(422, slammerFrame())))
	for name, payload := range all {
		batch := flow.NewBatch()
		var d Datagram
		var report wire.Report
		n := testing.AllocsPerRun(100, func() { decodeInto(batch, &d, &report, payload) })
		if n != 0 || report.Decoded+report.Understood != int(d.said) {
			t.Errorf("%s: got %v allocations for %d of %d samples, want 0 for all", name, n, report.Decoded+report.Understood, d.said)
		}
	}
}
