package ingest

import (
	"bytes"
	"encoding/binary"
	"log/slog"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"eagre/flow"
	"eagre/network"
)

var (
	began  = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	edge1  = netip.MustParseAddrPort("192.0.2.1:40000")
	edge2  = netip.MustParseAddrPort("[2001:db8::2]:40000")
	nobody = netip.MustParseAddrPort("203.0.113.9:40000")
)

// published keeps what a collector hands on, and refuses it on demand.
type published struct {
	batches []batch
	flows   []flow.Record
	count   int
	keep    bool // batches and flows, and not only their number
	refuse  error
}

type batch struct {
	Partition uint16
	Step      int64 // counted from the beginning
	Complete  bool
	Rows      int
}

func (p *published) Publish(b *flow.Batch) error {
	if p.refuse != nil {
		return p.refuse
	}
	if p.count += b.N; !p.keep {
		return nil
	}
	p.batches = append(p.batches, batch{b.Partition, b.Step - flow.StepOf(began), b.Complete, b.N})
	for i := range b.N {
		p.flows = append(p.flows, b.Record(i))
	}
	return nil
}

// edges is a network of two exporters, of which the operator overrides one.
var edges = sync.OnceValue(func() *network.Map {
	m, err := network.New(network.Config{Exporters: []network.Exporter{{Address: edge1.Addr(), Name: "edge1"}, {Address: edge2.Addr(), Name: "edge2", SamplingRate: 100}}})
	if err != nil {
		panic(err)
	}
	return m
})

// station is a collector with everything around it.
type station struct {
	*Collector
	published
	log     bytes.Buffer
	metrics *Metrics
}

func newStation(t testing.TB, change func(*Config)) *station {
	t.Helper()
	c := DefaultConfig()
	c.Partitions = 2
	if change != nil {
		change(&c)
	}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	s := &station{metrics: NewMetrics(prometheus.NewRegistry()), published: published{keep: true}}
	s.Collector = NewCollector(c, Deps{Network: edges(), Publisher: &s.published, Metrics: s.metrics, Log: slog.New(slog.NewTextHandler(&s.log, nil))})
	return s
}

// balanced proves the conservation of datagrams and records.
func (s *station) balanced(t testing.TB) {
	t.Helper()
	for _, a := range append(s.Accounts(), s.Totals()) {
		if err := a.Check(); err != nil {
			t.Error(err)
		}
	}
	if sum := s.Totals(); sum.Published != uint64(s.count) {
		t.Errorf("%d records are said to be published, %d were", sum.Published, s.count)
	}
}

// v5 is a datagram of so many packets of the Slammer worm.
func v5(sequence uint32, records int) []byte {
	b := binary.BigEndian.AppendUint16([]byte{0, 5}, uint16(records))
	b = binary.BigEndian.AppendUint32(b, 3_600_000)
	b = binary.BigEndian.AppendUint32(b, 1_772_366_400)
	b = append(b, 0, 0, 0, 0)
	b = binary.BigEndian.AppendUint32(b, sequence)
	b = append(b, 0, 0, 0, 0)
	for i := range records {
		r := make([]byte, 48)
		copy(r, []byte{192, 0, 2, 7, 198, 51, byte(i >> 8), byte(i)})
		r[19] = 1
		binary.BigEndian.PutUint32(r[20:], 404)
		binary.BigEndian.PutUint32(r[24:], 3_600_000-1500)
		binary.BigEndian.PutUint32(r[28:], 3_600_000-100)
		binary.BigEndian.PutUint16(r[34:], 1434)
		r[38] = 17
		b = append(b, r...)
	}
	return b
}

// sflowOf is a datagram with one sample of a 40-byte packet, from one sub-agent.
func sflowOf(sequence, subAgent uint32) []byte {
	words := []uint32{5, 1, 0xc0000201, subAgent, sequence, 3_600_000, 1, 1, 72, 1, 11, 512, 1000, 0, 11, 12, 1, 3, 32, 40, 6, 0xc0000207, 0xc6336407, 3575, 80, 2, 0}
	var b []byte
	for _, w := range words {
		b = binary.BigEndian.AppendUint32(b, w)
	}
	return b
}

func (s *station) netflow(after time.Duration, from netip.AddrPort, payload []byte) {
	s.Datagram(began.Add(after), NetFlowDoor, from, payload, false)
}
