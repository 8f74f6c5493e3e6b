package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/netip"
	"testing"
	"time"

	"eagre/anomaly"
	"eagre/detector"
	"eagre/flow"
	"eagre/ingest"
	"eagre/network"
	"eagre/signatures"
	"eagre/simulate"
)

// delivery is a flow and the step in which it came.
type delivery struct {
	step int64
	flow.Record
}

// deliveries is a publisher that writes down what is delivered.
type deliveries struct{ all []delivery }

// Publish implements ingest.Publisher.
func (d *deliveries) Publish(b *flow.Batch) error {
	for row := range b.N {
		d.all = append(d.all, delivery{b.Step, b.Record(row)})
	}
	return nil
}

// delivered is what a scenario's routers deliver through a collector, up to a time.
func delivered(t *testing.T, cfg network.Config, s *simulate.Scenario, until time.Time) []delivery {
	t.Helper()
	nw, err := network.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	out := &deliveries{}
	c := ingest.NewCollector(ingest.DefaultConfig(), ingest.Deps{Network: nw, Publisher: out, HearEveryone: true})
	hear := func(d simulate.Datagram) {
		c.Datagram(d.At, ingest.AutoDoor, netip.AddrPortFrom(s.Routers()[d.Router].Exporter.Address, 2055), d.Payload, false)
	}
	s.Advance(until, hear)
	s.Finish(hear)
	c.Finish(s.Now())
	return out.all
}

// script is a Source of packed batches.
type script struct{ messages [][]byte }

// Next implements detector.Source.
func (s *script) Next(context.Context) ([]byte, error) {
	if len(s.messages) == 0 {
		return nil, io.EOF
	}
	m := s.messages[0]
	s.messages = s.messages[1:]
	return m, nil
}

// packed makes the messages that the collector would publish of some flows, which are in
// the order of their steps.
func packed(all []delivery, partitions int) (out [][]byte) {
	var p flow.Packer
	batches := make([]*flow.Batch, partitions)
	for i := range batches {
		batches[i] = flow.NewBatch()
	}
	round := func(step int64) {
		for i, b := range batches {
			b.Reset(uint16(i), step)
		}
		for len(all) > 0 && all[0].step == step {
			b := batches[flow.FromAddr(all[0].Exporter).Hash(0)%uint64(partitions)]
			if b.Append(all[0].Record); b.Room() == 0 {
				out = append(out, p.Append(nil, b))
				b.Reset(b.Partition, step)
			}
			all = all[1:]
		}
		for _, b := range batches {
			b.Complete = true
			out = append(out, p.Append(nil, b))
		}
	}
	for last := all[0].step; len(all) > 0; {
		if all[0].step > last+1 { // nothing came in between
			round(all[0].step - 1)
		}
		last = all[0].step
		round(last)
	}
	return out
}

// findings is a Sink that keeps the newest event of each anomaly, and all as text.
type findings struct {
	engine *detector.Engine
	newest map[string]anomaly.Event
	text   bytes.Buffer
}

// Step implements detector.Sink.
func (f *findings) Step(_ int64, _ [][]byte, found []detector.Finding) error {
	for _, one := range found {
		f.newest[one.Event.ID] = one.Event
		if err := json.NewEncoder(&f.text).Encode(one.Event); err != nil {
			return err
		}
	}
	return nil
}

// detected plays deliveries to a whole detector.
func detected(t *testing.T, cfg network.Config, all []delivery, workers int) *findings {
	t.Helper()
	nw, err := network.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	rules, problems := signatures.Shipped()
	set, more := signatures.Compile(rules)
	if len(problems)+len(more) > 0 {
		t.Fatal(problems, more)
	}
	d := detector.DefaultConfig()
	d.Workers = workers
	out := &findings{newest: map[string]anomaly.Event{}}
	e, err := detector.New(d, detector.Deps{Network: nw, Signatures: set, Sink: out})
	if err != nil {
		t.Fatal(err)
	}
	out.engine = e
	if err := e.Run(t.Context(), &script{packed(all, d.Tally.Partitions)}); err != nil {
		t.Fatal(err)
	}
	return out
}
