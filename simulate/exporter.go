package simulate

import (
	"time"

	"eagre/flow"
)

// exporter makes the datagrams of one format out of flows that have left the cache.
type exporter interface {
	// carries tells whether the format can say flows of a family.
	carries(six bool) bool
	// queue takes flows that wait for a datagram.
	queue(flows []flow.Record)
	// send emits the datagrams that are full, with flush set all, and before them what
	// is due at now besides flows.
	send(now time.Time, flush bool, emit emitter)
	// restart forgets what waits, and tells how many packets that was.
	restart() (packets uint64)
}

func newExporter(r *router) exporter {
	switch r.Format {
	case flow.NetFlowV8:
		return newAggregator(r)
	case flow.NetFlowV9, flow.IPFIX:
		return newTemplateExporter(r)
	}
	return newFixedExporter(r)
}

// waiting are flows on their way into a datagram.
type waiting struct {
	flows []flow.Record
	most  int // in a datagram
}

// add takes flows in as the router's clock has them.
func (w *waiting) add(flows []flow.Record, skew time.Duration) {
	w.flows = append(w.flows, flows...)
	if skew == 0 {
		return
	}
	for i := len(w.flows) - len(flows); i < len(w.flows); i++ {
		w.flows[i].Start, w.flows[i].End = w.flows[i].Start.Add(skew), w.flows[i].End.Add(skew)
	}
}

// each hands out the flows of one datagram after the other: of those that are full,
// with flush set of the rest too.
func (w *waiting) each(flush bool, send func([]flow.Record)) {
	rest := w.flows
	for len(rest) >= w.most || flush && len(rest) > 0 {
		n := min(len(rest), w.most)
		send(rest[:n])
		rest = rest[n:]
	}
	w.flows = w.flows[:copy(w.flows, rest)]
}

func (w *waiting) forget() (packets uint64) {
	for i := range w.flows {
		packets += w.flows[i].Packets
	}
	w.flows = w.flows[:0]
	return packets
}

// fixedExporter makes NetFlow v1, v5, v6 and v7.
type fixedExporter struct {
	router   *router
	waiting  waiting
	sequence uint32
	buffer   []byte
}

func newFixedExporter(r *router) *fixedExporter {
	most := map[flow.Version]int{
		flow.NetFlowV1: MaxV1Records, flow.NetFlowV5: MaxV5Records, flow.NetFlowV6: MaxV6Records, flow.NetFlowV7: MaxV7Records,
	}
	return &fixedExporter{router: r, waiting: waiting{most: most[r.Format]}}
}

func (e *fixedExporter) carries(six bool) bool { return !six }

func (e *fixedExporter) queue(flows []flow.Record) { e.waiting.add(flows, e.router.Skew) }

func (e *fixedExporter) send(now time.Time, flush bool, emit emitter) {
	e.waiting.each(flush, func(records []flow.Record) {
		e.buffer = e.append(e.buffer[:0], e.router.clock(now), records)
		e.sequence += uint32(len(records))
		e.router.exported(records)
		emit(e.buffer, len(records))
	})
}

func (e *fixedExporter) append(dst []byte, c clock, records []flow.Record) []byte {
	switch e.router.Format {
	case flow.NetFlowV1:
		return AppendV1(dst, V1Header{c.time, c.uptime}, records)
	case flow.NetFlowV6:
		return AppendV6(dst, e.header(c), records)
	case flow.NetFlowV7:
		return AppendV7(dst, V7Header{Time: c.time, Uptime: c.uptime, Sequence: e.sequence, Shortcut: e.router.Exporter.Address}, records)
	}
	return AppendV5(dst, e.header(c), records)
}

func (e *fixedExporter) header(c clock) V5Header {
	h := V5Header{Time: c.time, Uptime: c.uptime, Sequence: e.sequence, EngineID: uint8(e.router.Domain)}
	if e.router.Sampling > 1 && e.router.Announce == AnnounceHeader {
		h.SamplingMode, h.SamplingInterval = 2, uint16(e.router.Sampling)
		if e.router.Deterministic {
			h.SamplingMode = 1
		}
	}
	return h
}

func (e *fixedExporter) restart() uint64 {
	e.sequence = 0
	return e.waiting.forget()
}
