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
	v9, ipfix := templated(now, records)
	for name, f := range map[string]struct {
		announce, payload []byte
		sequence          int // where its last byte stands
	}{
		"NetFlow v5": {nil, simulate.AppendV5(nil, simulate.V5Header{Time: now, Uptime: time.Hour}, records), 19},
		"NetFlow v9": {v9[0], v9[1], 15},
		"IPFIX":      {ipfix[0], ipfix[1], 11},
		"sFlow v5":   {nil, sflowOf(records), 19},
	} {
		p := &countingPublisher{batch: flow.NewBatch(), counter: tally.New(tally.DefaultConfig(), 0, nw, tally.Warmth{{}}, nil), packed: make([]byte, 0, flow.MaxPacked)}
		c := ingest.NewCollector(ingest.DefaultConfig(), ingest.Deps{Network: nw, Publisher: p, HearEveryone: true})
		from := netip.MustParseAddrPort("192.0.2.1:5000")
		if f.announce != nil {
			c.Datagram(now, ingest.AutoDoor, from, f.announce, false)
		}
		sequence := 0
		send := func() {
			for range 200 { // several batches
				sequence++ // not a duplicate
				f.payload[f.sequence] = byte(sequence)
				f.payload[f.sequence-1] = byte(sequence >> 8)
				c.Datagram(now, ingest.AutoDoor, from, f.payload, false)
			}
		}
		send()
		if got := fewestAllocations(send); got != 0 {
			t.Errorf("%s: %v allocations for 200 datagrams, want none", name, got)
		}
		if p.rows < 5*200*10 {
			t.Errorf("%s: only %d records arrived", name, p.rows)
		}
	}
}

// fewestAllocations is what a function allocates at least: what other goroutines
// of the test allocate at the same time counts too.
func fewestAllocations(f func()) float64 {
	fewest := testing.AllocsPerRun(5, f)
	for range 4 {
		fewest = min(fewest, testing.AllocsPerRun(5, f))
	}
	return fewest
}

// templated makes an announcement and a datagram of records in NetFlow v9 and in
// IPFIX.
func templated(now time.Time, records []flow.Record) (v9, ipfix [2][]byte) {
	for i := range 2 {
		five, ten := simulate.FlowTemplate(flow.NetFlowV9, 256, false, simulate.NaturalTimes), simulate.FlowTemplate(flow.IPFIX, 256, false, simulate.NaturalTimes)
		a := simulate.BeginV9(nil, simulate.V9Header{Time: now, Uptime: time.Hour})
		b := simulate.BeginIPFIX(nil, simulate.IPFIXHeader{Time: now, Boot: now.Add(-time.Hour)})
		if i == 0 {
			a.Templates(five)
			b.Templates(ten)
		} else {
			a.Records(&five, records[:20])
			b.Records(&ten, records[:20])
		}
		v9[i], ipfix[i] = a.End(), b.End()
	}
	return v9, ipfix
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
