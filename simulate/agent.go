package simulate

import (
	"slices"
	"time"

	"eagre/flow"
)

// agent is the sFlow agent of a router: each sampled packet is a sample, and
// leaves within a tenth of a second.
type agent struct {
	router   *router
	sources  map[uint32]*dataSource // by ifIndex
	due      []SFlowSample
	counted  resend
	flushed  time.Time
	loaded   bool // what is due came from a Load, and may wait for more
	sequence uint32
	buffer   []byte
}

// dataSource is an interface that samples packets and counts them.
type dataSource struct {
	sequence, pool uint32
	counters       SFlowCounters
}

func newAgent(r *router) *agent {
	return &agent{router: r, sources: map[uint32]*dataSource{}, counted: resend{every: r.CountersEvery}}
}

func (a *agent) source(index uint32) *dataSource {
	s := a.sources[index]
	if s == nil {
		s = &dataSource{counters: SFlowCounters{Index: index, Speed: a.speed(index)}}
		a.sources[index] = s
	}
	return s
}

// speed is what the map says of an interface, in bits per second.
func (a *agent) speed(index uint32) uint64 {
	for _, i := range a.router.Exporter.Interfaces {
		if i.Index == index {
			return uint64(i.SpeedBPS)
		}
	}
	return 0
}

// observe makes n samples. The pool counts every packet of the data source.
func (a *agent) observe(b *Burst, hop Hop, n int) {
	a.count(hop, uint64(b.Count), uint64(b.Count)*uint64(b.Length))
	source := a.source(hop.In)
	source.pool += uint32(b.Count)
	for range n {
		s := SFlowSample{Sequence: source.sequence, Pool: source.pool, Record: b.Flow}
		s.Record.InIf, s.Record.OutIf, s.Record.SamplingRate = hop.In, hop.Out, a.router.rate()
		s.Record.Packets, s.Record.Bytes = 1, uint64(b.Length)
		source.sequence++
		a.due = append(a.due, s)
	}
	a.loaded = a.loaded && n == 0
}

// count adds packets to the counters of both interfaces. Bytes of interfaces are
// those of frames, without FCS (RFC 2863).
func (a *agent) count(hop Hop, packets, bytes uint64) {
	in, out := &a.source(hop.In).counters.In, &a.source(hop.Out).counters.Out
	in.Unicast += uint32(packets)
	out.Unicast += uint32(packets)
	in.Bytes += bytes + packets*ethernetHeader
	out.Bytes += bytes + packets*ethernetHeader
}

// load makes one sample of each flow: a packet of its mean length.
func (a *agent) load(flows []flow.Record) {
	for i := range flows {
		f := flows[i]
		a.router.Sampled -= f.Packets - 1
		f.Bytes /= f.Packets
		f.Packets = 1
		if f.Proto == protoTCP {
			f.TCPFlags = tcpAck // a packet has not the flags of the whole flow
		}
		rate := uint64(a.router.rate())
		a.count(Hop{In: f.InIf, Out: f.OutIf}, rate, rate*f.Bytes)
		source := a.source(f.InIf)
		source.pool += uint32(rate)
		a.due = append(a.due, SFlowSample{Sequence: source.sequence, Pool: source.pool, Record: f})
		source.sequence++
	}
	a.loaded = true
}

func (a *agent) export(now time.Time, all bool, emit emitter) {
	flush := all || !a.loaded || now.Sub(a.flushed) >= fillTime
	if flush {
		a.flushed = now
	}
	rest := a.due
	for len(rest) >= SFlowSamplesPerDatagram || flush && len(rest) > 0 {
		n := min(len(rest), SFlowSamplesPerDatagram)
		a.send(now, rest[:n], nil, emit)
		rest = rest[n:]
	}
	a.due = a.due[:copy(a.due, rest)]
	if a.counted.every > 0 && a.counted.due(now) {
		a.sendCounters(now, emit)
	}
}

func (a *agent) sendCounters(now time.Time, emit emitter) {
	const countersPerDatagram = 10
	var indexes []uint32
	for i := range a.sources {
		indexes = append(indexes, i)
	}
	slices.Sort(indexes)
	var all []SFlowCounters
	for _, i := range indexes {
		all = append(all, a.sources[i].counters)
		a.sources[i].counters.Sequence++
	}
	for some := range slices.Chunk(all, countersPerDatagram) {
		a.send(now, nil, some, emit)
	}
}

func (a *agent) send(now time.Time, samples []SFlowSample, counters []SFlowCounters, emit emitter) {
	address := a.router.Agent
	if !address.IsValid() {
		address = a.router.Exporter.Address
	}
	h := SFlowHeader{Agent: address, SubAgent: a.router.Domain, Sequence: a.sequence, Uptime: a.router.clock(now).uptime}
	a.buffer = AppendSFlow(a.buffer[:0], h, samples, counters...)
	a.sequence++
	a.router.Records += uint64(len(samples))
	for i := range samples {
		a.router.Exported++
		a.router.ExportedBytes += samples[i].Record.Bytes
	}
	emit(a.buffer, len(samples))
}

func (a *agent) restart() (packets uint64) {
	packets = uint64(len(a.due))
	a.sequence, a.due, a.counted.next = 0, a.due[:0], time.Time{}
	clear(a.sources)
	return packets
}
