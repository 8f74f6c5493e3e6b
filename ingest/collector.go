package ingest

import (
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"github.com/zeebo/xxh3"

	"eagre/flow"
	"eagre/ingest/header"
	"eagre/ingest/netflow"
	"eagre/ingest/packets"
	"eagre/ingest/sflow"
	"eagre/ingest/wire"
	"eagre/network"
)

// Publisher takes batches. It packs or copies what it needs before it returns,
// as the batch is used again; it must not call the Collector. An error means
// that the rows are shed.
type Publisher interface {
	Publish(b *flow.Batch) error
}

// Deps is what a Collector works with. Network and Publisher are required.
type Deps struct {
	Network   *network.Map
	Publisher Publisher
	Metrics   *Metrics     // nil: counters that nobody sees
	Log       *slog.Logger // nil: no log
	// HearEveryone takes datagrams from any sender, as replay of a capture does.
	HearEveryone bool
}

// Collector turns datagrams and packets into published batches. Time is receive
// time and comes in as an argument; it never goes back: what comes with an
// earlier time counts into the open step.
//
// Several goroutines may call it. One mutex guards everything, also while a
// batch is published: a collector does little else than change this state, a
// datagram takes about a microsecond, and the order in which batches of one
// partition are published must be the order in which they were filled.
type Collector struct {
	config    Config
	network   *network.Map
	publisher Publisher
	metrics   *Metrics
	log       *slog.Logger
	everyone  bool

	mu         sync.Mutex
	step       int64 // open
	started    bool  // a step is open
	partitions []*partition
	exporters  map[flow.IP]*exporter
	last       *exporter // of the datagram before, most often that of the next
	strangers  lines
	refusals   lines
	nobody     Accounting // datagrams of senders without state

	report wire.Report
	v5     netflow.V5
	sflow  sflow.Datagram
	header header.Header
	meter  *packets.Meter
	own    *exporter // under which metered flows appear
	now    int64     // receive time, Unix milliseconds
	audit  int64     // when the books are proved next
}

// NewCollector makes a collector. The configuration must be valid.
func NewCollector(c Config, d Deps) *Collector {
	if d.Metrics == nil {
		d.Metrics = NewMetrics(nil)
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	out := &Collector{
		config: c, network: d.Network, publisher: d.Publisher, metrics: d.Metrics, log: d.Log, everyone: d.HearEveryone,
		exporters: map[flow.IP]*exporter{},
	}
	for i := range c.Partitions {
		out.partitions = append(out.partitions, newPartition(i))
	}
	out.meter = packets.New(c.Packets, out.roomForFlow)
	return out
}

// Datagram takes in one UDP payload, which is not kept. truncated says that it
// was longer than what is given.
func (c *Collector) Datagram(at time.Time, door Door, from netip.AddrPort, payload []byte, truncated bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.advance(at)
	x := c.admit(flow.FromAddr(from.Addr()))
	if x == nil {
		return
	}
	c.report.Reset()
	if x.recent.seen(xxh3.Hash(payload), c.now) {
		c.again(x)
		return
	}
	p, domain := c.decode(x, door, payload, truncated, at.UnixMilli())
	d, _ := x.account.settle(&c.report)
	c.metrics.report(p, d, &c.report)
	c.complain(x.lines, p, x.printed, domain, c.now)
	if x.partition.batch.N >= publishAt {
		c.publish(x.partition)
	}
}

// decode reads a datagram into the exporter's partition and returns the format
// and the domain it came from.
func (c *Collector) decode(x *exporter, door Door, payload []byte, truncated bool, arrival int64) (proto, uint32) {
	p, complaint, ok := identify(door, payload, truncated)
	if !ok {
		c.report.Add(complaint)
		return p, 0
	}
	source := wire.Source{Exporter: x.address, Arrival: arrival, SamplingRate: x.rate}
	if p == protoSFlow {
		return p, c.readSFlow(x, payload, source)
	}
	return p, c.readV5(x, payload, source)
}

func (c *Collector) readV5(x *exporter, payload []byte, source wire.Source) (domain uint32) {
	if !c.v5.Open(payload, source, &c.report) {
		return 0
	}
	name := domainName{proto: protoNetFlow, id: c.v5.Domain}
	c.follow(x, name, c.v5.Sequence, uint32(c.v5.Records), c.v5.Uptime)
	x.account.SamplingRate, x.account.Sampling = c.v5.Rate()
	c.rows(x, c.v5.Next)
	return c.v5.Domain
}

func (c *Collector) readSFlow(x *exporter, payload []byte, source wire.Source) (domain uint32) {
	if !c.sflow.Open(payload, source, &c.report) {
		return 0
	}
	name := domainName{proto: protoSFlow, agent: c.sflow.Agent, id: c.sflow.SubAgent}
	c.follow(x, name, c.sflow.Sequence, 1, c.sflow.Uptime)
	c.rows(x, c.sflow.Next)
	return c.sflow.SubAgent
}

// rows lets a decoder fill the exporter's batch, and publishes in between as
// often as the datagram is larger than the room that is left.
func (c *Collector) rows(x *exporter, next func(*flow.Batch, *wire.Report) bool) {
	p := x.partition
	for more := true; more; {
		before := p.batch.N
		more = next(p.batch, &c.report)
		p.credit(x, p.batch.N-before)
		if more {
			c.publish(p)
		}
	}
}

// follow keeps up with the sequence numbers of a domain.
func (c *Collector) follow(x *exporter, name domainName, number, units, uptime uint32) {
	d, forgotten := x.domain(name, c.now, c.config.Domains)
	if forgotten != nil {
		c.report.Add(wire.Note{Finding: wire.ForgottenDomain, A: name.id, B: uint32(c.config.Domains)})
		c.lose(x, forgotten, forgotten.sequence.flush())
	}
	restarts, overtaken := d.sequence.restarts, d.sequence.outOfOrder
	c.lose(x, d, d.sequence.arrived(number, units, uptime))
	x.account.OutOfOrder += d.sequence.outOfOrder - overtaken
	if d.sequence.restarts > restarts {
		x.account.Restarts++
		c.metrics.restarts.Inc()
	}
}

// lose accounts for units that did not come.
func (c *Collector) lose(x *exporter, d *domain, units uint64) {
	if units > 0 {
		x.account.Lost += units
		c.metrics.lost[d.name.proto].Add(float64(units))
	}
}

// again accounts for an exact duplicate.
func (c *Collector) again(x *exporter) {
	x.account.Datagrams++
	x.account.Dispositions[wire.Duplicate]++
	x.account.Noted[wire.DuplicateDatagram]++
	c.metrics.datagrams[wire.Duplicate].Inc()
	c.metrics.notes[protoUnknown][wire.DuplicateDatagram].Inc()
}
