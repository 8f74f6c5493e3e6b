package ingest

import (
	"net/netip"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"eagre/flow"
	"eagre/ingest/wire"
)

func imported(from netip.Addr, rate uint32) flow.Record {
	return flow.Record{
		Exporter: from, Version: flow.Imported, SrcAddr: netip.MustParseAddr("2001:db8::1"), DstAddr: netip.MustParseAddr("2001:db8::2"),
		SrcPort: 1, DstPort: 53, Proto: 17, Start: began, End: began, Bytes: 80, Packets: 1, SamplingRate: rate, Sampling: flow.SamplingImported,
	}
}

func TestImportedFlowsAreHeldToTheSameList(t *testing.T) {
	s := newStation(t, nil)
	s.Import(began, imported(edge1.Addr(), 10))
	s.Import(began, imported(edge2.Addr(), 10)) // the operator says 100
	s.Import(began, imported(edge1.Addr(), wire.MaxSamplingRate+1))
	s.Import(began, imported(nobody.Addr(), 10))
	s.Import(began, imported(edge1.Addr(), 0)) // nothing announced
	s.Unusable(began, wire.ImportBroken)
	s.Unusable(began, wire.NoIPPacket)
	s.Finish(began)
	want := map[uint32]flow.Sampling{10: flow.SamplingImported, 100: flow.SamplingOperator, 0: flow.SamplingUnknown, 1: flow.SamplingAssumed}
	if len(s.flows) != len(want) {
		t.Fatalf("got %d flows, want %d", len(s.flows), len(want))
	}
	for _, f := range s.flows {
		if said, ok := want[f.SamplingRate]; !ok || f.Sampling != said || f.Version != flow.Imported {
			t.Errorf("got %+v", f)
		}
	}
	sum := s.Totals()
	if sum.Dispositions[wire.Refused] != 1 || sum.Malformed[wire.BadImport] != 1 || sum.Noted[wire.NotIP] != 1 || sum.Noted[wire.SamplingRejected] != 1 {
		t.Errorf("got %+v", sum)
	}
	if got := testutil.ToFloat64(s.metrics.malformed[protoImport][wire.BadImport]); got != 1 {
		t.Errorf("the counter says %v, want 1", got)
	}
	s.balanced(t)
}

func TestManyImportedFlowsFillOneBatchAfterTheOther(t *testing.T) {
	s := newStation(t, nil)
	for i := range 5000 {
		s.Import(began.Add(time.Duration(i)*time.Microsecond), imported(edge1.Addr(), 1))
	}
	s.Finish(began.Add(time.Second))
	if len(s.flows) != 5000 {
		t.Errorf("got %d flows, want 5000", len(s.flows))
	}
	s.balanced(t)
}
