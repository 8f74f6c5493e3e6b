package main

import (
	"net/netip"
	"testing"
	"time"

	"eagre/detector/tally"
	"eagre/flow"
	"eagre/ingest"
	"eagre/network"
	"eagre/simulate"
)

// countingPublisher goes the way from the collector to the tally: pack, unpack,
// count.
type countingPublisher struct {
	packer   flow.Packer
	packed   []byte
	unpacker flow.Unpacker
	batch    *flow.Batch
	counter  *tally.Counter
	rows     int
}

func (p *countingPublisher) Publish(b *flow.Batch) error {
	p.packed = p.packer.Append(p.packed[:0], b)
	if err := p.unpacker.Unpack(p.packed, p.batch); err != nil {
		return err
	}
	p.counter.Count(p.batch)
	p.rows += p.batch.N
	return nil
}

func TestNothingIsAllocatedPerRecordBetweenSocketAndTally(t *testing.T) {
	nw, err := network.New(network.Config{})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 2, 8, 0, 30, 0, time.UTC)
	records := make([]flow.Record, simulate.MaxV5Records)
	for i := range records {
		records[i] = flow.Record{
			SrcAddr: flow.V4(0x2d000000 + uint32(i)).Addr(), DstAddr: flow.V4(0xc6336401 + uint32(i)).Addr(),
			Proto: 6, TCPFlags: 0x1b, SrcPort: 40000, DstPort: 443, InIf: 1, OutIf: 2, Packets: 10, Bytes: 9000,
			Start: now.Add(-2 * time.Second), End: now.Add(-time.Second),
		}
	}
	for name, payload := range map[string][]byte{
		"NetFlow v5": simulate.AppendV5(nil, simulate.V5Header{Time: now, Uptime: time.Hour}, records),
		"sFlow v5":   sflowOf(records),
	} {
		p := &countingPublisher{batch: flow.NewBatch(), counter: tally.New(tally.DefaultConfig(), 0, nw, tally.Warmth{{}}, nil), packed: make([]byte, 0, flow.MaxPacked)}
		c := ingest.NewCollector(ingest.DefaultConfig(), ingest.Deps{Network: nw, Publisher: p, HearEveryone: true})
		from := netip.MustParseAddrPort("192.0.2.1:5000")
		sequence := 0
		send := func() {
			for range 200 { // 200 datagrams, 6,000 records, several batches
				sequence++
				payload[19] = byte(sequence) // NetFlow and sFlow both count here: not a duplicate
				payload[18] = byte(sequence >> 8)
				c.Datagram(now, ingest.AutoDoor, from, payload, false)
			}
		}
		send()
		if got := testing.AllocsPerRun(5, send); got != 0 {
			t.Errorf("%s: %v allocations for 200 datagrams, want none", name, got)
		}
		if p.rows < 5*200*simulate.MaxV5Records/4 {
			t.Errorf("%s: only %d records arrived", name, p.rows)
		}
	}
}

// sflowOf makes one datagram of samples.
func sflowOf(records []flow.Record) []byte {
	samples := make([]simulate.SFlowSample, 10)
	for i := range samples {
		r := records[i]
		r.Bytes, r.SamplingRate = 900, 100
		samples[i] = simulate.SFlowSample{Sequence: uint32(i), Pool: uint32(100 * i), Record: r}
	}
	return simulate.AppendSFlow(nil, simulate.SFlowHeader{Agent: netip.MustParseAddr("192.0.2.1"), Uptime: time.Hour}, samples)
}
