package flow

import (
	"net/netip"
	"testing"
	"time"
	"unsafe"

	"pgregory.net/rapid"
)

func TestRecordsComeBackFromABatch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want, b := anyRecord().Draw(t, "record"), dirty()
		b.Reset(1, 2)
		b.Append(want)
		if got := b.Record(0); got != want {
			t.Fatalf("got %+v\nwant %+v", got, want)
		}
	})
}

func anyRecord() *rapid.Generator[Record] {
	maybe := rapid.OneOf(rapid.Just(netip.Addr{}), anyAddr())
	instant := rapid.Map(rapid.Int64Range(-1<<50, 1<<50), func(ms int64) time.Time { return time.UnixMilli(ms).UTC() })
	return rapid.Custom(func(t *rapid.T) Record {
		return Record{
			Exporter: maybe.Draw(t, "exporter"), Domain: rapid.Uint32().Draw(t, "domain"), Version: Version(rapid.Uint8().Draw(t, "version")),
			SrcAddr: maybe.Draw(t, "src"), DstAddr: maybe.Draw(t, "dst"), NextHop: maybe.Draw(t, "hop"),
			SrcPort: rapid.Uint16().Draw(t, "sport"), DstPort: rapid.Uint16().Draw(t, "dport"),
			Proto: rapid.Uint8().Draw(t, "proto"), TCPFlags: rapid.Uint8().Draw(t, "flags"), TOS: rapid.Uint8().Draw(t, "tos"),
			SrcMask: rapid.Uint8().Draw(t, "smask"), DstMask: rapid.Uint8().Draw(t, "dmask"),
			SrcAS: rapid.Uint32().Draw(t, "sas"), DstAS: rapid.Uint32().Draw(t, "das"),
			InIf: rapid.Uint32().Draw(t, "in"), OutIf: rapid.Uint32().Draw(t, "out"),
			Start: instant.Draw(t, "start"), End: instant.Draw(t, "end"),
			Bytes: rapid.Uint64().Draw(t, "bytes"), Packets: rapid.Uint64().Draw(t, "packets"),
			SamplingRate: rapid.Uint32().Draw(t, "rate"), Sampling: Sampling(rapid.Uint8().Draw(t, "sampling")),
			Quality: Quality(rapid.Uint8().Draw(t, "quality")),
		}
	})
}

func TestRecordKeepsMilliseconds(t *testing.T) {
	b := NewBatch()
	start := time.Date(2003, 1, 25, 5, 29, 36, 123_987_654, time.FixedZone("elsewhere", 3600))
	b.Append(Record{Start: start, End: start})
	want := time.Date(2003, 1, 25, 4, 29, 36, 123_000_000, time.UTC)
	if got := b.Record(0).Start; got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestClearedRowIsTheZeroRecordOfTheEpoch(t *testing.T) {
	b := dirty()
	b.Clear(0)
	epoch := time.UnixMilli(0).UTC()
	if got, want := b.Record(0), (Record{Start: epoch, End: epoch}); got != want {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestRoomAndReset(t *testing.T) {
	b := NewBatch()
	b.Complete = true
	b.Append(Record{})
	if got, want := b.Room(), MaxRows-1; got != want {
		t.Errorf("got room %d, want %d", got, want)
	}
	b.Reset(5, 6)
	if b.N != 0 || b.Partition != 5 || b.Step != 6 || b.Complete || b.Room() != MaxRows {
		t.Errorf("got %d rows, partition %d, step %d, complete %t", b.N, b.Partition, b.Step, b.Complete)
	}
}

func TestAppendToAFullBatchIsAMistake(t *testing.T) {
	b := busy()
	defer func() {
		if recover() == nil {
			t.Error("nothing happened")
		}
	}()
	b.Append(Record{})
}

// A batch made for one column must not reach into the next.
func TestColumnsDoNotShareRows(t *testing.T) {
	b := NewBatch()
	var all [columnCount][]uint64
	for id := range all {
		for range MaxRows {
			all[id] = append(all[id], uint64(id+1))
		}
	}
	fromWords(b, MaxRows, all)
	if got := words(b); got[colExporterHi][MaxRows-1] != 1 || got[colRTT][0] != columnCount {
		t.Errorf("got %d and %d", got[colExporterHi][MaxRows-1], got[colRTT][0])
	}
	for id, column := range words(b) {
		for i, v := range column {
			if v != uint64(id+1) {
				t.Fatalf("column %d row %d: got %d", id, i, v)
			}
		}
	}
	if cap(b.Exporter) != MaxRows || cap(b.Domain) != MaxRows {
		t.Errorf("columns can grow into their neighbours")
	}
}

func TestStepsAreTenthsOfSeconds(t *testing.T) {
	at := time.Date(2026, 11, 24, 12, 0, 0, 99_999_999, time.UTC)
	step := StepOf(at)
	if got, want := StepStart(step), at.Truncate(StepLength); got != want {
		t.Errorf("got start %v, want %v", got, want)
	}
	if got := StepOf(at.Add(time.Nanosecond)); got != step+1 {
		t.Errorf("got step %d, want %d", got, step+1)
	}
}

func TestNamesHoldForAnyNumber(t *testing.T) {
	for got, want := range map[string]string{
		NetFlowV5.String(): "netflow-v5", SFlowV5.String(): "sflow-v5", Packets.String(): "packets",
		SamplingOperator.String(): "operator", SamplingUnknown.String(): "unknown", IPFIX.String(): "ipfix", Egress.String(): "egress",
		Version(255).String(): "unknown", Sampling(254).String(): "unknown", Direction(253).String(): "unknown",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	_ = Version(255).String() // from the wire: must not fail
	_ = Sampling(255).String()
}

// An address in a column takes 16 bytes, a third less than netip's; a record is
// small enough to be passed by value.
func TestSizes(t *testing.T) {
	for name, c := range map[string][2]uintptr{
		"IP": {unsafe.Sizeof(IP{}), 16}, "Record": {unsafe.Sizeof(Record{}), 224},
	} {
		if c[0] != c[1] {
			t.Errorf("%s: got %d bytes, want %d", name, c[0], c[1])
		}
	}
}
