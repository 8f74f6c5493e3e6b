package sflow

import (
	"slices"
	"testing"

	"eagre/ingest/wire"
)

// The bad inputs of sFlow, each with its sentence.
func TestBadInputsGetTheirAnswer(t *testing.T) {
	raw := rawRecord(422, slammerFrame())
	good := sampleOf(512, 11, 12, raw)
	cases := []struct {
		name     string
		payload  []byte
		flows    int
		want     wire.Disposition
		reason   wire.Reason
		sentence string
	}{
		{"66 agent address type 0", join(words(5, 0, 1, 1, 1, 1, 0)), 0, wire.Malformed, wire.BadAgentAddress, "unknown agent address type 0"},
		{"66 agent address type 3", join(words(5, 3, 1, 1, 1, 1, 0)), 0, wire.Malformed, wire.BadAgentAddress, "unknown agent address type 3"},
		{"header cut", words(5, 1, 1, 1), 0, wire.Malformed, wire.ShortHeader, "sFlow v5: header does not fit in 16 bytes; dropped"},
		{"67 4294967295 samples", counting(0xffffffff, datagram(good)), 1, wire.Partial, wire.CountMismatch, "sFlow v5: header says 4294967295 samples, datagram holds 1; 1 decoded"},
		{"67 no sample where two were said", counting(2, datagram()), 0, wire.Malformed, wire.CountMismatch, "sFlow v5: header says 2 samples, datagram holds 0; 0 decoded"},
		{"more bytes than samples", append(datagram(good), 1, 2, 3, 4, 5), 1, wire.Partial, wire.TrailingBytes, "sFlow v5: 5 bytes after the last sample; ignored"},
		{"68 sample longer than what is left", counting(2, join(datagram(good), words(1, 0xfffffffc))), 1, wire.Partial, wire.SampleOverrun, "sFlow v5: bad sample length (length=4294967292, limit 0); rest of datagram skipped"},
		{"68 sample of length 0", counting(2, join(words(5, 1, 1, 1, 1, 1, 2), words(1, 0), good)), 0, wire.Malformed, wire.SampleOverrun, "sFlow v5: bad sample length (length=0, limit 128); rest of datagram skipped"},
		{"68 sample length not a multiple of four", join(words(5, 1, 1, 1, 1, 1, 1), words(1, 7), make([]byte, 8)), 0, wire.Malformed, wire.SampleOverrun, "sFlow v5: bad sample length (length=7, limit 8); rest of datagram skipped"},
		{"sample cut inside its fields", datagram(typed(flowSample, words(1, 2, 3))), 0, wire.Malformed, wire.SampleOverrun, "sFlow v5: sample of 12 bytes is cut inside its fields; skipped"},
		{"69 4294967295 records in an expanded sample", datagram(typed(expandedFlowSample, join(words(1, 0, 11, 512, 0, 0, 0, 11, 0, 12, 0xffffffff), raw))), 1, wire.Partial, wire.CountMismatch, "sFlow v5: sample says 4294967295 records, holds 1; those are read"},
		{"69 50 million records and none there", datagram(typed(expandedFlowSample, words(1, 0, 11, 512, 0, 0, 0, 11, 0, 12, 50_000_000))), 0, wire.Partial, wire.CountMismatch, "sFlow v5: sample says 50000000 records, holds 0; those are read"},
		{"70 record longer than its sample", datagram(typed(flowSample, join(words(1, 11, 512, 0, 0, 11, 12, 2), raw, words(1002, 100)))), 1, wire.Partial, wire.RecordSkipped, "sFlow v5: bad record length (length=100, limit 0); rest of sample skipped"},
		{"70 record shorter than its fields", datagram(sampleOf(512, 11, 12, raw, typed(extendedRouter, words(1)))), 1, wire.Partial, wire.RecordSkipped, "sFlow v5: record of format 1002 is cut inside its fields (length=4); skipped"},
		{"71 packet header of 4294967295 bytes", datagram(sampleOf(512, 11, 12, typed(rawHeader, join(words(1, 422, 4, 0xffffffff), slammerFrame())))), 1, wire.OK, wire.HeaderOverrun, "sFlow v5: packet header says 4294967295 bytes, record holds 64; those are read"},
		{"72 packet header cut in Ethernet", datagram(sampleOf(512, 11, 12, rawRecord(422, slammerFrame()[:9]))), 0, wire.OK, wire.HeaderPartial, "1 packet headers are cut short, broken or nested deeper than 8; what is known is kept"},
		{"72 packet header cut in its ports", datagram(sampleOf(512, 11, 12, rawRecord(422, slammerFrame()[:35]))), 1, wire.OK, wire.HeaderPartial, "1 packet headers are cut short, broken or nested deeper than 8; what is known is kept"},
		{"72 IPv4 header length 15 words", datagram(sampleOf(512, 11, 12, rawRecord(422, withByte(slammerFrame(), 14, 0x4f)[:60]))), 1, wire.OK, wire.HeaderPartial, "1 packet headers are cut short, broken or nested deeper than 8; what is known is kept"},
		{"73 AS path of 4294967295", datagram(sampleOf(512, 11, 12, raw, typed(extendedGateway, words(1, 1, 1, 1, 1, 0xffffffff, 2, 0xffffffff, 64512)))), 1, wire.OK, wire.NoReason, ""},
		{"74 sampling rate 0", datagram(sampleOf(0, 11, 12, raw)), 0, wire.Malformed, wire.SamplingZero, "sFlow v5: 1 samples with sampling rate 0; ignored for volume"},
		{"sampling rate 4294967295", datagram(sampleOf(0xffffffff, 11, 12, raw)), 0, wire.Malformed, wire.SamplingRejected, "sampling rate 4294967295 > 10000000; ignored"},
		{"counter samples", datagram(typed(counterSample, words(1, 2, 0)), typed(expandedCounterSample, words(1, 2, 3, 0))), 0, wire.OK, wire.CounterSample, "sFlow v5: 2 counter samples; kept for the cross-check"},
		{"75 counter sample cut", datagram(typed(counterSample, words(1, 2)), good), 1, wire.Partial, wire.SampleOverrun, "sFlow v5: sample of 8 bytes is cut inside its fields; skipped"},
		{"75 4294967295 counter records", datagram(typed(counterSample, words(1, 2, 0xffffffff)), good), 1, wire.Partial, wire.CountMismatch, "sFlow v5: sample says 4294967295 records, holds 0; those are read"},
		{"75 counter record cut", datagram(typed(counterSample, join(words(1, 2, 1), typed(genericCounters, make([]byte, 84))))), 0, wire.Partial, wire.RecordSkipped, "sFlow v5: record of format 1 is cut inside its fields (length=84); skipped"},
		{"76 enterprise sample", datagram(typed(4413<<12|7, words(1, 2, 3)), good), 1, wire.OK, wire.UnknownFormat, "sFlow v5: sample format 4413:7; skipped by length"},
		{"a packet that is not IP", datagram(sampleOf(512, 11, 12, rawRecord(64, withByte(slammerFrame(), 13, 6)))), 0, wire.OK, wire.NotIP, "1 packets are not IP; skipped"},
		{"76 nested record of an enterprise", datagram(sampleOf(512, 11, 12, typed(4413<<12|1, []byte("odd")), raw)), 1, wire.OK, wire.NoReason, ""},
		{"77 user and URL strings as long as the datagram allows", datagram(sampleOf(512, 11, 12, raw, typed(1004, join(words(3, 60000), make([]byte, 60000))), typed(1005, join(words(1, 0xffffffff), []byte("<script>\x1b]0;"))))), 1, wire.OK, wire.NoReason, ""},
		{"73 next hop of an unknown kind", datagram(sampleOf(512, 11, 12, raw, typed(extendedGateway, words(9, 1, 1, 1, 0)))), 1, wire.OK, wire.NoReason, ""},
		{"74 drops, and a pool that is smaller than the samples", datagram(typed(flowSample, join(words(500, 11, 512, 100, 9, 11, 12, 1), raw))), 1, wire.OK, wire.NoReason, ""},
		{"dropped packet", datagram(droppedSample(258, raw)), 1, wire.OK, wire.NoTraffic, "sFlow v5: 1 packets reported as dropped; shown, not counted"},
		{"dropped packet cut", datagram(typed(droppedPacket, words(1, 0, 11, 0, 11, 12, 258))), 0, wire.Malformed, wire.SampleOverrun, "sFlow v5: sample of 28 bytes is cut inside its fields; skipped"},
		{"prefix length 33", datagram(sampleOf(512, 11, 12, raw, typed(extendedRouter, words(1, 1, 33, 24)))), 1, wire.OK, wire.BadMask, "prefix length 33 for IPv4; mask null"},
		{"impossible length in sampled IPv4", datagram(sampleOf(512, 11, 12, typed(sampledIPv4, words(19, 6, 1, 2, 3, 4, 2, 8)))), 1, wire.OK, wire.ImplausibleCounters, "1 records have impossible counters; kept, not used for rates"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, report := decode(c.payload, exporter)
			if d, _ := report.Disposition(); d != c.want || len(got) != c.flows {
				t.Errorf("got %v with %d flows, want %v with %d; notes %v", d, len(got), c.want, c.flows, report.Notes())
			}
			if c.sentence == "" {
				return
			}
			said := func(n wire.Note) bool { return n.Reason() == c.reason && n.String() == c.sentence }
			if !slices.ContainsFunc(report.Notes(), said) {
				t.Errorf("got notes %v, want %v: %q", report.Notes(), c.reason, c.sentence)
			}
		})
	}
}

// counting makes the header count its samples as told.
func counting(samples uint32, payload []byte) []byte {
	copy(payload[24:], words(samples))
	return payload
}

// droppedSample notifies of a packet that was dropped between interfaces 11 and 12.
func droppedSample(reason uint32, records ...[]byte) []byte {
	return typed(droppedPacket, join(words(1, 0, 11, 0, 11, 12, reason, uint32(len(records))), join(records...)))
}

func withByte(b []byte, at int, v byte) []byte {
	b[at] = v
	return b
}
