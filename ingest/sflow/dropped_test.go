package sflow

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"eagre/flow"
	"eagre/ingest/wire"
)

// A notification of a dropped packet says where and why, and counts nothing:
// neither packets nor bytes, and whoever weighs rows leaves it out.
func TestDroppedPacketIsShownAndNotCounted(t *testing.T) {
	source := exporter
	source.SamplingRate = 100 // an override is about samples
	want := slammer()
	want.Packets, want.Bytes, want.SamplingRate, want.Sampling, want.Quality = 0, 0, 1, flow.SamplingAssumed, flow.Implausible
	cases := map[uint32]uint8{0: 131, 1: 131, 3: 128, 4: 133, 13: 129, 255: 128, 256: 128, 257: 137, 258: 129, 260: 139, 261: 138, 262: 133, 269: 131, 270: 128, 1 << 31: 128}
	for reason, status := range cases {
		got, report := decode(datagram(droppedSample(reason, typed(1036, words(42)), rawRecord(422, slammerFrame()))), source)
		want.Forwarding = status
		if diff := cmp.Diff([]flow.Record{want}, got, compareRecords); diff != "" {
			t.Errorf("reason %d (-want +got):\n%s", reason, diff)
		}
		if d, _ := report.Disposition(); d != wire.OK || report.Decoded != 1 {
			t.Errorf("reason %d: got %v and %d rows, want ok and 1", reason, d, report.Decoded)
		}
	}
}

// Interfaces may be unknown, and the packet too.
func TestDroppedPacketThatNobodySawIsUnderstood(t *testing.T) {
	for name, record := range map[string][]byte{"only a queue": typed(1036, words(42)), "ARP": rawRecord(64, withByte(slammerFrame(), 13, 6))} {
		got, report := decode(datagram(droppedSample(258, record)), exporter)
		if d, _ := report.Disposition(); len(got) != 0 || d != wire.OK || report.Understood != 1 {
			t.Errorf("%s: got %d rows, %v, %d understood, want none, ok and 1", name, len(got), d, report.Understood)
		}
	}
}
