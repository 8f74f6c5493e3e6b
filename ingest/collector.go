package ingest

import (
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"github.com/zeebo/xxh3"

	"eagre/flow"
	"eagre/ingest/header"
	"eagre/ingest/packets"
	"eagre/ingest/wire"
	"eagre/network"
	"eagre/network/counters"
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
	// Silence is told of exporters that stop sending, and of their return; nil
	// asks nobody to look, as in a replay, where time is leapt over. It must not
	// call the Collector.
	Silence func(Silence)
	// Moved is told how far the counters of an interface moved, as sFlow counter
	// samples say; nil asks nobody. It must not call the Collector.
	Moved func(counters.Movement)
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

	report   wire.Report
	decoders decoders
	header   header.Header
	frames   header.Parser
	meter    *packets.Meter
	own      *exporter // under which metered flows appear
	now      int64     // receive time, Unix milliseconds
	minute   int64     // when the running minute ends
	awake    int64     // when time was leapt over last
	silence  func(Silence)
	moved    func(counters.Movement)
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
		silence: d.Silence, moved: d.Moved,
		exporters: map[flow.IP]*exporter{},
	}
	for i := range c.Partitions {
		out.partitions = append(out.partitions, newPartition(i))
	}
	out.meter = packets.New(c.Packets, out.roomForFlow)
	if d.Network.HasTunnels() {
		out.frames.Tunnels = d.Network.Tunnel
		out.decoders.sflow.Packets = out.frames
	}
	return out
}

// Datagram takes in one UDP payload, or one message of a connection or a file,
// which is not kept. truncated says that it was longer than what is given. A
// sender with port 0 is a file, in which nothing is lost.
func (c *Collector) Datagram(at time.Time, door Door, from netip.AddrPort, payload []byte, truncated bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.advance(at)
	x := c.admit(flow.FromAddr(from.Addr()))
	if x == nil {
		return
	}
	c.report.Reset()
	source := wire.Source{
		Exporter: x.address, Arrival: at.UnixMilli(), SamplingRate: x.rate, Reliable: door == StreamDoor || from.Port() == 0,
	}
	if !source.Reliable && x.recent.seen(xxh3.Hash(payload), c.now) {
		c.again(x)
		return
	}
	o := c.decode(x, door, payload, truncated, source)
	d, _ := x.account.settle(&c.report)
	x.hear(o, d != wire.Malformed, source.Arrival)
	if d != wire.Malformed {
		c.compare(x, o, source.Arrival)
	}
	c.metrics.report(o.proto, d, &c.report)
	c.complain(x, o)
	if x.partition.batch.N >= publishAt {
		c.publish(x.partition)
	}
}

// follow keeps up with the sequence numbers of a domain. Those of a datagram from
// before a restart say nothing of the new numbering.
func (c *Collector) follow(x *exporter, d *domain, r run, number, units uint32) {
	x.account.Numbered += uint64(units)
	s := &d.sequence
	renumbered, overtaken := s.renumbered, s.outOfOrder
	switch r {
	case formerRun:
		x.account.OutOfOrder++
		return
	case newRun:
		c.lose(x, d, s.anew())
	}
	c.lose(x, d, s.arrived(number, units))
	x.account.OutOfOrder += s.outOfOrder - overtaken
	if s.renumbered > renumbered {
		c.renumbered(x, d)
	}
}

// renumbered notes that the sequence numbers of a domain began anew. Where no uptime
// is told that is the only sign of a restart.
func (c *Collector) renumbered(x *exporter, d *domain) {
	x.account.Renumbered++
	c.metrics.renumbered.Inc()
	if !d.boot.known() {
		c.restarted(x, c.now, minuteLength)
	}
}

// domain finds or makes the state of a domain. What one that makes way was still
// waiting for is lost.
func (c *Collector) domain(x *exporter, name domainName) *domain {
	d, forgotten := x.domain(name, c.now, c.config.Domains)
	if forgotten != nil {
		c.report.Add(wire.Note{Finding: wire.ForgottenDomain, A: name.id, B: uint32(c.config.Domains)})
		c.lose(x, forgotten, forgotten.sequence.flush())
	}
	return d
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
