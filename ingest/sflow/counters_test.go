package sflow

import (
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"

	"eagre/flow"
)

// interfaceOne is an interface of 1 Gbit/s with counters that all differ.
func interfaceOne() InterfaceCounters {
	return InterfaceCounters{
		Exporter: exporter.Exporter, Agent: flow.V4(0xc0000201), SubAgent: 3, Source: DataSource{Index: 11}, Sequence: 1, Uptime: 3_600_000, At: arrived.UnixMilli(),
		Index: 11, Type: 6, Speed: 1e9, Up: true,
		In:  Counters{Octets: 1 << 40, Unicast: 1001, Multicast: 102, Broadcast: 13, Discards: 4, Errors: 5},
		Out: Counters{Octets: 1 << 41, Unicast: 2001, Multicast: 202, Broadcast: 23, Discards: 6, Errors: 7},
	}
}

func genericRecord(i InterfaceCounters) []byte {
	one := func(c Counters) []byte {
		return join(binary.BigEndian.AppendUint64(nil, c.Octets), words(c.Unicast, c.Multicast, c.Broadcast, c.Discards, c.Errors))
	}
	status := uint32(1)
	if i.Up {
		status = 3
	}
	return typed(genericCounters, join(words(i.Index, i.Type), binary.BigEndian.AppendUint64(nil, i.Speed), words(1, status),
		one(i.In), words(99), one(i.Out), words(0)))
}

func countersOf(sequence uint32, i InterfaceCounters, others ...[]byte) []byte {
	return typed(counterSample, join(words(sequence, i.Source.Class<<24|i.Source.Index, uint32(1+len(others))), join(others...), genericRecord(i)))
}

func TestCounterSamplesYieldTheCountersOfInterfaces(t *testing.T) {
	plain, wide := interfaceOne(), interfaceOne()
	plain.Source.Class = 2
	wide.Index, wide.Source.Index, wide.Sequence, wide.Up = 1258293248, 1258293248, 9, false
	expanded := typed(expandedCounterSample, join(words(9, 0, wide.Index, 1), genericRecord(wide)))
	ethernetCounters := typed(2, make([]byte, 52))
	payload := datagram(countersOf(1, plain, ethernetCounters, typed(4413<<12|1, []byte("odd"))), sampleOf(512, 11, 12, rawRecord(422, slammerFrame())), expanded)
	d, _, report := decoded(payload, exporter)
	if diff := cmp.Diff([]InterfaceCounters{plain, wide}, d.Counters()); diff != "" {
		t.Errorf("counters (-want +got):\n%s", diff)
	}
	if report.Decoded != 1 || report.Understood != 2 {
		t.Errorf("got %d rows and %d other samples, want 1 and 2", report.Decoded, report.Understood)
	}
	if d.Open(datagram(), exporter, report); len(d.Counters()) != 0 {
		t.Errorf("counters of the datagram before are still there: %v", d.Counters())
	}
}
