package tally

import (
	"slices"

	"eagre/flow"
	"eagre/internal/sketch"
)

// exporter is what a counter knows of one exporter of its partition.
type exporter struct {
	address flow.IP
	number  uint32       // in a Key
	heard   int64        // newest tick
	told    ExporterTick // since a tick settled last, Repeats left out
	rows    uint64
	ingress map[uint32]*metering
	long    longFlows
}

// delaysEvery is of how many rows one is asked for its delay.
const delaysEvery = 16

// account notes what came in time and what did not.
func (x *exporter) account(r *row) {
	t := &x.told
	t.OnTime = addSaturating(t.OnTime, r.sum.Packets)
	if r.isLate {
		t.Late = addSaturating(t.Late, r.late.Packets)
	}
	if r.unknown {
		t.Unknown = addSaturating(t.Unknown, r.sum.Packets)
	}
	if !r.isLong {
		x.long.brief = add32(x.long.brief, 1)
	}
	if x.rows++; x.rows%delaysEvery == 0 {
		t.Delays.Insert(uint64(r.delay), 1)
	}
}

// metering is when the packets that enter at an interface were exported by it.
type metering struct{ since, last int64 } // steps

// exporters are those of a partition.
type exporters struct {
	all    map[flow.IP]*exporter
	newest *exporter
	spare  exporter // of those beyond the bound: it remembers nothing
}

const (
	// maxExporters bounds those of one partition.
	maxExporters = 10_000
	// maxMetered bounds the interfaces of an exporter that are known to meter at
	// ingress.
	maxMetered = 4096
	// forgetAfter is how many ticks an exporter may be silent.
	forgetAfter = 24 * 60
)

// exporter finds or makes what is known of an exporter.
func (c *Counter) exporter(address flow.IP) *exporter {
	x := c.exporters.newest
	if x != nil && x.address == address {
		return x
	}
	x = c.exporters.all[address]
	if x == nil {
		x = c.welcome(address)
	}
	x.heard = floorDiv(c.latest, TickLength)
	c.exporters.newest = x
	return x
}

func (c *Counter) welcome(address flow.IP) *exporter {
	e := &c.exporters
	if len(e.all) >= maxExporters {
		e.spare = exporter{address: address, number: Observer(address)}
		return &e.spare
	}
	if e.all == nil {
		e.all = map[flow.IP]*exporter{}
	}
	x := &exporter{address: address, number: Observer(address)}
	e.all[address] = x
	return x
}

// secondView tells whether a row shows packets that the exporter has shown before:
// it met them when they left, and the interface where they came in is metered as
// well. Which interfaces those are is known from one step to the next, so that the
// order inside a step does not matter.
func (c *Counter) secondView(b *flow.Batch, i int, x *exporter) bool {
	switch b.Direction[i] {
	case flow.Ingress:
		x.meters(b.InIf[i], c.step)
	case flow.Egress:
		return passes(b.InIf[i], b.OutIf[i]) && x.metered(b.InIf[i], c.step)
	}
	return false
}

// passes tells whether a record names two interfaces that its packets went through. A
// probe on a wire has only one, which it names twice, or none; the direction it tells
// is which half of a conversation a record is, and each half is counted for itself.
func passes(in, out uint32) bool { return in != 0 && in != out }

// metered tells whether what came in through an interface was exported there.
func (x *exporter) metered(index uint32, step int64) bool {
	m := x.ingress[index]
	return m != nil && m.since < step && step-m.last < meteredFor
}

// meteredFor is for how many steps an interface counts as metered at ingress: an
// hour, twice the longest active timeout that routers ship with.
const meteredFor = 36_000

func (x *exporter) meters(index uint32, step int64) {
	m := x.ingress[index]
	switch {
	case m != nil:
		if step-m.last >= meteredFor {
			m.since = step
		}
		m.last = step
		return
	case len(x.ingress) >= maxMetered:
		return
	case x.ingress == nil:
		x.ingress = map[uint32]*metering{}
	}
	x.ingress[index] = &metering{since: step, last: step}
}

// ExporterTick is what one exporter did from one settling to the next.
type ExporterTick struct {
	Exporter flow.IP
	OnTime   uint64 // packets in ticks that were open, in 1/256
	Late     uint64 // packets in ticks that had settled: in the ledger alone
	Again    uint64 // rows that showed packets a second time, not counted
	Unknown  uint64 // packets among those on time whose sampling rate is unknown, in 1/256
	Repeats  Repeats
	Delays   sketch.Quantiles // of some of the rows, milliseconds from the end of a flow to its arrival
}

// Share is the part of the packets that came in time; 1 where there were none.
func (t *ExporterTick) Share() float64 {
	if t.OnTime == 0 && t.Late == 0 {
		return 1
	}
	return float64(t.OnTime) / (float64(t.OnTime) + float64(t.Late))
}

// settle returns what the exporters did since it was asked last, by address, and
// forgets those that have long been silent.
func (e *exporters) settle(tick int64) []ExporterTick {
	var out []ExporterTick
	for address, x := range e.all {
		if t := x.told; t.OnTime != 0 || t.Late != 0 || t.Again != 0 {
			t.Exporter, t.Repeats = address, x.long.Repeats
			out = append(out, t)
			x.told = ExporterTick{}
		}
		if tick-x.heard > forgetAfter {
			delete(e.all, address)
		}
	}
	e.newest = nil
	slices.SortFunc(out, func(a, b ExporterTick) int { return a.Exporter.Compare(b.Exporter) })
	return out
}
