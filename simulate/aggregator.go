package simulate

import (
	"time"

	"eagre/flow"
)

// unroutedMask is the prefix length by which addresses are added up whose route is
// not known.
const unroutedMask = 24

// aggregator makes NetFlow v8: it adds up the flows that leave the cache at one
// time. Routers have a second cache with timeouts of its own for that; this one is
// as large as a tick.
type aggregator struct {
	router   *router
	index    map[V8Record]int // by the fields that are not added up
	waiting  []V8Record
	sequence uint32
	buffer   []byte
}

func newAggregator(r *router) *aggregator { return &aggregator{router: r, index: map[V8Record]int{}} }

func (a *aggregator) carries(six bool) bool { return !six }

func (a *aggregator) queue(flows []flow.Record) {
	for i := range flows {
		f := flows[i]
		f.Start, f.End = f.Start.Add(a.router.Skew), f.End.Add(a.router.Skew)
		a.add(&f)
	}
}

func (a *aggregator) add(f *flow.Record) {
	key := V8Record{Record: a.router.Scheme.key(f)}
	i, known := a.index[key]
	if !known {
		i = len(a.waiting)
		a.index[key] = i
		key.Start, key.End = f.Start, f.End
		a.waiting = append(a.waiting, key)
	}
	sum := &a.waiting[i]
	sum.Flows++
	sum.Packets += f.Packets
	sum.Bytes += f.Bytes
	if f.Start.Before(sum.Start) {
		sum.Start = f.Start
	}
	if f.End.After(sum.End) {
		sum.End = f.End
	}
}

// keeps says which fields of a flow a scheme keeps.
type keeps struct{ prefixes, hosts, src, dst, as, in, out, ports, tos bool }

var v8Keeps = [v8Schemes]keeps{
	V8AS:                   {as: true, src: true, dst: true, in: true, out: true},
	V8ProtocolPort:         {ports: true},
	V8SourcePrefix:         {prefixes: true, src: true, as: true, in: true},
	V8DestinationPrefix:    {prefixes: true, dst: true, as: true, out: true},
	V8Prefix:               {prefixes: true, src: true, dst: true, as: true, in: true, out: true},
	V8Destination:          {hosts: true, dst: true, out: true, tos: true},
	V8SourceDestination:    {hosts: true, src: true, dst: true, in: true, out: true, tos: true},
	V8FullFlow:             {hosts: true, src: true, dst: true, in: true, out: true, ports: true, tos: true},
	V8ASTOS:                {as: true, src: true, dst: true, in: true, out: true, tos: true},
	V8ProtocolPortTOS:      {ports: true, in: true, out: true, tos: true},
	V8SourcePrefixTOS:      {prefixes: true, src: true, as: true, in: true, tos: true},
	V8DestinationPrefixTOS: {prefixes: true, dst: true, as: true, out: true, tos: true},
	V8PrefixTOS:            {prefixes: true, src: true, dst: true, as: true, in: true, out: true, tos: true},
	V8PrefixPort:           {prefixes: true, src: true, dst: true, in: true, out: true, ports: true, tos: true},
}

// key is a flow without what the scheme adds up or leaves out.
func (s V8Scheme) key(f *flow.Record) flow.Record {
	k, out := v8Keeps[s], flow.Record{}
	if k.src {
		k.keepSource(&out, f)
	}
	if k.dst {
		k.keepDestination(&out, f)
	}
	if k.in {
		out.InIf = f.InIf
	}
	if k.out {
		out.OutIf = f.OutIf
	}
	if k.ports {
		out.Proto, out.SrcPort, out.DstPort = f.Proto, f.SrcPort, f.DstPort
	}
	if k.tos {
		out.TOS = f.TOS
	}
	return out
}

func (k keeps) keepSource(out, f *flow.Record) {
	if k.as {
		out.SrcAS = f.SrcAS
	}
	switch {
	case k.hosts:
		out.SrcAddr = f.SrcAddr
	case k.prefixes:
		out.SrcMask = maskOf(f.SrcMask)
		out.SrcAddr = flow.FromAddr(f.SrcAddr).Prefix(int(out.SrcMask)).Addr()
	}
}

func (k keeps) keepDestination(out, f *flow.Record) {
	if k.as {
		out.DstAS = f.DstAS
	}
	switch {
	case k.hosts:
		out.DstAddr = f.DstAddr
	case k.prefixes:
		out.DstMask = maskOf(f.DstMask)
		out.DstAddr = flow.FromAddr(f.DstAddr).Prefix(int(out.DstMask)).Addr()
	}
}

func maskOf(said uint8) uint8 {
	if said == 0 {
		return unroutedMask
	}
	return said
}

func (a *aggregator) send(now time.Time, flush bool, emit emitter) {
	if !flush {
		return // what comes until then is added up
	}
	most := a.router.Scheme.MaxRecords()
	for rest := a.waiting; len(rest) > 0; {
		n := min(len(rest), most)
		a.datagram(now, rest[:n], emit)
		rest = rest[n:]
	}
	a.forget()
}

func (a *aggregator) datagram(now time.Time, records []V8Record, emit emitter) {
	c := a.router.clock(now)
	h := V8Header{Time: c.time, Uptime: c.uptime, Sequence: a.sequence, EngineID: uint8(a.router.Domain), Scheme: a.router.Scheme}
	if a.router.Sampling > 1 && a.router.Announce == AnnounceHeader {
		h.SamplingInterval = uint16(a.router.Sampling)
	}
	a.buffer = AppendV8(a.buffer[:0], h, records)
	a.sequence += uint32(len(records))
	for i := range records {
		a.router.exported([]flow.Record{records[i].Record})
	}
	emit(a.buffer, len(records))
}

func (a *aggregator) forget() (packets uint64) {
	for i := range a.waiting {
		packets += a.waiting[i].Packets
	}
	clear(a.index)
	a.waiting = a.waiting[:0]
	return packets
}

func (a *aggregator) restart() uint64 {
	a.sequence = 0
	return a.forget()
}
